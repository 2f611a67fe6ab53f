import { Buffer } from 'node:buffer';
import { certificatesPem } from '../formats/pem.ts';
import { type PublicKey, publicKey } from '../keys/public-key.ts';

/** What a log checks a signature with, and keeps beside it: a public key, or a certificate with one. */
export interface LogVerifier {
  readonly kind: 'publicKey' | 'certificate';
  readonly key: PublicKey;
  /** SubjectPublicKeyInfo or certificate. */
  readonly der: Uint8Array;
  readonly pem: string;
}

export function keyVerifier(key: PublicKey): LogVerifier {
  return { kind: 'publicKey', key, der: key.spki, pem: key.pem };
}

export function certificateVerifier(der: Uint8Array): LogVerifier {
  const pem = certificatesPem([der]);
  return { kind: 'certificate', key: publicKey(Buffer.from(pem)), der, pem };
}
