import type { Buffer } from 'node:buffer';

export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/** A part of an ELF file that a program header tells of (elf(5)). */
interface ElfSegment extends FileRange {
  readonly type: number;
  readonly flags: number;
  /** Where its first byte is in memory. */
  readonly address: number;
  readonly align: number;
}

const load = 1;
const note = 4;
const [executable, writable] = [1, 2];

/** The byte order of an ELF file. */
export function isBigEndian(head: Buffer): boolean {
  return head[5] === 2;
}

/** The segments whose headers are in the bytes given. */
function* segmentsOf(head: Buffer): Generator<ElfSegment> {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return;
  const is64 = head[4] === 2;
  const isBig = isBigEndian(head);
  const half = (at: number): number => (isBig ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const word = (at: number): number => (isBig ? head.readUInt32BE(at) : head.readUInt32LE(at));
  // Offsets beyond 2^53 are in no file; as floating point they stay large.
  const long = (at: number): number =>
    isBig ? word(at) * 2 ** 32 + word(at + 4) : word(at + 4) * 2 ** 32 + word(at);
  const table = is64 ? long(32) : word(28);
  const entryBytes = half(is64 ? 54 : 42);
  const count = half(is64 ? 56 : 44);
  if (entryBytes < (is64 ? 56 : 32)) return;
  for (let at = table, left = count; left > 0 && at + entryBytes <= head.length; at += entryBytes, left--) {
    const start = is64 ? long(at + 8) : word(at + 4);
    yield {
      type: word(at),
      flags: word(at + (is64 ? 4 : 24)),
      start,
      address: is64 ? long(at + 16) : word(at + 8),
      end: start + (is64 ? long(at + 32) : word(at + 16)),
      align: is64 ? long(at + 48) : word(at + 28),
    };
  }
}

/** Where an ELF file has the first segment that a program may write to; nothing for other files, or when the headers are not in the bytes given. */
export function writableSegment(head: Buffer): FileRange | undefined {
  for (const segment of segmentsOf(head)) {
    if (segment.type === load && (segment.flags & (executable | writable)) === writable) return segment;
  }
  return undefined;
}

/** Where an ELF file has its notes, and what each of their parts is padded to. */
export function noteSegments(head: Buffer): (FileRange & { readonly align: 4 | 8 })[] {
  return [...segmentsOf(head)]
    .filter(({ type }) => type === note)
    .map(({ start, end, align }) => ({ start, end, align: align === 8 ? 8 : 4 }));
}

/** Where in an ELF file that is which has an address when the program runs. */
export function fileOffsetOf(head: Buffer, address: number): number | undefined {
  for (const { type, start, end, address: first } of segmentsOf(head)) {
    const offset = start + (address - first);
    if (type === load && address >= first && offset < end) return offset;
  }
  return undefined;
}
