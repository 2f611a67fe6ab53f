import { type Digest, type DigestAlgorithm, digestAlgorithm, isDigest, isRepository } from '@lading/oci';
import type { Upload } from '../storage/uploads.ts';
import { digestIn } from './blobs.ts';
import { BrokenBody, readBody } from './body.ts';
import { type Exchange, type Headers, reply } from './exchange.ts';
import { Fault } from './fault.ts';
import { parseContentRange } from './range.ts';

/** Seconds after which a client may ask again for one of a bounded number of sessions. */
const retryAfter = '5';

/** POST: a mount, a whole blob, or the start of a session. */
export async function beginUpload(exchange: Exchange): Promise<void> {
  const { context, name, query, response } = exchange;
  const mount = query.get('mount');
  if (mount !== null && isDigest(mount) && (await mountBlob(exchange, mount))) {
    return reply(response, 201, blobLocation(name, mount));
  }
  const whole = mount === null ? query.get('digest') : null;
  const digest = whole === null ? undefined : digestIn(whole);
  const upload = await context.uploads.begin(name, digest ? digestAlgorithm(digest) : algorithmIn(query));
  if (!upload) {
    throw new Fault('TOOMANYREQUESTS', 'too many uploads are under way', {
      headers: { 'Retry-After': retryAfter },
    });
  }
  if (digest) {
    try {
      return await finish(exchange, upload, digest);
    } catch (error) {
      // The client was never told where it could go on.
      await context.uploads.cancel(upload);
      throw error;
    }
  }
  const { chunkMinBytes } = context.limits;
  const chunks = chunkMinBytes > 0 ? { 'OCI-Chunk-Min-Length': chunkMinBytes } : {};
  reply(response, 202, { ...sessionHeaders(upload), ...chunks });
}

/** PATCH: more of the content, as a stream or as a chunk with its place. */
export async function continueUpload(exchange: Exchange): Promise<void> {
  const upload = await findUpload(exchange);
  await exclusively(exchange, upload, () => append(exchange, upload));
  reply(exchange.response, 202, sessionHeaders(upload));
}

/** PUT: the last of the content, or all of it, and its digest. */
export async function finishUpload(exchange: Exchange): Promise<void> {
  const digest = digestIn(exchange.query.get('digest') ?? '');
  await finish(exchange, await findUpload(exchange), digest);
}

export async function uploadStatus(exchange: Exchange): Promise<void> {
  reply(exchange.response, 204, sessionHeaders(await findUpload(exchange)));
}

export async function cancelUpload(exchange: Exchange): Promise<void> {
  await exchange.context.uploads.cancel(await findUpload(exchange));
  reply(exchange.response, 204, {});
}

async function finish(exchange: Exchange, upload: Upload, digest: Digest): Promise<void> {
  const { uploads } = exchange.context;
  const committed = await exclusively(exchange, upload, async () => {
    upload.expect(digestAlgorithm(digest));
    await append(exchange, upload);
    // Syncing a large file may take longer than a silent connection is allowed to last.
    exchange.request.socket.setTimeout(0);
    return await orCancel(exchange, upload, () => uploads.commit(upload, digest));
  });
  if (!committed)
    throw new Fault('DIGEST_INVALID', 'the content does not have this digest', { details: [{ digest }] });
  reply(exchange.response, 201, blobLocation(exchange.name, digest));
}

/** Sessions take one request at a time: what is hashed and what is written must be the same. */
async function exclusively<T>(exchange: Exchange, upload: Upload, task: () => Promise<T>): Promise<T> {
  const { uploads } = exchange.context;
  if (!uploads.hold(upload)) {
    throw new Fault('BLOB_UPLOAD_INVALID', 'another request is writing to this upload', {
      status: 409,
      headers: { 'Retry-After': '1' },
    });
  }
  try {
    return await task();
  } finally {
    uploads.release(upload);
  }
}

/** Adds a request's body to a session; at its place, when the request names one. */
async function append(exchange: Exchange, upload: Upload): Promise<void> {
  const { context, request } = exchange;
  const end = checkPlace(upload, request.headers['content-range'], request.headers['content-length']);
  const left = context.limits.maxBlobBytes - upload.size;
  await orCancel(exchange, upload, () => upload.append(readBody(request, left)));
  if (end !== undefined && upload.size !== end) {
    await context.uploads.cancel(upload);
    throw new Fault('SIZE_INVALID', 'the chunk is not as long as its Content-Range');
  }
}

/** @returns the size that the upload is to have after a chunk with a `Content-Range` */
function checkPlace(
  upload: Upload,
  range: string | undefined,
  length: string | undefined,
): number | undefined {
  if (range === undefined) return undefined;
  const place = parseContentRange(range);
  if (place?.start !== upload.size) {
    throw new Fault('BLOB_UPLOAD_INVALID', `the next chunk starts at ${upload.size}`, {
      status: 416,
      headers: sessionHeaders(upload),
    });
  }
  if (length !== undefined && Number(length) !== place.end - place.start + 1) {
    throw new Fault('SIZE_INVALID', 'Content-Length and Content-Range differ');
  }
  return place.end + 1;
}

/** Runs a step of an upload. When it fails the session goes with its file, unless it was only the client that went away. */
async function orCancel<T>(exchange: Exchange, upload: Upload, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof BrokenBody)) await exchange.context.uploads.cancel(upload);
    throw error;
  }
}

/**
 * Gives a repository a blob that the storage has. `from` names a repository to take it from that the client may pull from;
 * without it the blob may come from anywhere, for a client that may pull everything.
 */
async function mountBlob(exchange: Exchange, digest: Digest): Promise<boolean> {
  const { access, context, query } = exchange;
  const from = query.get('from');
  if (from !== null && !isRepository(from)) return false;
  if (!access.may({ action: 'pull', repository: from ?? '*' })) return false;
  if (from !== null && !(await context.storage.repository(from).hasBlob(digest))) return false;
  if (!(await context.storage.claimContent(digest))) return false;
  await context.storage.repository(exchange.name).addBlob(digest);
  return true;
}

async function findUpload({ context, name, reference }: Exchange): Promise<Upload> {
  const upload = await context.uploads.find(name, reference);
  if (upload) return upload;
  throw new Fault('BLOB_UPLOAD_UNKNOWN', 'this upload has ended, or never was');
}

/** @throws {Fault} `DIGEST_INVALID` */
function algorithmIn(query: URLSearchParams): DigestAlgorithm {
  const algorithm = query.get('digest-algorithm') ?? 'sha256';
  if (algorithm === 'sha256' || algorithm === 'sha512') return algorithm;
  throw new Fault('DIGEST_INVALID', 'digest-algorithm is sha256 or sha512');
}

/** `Range` is inclusive; nothing yet is told as `0-0`, as other registries do. */
function sessionHeaders(upload: Upload): Readonly<Record<string, string>> {
  return {
    Location: `/v2/${upload.repository}/blobs/uploads/${upload.id}`,
    Range: `0-${Math.max(0, upload.size - 1)}`,
    'Docker-Upload-UUID': upload.id,
  };
}

function blobLocation(name: string, digest: Digest): Headers {
  return { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest };
}
