import type { Bom, License, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { fullName } from '../formats/package-name.ts';
import { printable, widthOf } from './printable.ts';

export interface PackageTableOptions {
  /** Columns of the terminal; where they do not suffice, the layer and then the licence are left out. All is shown without. */
  readonly width?: number | undefined;
}

/** A BOM for people. Nothing in it makes a terminal do anything but show it. */
export interface PackageTable {
  /** The heads of the columns first, then a package a line; aligned. */
  readonly lines: readonly string[];
  /** How many there are, of which kinds, and on which system. */
  readonly summary: string;
  /** What has to be known of how the BOM came about, a line each. */
  readonly notes: readonly string[];
}

/** Characters of one cell: one long name must not make every line as long. */
const maxCellLength = { name: 80, version: 48, license: 40 } as const;
const maxNoteLength = 400;

const gap = '  ';

/** The packages of an image as a table, sorted by name; of an index, its images. */
export function packageTable(bom: Bom, options: PackageTableOptions = {}): PackageTable {
  const rows = bom.variants === undefined ? packageRows(bom) : variantRows(bom.variants);
  return {
    lines: aligned(fitting(rows, options.width ?? Number.POSITIVE_INFINITY)),
    summary: summaryOf(bom),
    notes: bom.notes.map(({ code, message }) => printable(`${code}: ${message}`, maxNoteLength)),
  };
}

type Row = readonly string[];

function packageRows(bom: Bom): Row[] {
  const sorted = [...bom.packages]
    .map((pkg) => ({ pkg, name: fullName(pkg) }))
    .sort(
      (a, b) =>
        compare(a.name, b.name) ||
        compare(a.pkg.version ?? '', b.pkg.version ?? '') ||
        compare(a.pkg.type, b.pkg.type) ||
        compare(a.pkg.id, b.pkg.id),
    );
  return [
    ['NAME', 'VERSION', 'TYPE', 'LICENSE', 'LAYER'],
    ...sorted.map(({ pkg, name }) => [
      printable(name, maxCellLength.name),
      printable(pkg.version ?? '', maxCellLength.version),
      pkg.type,
      printable(pkg.licenses.map(wordsOf).join(', '), maxCellLength.license),
      layerOf(pkg),
    ]),
  ];
}

function wordsOf(license: License): string {
  return 'expression' in license ? license.expression : license.name;
}

/** The layer's place from the bottom, counted from 1 as `docker history` is read. */
function layerOf({ evidence }: Package): string {
  const index = evidence[0]?.layer?.index;
  return index === undefined ? '' : String(index + 1);
}

function variantRows(variants: NonNullable<Bom['variants']>): Row[] {
  return [
    ['PLATFORM', 'DIGEST', 'NAME'],
    ...variants.map(({ platform, descriptor, name }) => [
      printable(
        platform === undefined
          ? ''
          : [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'),
        maxCellLength.version,
      ),
      descriptor.digest,
      printable(name, maxCellLength.name),
    ]),
  ];
}

/** The rows without columns that nothing stands in, and without as many of the last ones as the width asks for; three are always kept. */
function fitting(rows: readonly Row[], width: number): Row[] {
  const [head = [], ...body] = rows;
  const used = head.map((_, index) => index < 3 || body.some((row) => row[index] !== ''));
  const widths = widthsOf(rows);
  let kept = head.flatMap((_, index) => (used[index] === true ? [index] : []));
  const total = (): number => kept.reduce((sum, index) => sum + widths[index]! + gap.length, -gap.length);
  while (kept.length > 3 && total() > width) kept = kept.slice(0, -1);
  return rows.map((row) => kept.map((index) => row[index]!));
}

function widthsOf(rows: readonly Row[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    });
  }
  return widths;
}

function aligned(rows: readonly Row[]): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat(widths[index]! - widthOf(cell)))
      .join(gap)
      .trimEnd(),
  );
}

function summaryOf({ packages, os, variants }: Bom): string {
  if (variants !== undefined) return `${counted(variants.length, 'image')}`;
  const counts = new Map<string, number>();
  for (const { type } of packages) counts.set(type, (counts.get(type) ?? 0) + 1);
  const kinds = [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || compare(a, b))
    .map(([type, count]) => `${count} ${type}`)
    .join(', ');
  const system =
    os === undefined ? '' : ` on ${os.prettyName ?? [os.id, os.versionId].filter(Boolean).join(' ')}`;
  return printable(
    `${counted(packages.length, 'package')}${kinds === '' ? '' : ` (${kinds})`}${system}`,
    maxNoteLength,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
