import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { openSqlite, recordOf, tableRows } from '../../src/rpm/sqlite.ts';

/** Made by rpm: testdata/make.sh. */
export const sqliteDatabase: Buffer = testdata('rpmdb.sqlite.gz');

/** The same while it is written to, and its log: one package is removed in it (acme-libs) and one is new, in two transactions. */
export const walDatabase: Buffer = testdata('logged.sqlite.gz');
export const walLog: Buffer = testdata('logged.sqlite-wal.gz');

function testdata(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`testdata/${name}`, import.meta.url)));
}

/** The headers in it. */
export const headers: readonly Buffer[] = tableRows(openSqlite(sqliteDatabase)!, 'Packages')!.rows.map(
  ({ payload }) => recordOf(payload, 2)[1]!,
);

/** `Packages.db` as rpm's lib/backend/ndb/rpmpkg.c lays it out. */
export function ndbOf(blobs: readonly Buffer[], { slotPages = 1 }: { slotPages?: number } = {}): Buffer {
  const slots = Buffer.alloc(slotPages * 4096);
  slots.write('RpmP', 0, 'latin1');
  slots.writeUInt32LE(1, 8);
  slots.writeUInt32LE(slotPages, 12);
  slots.writeUInt32LE(blobs.length + 1, 16);
  for (let at = 32; at < slots.length; at += 16) slots.write('Slot', at, 'latin1');
  let offset = slots.length;
  const parts = blobs.map((blob, index) => {
    const length = Math.ceil((16 + blob.length + 12) / 16) * 16;
    const part = Buffer.alloc(length);
    part.write('BlbS', 0, 'latin1');
    part.writeUInt32LE(index + 1, 4);
    part.writeUInt32LE(1, 8);
    part.writeUInt32LE(blob.length, 12);
    blob.copy(part, 16);
    part.writeUInt32LE(blob.length, length - 8);
    part.write('BlbE', length - 4, 'latin1');
    const slot = 32 + (index + 1) * 16;
    slots.writeUInt32LE(index + 1, slot + 4);
    slots.writeUInt32LE(offset / 16, slot + 8);
    slots.writeUInt32LE(length / 16, slot + 12);
    offset += length;
    return part;
  });
  return Buffer.concat([slots, ...parts]);
}

/** `Packages` as a hash of Berkeley DB: a page of meta data, one of keys and values, and pages for the values. */
export function bdbOf(
  blobs: readonly Buffer[],
  {
    pageSize = 4096,
    isBigEndian = false,
    hashType = 13,
  }: { pageSize?: number; isBigEndian?: boolean; hashType?: number } = {},
): Buffer {
  const int32 = (page: Buffer, value: number, at: number): number =>
    isBigEndian ? page.writeUInt32BE(value, at) : page.writeUInt32LE(value, at);
  const int16 = (page: Buffer, value: number, at: number): number =>
    isBigEndian ? page.writeUInt16BE(value, at) : page.writeUInt16LE(value, at);
  const meta = Buffer.alloc(pageSize);
  const hash = Buffer.alloc(pageSize);
  const pages = [meta, hash];
  hash[25] = hashType;
  int32(hash, 1, 8);
  const items: Buffer[] = [];
  // The counter of packages, as rpm keeps it with key 0: small, so it stands in the page itself.
  items.push(Buffer.from([1, 0, 0, 0, 0]), Buffer.from([1, blobs.length, 0, 0, 0]));
  for (const [index, blob] of blobs.entries()) {
    const value = Buffer.alloc(12);
    value[0] = 3;
    int32(value, pages.length, 4);
    int32(value, blob.length, 8);
    items.push(Buffer.from([1, index + 1, 0, 0, 0]), value);
    const room = pageSize - 26;
    for (let at = 0; at < blob.length; at += room) {
      const page = Buffer.alloc(pageSize);
      page[25] = 7;
      int32(page, pages.length, 8);
      const used = blob.copy(page, 26, at, at + room);
      int16(page, used, 22);
      if (at + room < blob.length) int32(page, pages.length + 1, 16);
      pages.push(page);
    }
  }
  let end = pageSize;
  for (const [index, item] of items.entries()) {
    end -= item.length;
    item.copy(hash, end);
    int16(hash, end, 26 + index * 2);
  }
  int16(hash, items.length, 20);
  int16(hash, end, 22);
  int32(meta, 0x061561, 12);
  int32(meta, 9, 16);
  int32(meta, pageSize, 20);
  meta[25] = 8;
  int32(meta, pages.length - 1, 32);
  return Buffer.concat(pages);
}
