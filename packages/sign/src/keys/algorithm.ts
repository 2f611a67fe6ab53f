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

/**
 * The kind of a private or public key.
 * @throws {LadingError} `ERR_LADING_KEY` for a kind that is not taken.
 */
export function algorithmOf(key: KeyObject): KeyAlgorithm {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const curve = key.asymmetricKeyType === 'ec' ? curves[namedCurve] : undefined;
  if (curve !== undefined) return curve;
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= rsaBits.least && modulusLength <= rsaBits.most)
    return 'rsa';
  const kind = [key.asymmetricKeyType, namedCurve || modulusLength || ''].join(' ').trim();
  throw new LadingError('ERR_LADING_KEY', `a ${kind} key cannot be used for signatures`, {
    hint: `Use ECDSA (P-256, P-384, P-521), RSA (${rsaBits.least} to ${rsaBits.most} bits) or Ed25519.`,
  });
}
