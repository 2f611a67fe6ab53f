import type { Buffer } from 'node:buffer';
import { decimal, exactNumberAt } from './numbers.ts';
import type { PaxRecords } from './pax.ts';

/** A part of a sparse file that is no hole. */
export interface Region {
  readonly offset: bigint;
  readonly length: bigint;
}

/** What pax records say of a sparse file. */
export interface PaxSparse {
  readonly name: string | undefined;
  /** Of the file with its holes; nothing when only its header says it. */
  readonly size: bigint | undefined;
  /** In format 1.0 the map stands in front of the data. */
  readonly map: readonly Region[] | 'in-data';
}

const entryBytes = 24;

/**
 * @returns nothing when the records tell of no sparse file that Go's archive/tar knows, `'bad'` when what they tell does not hold.
 * @see https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
 */
export function paxSparse(records: PaxRecords): PaxSparse | 'bad' | undefined {
  const record = (key: string): string => records.get(`GNU.sparse.${key}`) ?? '';
  const version = `${record('major')}.${record('minor')}`;
  const isNew = version === '1.0';
  if (!isNew && version !== '0.0' && version !== '0.1' && (version !== '.' || record('map') === ''))
    return undefined;
  const sizeText = record('size') || record('realsize');
  const size = sizeText === '' ? undefined : decimal(sizeText);
  if (sizeText !== '' && size === undefined) return 'bad';
  const map = isNew ? ('in-data' as const) : mapOf(record('numblocks'), record('map'));
  if (map === undefined) return 'bad';
  return { name: record('name') || undefined, size, map };
}

function mapOf(count: string, text: string): Region[] | undefined {
  const expected = decimal(count);
  const numbers = text === '' ? [] : text.split(',');
  if (expected === undefined || BigInt(numbers.length) !== expected * 2n) return undefined;
  return pairs(numbers);
}

/**
 * The map of format 1.0: decimal numbers, a line each, the first one telling how many pairs follow.
 * @returns `'more'` when the text ends before them, `'bad'` when they do not hold.
 */
export function parseDataMap(text: string): readonly Region[] | 'more' | 'bad' {
  const lines = text.split('\n');
  lines.pop(); // behind the last line feed
  if (lines[0] === undefined) return 'more';
  const count = decimal(lines[0]);
  if (count === undefined || count < 0n) return 'bad';
  if (BigInt(lines.length - 1) < count * 2n) return 'more';
  return pairs(lines.slice(1, 1 + 2 * Number(count))) ?? 'bad';
}

/** How many lines the map of format 1.0 has; nothing as long as its first line is not there or does not hold. */
export function dataMapLines(text: string): number | undefined {
  const end = text.indexOf('\n');
  const count = end < 0 ? undefined : decimal(text.slice(0, end));
  return count === undefined || count < 0n ? undefined : 1 + 2 * Number(count);
}

/**
 * The regions of an old GNU header (4 from byte 386) or of one of its extensions (21 from byte 0).
 * @returns nothing when a number does not hold.
 */
export function regionsAt(block: Buffer, start: number, count: number): Region[] | undefined {
  const regions: Region[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + index * entryBytes;
    if (block[at] === 0) break;
    const offset = exactNumberAt(block, at, 12);
    const length = exactNumberAt(block, at + 12, 12);
    if (offset === undefined || length === undefined) return undefined;
    regions.push({ offset, length });
  }
  return regions;
}

/** True when the regions are in order, apart, and within the file. */
export function isSoundMap(regions: readonly Region[], size: bigint): boolean {
  if (size < 0n) return false;
  let end = 0n;
  for (const { offset, length } of regions) {
    if (length < 0n || offset < end || offset + length > size) return false;
    end = offset + length;
  }
  return true;
}

function pairs(numbers: readonly string[]): Region[] | undefined {
  const regions: Region[] = [];
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    const offset = decimal(numbers[index]!);
    const length = decimal(numbers[index + 1]!);
    if (offset === undefined || length === undefined) return undefined;
    regions.push({ offset, length });
  }
  return regions;
}
