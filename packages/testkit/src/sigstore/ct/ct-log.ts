import { createHash, randomBytes } from 'node:crypto';
import { octetString } from '../asn1/write.ts';
import { extension } from '../pki/certificate.ts';
import { generateKeys, type KeyPair, signWith, spkiOf } from '../pki/key.ts';

/** A certificate transparency log: it promises to show certificates that it was told of (RFC 6962). */
export interface CtLog {
  readonly keys: KeyPair;
  /** The SHA-256 of its key. */
  readonly id: Buffer;
}

export function makeCtLog(): CtLog {
  const keys = generateKeys('P-256');
  return { keys, id: createHash('sha256').update(spkiOf(keys.publicKey)).digest() };
}

export interface PrecertificateEntry {
  /** TBSCertificate without timestamps. */
  readonly toBeSigned: Uint8Array;
  /** SubjectPublicKeyInfo of the certificate's issuer. */
  readonly issuerKey: Uint8Array;
  readonly time: Date;
}

/** A SignedCertificateTimestamp for a certificate that is yet to be issued (RFC 6962 3.2). */
export function signedCertificateTimestamp(log: CtLog, entry: PrecertificateEntry): Buffer {
  const { toBeSigned, issuerKey, time } = entry;
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(BigInt(time.getTime()));
  const noExtensions = Buffer.alloc(2);
  const signed = Buffer.concat([
    Uint8Array.of(0, 0), // v1, certificate_timestamp
    timestamp,
    Uint8Array.of(0, 1), // precert_entry
    createHash('sha256').update(issuerKey).digest(),
    withLength(toBeSigned, 3),
    noExtensions,
  ]);
  return Buffer.concat([
    Uint8Array.of(0), // v1
    log.id,
    timestamp,
    noExtensions,
    Uint8Array.of(4, 3), // SHA-256, ECDSA
    withLength(signWith(log.keys.privateKey, signed), 2),
  ]);
}

/** The extension of a certificate that holds its timestamps (RFC 6962 3.3). */
export function timestampListExtension(timestamps: readonly Uint8Array[]): Buffer {
  const list = Buffer.concat(timestamps.map((timestamp) => withLength(timestamp, 2)));
  return extension('1.3.6.1.4.1.11129.2.4.2', octetString(withLength(list, 2)));
}

function withLength(bytes: Uint8Array, width: number): Buffer {
  const length = Buffer.alloc(width);
  length.writeUIntBE(bytes.byteLength, 0, width);
  return Buffer.concat([length, bytes]);
}

/** A log under whose name nothing was ever promised. */
export function unknownCtLog(): CtLog {
  return { ...makeCtLog(), id: randomBytes(32) };
}
