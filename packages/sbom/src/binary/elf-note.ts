import type { PackageType } from '../bom.ts';
import type { Cataloguer, FoundFile, ImageTree } from '../cataloguer.ts';
import { type FoundPackage, packageAt } from '../language/found-package.ts';
import { licensesOf } from '../license/license.ts';
import { type ElfNoteFacts, elfNoteProbe } from './elf-note-probe.ts';
import { programProbe } from './program.ts';
import { samePackages } from './same-package.ts';

/** Types of packages that a note may be of, and the cataloguer that reads their database. */
const databases: ReadonlyMap<string, { readonly type: PackageType; readonly cataloguer: string }> = new Map([
  ['alpm', { type: 'alpm', cataloguer: 'alpm' }],
  ['apk', { type: 'apk', cataloguer: 'apk' }],
  ['deb', { type: 'deb', cataloguer: 'dpkg' }],
  ['rpm', { type: 'rpm', cataloguer: 'rpm' }],
]);

/**
 * Packages that programs say they are of: what is left of a distribution in images that have its files without its database. Where the
 * database is there it knows better: notes tell of source packages.
 */
export const elfNote: Cataloguer = {
  name: 'elf-note',
  version: 1,
  probe: (file) => programProbe(file, elfNoteProbe),
  catalogue(tree) {
    const files = tree.files('elf-note') as readonly FoundFile<ElfNoteFacts>[];
    return {
      packages: samePackages(
        files
          .filter(({ facts }) => !hasDatabase(tree, facts))
          .map(({ path, facts }) => packageAt('elf-note', path, describe(facts))),
      ),
    };
  },
};

function hasDatabase(tree: ImageTree, { type = '' }: ElfNoteFacts): boolean {
  const database = databases.get(type);
  return database !== undefined && tree.files(database.cataloguer).length > 0;
}

function describe({
  name,
  version,
  type = '',
  os,
  osVersion,
  architecture,
  license,
}: ElfNoteFacts): FoundPackage {
  const distro = os === undefined || osVersion === undefined ? os : `${os}-${osVersion}`;
  const system = databases.get(type)?.type;
  return {
    type: system ?? 'binary',
    namespace: system === undefined ? undefined : os,
    name,
    version,
    qualifiers: {
      ...(architecture !== undefined && { arch: architecture }),
      ...(distro !== undefined && { distro }),
    },
    licenses: license === undefined ? [] : licensesOf([license]),
  };
}
