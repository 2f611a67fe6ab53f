const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);
const int64Digits = /^([+-]?)0*([0-9]{1,19})$/;

/** An octal field, with spaces and NULs around it; nothing when other letters are in it. An empty field is 0. */
export function octalAt(block: Uint8Array, start: number, size: number): number | undefined {
  let end = start + size;
  while (start < end && isBlank(block[start]!)) start++;
  while (end > start && isBlank(block[end - 1]!)) end--;
  let value = 0;
  for (let index = start; index < end && block[index] !== 0; index++) {
    const digit = block[index]! - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    // At most 12 digits: 36 bits.
    value = value * 8 + digit;
  }
  return value;
}

/** An octal field, or GNU's base 256: two's complement, big-endian, marked by the first bit. Nothing when it does not fit 64 bits. */
export function exactNumberAt(block: Uint8Array, start: number, size: number): bigint | undefined {
  const first = block[start]!;
  if ((first & 0x80) === 0) {
    const value = octalAt(block, start, size);
    return value === undefined ? undefined : BigInt(value);
  }
  const isNegative = (first & 0x40) !== 0;
  let value = 0n;
  for (let index = start; index < start + size; index++) {
    const byte = isNegative ? ~block[index]! & 0xff : block[index]!;
    value = (value << 8n) | BigInt(index === start ? byte & 0x7f : byte);
  }
  if (value > maxInt64) return undefined;
  return isNegative ? -value - 1n : value;
}

/** As {@link exactNumberAt}. Beyond 2^53 it is only about right, which is enough for sizes that no archive can hold. */
export function numberAt(block: Uint8Array, start: number, size: number): number | undefined {
  if ((block[start]! & 0x80) === 0) return octalAt(block, start, size);
  const value = exactNumberAt(block, start, size);
  return value === undefined ? undefined : Number(value);
}

/** A decimal number of 64 bits with an optional sign, as pax records have them. */
export function decimal(text: string): bigint | undefined {
  const match = int64Digits.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[2]!) * (match[1] === '-' ? -1n : 1n);
  return value > maxInt64 || value < minInt64 ? undefined : value;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0;
}
