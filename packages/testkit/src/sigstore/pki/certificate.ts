import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { readSequence } from '../asn1/read.ts';
import {
  bitString,
  boolean,
  certificateTime,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  utf8String,
} from '../asn1/write.ts';
import { signatureAlgorithm, signWith, spkiOf } from './key.ts';

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface CertificateFields extends Validity {
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Uint8Array[];
  readonly serial: Uint8Array;
}

/** A name of an organisation and a common name; without both, the empty name of Fulcio's leaves. */
export function distinguishedName(organization?: string, commonName?: string): Buffer {
  const attribute = (type: string, value: string | undefined): Buffer[] =>
    value === undefined ? [] : [setOf(sequence(oid(type), utf8String(value)))];
  return sequence(...attribute('2.5.4.10', organization), ...attribute('2.5.4.3', commonName));
}

/** 20 bytes, positive. */
export function randomSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** TBSCertificate (RFC 5280 4.1.2). */
export function toBeSigned(fields: CertificateFields, signingKey: KeyObject): Buffer {
  return sequence(
    explicit(0, integer(2)), // version 3
    integer(fields.serial),
    signatureAlgorithm(signingKey),
    fields.issuer,
    sequence(certificateTime(fields.notBefore), certificateTime(fields.notAfter)),
    fields.subject,
    spkiOf(fields.publicKey),
    explicit(3, sequence(...fields.extensions)),
  );
}

/** A certificate in DER. */
export function makeCertificate(fields: CertificateFields, signingKey: KeyObject): Buffer {
  const body = toBeSigned(fields, signingKey);
  return sequence(body, signatureAlgorithm(signingKey), bitString(signWith(signingKey, body)));
}

/** An extension by its OID; `value` is what stands in the OCTET STRING. */
export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** The SHA-1 of the key's bits (RFC 5280 4.2.1.2, method 1). */
export function keyIdentifier(key: KeyObject): Buffer {
  const bits = readSequence(spkiOf(key))[1]?.content ?? Buffer.alloc(0);
  return createHash('sha1').update(bits.subarray(1)).digest(); // the first byte counts unused bits
}
