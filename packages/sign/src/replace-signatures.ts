import { type Descriptor, LadingError } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import { isSameSignature, type SignatureLocation } from './found.ts';
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
 * and not before. There is no moment without a signature, and those of others stay. So does what the same signer has added meanwhile from
 * elsewhere: two that took away each other's would leave none.
 *
 * @throws {LadingError} `ERR_LADING_UNVERIFIED` when the new signature is not valid as it is read back; nothing is removed then.
 */
export async function replaceSignatures(
  store: ContentStore,
  subject: Descriptor,
  options: Omit<SignImageOptions, 'force' | 'recursive'>,
): Promise<ReplacedSignatures> {
  const { signatures = store, signal } = options;
  const policy = await ownPolicy(options, signal);
  const look = () => policy && verify(store, subject, { policy, signatures, signal });
  const before = await look();
  const [signed] = (await sign(store, subject, { ...options, force: true })) as [SignedImage];
  const after = await look();
  if (before === undefined || after === undefined) return signed;
  const isNew = ({ location }: { readonly location: SignatureLocation }): boolean =>
    signed.written.some((own) => isSameSignature(own, location));
  if (after.accepted.filter(isNew).length < signed.written.length) {
    const why = after.rejected.find(isNew)?.message ?? 'it is not there';
    throw new LadingError(
      'ERR_LADING_UNVERIFIED',
      `the new signature of ${subject.digest} is not valid: ${why}`,
    );
  }
  const older = before.accepted.filter((one) => !isNew(one)).map(({ location }) => location);
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
