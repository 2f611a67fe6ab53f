import type { Config, SignSettings } from '@lading/config';
import { LadingError } from '@lading/oci';
import type { SignatureFormat, Signer, WriteSignaturesOptions } from '@lading/sign';
import type { ContentStore } from '@lading/store';

type TrustedRoot = NonNullable<WriteSignaturesOptions['trustedRoot']>;

/** Who signs, and what is known of signatures beside the configuration. */
export interface SigningOptions {
  /** Who signs every destination; by destination where that differs, for example because one is on this machine and needs no log. */
  readonly signer?: Signer | ((destination: ContentStore) => Signer | Promise<Signer>) | undefined;
  /** What signatures that are there already are verified with; those by certificate cannot be recognised without. */
  readonly trustedRoot?:
    | TrustedRoot
    | ((destination: ContentStore) => TrustedRoot | undefined | Promise<TrustedRoot | undefined>)
    | undefined;
  /** Where the signatures of a destination are kept, as `COSIGN_REPOSITORY` says to cosign. Default: beside the image. */
  readonly signatures?: ((destination: ContentStore) => ContentStore | Promise<ContentStore>) | undefined;
}

/** How the signature of one destination is made. */
export type SigningAt = Pick<
  WriteSignaturesOptions,
  'signer' | 'formats' | 'annotations' | 'trustedRoot' | 'signatures'
>;

/** How destinations are signed. */
export type Signing = (destination: ContentStore) => Promise<SigningAt>;

const formats: Readonly<Record<NonNullable<SignSettings['format']>, readonly SignatureFormat[]>> = {
  both: ['bundle', 'legacy'],
  bundle: ['bundle'],
  legacy: ['legacy'],
};

/**
 * How a configuration wants its destinations to be signed; nothing when they are not to be: with `sign: false`, or when it says nothing and there is no signer.
 * @throws {LadingError} `ERR_LADING_KEY`: it wants signatures, and there is nobody who signs.
 */
export function signingOf({ sign }: Pick<Config, 'sign'>, options: SigningOptions): Signing | undefined {
  if (sign === false) return undefined;
  const { signer, signatures, trustedRoot } = options;
  if (signer === undefined) {
    if (sign === undefined) return undefined;
    throw new LadingError('ERR_LADING_KEY', 'the configuration has "sign", and there is no signer', {
      hint: 'Give one, or say "sign: false".',
    });
  }
  const { format = 'both', annotations } = sign ?? {};
  return async (destination) => ({
    signer: typeof signer === 'function' ? await signer(destination) : signer,
    formats: formats[format],
    annotations,
    trustedRoot: typeof trustedRoot === 'function' ? await trustedRoot(destination) : trustedRoot,
    signatures: await signatures?.(destination),
  });
}
