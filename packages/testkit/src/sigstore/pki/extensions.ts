import type { KeyObject } from 'node:crypto';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  implicitConstructed,
  integer,
  octetString,
  oid,
  sequence,
  utf8String,
} from '../asn1/write.ts';
import { extension, keyIdentifier } from './certificate.ts';

/** Who a certificate is for. */
export type SubjectName =
  | { readonly email: string }
  | { readonly uri: string }
  /** Fulcio's name for users of an issuer that has no e-mail addresses (OID 1.3.6.1.4.1.57264.1.7). */
  | { readonly username: string };

export const extendedKeyUsages = {
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

export type ExtendedKeyUsage = keyof typeof extendedKeyUsages;

export function basicConstraints(pathLength?: number): Buffer {
  const path = pathLength === undefined ? [] : [integer(pathLength)];
  return extension('2.5.29.19', sequence(boolean(true), ...path), true);
}

export function keyUsage(use: 'digitalSignature' | 'certificateSigning'): Buffer {
  // Named bits, the first one leftmost: digitalSignature is bit 0, keyCertSign bit 5, cRLSign bit 6.
  const bits =
    use === 'digitalSignature' ? bitString(Uint8Array.of(0x80), 7) : bitString(Uint8Array.of(0x06), 1);
  return extension('2.5.29.15', bits, true);
}

export function extendedKeyUsage(uses: readonly ExtendedKeyUsage[], critical = false): Buffer {
  return extension('2.5.29.37', sequence(...uses.map((use) => oid(extendedKeyUsages[use]))), critical);
}

/** Critical, because the subject's name is empty (RFC 5280 4.2.1.6). Names are taken as they are, so that bad ones can be made. */
export function subjectAlternativeName(names: readonly SubjectName[]): Buffer {
  return extension('2.5.29.17', sequence(...names.map(generalName)), true);
}

function generalName(name: SubjectName): Buffer {
  if ('email' in name) return implicit(1, Buffer.from(name.email));
  if ('uri' in name) return implicit(6, Buffer.from(name.uri));
  const value = explicit(0, utf8String(name.username));
  return implicitConstructed(0, oid('1.3.6.1.4.1.57264.1.7'), value);
}

export function subjectKeyIdentifier(key: KeyObject): Buffer {
  return extension('2.5.29.14', octetString(keyIdentifier(key)));
}

export function authorityKeyIdentifier(key: KeyObject): Buffer {
  return extension('2.5.29.35', sequence(implicit(0, keyIdentifier(key))));
}
