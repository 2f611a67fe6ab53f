import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { MalformedError } from './json.ts';

/** Chains are leaf, a few intermediates, root. */
const maxCertificates = 16;

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----/g;

/** Certificates of a PEM text, DER. @throws {MalformedError} */
export function certificatesOf(pem: string): readonly Uint8Array[] {
  const blocks = pem.match(block) ?? [];
  if (pem.replace(block, '').trim() !== '') throw new MalformedError('there is more than certificates');
  if (blocks.length > maxCertificates)
    throw new MalformedError(`there are more than ${maxCertificates} certificates`);
  try {
    return blocks.map((pemBlock) => new X509Certificate(pemBlock).raw);
  } catch (cause) {
    throw new MalformedError('a certificate cannot be read', { cause });
  }
}

/** PEM of certificates, one after the other. */
export function certificatesPem(certificates: readonly Uint8Array[]): string {
  return certificates
    .map((der) => {
      const base64 = Buffer.from(der)
        .toString('base64')
        .replace(/.{64}(?=.)/g, '$&\n');
      return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}
