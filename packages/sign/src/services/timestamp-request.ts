import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** The object identifier 2.16.840.1.101.3.4.2.1, DER. */
export const sha256Oid: Buffer = Buffer.from('0609608648016503040201', 'hex');

/**
 * DER of a request for a timestamp over the SHA-256 of `data` (RFC 3161, 2.4.1), with the certificate of the authority to be sent along.
 * @param nonce Makes the answer one to this request. Up to 20 bytes.
 */
export function timestampRequest(data: Uint8Array, nonce: Uint8Array): Buffer {
  const algorithm = sequence(sha256Oid, Buffer.from('0500', 'hex'));
  const imprint = sequence(algorithm, element(0x04, createHash('sha256').update(data).digest()));
  const version = integer(Buffer.of(1));
  const certReq = Buffer.from('0101ff', 'hex');
  return sequence(version, imprint, integer(nonce), certReq);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

/** A positive integer: DER has no leading zeros, but one where the first bit would make it negative. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const magnitude = first === -1 ? Buffer.of(0) : Buffer.from(bytes.subarray(first));
  return element(0x02, magnitude[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude);
}

/** All of a request fits into 127 bytes, so that lengths are one byte. */
function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag, content.byteLength), content]);
}
