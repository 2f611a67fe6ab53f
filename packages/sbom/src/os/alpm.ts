import type { Cataloguer, ImageTree } from '../cataloguer.ts';
import { wholeFile } from '../whole-file.ts';
import { linesOf } from './control-file.ts';
import { rootPattern } from './database-file.ts';
import { parseFileList } from './deb-package.ts';
import type { InstalledPackage, PackageDatabase } from './installed-package.ts';
import { catalogueSystemPackages } from './system-packages.ts';

const name = 'alpm';
const pattern: RegExp = rootPattern('var/lib/pacman/local/([^/]+)/(desc|files)');

/** Bytes of what tells of one package; lists of files of kernels have 1 MiB. */
const maxBytes = 32 * 1024 * 1024;

/** Packages of Arch Linux (libalpm): a folder for each, with `desc` and `files`. */
export const alpm: Cataloguer = {
  name,
  version: 1,
  probe({ path }) {
    if (!path.includes('lib/pacman/local/')) return undefined;
    const kind = pattern.exec(path)?.[3];
    if (kind === undefined) return undefined;
    return wholeFile(maxBytes, (content) => {
      const sections = sectionsOf(content.toString('utf8'));
      if (kind === 'desc') return { package: packageOf(sections) };
      return { files: parseFileList(sections.get('FILES') ?? []) };
    });
  },
  catalogue: (tree, context) =>
    catalogueSystemPackages(
      {
        cataloguer: name,
        type: 'alpm',
        namespace: (os) => os?.id ?? 'arch',
        databases,
        complete: completer(tree),
      },
      tree,
      context,
    ),
};

/** `%NAME%`, then a line for each value, then an empty line. */
function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of linesOf(text)) {
    const title = /^%([A-Z0-9_]+)%$/.exec(line)?.[1];
    if (title !== undefined) {
      current = [];
      sections.set(title, current);
    } else if (line === '') current = undefined;
    else current?.push(line);
  }
  return sections;
}

function packageOf(sections: ReadonlyMap<string, readonly string[]>): InstalledPackage | undefined {
  const first = (title: string): string | undefined => sections.get(title)?.[0];
  const packageName = first('NAME');
  if (packageName === undefined) return undefined;
  const version = first('VERSION');
  const base = first('BASE') ?? packageName;
  return {
    name: packageName,
    version,
    arch: first('ARCH'),
    // `custom:name` is how pacman says that there is no common text.
    licenses: (sections.get('LICENSE') ?? []).map((words) => words.replace(/^custom:\s*(?=\S)/, '')),
    description: first('DESC'),
    homepage: first('URL'),
    supplier: first('PACKAGER'),
    source: { name: base, version },
    ...(base !== packageName && { upstream: base }),
    needs: (sections.get('DEPENDS') ?? []).map((item) => [withoutVersion(item)]),
    provides: (sections.get('PROVIDES') ?? []).map(withoutVersion),
  };
}

/** `libfoo.so=1-64`, `glibc>=2.38`; behind a colon it says what for. */
function withoutVersion(item: string): string {
  return item.split(/[<>=]|: /, 1)[0] ?? item;
}

function databases(tree: ImageTree): PackageDatabase[] {
  return tree.files(name).flatMap(({ path, facts, layer }) => {
    const match = pattern.exec(path);
    const { package: installed } = facts as unknown as { readonly package?: InstalledPackage };
    if (match === null || match[3] !== 'desc' || installed === undefined) return [];
    return [{ root: match[1]!, path, state: String(layer), packages: [installed] }];
  });
}

function completer(
  tree: ImageTree,
): (state: ImageTree, database: PackageDatabase) => readonly InstalledPackage[] {
  const lists = new Map(tree.files(name).map(({ path, facts }) => [path, facts]));
  return (_, { path, packages }) => {
    const facts = lists.get(path.replace(/desc$/, 'files'));
    const { files = [] } = (facts ?? {}) as { readonly files?: readonly string[] };
    return packages.map((installed) => ({ ...installed, files }));
  };
}
