import { createHash } from 'node:crypto';

/** The namespace of all names that lading makes UUIDs of. Never changed: the same image would get another document. */
const namespace = Uint8Array.from([
  0x6f, 0x1d, 0x5d, 0x0a, 0x3c, 0x2e, 0x5b, 0x8e, 0x9a, 0x57, 0x2f, 0x4b, 0x61, 0x0c, 0x7e, 0x93,
]);

/** A UUID of a name: the same name gives the same UUID (RFC 9562, section 5.5, version 5). */
export function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
