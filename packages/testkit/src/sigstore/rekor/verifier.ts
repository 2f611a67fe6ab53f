import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { RefusedRequest } from '../http/service.ts';

/** A key that came with an entry, and the one form in which the log writes it down. */
export interface EntryKey {
  readonly key: KeyObject;
  readonly pem: string;
}

/** A public key, or certificates with their owner's first. @throws {RefusedRequest} 400. */
export function entryKey(pem: Uint8Array): EntryKey {
  const text = Buffer.from(pem).toString();
  try {
    const certificates = text.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs);
    if (certificates) {
      const parsed = certificates.map((certificate) => new X509Certificate(certificate));
      const [leaf] = parsed;
      if (leaf) return { key: leaf.publicKey, pem: parsed.map(String).join('') };
    }
    const key = createPublicKey(text);
    return { key, pem: key.export({ type: 'spki', format: 'pem' }).toString() };
  } catch {
    throw new RefusedRequest(400, 'error processing entry: could not parse public key as x509');
  }
}
