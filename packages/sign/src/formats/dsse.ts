import { Buffer } from 'node:buffer';
import type { SignedContent } from '../material.ts';

/** What the payload of nearly every envelope is: an in-toto statement. */
export const inTotoPayloadType = 'application/vnd.in-toto+json';

/** The bytes that a signature is over; of an envelope its pre-authentication encoding (secure-systems-lab/dsse, protocol.md). */
export function signedBytes(content: SignedContent): Uint8Array {
  if (content.kind === 'message') return content.bytes;
  const { payloadType, payload } = content;
  const prefix = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(prefix), payload]);
}
