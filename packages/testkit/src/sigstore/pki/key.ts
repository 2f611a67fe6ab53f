import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { nothing, oid, sequence } from '../asn1/write.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'RSA' | 'Ed25519';

export function generateKeys(kind: KeyKind): KeyPair {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: kind });
}

/** DER of SubjectPublicKeyInfo. */
export function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** PEM of a certificate in DER. */
export function certificatePem(certificate: Uint8Array): string {
  return new X509Certificate(certificate).toString();
}

/** The hash that goes with a key in Sigstore's algorithm registry; none for Ed25519, which hashes by itself. */
export function hashOf(key: KeyObject): 'sha256' | 'sha384' | 'sha512' | undefined {
  if (key.asymmetricKeyType === 'ed25519') return undefined;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve === 'secp384r1' ? 'sha384' : curve === 'secp521r1' ? 'sha512' : 'sha256';
}

/** Signs with the hash that goes with the key; ECDSA signatures are in DER. */
export function signWith(privateKey: KeyObject, bytes: Uint8Array): Buffer {
  return sign(hashOf(privateKey), bytes, privateKey);
}

/** The AlgorithmIdentifier (RFC 5280 4.1.1.2) of what `signWith` makes. */
export function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('1.3.101.112'));
  if (key.asymmetricKeyType === 'rsa') return sequence(oid('1.2.840.113549.1.1.11'), nothing());
  const last = { sha256: 2, sha384: 3, sha512: 4 }[hashOf(key) ?? 'sha256'];
  return sequence(oid(`1.2.840.10045.4.3.${last}`));
}

/** A public key in PEM, or in DER of SubjectPublicKeyInfo. @throws when it is neither. */
export function publicKeyFrom(material: string | Uint8Array): KeyObject {
  const bytes = Buffer.from(material);
  if (bytes.toString('latin1').trimStart().startsWith('-----BEGIN')) return createPublicKey(bytes);
  return createPublicKey({ key: bytes, type: 'spki', format: 'der' });
}
