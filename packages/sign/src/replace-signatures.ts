import { type Descriptor, isSameCosignLayer, LadingError } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import type { SignatureLocation } from './found.ts';
import { ownPolicy } from './own-policy.ts';
import { type SignedImage, type SignImageOptions, sign } from './sign-image.ts';
import { verify } from './verify-image.ts';
import { removeWritten } from './write.ts';

export interface ReplacedSignatures extends SignedImage {
  /** Why older signatures are still there: the registry does not delete, or does not let us. They do no harm. */
  readonly left?: unknown;
}

/**
 * Signs anew and then takes away the older signatures by the same key or identity: when the new one is there and was read back valid,
 * and not before. There is no moment without a signature, and those of others stay.
 *
 * @throws {LadingError} `ERR_LADING_UNVERIFIED` when the new signature is not valid as it is read back; nothing is removed then.
 */
export async function replaceSignatures(
  store: ContentStore,
  subject: Descriptor,
  options: Omit<SignImageOptions, 'force' | 'recursive'>,
): Promise<ReplacedSignatures> {
  const { signatures = store, signal } = options;
  const [signed] = (await sign(store, subject, { ...options, force: true })) as [SignedImage];
  const policy = await ownPolicy(options, signal);
  if (policy === undefined) return signed;
  const { accepted, rejected } = await verify(store, subject, { policy, signatures, signal });
  const isNew = (location: SignatureLocation): boolean => signed.written.some((own) => isSame(own, location));
  const readBack = accepted.filter(({ location }) => isNew(location));
  if (readBack.length < signed.written.length) {
    const why = rejected.find(({ location }) => isNew(location))?.message ?? 'it is not there';
    throw new LadingError(
      'ERR_LADING_UNVERIFIED',
      `the new signature of ${subject.digest} is not valid: ${why}`,
    );
  }
  const older = accepted.map(({ location }) => location).filter((location) => !isNew(location));
  return { ...signed, left: await removeOlder(signatures, older, signal) };
}

/** Removes what can be removed. @returns the first reason why something could not */
async function removeOlder(
  store: ContentStore,
  older: readonly SignatureLocation[],
  signal: AbortSignal | undefined,
): Promise<unknown> {
  let left: unknown;
  // Not to delete a manifest and not to change a tag are two things.
  for (const isTagged of [true, false]) {
    const group = older.filter(({ tag }) => (tag !== undefined) === isTagged);
    try {
      await removeWritten(store, group, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      left ??= error;
    }
  }
  return left;
}

function isSame(a: SignatureLocation, b: SignatureLocation): boolean {
  // Under a tag the manifest changes with each signature that is added; the layer says which it is.
  return (
    a.tag === b.tag && (a.tag === undefined ? a.manifest === b.manifest : isSameCosignLayer(a.blob, b.blob))
  );
}
