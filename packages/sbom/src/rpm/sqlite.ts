import { Buffer } from 'node:buffer';

const magic = 'SQLite format 3\0';

/** Page types (SQLite file format, 1.6). */
const interiorTable = 5;
const leafTable = 13;

/** A page by its number, from 1; nothing when there is none. */
export type Pages = (number: number) => Buffer | undefined;

export interface SqliteFile {
  readonly pageSize: number;
  /** Bytes of a page that are used. */
  readonly usable: number;
  readonly pages: Pages;
  /** Bytes of all pages. */
  readonly length: number;
}

/** Rows of a table that could be read; `isWhole` is false when some could not. */
export interface TableRows {
  readonly root: number;
  readonly rows: readonly SqliteRow[];
  /** The pages below those that hold no rows. */
  readonly interiors: ReadonlyMap<number, readonly number[]>;
  readonly isWhole: boolean;
}

export interface SqliteRow {
  readonly payload: Buffer;
  /** The page it begins on. */
  readonly leaf: number;
  /** Those it goes on on. */
  readonly overflow: readonly number[];
}

/** Opens a database file (SQLite file format, 1.3). Nothing when it is none. */
export function openSqlite(content: Buffer): SqliteFile | undefined {
  if (content.length < 512 || content.toString('latin1', 0, 16) !== magic) return undefined;
  const size = content.readUInt16BE(16);
  const pageSize = size === 1 ? 65_536 : size;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  const usable = pageSize - content[20]!;
  if (usable < 480) return undefined;
  return {
    pageSize,
    usable,
    length: content.length,
    pages: (number) => {
      const start = (number - 1) * pageSize;
      if (number < 1 || start + pageSize > content.length) return undefined;
      return content.subarray(start, start + pageSize);
    },
  };
}

/** All rows of the table with this name; nothing when there is no such table. */
export function tableRows(file: SqliteFile, table: string): TableRows | undefined {
  const root = tableRoot(file, table);
  return root === undefined ? undefined : rowsFrom(file, root);
}

/** The first page of the table with this name. */
export function tableRoot(file: SqliteFile, table: string): number | undefined {
  for (const { payload } of rowsFrom(file, 1).rows) {
    const [type, name, , root] = recordOf(payload, 4);
    if (type?.toString() === 'table' && name?.toString() === table && root !== undefined) {
      return root.length === 0 || root.length > 6 ? 0 : root.readUIntBE(0, root.length);
    }
  }
  return undefined;
}

/**
 * The first columns of a record (SQLite file format, 2.1), as bytes: numbers are big-endian. A column that is NULL, 0, 1, or outside of
 * the record is empty.
 */
export function recordOf(payload: Buffer, columns: number): Buffer[] {
  const [headerLength, first] = varint(payload, 0);
  let at = first;
  let start = headerLength;
  const values: Buffer[] = [];
  while (values.length < columns && at < headerLength && at < payload.length) {
    const [type, next] = varint(payload, at);
    at = next;
    const length = lengthOf(type);
    values.push(payload.subarray(start, start + length));
    start += length;
  }
  return values;
}

