import type { KeyObject } from 'node:crypto';
import { LadingError } from '@lading/oci';

/** The kinds of key that Sigstore's clients agree on, with the hash that goes with each. */
export type KeyAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'rsa' | 'ed25519';

/** The hash that is signed; Ed25519 hashes by itself. */
export const hashOf: Readonly<Record<KeyAlgorithm, 'sha256' | 'sha384' | 'sha512' | undefined>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
  rsa: 'sha256',
  ed25519: undefined,
};

const curves: Readonly<Record<string, KeyAlgorithm>> = {
  prime256v1: 'ecdsa-p256',
  secp384r1: 'ecdsa-p384',
  secp521r1: 'ecdsa-p521',
};

/** Fewer bits of RSA can be broken; more take seconds for each signature. */
const rsaBits = { least: 2048, most: 8192 } as const;
/** Small exponents have been the door of forgeries, and large ones only cost time; everybody uses the least of these (FIPS 186-5, A.1.1). */
const rsaExponent = { least: 65_537n, most: 2n ** 32n } as const;

/**
 * The kind of a private or public key.
 * @throws {LadingError} `ERR_LADING_KEY` for a kind that is not taken.
 */
export function algorithmOf(key: KeyObject): KeyAlgorithm {
  const { namedCurve = '', modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const curve = key.asymmetricKeyType === 'ec' ? curves[namedCurve] : undefined;
  if (curve !== undefined) return curve;
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  if (
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= rsaBits.least &&
    modulusLength <= rsaBits.most &&
    publicExponent >= rsaExponent.least &&
    publicExponent <= rsaExponent.most
  )
    return 'rsa';
  const exponent = key.asymmetricKeyType === 'rsa' ? ` with the exponent ${publicExponent}` : '';
  const kind = [key.asymmetricKeyType, namedCurve || modulusLength || ''].join(' ').trim();
  throw new LadingError(
    'ERR_LADING_KEY',
    `a key of the kind ${kind}${exponent} cannot be used for signatures`,
    {
      hint: `Use ECDSA (P-256, P-384, P-521), RSA (${rsaBits.least} to ${rsaBits.most} bits, exponent ${rsaExponent.least}) or Ed25519.`,
    },
  );
}
