import { printable } from '../table/printable.ts';
import type { BomDiff, Change, DiffLayer, DiffPackage, PackageChange } from './bom-diff.ts';

/** Characters of one word of a line: a name, a version, a licence. */
const maxWord = 100;
const maxCommand = 120;

/** A diff for people, without colour. Nothing in it makes a terminal do anything but show it. */
export function diffLines(diff: BomDiff): string[] {
  const { before, after, os, platform, size, layers, packages, licenses } = diff;
  const head = `${word(`${before.name}@${before.digest}`, 300)} → ${word(`${after.name}@${after.digest}`, 300)}`;
  if (diff.isSame) return [head, `No differences ${extent(diff)}`];
  return [
    head,
    ...changeLine('Operating system', os),
    ...changeLine('Platform', platform),
    ...layerLines(size, layers),
    ...packageLines(packages),
    ...(licenses.length === 0 ? [] : [`Licences: ${licenses.length} changed`]),
    ...licenses.map(
      ({ package: pkg, before, after }) =>
        `  ${name(pkg)} ${versionWords(pkg)}: ${before.map((text) => word(text)).join(', ') || 'none'} → ${after.map((text) => word(text)).join(', ') || 'none'}`,
    ),
  ];
}

/** What was found the same. */
function extent({ size, layers: { shared } }: BomDiff): string {
  if (shared === 0) return 'between the packages';
  return `(${shared} ${shared === 1 ? 'layer' : 'layers'}, ${formatBytes(size.after)})`;
}

/** Where one side names no layers they were neither added nor removed: nobody knows. */
function layerLines(size: BomDiff['size'], { shared, removed, added }: BomDiff['layers']): string[] {
  const before = shared + removed.length;
  const after = shared + added.length;
  if (before === 0 && after === 0) return [];
  if (before === 0) return [`Size: unknown → ${formatBytes(size.after)}`, `Layers: unknown → ${after}`];
  if (after === 0) return [`Size: ${formatBytes(size.before)} → unknown`, `Layers: ${before} → unknown`];
  return [
    `Size: ${formatBytes(size.before)} → ${formatBytes(size.after)} (${signed(size.after - size.before)})`,
    `Layers: ${summary([shared, 'the same'], [removed.length, 'removed'], [added.length, 'added'])}`,
    ...removed.map((layer) => `  - ${layerWords(layer)}`),
    ...added.map((layer) => `  + ${layerWords(layer)}`),
  ];
}

function packageLines({ added, removed, changed }: BomDiff['packages']): string[] {
  const directions = ['upgraded', 'downgraded', 'changed'] as const;
  const count = (direction: string): number =>
    changed.filter((change) => change.direction === direction).length;
  return [
    `Packages: ${summary(
      [added.length, 'added'],
      [removed.length, 'removed'],
      ...directions.map((direction): [number, string] => [count(direction), direction]),
    )}`,
    ...added.map((pkg) => `  + ${named(pkg)}`),
    ...removed.map((pkg) => `  - ${named(pkg)}`),
    ...directions.flatMap((direction) =>
      changed
        .filter((change) => change.direction === direction)
        .map((change) => `  ${marks[direction]} ${name(change)} ${versionWords(change)}`),
    ),
  ];
}

const marks = { upgraded: '↑', downgraded: '↓', changed: '~' } as const;

function summary(...counts: readonly (readonly [number: number, what: string])[]): string {
  const parts = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return parts.length === 0 ? 'no differences' : parts.join(', ');
}

function changeLine(what: string, change: Change<string> | undefined): string[] {
  if (change === undefined) return [];
  return [`${what}: ${word(change.before ?? 'none')} → ${word(change.after ?? 'none')}`];
}

function layerWords({ digest, size, createdBy }: DiffLayer): string {
  const command = createdBy === undefined ? '' : `  ${word(createdBy.trim(), maxCommand)}`;
  return `${digest.slice(0, digest.indexOf(':') + 13)}  ${formatBytes(size)}${command}`;
}

function name({ type, name, architecture }: Pick<DiffPackage, 'architecture' | 'name' | 'type'>): string {
  return `${type} ${word(name)}${architecture === undefined ? '' : ` (${word(architecture)})`}`;
}

function named(pkg: DiffPackage): string {
  return pkg.version === undefined ? name(pkg) : `${name(pkg)} ${word(pkg.version)}`;
}

function versionWords({ before, after }: Pick<PackageChange, 'after' | 'before'>): string {
  const [from, to] = [before, after].map((version) => (version === undefined ? 'no version' : word(version)));
  return before === after ? from! : `${from} → ${to}`;
}

function word(text: string, maxLength: number = maxWord): string {
  return printable(text, maxLength);
}

function signed(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatBytes(Math.abs(bytes))}`;
}

/** In powers of 1000. */
function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : 1)} ${units[unit]}`;
}
