import type { Bom, License, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { fullName } from '../formats/package-name.ts';
import { isDistributed } from '../purl/package-purl.ts';
import type { BomDiff, DiffPackage, LicenseChange, PackageChange } from './bom-diff.ts';
import { compareVersions, orderOfVersions } from './version-order.ts';

/** All packages of one kind, name and architecture: npm above all has several versions of one. */
interface Family {
  readonly type: Package['type'];
  /** As it is written; of several spellings the first one in order. */
  name: string;
  readonly architecture: string | undefined;
  /** By version, with the licences of all packages that have it. No version is one, too. */
  readonly before: Map<string | undefined, Set<string>>;
  readonly after: Map<string | undefined, Set<string>>;
}

type Version = string | undefined;

export function diffPackages(before: Bom, after: Bom): Pick<BomDiff, 'licenses' | 'packages'> {
  const added: DiffPackage[] = [];
  const removed: DiffPackage[] = [];
  const changed: PackageChange[] = [];
  const licenses: LicenseChange[] = [];
  for (const family of familiesOf(before, after)) {
    const identity = identityOf(family);
    const gone = onlyIn(family.before, family.after, family);
    const come = onlyIn(family.after, family.before, family);
    // From the newest down: the versions that are left over are the oldest ones of the longer list.
    const pairs = Math.min(gone.length, come.length);
    for (const version of gone.slice(pairs))
      removed.push({ ...identity, ...(version !== undefined && { version }) });
    for (const version of come.slice(pairs))
      added.push({ ...identity, ...(version !== undefined && { version }) });
    const both = [...family.before.keys()].filter((version) => family.after.has(version));
    const same = both
      .sort((a, b) => order(family, a, b))
      .map((version): [Version, Version] => [version, version]);
    const other = gone.slice(0, pairs).map((version, index): [Version, Version] => [version, come[index]]);
    for (const [from, to] of other) {
      changed.push({ ...identity, ...versions(from, to), direction: directionOf(family, from, to) });
    }
    for (const [from, to] of [...same, ...other]) {
      const left = [...family.before.get(from)!].sort(compare);
      const right = [...family.after.get(to)!].sort(compare);
      if (left.join('\n') !== right.join('\n')) {
        licenses.push({ package: { ...identity, ...versions(from, to) }, before: left, after: right });
      }
    }
  }
  return { packages: { added, removed, changed }, licenses };
}

/** Sorted by type, name and architecture. */
function familiesOf(before: Bom, after: Bom): Family[] {
  const families = new Map<string, Family>();
  for (const [side, { packages }] of [
    ['before', before],
    ['after', after],
  ] as const) {
    for (const pkg of packages) {
      const { type } = pkg;
      const name = fullName(pkg);
      const architecture = architectureOf(pkg);
      const key = JSON.stringify([type, sameName(type, name), architecture ?? '']);
      const family = families.get(key) ?? { type, name, architecture, before: new Map(), after: new Map() };
      families.set(key, family);
      if (compare(name, family.name) < 0) family.name = name;
      const version = versionOf(pkg);
      const licenses = family[side].get(version) ?? new Set();
      for (const license of pkg.licenses) licenses.add(wordsOf(license));
      family[side].set(version, licenses);
    }
  }
  return [...families.values()].sort(
    (a, b) =>
      compare(a.type, b.type) ||
      compare(a.name, b.name) ||
      compare(a.architecture ?? '', b.architecture ?? ''),
  );
}

/** The same for all ways to write a name: `PyYAML` is `pyyaml` (PEP 503), and NuGet knows no case. */
function sameName(type: Package['type'], name: string): string {
  if (type === 'pypi') return name.toLowerCase().replace(/[-_.]+/g, '-');
  return type === 'nuget' ? name.toLowerCase() : name;
}

/** Of a system's packages, which may be there for several architectures at once. */
function architectureOf({ type, qualifiers }: Package): string | undefined {
  return isDistributed(type) ? qualifier(qualifiers, 'arch') : undefined;
}

/** rpm keeps the epoch apart, and nothing is compared before it. */
function versionOf({ type, version, qualifiers }: Package): Version {
  const epoch = type === 'rpm' ? qualifier(qualifiers, 'epoch') : undefined;
  return version !== undefined && epoch !== undefined && epoch !== '0'
    ? `${epoch}:${version}`
    : version || undefined;
}

function qualifier(qualifiers: Package['qualifiers'], key: string): string | undefined {
  return qualifiers !== undefined && Object.hasOwn(qualifiers, key) ? qualifiers[key] : undefined;
}

function wordsOf(license: License): string {
  return 'expression' in license ? license.expression : license.name;
}

function identityOf({ type, name, architecture }: Family): Omit<DiffPackage, 'version'> {
  return { type, name, ...(architecture !== undefined && { architecture }) };
}

function versions(before: Version, after: Version): { before?: string; after?: string } {
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

/** The newest first. */
function onlyIn(
  these: ReadonlyMap<Version, unknown>,
  those: ReadonlyMap<Version, unknown>,
  family: Family,
): Version[] {
  return [...these.keys()].filter((version) => !those.has(version)).sort((a, b) => -order(family, a, b));
}

/** What has no version comes first. */
function order({ type }: Family, a: Version, b: Version): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareVersions(type, a, b);
}

function directionOf({ type }: Family, before: Version, after: Version): PackageChange['direction'] {
  const result =
    before === undefined || after === undefined ? undefined : orderOfVersions(type, before, after);
  return result === undefined || result === 0 ? 'changed' : result < 0 ? 'upgraded' : 'downgraded';
}
