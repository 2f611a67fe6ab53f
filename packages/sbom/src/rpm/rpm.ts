import type { Buffer } from 'node:buffer';
import type { OperatingSystem } from '../bom.ts';
import type { Cataloguer, FoundFile, ImageTree } from '../cataloguer.ts';
import type { Json } from '../json.ts';
import { databaseFile, isUnreadable, rootPattern } from '../os/database-file.ts';
import type { InstalledPackage, PackageDatabase } from '../os/installed-package.ts';
import { pathJoiner } from '../os/paths.ts';
import { catalogueSystemPackages } from '../os/system-packages.ts';
import { readBdb } from './bdb.ts';
import { parseRpmHeader } from './header.ts';
import { parseRpmManifest } from './manifest.ts';
import { readNdb } from './ndb.ts';
import { readSqliteDatabase, type SqlitePackages, withWal } from './sqlite-database.ts';
import { readWal, type WalPages } from './wal.ts';

const name = 'rpm';
const database: RegExp = rootPattern(
  '((?:var/lib|usr/lib/sysimage|usr/share)/rpm/)(rpmdb\\.sqlite(?:-wal)?|Packages(?:\\.db)?)',
);
const manifest: RegExp = rootPattern('(var/lib/rpmmanifest/)(container-manifest-2)');

/** Which file counts when there are several: a system that changed its kind of database may have left the old one. */
const kinds = ['rpmdb.sqlite', 'Packages.db', 'Packages', 'container-manifest-2'] as const;

type Facts = { readonly packages: readonly InstalledPackage[]; readonly isWhole: boolean } | SqlitePackages;

/** Packages of Red Hat, Fedora, SUSE, Amazon, Oracle and others (rpm), in any of its databases. */
export const rpm: Cataloguer = {
  name,
  version: 1,
  probe(file) {
    if (!file.path.includes('/rpm')) return undefined;
    if (manifest.test(file.path)) {
      return databaseFile(file, (content) => ({
        packages: parseRpmManifest(content.toString('utf8')),
        isWhole: true,
      }));
    }
    const kind = database.exec(file.path)?.[3];
    if (kind === undefined) return undefined;
    if (kind === 'rpmdb.sqlite-wal') {
      return databaseFile(file, (content) => readWal(content) ?? { unreadable: 'it is too large' });
    }
    return databaseFile(file, (content): Json => {
      const facts = readRpmDatabase(content);
      return facts ?? { unreadable: 'it is no database of rpm' };
    });
  },
  catalogue: (tree, context) =>
    catalogueSystemPackages({ cataloguer: name, type: 'rpm', namespace, databases }, tree, context),
};

/** All packages in a database of any kind; nothing when it is of none. */
export function readRpmDatabase(content: Buffer): Facts | undefined {
  const sqlite = readSqliteDatabase(content);
  if (sqlite !== undefined) return sqlite;
  const found = readNdb(content) ?? readBdb(content);
  if (found === undefined) return undefined;
  const join = pathJoiner();
  const packages = found.blobs.flatMap((blob) => parseRpmHeader(blob, join) ?? []);
  return { packages, isWhole: found.isWhole };
}

/** As vendors are called in package URLs. */
function namespace(os: OperatingSystem | undefined): string | undefined {
  if (os?.id === 'rhel') return 'redhat';
  return os?.id.startsWith('opensuse') === true ? 'opensuse' : os?.id;
}

function databases(tree: ImageTree): PackageDatabase[] {
  const places = new Map<string, Map<string, FoundFile>>();
  for (const file of tree.files(name)) {
    const match = database.exec(file.path) ?? manifest.exec(file.path);
    if (match === null) continue;
    const place = `${match[1]}${match[2]}`;
    const files = places.get(place) ?? new Map<string, FoundFile>();
    places.set(place, files.set(match[3]!, file));
  }
  return [...places.values()].flatMap((files) => {
    const found = kinds.flatMap((kind) => files.get(kind) ?? []);
    const file = found.find(({ facts }) => !isEmpty(facts)) ?? found[0];
    if (file === undefined) return [];
    const wal = file.path.endsWith('.sqlite') ? files.get('rpmdb.sqlite-wal') : undefined;
    return [databaseOf(file, wal)];
  });
}

function isEmpty(facts: Json): boolean {
  return isUnreadable(facts) || (facts as unknown as Facts).packages.length === 0;
}

function databaseOf({ path, facts, layer }: FoundFile, wal: FoundFile | undefined): PackageDatabase {
  const root = (database.exec(path) ?? manifest.exec(path))?.[1] ?? '';
  const state = wal === undefined ? `${layer}` : `${layer} ${wal.layer}`;
  if (isUnreadable(facts)) return { root, path, state, packages: [], problem: facts.unreadable };
  const own = facts as unknown as Facts;
  const logged =
    wal === undefined || isUnreadable(wal.facts) ? undefined : (wal.facts as unknown as WalPages);
  // rpm leaves an empty log behind.
  const isLogged = logged !== undefined && logged.pages.length > 0 && 'layout' in own;
  const { packages, isWhole } = isLogged ? withWal(own, logged) : own;
  const isLogLost = wal !== undefined && logged === undefined;
  const problem = isLogLost
    ? 'its last changes are in a write-ahead log that cannot be read'
    : own.isWhole && isWhole
      ? undefined
      : 'a part of it is damaged';
  return { root, path, state, packages, problem };
}
