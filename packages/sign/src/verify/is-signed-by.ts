import { Buffer } from 'node:buffer';
import { verify } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import type { PublicKey } from '../keys/public-key.ts';

/**
 * Whether the key's holder signed these bytes, in the way that goes with the key or in one that cosign has:
 *
 * Versions before 2 took SHA-256 for every curve, and that still is what cosign 3 expects unless told otherwise; it is no weaker than with P-256.
 * With Ed25519 keys, cosign signs images in the pre-hashed way (Ed25519ph), the only one that Rekor's `hashedrekord` can check. (As of 3.1.3 its
 * own `verify` only knows the other way.) No signature of one way is one of the other (RFC 8032, 5.1).
 */
export function isSignedBy(key: PublicKey, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    return key.verify(signed, signature) || isSignedOtherwise(key, signed, signature);
  } catch {
    return false; // some bytes that are no signature are an error to the libraries
  }
}

function isSignedOtherwise(
  { algorithm, keyObject }: PublicKey,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (algorithm) {
    case 'ecdsa-p384':
    case 'ecdsa-p521':
      return verify('sha256', signed, keyObject, signature);
    case 'ed25519': {
      const raw = Buffer.from(keyObject.export({ format: 'jwk' }).x!, 'base64url');
      return ed25519ph.verify(signature, signed, raw, { zip215: false });
    }
    default:
      return false;
  }
}
