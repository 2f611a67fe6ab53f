import type { Descriptor } from '@lading/oci';
import { failureOf } from './failure.ts';
import type { HttpResponse } from './http.ts';
import { checkDigestHeader } from './manifests.ts';
import type { Call, Session } from './session.ts';
import { resolveHop } from './url-policy.ts';

/** An upload that a registry has begun (distribution-spec, Pushing Blobs). */
export interface UploadSession {
  /** Where its next step goes; each answer may move it. */
  location: URL;
  /** `OCI-Chunk-Min-Length`: bytes. */
  readonly minChunkBytes: number;
}

/** Milliseconds that are spent on telling the registry of an upload given up. */
const cancelTimeoutMs = 5_000;

/**
 * Begins an upload, or takes over the one that a mount ended in.
 * @returns nothing when the registry says that the blob is there already.
 */
export async function beginUpload(
  session: Session,
  expected: Descriptor,
  begun: HttpResponse | undefined,
  signal: AbortSignal | undefined,
): Promise<UploadSession | undefined> {
  // sha512 has to be announced (distribution-spec main); older registries ignore the parameter.
  const algorithm = expected.digest.startsWith('sha256:') ? '' : '?digest-algorithm=sha512';
  const call: Call = {
    method: 'POST',
    path: `blobs/uploads/${algorithm}`,
    actions: ['pull', 'push'],
    headers: { 'content-length': '0' },
    signal,
  };
  const response = begun ?? (await session.call(call));
  if (response.status === 201) {
    await response.body.discard();
    return undefined;
  }
  const location = response.headers.get('location');
  if (response.status !== 202 || location === undefined) {
    throw await failureOf(session.describe(call), response, session.repository);
  }
  await response.body.discard();
  return {
    location: resolveHop('location', response.url, location),
    minChunkBytes: Number(response.headers.get('oci-chunk-min-length') ?? 0) || 0,
  };
}

/** What the last request of an upload carries. */
export type UploadContent = Pick<Call, 'body' | 'relay'>;

/** The PUT that ends an upload, with the whole blob or with nothing left to send. */
export async function finishUpload(
  session: Session,
  upload: UploadSession,
  expected: Descriptor,
  content: UploadContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const call: Call = {
    method: 'PUT',
    path: withDigest(upload.location, expected.digest),
    actions: ['pull', 'push'],
    headers: { 'content-type': 'application/octet-stream' },
    ...content,
    // What a torn PUT has left behind is unknown: the upload begins anew.
    retry: false,
    signal,
  };
  const response = await session.call(call);
  if (response.status < 200 || response.status > 204) {
    throw await failureOf(session.describe(call), response, `blob ${session.repository}@${expected.digest}`);
  }
  await response.body.discard();
  checkDigestHeader(session, response, expected.digest);
}

/** Adds the digest and leaves the rest of the query byte for byte: it may be signed. */
function withDigest(location: URL, digest: string): URL {
  const url = new URL(location);
  url.search = `${url.search}${url.search === '' ? '' : '&'}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** Tells the registry that nothing more comes. Its answer does not matter, nor whether it gives one. */
export async function cancelUpload(session: Session, upload: UploadSession): Promise<void> {
  try {
    const response = await session.call({
      method: 'DELETE',
      path: upload.location,
      actions: ['pull', 'push'],
      retry: false,
      signal: AbortSignal.timeout(cancelTimeoutMs),
      outlives: true,
    });
    await response.body.discard();
  } catch {
    // Registries remove uploads that nobody finishes.
  }
}
