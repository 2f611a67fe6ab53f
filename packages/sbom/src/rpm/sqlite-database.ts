import type { Buffer } from 'node:buffer';
import type { InstalledPackage } from '../os/installed-package.ts';
import { type PathJoiner, pathJoiner } from '../os/paths.ts';
import { parseRpmHeader } from './header.ts';
import { cellAt, openSqlite, readPage, recordOf, rowAt, rowBudget, tableRoot, tableRows } from './sqlite.ts';
import { pageMap, type WalPages } from './wal.ts';

const table = 'Packages';

export type SqlitePackages = {
  readonly packages: readonly InstalledPackage[];
  readonly isWhole: boolean;
  readonly layout: Layout;
};

/**
 * Where in the file the packages stand: a write-ahead log, which is a file of its own, has other pages instead of some of these.
 * What is on pages is read once, so pages themselves are not kept.
 */
export type Layout = {
  readonly pageSize: number;
  readonly usable: number;
  readonly root: number;
  readonly interiors: readonly (readonly [page: number, children: readonly number[]])[];
  /** Which package, or -1; the page it begins on; those it goes on on. */
  readonly rows: readonly (readonly [index: number, leaf: number, overflow: readonly number[]])[];
};

/** The packages in `rpmdb.sqlite`. Nothing when it is not such a file. */
export function readSqliteDatabase(content: Buffer): SqlitePackages | undefined {
  const file = openSqlite(content);
  const found = file === undefined ? undefined : tableRows(file, table);
  if (file === undefined || found === undefined) return undefined;
  const join = pathJoiner();
  const packages: InstalledPackage[] = [];
  const rows = found.rows.map(({ payload, leaf, overflow }) => {
    const installed = packageIn(payload, join);
    const index = installed === undefined ? -1 : packages.push(installed) - 1;
    return [index, leaf, overflow] as const;
  });
  const layout = {
    pageSize: file.pageSize,
    usable: file.usable,
    root: found.root,
    interiors: [...found.interiors],
    rows,
  };
  return { packages, isWhole: found.isWhole, layout };
}

/** The packages when the pages of a write-ahead log are put over those of the database. */
export function withWal(
  { packages, layout }: SqlitePackages,
  wal: WalPages,
): Pick<SqlitePackages, 'packages' | 'isWhole'> {
  if (wal.pageSize !== layout.pageSize) return { packages, isWhole: false };
  const pages = pageMap(wal);
  const interiors = new Map(layout.interiors);
  const byLeaf = new Map<number, (readonly [index: number, overflow: readonly number[]])[]>();
  const byOverflow = new Map<number, readonly [index: number, overflow: readonly number[]]>();
  for (const [index, leaf, overflow] of layout.rows) {
    const row = [index, overflow] as const;
    byLeaf.set(leaf, [...(byLeaf.get(leaf) ?? []), row]);
    if (overflow[0] !== undefined) byOverflow.set(overflow[0], row);
  }
  const length = pages.size * layout.pageSize;
  const isRoomFor = rowBudget(length);
  const join = pathJoiner();
  const found: InstalledPackage[] = [];
  let isWhole = true;
  const add = (index: number, overflow: readonly number[]): void => {
    // Part of it is in the log and the rest is not there any more.
    if (overflow.some((page) => pages.has(page))) isWhole = false;
    const installed = packages[index];
    if (installed !== undefined) found.push(installed);
  };
  const addCell = (page: Buffer, cell: number): void => {
    const begin = cellAt(layout.usable, page, cell);
    if (begin === undefined || !isRoomFor({ payload: begin.local })) {
      isWhole = false;
      return;
    }
    const { next } = begin;
    const known = next === undefined || pages.has(next) ? undefined : byOverflow.get(next);
    if (known !== undefined) {
      add(...known);
      return;
    }
    const row = rowAt(layout.usable, page, cell, (number) => (seen.has(number) ? undefined : take(number)));
    const installed = row === undefined ? undefined : packageIn(row.payload, join);
    if (row === undefined) isWhole = false;
    else if (installed !== undefined) found.push(installed);
  };
  const seen = new Set<number>();
  const take = (number: number): Buffer | undefined => {
    seen.add(number);
    return pages.get(number);
  };
  const root = tableRoot({ ...layout, length, pages: (number) => pages.get(number) }, table) ?? layout.root;
  const pending = [root];
  for (let number = pending.pop(); number !== undefined; number = pending.pop()) {
    if (seen.has(number)) {
      isWhole = false;
      continue;
    }
    const page = take(number);
    const read = page === undefined ? undefined : readPage(page, number);
    const children = page === undefined ? interiors.get(number) : read?.children;
    if (children !== undefined) pending.push(...children.toReversed());
    else if (page === undefined) for (const row of byLeaf.get(number) ?? []) add(...row);
    else if (read?.children === undefined && read !== undefined)
      for (const cell of read.cells) addCell(page, cell);
    else isWhole = false;
  }
  return { packages: found, isWhole };
}

function packageIn(payload: Buffer, join: PathJoiner): InstalledPackage | undefined {
  const header = recordOf(payload, 2)[1];
  return header === undefined ? undefined : parseRpmHeader(header, join);
}
