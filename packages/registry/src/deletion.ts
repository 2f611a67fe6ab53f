import { isDigest } from '@lading/oci';
import { failureOf, restated } from './failure.ts';
import { what } from './manifests.ts';
import type { Call, Session } from './session.ts';

/** Removes a tag, or a manifest with all its tags (distribution-spec, Content Management). */
export async function deleteManifest(
  session: Session,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  // `delete` is asked for only here: some token servers refuse a whole token for it.
  const call: Call = {
    method: 'DELETE',
    path: `manifests/${reference}`,
    actions: ['pull', 'delete'],
    signal,
  };
  const response = await session.call(call);
  if (response.status >= 200 && response.status <= 204) {
    await response.body.discard();
    return;
  }
  const failure = await failureOf(session.describe(call), response, what(session, reference));
  const unsupported =
    response.status === 405 ||
    (response.status === 400 && failure.errors.some(({ code }) => code === 'UNSUPPORTED'));
  if (!unsupported) throw failure;
  throw restated(
    failure,
    'ERR_LADING_UNSUPPORTED',
    `${session.host} does not delete ${isDigest(reference) ? 'manifests' : 'tags'}`,
    {
      hint: isDigest(reference)
        ? 'switch deletion on in the registry'
        : 'delete the digest instead, which takes all its tags with it, or switch deletion on in the registry',
      cause: failure,
    },
  );
}
