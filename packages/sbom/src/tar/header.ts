import type { Buffer } from 'node:buffer';
import { numberAt, octalAt } from './numbers.ts';

export const blockBytes = 512;

/** Which reading of the block the magic words ask for. */
export type TarFormat = 'v7' | 'ustar' | 'star' | 'gnu';

/** One header block, before what other headers say of the same entry. Names are bytes, each a letter of latin1. */
export interface RawHeader {
  readonly format: TarFormat;
  /** One letter. */
  readonly type: string;
  readonly name: string;
  readonly link: string;
  readonly size: number;
  readonly mode: number;
}

/** Offset and length of fields that are no numbers we need, yet make Go's reader refuse a header when they are none. */
const checkedNumbers: Record<TarFormat, readonly (readonly [number, number])[]> = {
  v7: [],
  ustar: [
    [329, 8],
    [337, 8],
  ],
  star: [
    [329, 8],
    [337, 8],
    [476, 12],
    [488, 12],
  ],
  gnu: [
    [329, 8],
    [337, 8],
  ],
};

/**
 * Reads a header block as Go's archive/tar does: what containers run from was unpacked with it.
 * @returns nothing when the checksum or a number does not hold.
 */
export function parseHeader(block: Buffer): RawHeader | undefined {
  if (!hasChecksum(block)) return undefined;
  const format = formatOf(block);
  const mode = numberAt(block, 100, 8);
  const size = numberAt(block, 124, 12);
  if (mode === undefined || size === undefined) return undefined;
  // Owner, group, time: never used here.
  for (const [start, length] of [[108, 8] as const, [116, 8] as const, [136, 12] as const])
    if (numberAt(block, start, length) === undefined) return undefined;
  for (const [start, length] of checkedNumbers[format])
    if (numberAt(block, start, length) === undefined) return undefined;
  const name = textAt(block, 0, 100);
  const prefix = prefixOf(block, format);
  return {
    format,
    type: String.fromCharCode(block[156]!),
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: textAt(block, 157, 100),
    size,
    mode,
  };
}

/** Text up to a NUL, each byte a letter of latin1. */
export function textAt(bytes: Buffer, start: number, size: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString('latin1', start, end < 0 || end > start + size ? start + size : end);
}

export function isZeroBlock(block: Uint8Array): boolean {
  for (let index = 0; index < blockBytes; index++) if (block[index] !== 0) return false;
  return true;
}

function hasChecksum(block: Buffer): boolean {
  const expected = octalAt(block, 148, 8);
  if (expected === undefined) return false;
  let unsigned = 8 * 0x20; // the field itself counts as spaces
  let signed = unsigned; // the sum of Sun's tar
  for (let index = 0; index < blockBytes; index++) {
    if (index >= 148 && index < 156) continue;
    const byte = block[index]!;
    unsigned += byte;
    signed += (byte << 24) >> 24;
  }
  return expected === unsigned || expected === signed;
}

function formatOf(block: Buffer): TarFormat {
  const magic = block.toString('latin1', 257, 263);
  if (magic === 'ustar\0') return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
  return magic === 'ustar ' && block.toString('latin1', 263, 265) === ' \0' ? 'gnu' : 'v7';
}

function prefixOf(block: Buffer, format: TarFormat): string {
  if (format === 'v7') return '';
  if (format === 'ustar') return textAt(block, 345, 155);
  if (format === 'star') return textAt(block, 345, 131);
  // GNU has two times where ustar has the prefix. Go before 1.8 wrote prefixes there all the same, and is still understood.
  const isTime = (start: number): boolean => block[start] === 0 || numberAt(block, start, 12) !== undefined;
  if (isTime(345) && isTime(357)) return '';
  const prefix = textAt(block, 345, 155);
  for (let index = 0; index < prefix.length; index++) if (prefix.charCodeAt(index) >= 0x80) return '';
  return prefix;
}
