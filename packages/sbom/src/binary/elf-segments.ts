import type { Buffer } from 'node:buffer';

export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/** Where an ELF file has the first segment that a program may write to; nothing for other files, or when the headers are not in the bytes given (elf(5)). */
export function writableSegment(head: Buffer): FileRange | undefined {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const is64 = head[4] === 2;
  const isBig = head[5] === 2;
  const half = (at: number): number => (isBig ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const word = (at: number): number => (isBig ? head.readUInt32BE(at) : head.readUInt32LE(at));
  // Offsets beyond 2^53 are in no file; as floating point they stay large.
  const long = (at: number): number =>
    isBig ? word(at) * 2 ** 32 + word(at + 4) : word(at + 4) * 2 ** 32 + word(at);
  const table = is64 ? long(32) : word(28);
  const entryBytes = half(is64 ? 54 : 42);
  const count = half(is64 ? 56 : 44);
  if (entryBytes < (is64 ? 56 : 32)) return undefined;
  for (let at = table, left = count; left > 0 && at + entryBytes <= head.length; at += entryBytes, left--) {
    const flags = word(at + (is64 ? 4 : 24));
    // PT_LOAD, writable and not executable.
    if (word(at) !== 1 || (flags & 3) !== 2) continue;
    const start = is64 ? long(at + 8) : word(at + 4);
    return { start, end: start + (is64 ? long(at + 32) : word(at + 16)) };
  }
  return undefined;
}
