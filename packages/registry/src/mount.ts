import type { Descriptor } from '@lading/oci';
import type { HttpResponse } from './http.ts';
import type { Session } from './session.ts';

/** Repositories that are tried: each that does not have the blob costs a request. */
const maxCandidates = 2;

/**
 * Asks the registry to take a blob over from another repository of its own (distribution-spec, Mounting a blob from another repository).
 * @returns the answer that settles it: 201, the blob is there; 202, an upload was begun instead. Nothing when no candidate led anywhere.
 */
export async function mountBlob(
  session: Session,
  expected: Descriptor,
  candidates: readonly string[],
  signal: AbortSignal | undefined,
): Promise<HttpResponse | undefined> {
  for (const from of candidates.filter((name) => name !== session.repository).slice(0, maxCandidates)) {
    const query = new URLSearchParams({ mount: expected.digest, from });
    const response = await refusedAsUndefined(
      session.call({
        method: 'POST',
        path: `blobs/uploads/?${query}`,
        actions: ['pull', 'push'],
        alsoPull: [from],
        headers: { 'content-length': '0' },
        signal,
      }),
    );
    if (response?.status === 201 || response?.status === 202) return response;
    await response?.body.discard();
  }
  return undefined;
}

/** Some token servers refuse the whole token when one of its repositories may not be read; then there is just no mount. */
async function refusedAsUndefined(response: Promise<HttpResponse>): Promise<HttpResponse | undefined> {
  try {
    return await response;
  } catch (error) {
    const { status } = error as { status?: number };
    if (status !== undefined && status >= 400 && status < 500 && status !== 429) return undefined;
    throw error;
  }
}
