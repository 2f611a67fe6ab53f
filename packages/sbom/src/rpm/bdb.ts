import { Buffer } from 'node:buffer';
import type { Blobs } from './blobs.ts';

/** Berkeley DB, dbinc/db_page.h and dbinc/hash.h. */
const hashMagic = 0x061561;
const pageTypes = { hashUnsorted: 2, overflow: 7, hashMeta: 8, hash: 13 } as const;
const offPage = 3;
const pageHeaderLength = 26;
const offPageLength = 12;

interface HashFile {
  readonly pageSize: number;
  readonly page: (number: number) => Buffer | undefined;
  readonly pageCount: number;
  readonly int16: (bytes: Buffer, at: number) => number;
  readonly int32: (bytes: Buffer, at: number) => number;
}

/**
 * The headers in `Packages`, the database of rpm before 4.16: a hash of Berkeley DB in the byte order of the machine that made it. Only
 * values with pages of their own are headers; others are counters. Nothing when it is not such a file.
 */
export function readBdb(content: Buffer): Blobs | undefined {
  const file = openHash(content);
  if (file === undefined) return undefined;
  const seen = new Set<number>();
  const blobs: Buffer[] = [];
  let isWhole = true;
  for (let number = 1; number < file.pageCount; number++) {
    const page = file.page(number);
    const type = page?.[25];
    if (page === undefined || (type !== pageTypes.hash && type !== pageTypes.hashUnsorted)) continue;
    const entries = file.int16(page, 20);
    if (pageHeaderLength + entries * 2 > page.length) {
      isWhole = false;
      continue;
    }
    // Keys and values by turns.
    for (let entry = 1; entry < entries; entry += 2) {
      const at = file.int16(page, pageHeaderLength + entry * 2);
      if (page[at] !== offPage) continue;
      const blob = at + offPageLength > page.length ? undefined : overflowAt(file, page, at, seen);
      if (blob === undefined) isWhole = false;
      else blobs.push(blob);
    }
  }
  return { blobs, isWhole };
}

function openHash(content: Buffer): HashFile | undefined {
  if (content.length < 512 || content[25] !== pageTypes.hashMeta) return undefined;
  const isLittle = content.readUInt32LE(12) === hashMagic;
  if (!isLittle && content.readUInt32BE(12) !== hashMagic) return undefined;
  const int32: HashFile['int32'] = (bytes, at) =>
    isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  const int16: HashFile['int16'] = (bytes, at) =>
    isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const pageSize = int32(content, 20);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  return {
    pageSize,
    int16,
    int32,
    pageCount: Math.floor(content.length / pageSize),
    page: (number) => {
      const start = number * pageSize;
      return start + pageSize > content.length ? undefined : content.subarray(start, start + pageSize);
    },
  };
}

/** A value on pages of its own. No page is read twice, so a file that points in circles has an end. */
function overflowAt(file: HashFile, page: Buffer, at: number, seen: Set<number>): Buffer | undefined {
  let number = file.int32(page, at + 4);
  const length = file.int32(page, at + 8);
  if (length === 0) return undefined;
  const parts: Buffer[] = [];
  let missing = length;
  while (missing > 0) {
    const overflow = seen.has(number) || number === 0 ? undefined : file.page(number);
    seen.add(number);
    if (overflow === undefined || overflow[25] !== pageTypes.overflow) return undefined;
    const used = Math.min(file.int16(overflow, 22), file.pageSize - pageHeaderLength, missing);
    parts.push(overflow.subarray(pageHeaderLength, pageHeaderLength + used));
    missing -= used;
    number = file.int32(overflow, 16);
  }
  return Buffer.concat(parts);
}
