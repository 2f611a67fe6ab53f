import { LadingError } from '@lading/oci';
import type { KeyAlgorithm } from '../keys/algorithm.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignedContent } from '../material.ts';

/** The versions of Rekor's API that are spoken. */
export type RekorVersion = 1 | 2;

/** The sizes of RSA keys that Rekor v2 has a name for. */
const rsaSizes: readonly number[] = [2048, 3072, 4096];

/** What a log cannot check. It has only a digest where it takes digests, and pure Ed25519 signs no digest. */
const unsupported: Readonly<Record<`${RekorVersion} ${SignedContent['kind']}`, readonly KeyAlgorithm[]>> = {
  '1 message': ['ed25519'],
  // Rekor v1 checks envelopes with SHA-256, whatever the curve.
  '1 envelope': ['ecdsa-p384', 'ecdsa-p521'],
  '2 message': ['ed25519'],
  '2 envelope': ['ed25519'],
};

/** Whether Rekor can check, and so takes, signatures of this key over this kind of content (rekor 1.5.3, rekor-tiles 2.3.0). */
function isLoggable(key: PublicKey, kind: SignedContent['kind'], version: RekorVersion): boolean {
  if (unsupported[`${version} ${kind}`].includes(key.algorithm)) return false;
  return version === 1 || key.algorithm !== 'rsa' || rsaSizes.includes(rsaBits(key));
}

/** @throws {LadingError} `ERR_LADING_KEY` when the log would refuse every signature of this key. */
export function assertLoggable(key: PublicKey, kind: SignedContent['kind'], version: RekorVersion): void {
  if (isLoggable(key, kind, version)) return;
  const what = kind === 'envelope' ? 'attestations and bundles' : 'signatures without an envelope';
  const name = key.algorithm === 'rsa' ? `rsa-${rsaBits(key)}` : key.algorithm;
  throw new LadingError('ERR_LADING_KEY', `Rekor v${version} takes no ${what} by a key of the kind ${name}`, {
    hint: 'use an ECDSA P-256 key, or sign without a transparency log',
  });
}

export function rsaBits(key: PublicKey): number {
  return key.keyObject.asymmetricKeyDetails?.modulusLength ?? 0;
}
