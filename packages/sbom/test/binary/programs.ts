import { Buffer } from 'node:buffer';

const sentinels = ['3077af0c9274080241e1c107e6d618e6', 'f932433186182072008242104116d8f2'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** The bytes of a Go program's build information as they are in its file since Go 1.18. */
export function goBuildInfo(goVersion: string, lines: readonly string[]): Buffer {
  const info = Buffer.concat([sentinels[0]!, Buffer.from(`${lines.join('\n')}\n`), sentinels[1]!]);
  return Buffer.concat([
    Buffer.from('\xff Go buildinf:\x08\x02', 'latin1'),
    Buffer.alloc(16),
    withLength(Buffer.from(goVersion)),
    withLength(lines.length === 0 ? Buffer.alloc(0) : info),
  ]);
}

/** As it was before Go 1.18: the marker has pointers, and the information is somewhere else. */
export function oldGoBuildInfo(lines: readonly string[]): Buffer {
  const info = Buffer.concat([sentinels[0]!, Buffer.from(`${lines.join('\n')}\n`), sentinels[1]!]);
  const padded = Buffer.concat([info, Buffer.alloc(16 - (info.length % 16))]);
  return Buffer.concat([padded, Buffer.from('\xff Go buildinf:\x08\x00', 'latin1'), Buffer.alloc(16, 1)]);
}

function withLength(value: Buffer): Buffer {
  const length: number[] = [];
  let left = value.length;
  for (; left >= 0x80; left = Math.floor(left / 128)) length.push((left & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...length, left]), value]);
}

/** Where the first byte of a program's file is in memory. */
const baseAddress = 0x400000;

/** A program from before Go 1.18: the version is among the constants, its header in the data, and the marker has the header's address. */
export function oldGoProgram(version: string, lines: readonly string[], options: ElfOptions = {}): Buffer {
  const { is64 = true, isBigEndian = false } = options;
  const pointer = (address: number): Buffer => {
    const bytes = Buffer.alloc(is64 ? 8 : 4);
    if (isBigEndian) bytes.writeUInt32BE(address, bytes.length - 4);
    else bytes.writeUInt32LE(address, 0);
    return bytes;
  };
  const info = lines.length === 0 ? Buffer.alloc(0) : oldGoBuildInfo(lines).subarray(0, -32);
  const code = Buffer.from(`go1.2 is old${'x'.repeat(50)}go1.99${version}unlike go1.98`.padEnd(320));
  const constants = Buffer.concat([code, info]);
  const versionAt = elfHeadBytes + code.indexOf(version);
  const marker = Buffer.alloc(32);
  marker.write('\xff Go buildinf:', 'latin1');
  marker[14] = is64 ? 8 : 4;
  marker[15] = isBigEndian ? 1 : 0;
  const dataAt = elf(constants, Buffer.alloc(0), options).length;
  pointer(baseAddress + dataAt + 32 + 100).copy(marker, 16);
  const data = Buffer.concat([
    marker,
    Buffer.alloc(100, 7),
    pointer(baseAddress + versionAt),
    pointer(version.length),
  ]);
  return elf(constants, data, options);
}

const elfHeadBytes = 4096 - 64;

export interface ElfOptions {
  readonly is64?: boolean;
  readonly isBigEndian?: boolean;
  /** Position-independent, as distributions build programs; they are then of the type of shared libraries. */
  readonly isPie?: boolean;
  /** What a third segment holds, of type PT_NOTE, at the file's end. */
  readonly notes?: Buffer;
}

/**
 * An ELF file of a read-only segment and one that may be written, each at a multiple of 16; `data` begins the second. It has no sections, as what
 * is stripped of all that is not needed to run.
 */
export function elf(
  constants: Buffer,
  data: Buffer,
  { is64 = true, isBigEndian = false, isPie = false, notes }: ElfOptions = {},
): Buffer {
  const head = Buffer.alloc(elfHeadBytes);
  head.write('\x7fELF', 0, 'latin1');
  head[4] = is64 ? 2 : 1;
  head[5] = isBigEndian ? 2 : 1;
  const half = (at: number, value: number): unknown =>
    isBigEndian ? head.writeUInt16BE(value, at) : head.writeUInt16LE(value, at);
  const word = (at: number, value: number): unknown =>
    isBigEndian ? head.writeUInt32BE(value, at) : head.writeUInt32LE(value, at);
  const long = (at: number, value: number): unknown => word(isBigEndian ? at + 4 : at, value);
  const padded = Buffer.concat([constants, Buffer.alloc(16 - (constants.length % 16))]);
  const [table, entry] = is64 ? [64, 56] : [52, 32];
  half(16, isPie ? 3 : 2);
  (is64 ? long : word)(is64 ? 32 : 28, table);
  half(is64 ? 54 : 42, entry);
  const dataStart = head.length + padded.length;
  const segments = [
    { type: 1, flags: 5, start: head.length, size: padded.length },
    { type: 1, flags: 6, start: dataStart, size: data.length },
    ...(notes === undefined
      ? []
      : [{ type: 4, flags: 4, start: dataStart + data.length, size: notes.length }]),
  ];
  half(is64 ? 56 : 44, segments.length);
  for (const [number, { type, flags, start, size }] of segments.entries()) {
    const at = table + number * entry;
    word(at, type);
    word(at + (is64 ? 4 : 24), flags);
    (is64 ? long : word)(at + (is64 ? 8 : 4), start);
    (is64 ? long : word)(at + (is64 ? 16 : 8), baseAddress + start);
    (is64 ? long : word)(at + (is64 ? 32 : 16), size);
    (is64 ? long : word)(at + (is64 ? 48 : 28), type === 4 ? 4 : 4096);
  }
  return Buffer.concat([head, padded, data, ...(notes === undefined ? [] : [notes])]);
}

/** One note of an ELF file, its parts padded to four bytes. */
export function elfNote(owner: string, type: number, content: string, isBigEndian = false): Buffer {
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const [name, body] = [Buffer.from(`${owner}\0`), Buffer.from(`${content}\0`)];
  const head = Buffer.alloc(12);
  for (const [place, value] of [name.length, body.length, type].entries()) {
    if (isBigEndian) head.writeUInt32BE(value, 4 * place);
    else head.writeUInt32LE(value, 4 * place);
  }
  return Buffer.concat([head, padded(name), padded(body)]);
}
