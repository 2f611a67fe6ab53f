import { pipeline } from 'node:stream/promises';
import { type Digest, isDigest } from '@lading/oci';
import { type Exchange, type Headers, reply } from './exchange.ts';
import { Fault } from './fault.ts';
import { parseRange } from './range.ts';

/** Bytes read from disk at a time: fewer turns through the thread pool than the default of 64 KiB. */
const readBytes = 256 * 1024;

export async function headBlob(exchange: Exchange): Promise<void> {
  const digest = digestIn(exchange.reference);
  const { storage } = exchange.context;
  const [has, size] = await Promise.all([
    storage.repository(exchange.name).hasBlob(digest),
    storage.size(digest),
  ]);
  if (!has || size === undefined) throw unknownBlob(digest);
  reply(exchange.response, 200, { ...blobHeaders(digest), 'Content-Length': size });
}

export async function getBlob(exchange: Exchange): Promise<void> {
  const { context, request, response } = exchange;
  const digest = digestIn(exchange.reference);
  const headers = blobHeaders(digest);
  const has = await context.storage.repository(exchange.name).hasBlob(digest);
  if (has && request.headers['if-none-match'] === headers.ETag) return reply(response, 304, headers);
  const file = has ? await context.storage.openContent(digest) : undefined;
  if (!file) throw unknownBlob(digest);
  try {
    const { size } = await file.stat();
    const { range: asked, 'if-range': ifRange } = request.headers;
    const range = parseRange(ifRange === undefined || ifRange === headers.ETag ? asked : undefined, size);
    if (range === 'unsatisfiable') {
      throw new Fault('SIZE_INVALID', `the blob has ${size} bytes`, {
        status: 416,
        headers: { 'Content-Range': `bytes */${size}` },
      });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    const length = { 'Content-Length': end - start + 1 };
    const part = range && { 'Content-Range': `bytes ${start}-${end}/${size}` };
    if (size === 0) return reply(response, 200, headers);
    response.writeHead(range ? 206 : 200, { ...headers, ...length, ...part });
    await pipeline(
      file.createReadStream({ start, end, highWaterMark: readBytes, autoClose: false }),
      response,
    );
  } finally {
    await file.close();
  }
}

export async function deleteBlob(exchange: Exchange): Promise<void> {
  const digest = digestIn(exchange.reference);
  const removed = await exchange.context.storage.repository(exchange.name).removeBlob(digest);
  if (!removed) throw unknownBlob(digest);
  reply(exchange.response, 202, {});
}

/** @throws {Fault} `DIGEST_INVALID` */
export function digestIn(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Fault('DIGEST_INVALID', 'a digest is sha256: or sha512: and lower-case hexadecimal digits');
}

function blobHeaders(digest: Digest): Headers & { readonly ETag: string } {
  return {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    ETag: `"${digest}"`,
  };
}

function unknownBlob(digest: Digest): Fault {
  return new Fault('BLOB_UNKNOWN', 'this repository has no such blob', { details: [{ digest }] });
}