function lengthOf(serialType: number): number {
  if (serialType >= 12) return Math.floor((serialType - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][serialType] ?? 0;
}

/** Walks the b-tree of a table (SQLite file format, 1.6). No page is read twice, so a file that points in circles has an end. */
function rowsFrom(file: SqliteFile, root: number): TableRows {
  const rows: SqliteRow[] = [];
  const interiors = new Map<number, readonly number[]>();
  const seen = new Set<number>();
  const pending = [root];
  const isRoomFor = rowBudget(file.length);
  let isWhole = true;
  const take = (number: number): Buffer | undefined => {
    const page = seen.has(number) ? undefined : file.pages(number);
    seen.add(number);
    return page;
  };
  for (let number = pending.pop(); number !== undefined; number = pending.pop()) {
    const page = take(number);
    const found = page === undefined ? undefined : readPage(page, number);
    if (page === undefined || found === undefined) {
      isWhole = false;
    } else if (found.children !== undefined) {
      interiors.set(number, found.children);
      // In the order of rows, from a stack.
      pending.push(...found.children.toReversed());
    } else {
      for (const cell of found.cells) {
        const row = rowAt(file.usable, page, cell, take);
        if (!isRoomFor(row)) {
          isWhole = false;
          break;
        }
        if (row === undefined) isWhole = false;
        else rows.push({ ...row, leaf: number });
      }
    }
  }
  return { root, rows, interiors, isWhole };
}

/** Rows of a sound file do not lie on each other; those of one made to do harm could be many times what the file has. */
export function rowBudget(bytes: number): (row: Pick<SqliteRow, 'payload'> | undefined) => boolean {
  let left = bytes;
  return (row) => {
    left -= 64 + (row?.payload.length ?? 0);
    return left >= 0;
  };
}

/** A page of a table's b-tree: with pages below it, or with cells that are rows. */
export type TablePage =
  | { readonly children: readonly number[] }
  | { readonly children?: undefined; readonly cells: readonly number[] };

export function readPage(page: Buffer, number: number): TablePage | undefined {
  const start = number === 1 ? 100 : 0;
  const type = page[start];
  if (type !== interiorTable && type !== leafTable) return undefined;
  const cells = cellsOf(page, start, type === interiorTable ? 12 : 8);
  if (cells === undefined || type === leafTable) return cells && { cells };
  const children = cells.map((cell) => (cell + 4 <= page.length ? page.readUInt32BE(cell) : 0));
  return { children: [...children, page.readUInt32BE(start + 8)] };
}

/** Where the cells of a page begin. */
function cellsOf(page: Buffer, start: number, headerLength: number): number[] | undefined {
  const count = page.readUInt16BE(start + 3);
  const first = start + headerLength;
  if (first + count * 2 > page.length) return undefined;
  return Array.from({ length: count }, (_, index) => page.readUInt16BE(first + index * 2));
}

/** One row, over all its pages; nothing when one of them is not there. */
export function rowAt(
  usable: number,
  page: Buffer,
  cell: number,
  take: (number: number) => Buffer | undefined,
): Omit<SqliteRow, 'leaf'> | undefined {
  const found = cellAt(usable, page, cell);
  if (found === undefined) return undefined;
  const { length, local, next: first } = found;
  if (first === undefined) return { payload: local, overflow: [] };
  const parts = [local];
  const overflow: number[] = [];
  let missing = length - local.length;
  for (let number = first; missing > 0; ) {
    const more = take(number);
    if (more === undefined) return undefined;
    const part = more.subarray(4, Math.min(4 + missing, usable));
    overflow.push(number);
    parts.push(part);
    missing -= part.length;
    number = more.readUInt32BE(0);
  }
  return { payload: Buffer.concat(parts), overflow };
}

/** What a leaf has of a row: how long it is, its beginning, and the page it goes on on. */
export function cellAt(
  usable: number,
  page: Buffer,
  cell: number,
): { readonly length: number; readonly local: Buffer; readonly next?: number } | undefined {
  const [length, afterLength] = varint(page, cell);
  const [, start] = varint(page, afterLength);
  const local = localLength(length, usable);
  const end = start + local;
  if (local === length) return end > usable ? undefined : { length, local: page.subarray(start, end) };
  if (end + 4 > usable) return undefined;
  return { length, local: page.subarray(start, end), next: page.readUInt32BE(end) };
}

/** How much of a row stands in the leaf itself. */
function localLength(length: number, usable: number): number {
  const max = usable - 35;
  if (length <= max) return length;
  const min = Math.floor(((usable - 12) * 32) / 255) - 23;
  const local = min + ((length - min) % (usable - 4));
  return local <= max ? local : min;
}

/** Seven bits a byte, the last of nine has eight; and where it ends. Too large for a size in any file here is just large. */
function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index] ?? 0;
    if (index === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  return [value, at + 9];
}
