import type { BomNote, Dependency, OperatingSystem, Package, PackageType } from '../bom.ts';
import type { CatalogueContext, Catalogued, ImageTree } from '../cataloguer.ts';
import { UniqueIds } from '../formats/unique-ids.ts';
import { licensesOf } from '../license/license.ts';
import { databaseHistory } from './attribution.ts';
import { dependenciesOf } from './dependencies.ts';
import { type InstalledPackage, type PackageDatabase, packageKey } from './installed-package.ts';
import { operatingSystemOf } from './os-release.ts';

/** What the package managers of distributions have in common: a database of what is installed. */
export interface PackageManager {
  readonly cataloguer: string;
  readonly type: PackageType;
  /** The purl's namespace where nothing tells what distribution it is; nothing for types that have none. */
  readonly namespace: (os: OperatingSystem | undefined) => string | undefined;
  /** Sorted by path. Asked for many states of an image, so it says only what the databases say. */
  databases(tree: ImageTree): readonly PackageDatabase[];
  /** Adds what other files tell of a package. */
  complete?(tree: ImageTree, database: PackageDatabase): readonly InstalledPackage[];
}

/** Everything that a package manager has installed, in the system itself and in systems inside of it (chroots). */
export function catalogueSystemPackages(
  manager: PackageManager,
  tree: ImageTree,
  context: CatalogueContext,
): Catalogued {
  const packages: Package[] = [];
  const dependencies: Dependency[] = [];
  const ownedFiles = new Map<string, readonly string[]>();
  const layers = new Map<string, number>();
  const notes: BomNote[] = [];
  const history = databaseHistory(tree, (state) => manager.databases(state));
  const ids = new UniqueIds([]);
  for (const [root, databases] of byRoot(manager.databases(tree))) {
    const os = root === '' ? context.os : (operatingSystemOf(tree, root) ?? context.os);
    const found: { readonly id: string; readonly installed: InstalledPackage }[] = [];
    const told = new Set<string>();
    for (const database of databases) {
      const keys: string[] = [];
      if (database.problem !== undefined) {
        notes.push({
          code: 'partial',
          message: `The package database ${database.path} cannot be read (${database.problem}): packages may be missing.`,
        });
      }
      for (const installed of manager.complete?.(tree, database) ?? database.packages) {
        const key = packageKey(root, installed);
        // Two databases of one system may tell of the same package; one tells twice only of what is there twice.
        if (told.has(key)) continue;
        keys.push(key);
        const id = ids.add(idOf(manager.type, root, installed));
        found.push({ id, installed });
        packages.push(packageOf(manager, id, database, installed, os, os !== context.os));
        if (installed.files !== undefined && installed.files.length > 0) {
          ownedFiles.set(
            id,
            installed.files.map((file) => `${root}${file}`),
          );
        }
        const layer = history.layers.get(key);
        if (layer !== undefined) layers.set(id, layer);
      }
      for (const key of keys) told.add(key);
    }
    dependencies.push(...dependenciesOf(found));
  }
  for (const { path, layer, packages: count } of history.removed) {
    notes.push({
      code: 'database-removed',
      message: `The package database ${path} is removed in layer ${layer + 1}: its ${count} packages are not in this BOM.`,
    });
  }
  return { packages, dependencies, ownedFiles, layers, notes };
}

function byRoot(databases: readonly PackageDatabase[]): Map<string, PackageDatabase[]> {
  const roots = new Map<string, PackageDatabase[]>();
  for (const database of databases) {
    const there = roots.get(database.root);
    if (there === undefined) roots.set(database.root, [database]);
    else there.push(database);
  }
  return roots;
}

function idOf(type: PackageType, root: string, { name, version = '', arch = '' }: InstalledPackage): string {
  return `${type}:${root}${name}@${version}:${arch}`;
}

function packageOf(
  manager: PackageManager,
  id: string,
  database: PackageDatabase,
  installed: InstalledPackage,
  os: OperatingSystem | undefined,
  isForeign: boolean,
): Package {
  const { name, version, arch, epoch, upstream } = installed;
  const qualifiers = new Map(Object.entries(installed.qualifiers ?? {}));
  if (arch !== undefined) qualifiers.set('arch', arch);
  if (epoch !== undefined) qualifiers.set('epoch', String(epoch));
  if (upstream !== undefined) qualifiers.set('upstream', upstream);
  // The distribution of the image is put in later; that of a system inside of it is known here alone.
  if (isForeign && os?.versionId !== undefined) qualifiers.set('distro', `${os.id}-${os.versionId}`);
  return {
    id,
    type: manager.type,
    namespace: manager.namespace(os),
    name,
    version,
    ...(qualifiers.size > 0 && { qualifiers: Object.fromEntries(qualifiers) }),
    licenses: licensesOf(installed.licenses ?? []),
    description: installed.description,
    homepage: installed.homepage,
    supplier: installed.supplier,
    source: installed.source,
    hashes: installed.hashes,
    evidence: [{ path: database.path, cataloguer: manager.cataloguer }],
    ...(installed.properties !== undefined && { properties: installed.properties }),
  };
}
