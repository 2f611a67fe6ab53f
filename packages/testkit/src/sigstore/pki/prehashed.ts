import { constants, createHash, type KeyObject, publicDecrypt } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { nothing, octetString, oid, sequence } from '../asn1/write.ts';

export type HashName = 'sha256' | 'sha384' | 'sha512';

const hashOids: Readonly<Record<HashName, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** The AlgorithmIdentifier of a hash. */
export function hashAlgorithm(hash: HashName): Buffer {
  return sequence(oid(hashOids[hash]));
}

export function hashOfOid(dotted: string): HashName | undefined {
  return (Object.keys(hashOids) as HashName[]).find((name) => hashOids[name] === dotted);
}

const curves = { prime256v1: p256, secp384r1: p384, secp521r1: p521 } as const;

/**
 * Whether a signature holds for something of which only the hash is known, which is all that a `hashedrekord` tells its log.
 * node:crypto always hashes by itself. Ed25519 can do it in its pre-hashed form (Ed25519ph) only.
 */
export function verifyPrehashed(
  key: KeyObject,
  hash: HashName,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    switch (key.asymmetricKeyType) {
      case 'rsa':
        return verifyRsa(key, hash, digest, signature);
      case 'ed25519':
        return hash === 'sha512' && verifyEd25519ph(key, digest, signature);
      case 'ec': {
        const curve = curves[key.asymmetricKeyDetails?.namedCurve as keyof typeof curves];
        const options = { prehash: false, format: 'der', lowS: false } as const;
        return curve.verify(signature, digest, ecPoint(key), options);
      }
      default:
        return false;
    }
  } catch {
    return false; // not a signature at all
  }
}

function verifyRsa(key: KeyObject, hash: HashName, digest: Uint8Array, signature: Uint8Array): boolean {
  const padding = constants.RSA_PKCS1_PADDING;
  const signed = publicDecrypt({ key, padding }, Buffer.from(signature));
  return signed.equals(sequence(sequence(oid(hashOids[hash]), nothing()), octetString(digest)));
}

/** RFC 8032 5.1.7 with the prefix `dom2(1, "")`; the library has only the form that hashes by itself. */
function verifyEd25519ph(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519;
  const publicKey = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  const commitment = signature.subarray(0, 32);
  const prefix = Buffer.from('SigEd25519 no Ed25519 collisions\x01\x00');
  const challenge = createHash('sha512')
    .update(prefix)
    .update(commitment)
    .update(publicKey)
    .update(digest)
    .digest();
  const response = littleEndian(signature.subarray(32));
  const order = Point.Fn.ORDER;
  if (signature.byteLength !== 64 || response >= order) return false;
  const expected = Point.fromBytes(commitment).add(
    Point.fromBytes(publicKey).multiply(littleEndian(challenge) % order),
  );
  return Point.BASE.multiply(response).equals(expected);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function ecPoint(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}
