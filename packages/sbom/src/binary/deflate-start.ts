import type { Buffer } from 'node:buffer';

/**
 * False where zlib data (RFC 1950) that inflates to these first bytes cannot begin, at hardly any cost: inflating takes a hundred thousand times as long,
 * and most places that look like a zlib header are chance. `first` is of characters below 144 and repeats nothing. 64 bytes have to be there.
 */
export function mayInflateTo(first: Buffer, bytes: Buffer, at: number): boolean {
  const flags = bytes[at + 1]!;
  // The two bytes of the header are a multiple of 31, and nobody has a preset dictionary.
  if (bytes[at] !== 0x78 || (0x7800 + flags) % 31 !== 0 || (flags & 0x20) !== 0) return false;
  const block = 8 * (at + 2);
  switch (bits(bytes, block + 1, 2)) {
    case 0:
      return (
        bytes.readUInt16LE(at + 3) + bytes.readUInt16LE(at + 5) === 0xffff &&
        first.equals(bytes.subarray(at + 7, at + 7 + first.length))
      );
    case 1:
      return first.every((byte, place) => literal(bytes, block + 3 + 8 * place) === byte);
    case 2:
      return hasCompleteCode(bytes, block + 3);
    default:
      return false;
  }
}

/** Bits as DEFLATE packs numbers: from the low end of each byte (RFC 1951, 3.1.1). */
function bits(bytes: Buffer, from: number, count: number): number {
  let value = 0;
  for (let place = 0; place < count; place++) {
    const at = from + place;
    value |= ((bytes[at >> 3]! >> (at & 7)) & 1) << place;
  }
  return value;
}

/** A byte in the fixed code (3.2.6), whose bits come from the high end. */
function literal(bytes: Buffer, from: number): number {
  let code = 0;
  for (let place = 0; place < 8; place++) code = 2 * code + bits(bytes, from + place, 1);
  return code - 0x30;
}

/** Behind the header of a block with codes of its own (3.2.7) stand the lengths of a code, which has to use up all its bits. */
function hasCompleteCode(bytes: Buffer, from: number): boolean {
  // Only so many literals and distances there are.
  if (bits(bytes, from, 5) > 29 || bits(bytes, from + 5, 5) > 29) return false;
  const count = bits(bytes, from + 10, 4) + 4;
  let used = 0;
  for (let place = 0; place < count; place++) {
    const length = bits(bytes, from + 14 + 3 * place, 3);
    if (length > 0) used += 128 >> length;
  }
  return used === 128;
}
