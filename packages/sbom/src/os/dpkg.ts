import type { Cataloguer, ImageTree, Probe } from '../cataloguer.ts';
import type { Json } from '../json.ts';
import { wholeFile } from '../whole-file.ts';
import { linesOf } from './control-file.ts';
import { databaseFile, isForeign, isUnreadable, rootPattern } from './database-file.ts';
import { parseFileList, parseStatus } from './deb-package.ts';
import { parseDebianCopyright } from './debian-copyright.ts';
import type { InstalledPackage, PackageDatabase } from './installed-package.ts';
import { catalogueSystemPackages } from './system-packages.ts';

const name = 'dpkg';
const status: RegExp = rootPattern('(?:var|usr)/lib/dpkg/status(?:\\.d/[^/]+)?');
const info: RegExp = rootPattern(
  '(?:var|usr)/lib/dpkg/(?:info|status\\.d)/([^/]+)\\.(list|md5sums|conffiles)',
);
const copyright: RegExp = rootPattern('usr/share/doc/[^/]+/copyright');

/** Bytes of one copyright file or list of files. Those of a Linux kernel's headers have 3 MiB. */
const maxInfoBytes = 16 * 1024 * 1024;

/** Packages of Debian, Ubuntu and others (dpkg), also where each has a file of its own, as in images without a package manager. */
export const dpkg: Cataloguer = {
  name,
  version: 1,
  probe(file) {
    const { path } = file;
    if (path.endsWith('/copyright')) return copyright.test(path) ? copyrightFile() : undefined;
    if (!path.includes('lib/dpkg/')) return undefined;
    const list = info.exec(path);
    if (list !== null) return listFile(list[3]!);
    if (!status.test(path)) return undefined;
    const hasState = path.endsWith('/status');
    return databaseFile(file, (content) => {
      const text = content.toString('utf8');
      // Beside the packages of a status.d lie files that are none.
      return hasState && isForeign(text, /^Package:/im)
        ? undefined
        : { packages: parseStatus(text, { hasState }) };
    });
  },
  catalogue: (tree, context) =>
    catalogueSystemPackages(
      {
        cataloguer: name,
        type: 'deb',
        namespace: (os) => os?.id ?? 'debian',
        databases,
        complete: completer(tree),
      },
      tree,
      context,
    ),
};

function copyrightFile(): Probe {
  return wholeFile(maxInfoBytes, (content) => {
    const licenses = parseDebianCopyright(content.toString('utf8'));
    return licenses.length === 0 ? undefined : { licenses };
  });
}

function listFile(kind: string): Probe {
  return wholeFile(maxInfoBytes, (content): Json => {
    const lines = linesOf(content.toString('utf8'));
    return { files: kind === 'md5sums' ? parseFileList(pathsOfSums(lines)) : parseFileList(lines) };
  });
}

/** `<md5>  <path>`. */
function* pathsOfSums(lines: Iterable<string>): Generator<string> {
  for (const line of lines) {
    const match = /^[0-9a-f]{32}\s+(.+)$/.exec(line);
    if (match !== null) yield match[1]!;
  }
}

function databases(tree: ImageTree): PackageDatabase[] {
  return tree.files(name).flatMap(({ path, facts, layer }) => {
    const root = status.exec(path)?.[1];
    if (root === undefined) return [];
    const state = String(layer);
    if (isUnreadable(facts)) return [{ root, path, state, packages: [], problem: facts.unreadable }];
    if (info.test(path)) return [];
    const { packages } = facts as unknown as { readonly packages: readonly InstalledPackage[] };
    // A file in status.d that is not a package is nothing.
    return packages.length === 0 && !path.endsWith('/status') ? [] : [{ root, path, state, packages }];
  });
}

function completer(
  tree: ImageTree,
): (state: ImageTree, database: PackageDatabase) => readonly InstalledPackage[] {
  const files = new Map<string, string[]>();
  const licenses = new Map<string, readonly string[]>();
  for (const { path, facts } of tree.files(name)) {
    const list = info.exec(path);
    if (list !== null) {
      const key = JSON.stringify([list[1], list[2]]);
      const { files: paths } = facts as unknown as { readonly files: readonly string[] };
      files.set(key, [...(files.get(key) ?? []), ...paths]);
    } else if (copyright.test(path)) {
      licenses.set(path, (facts as unknown as { readonly licenses: readonly string[] }).licenses);
    }
  }
  return (_, { root, packages }) =>
    packages.map((installed) => {
      const keys = [`${installed.name}:${installed.arch}`, installed.name];
      const owned = keys.flatMap((key) => files.get(JSON.stringify([root, key])) ?? []);
      // Packages of one source share a folder of documents: for the others it is a symbolic link.
      const document = tree.resolve(`${root}usr/share/doc/${installed.name}/copyright`);
      return {
        ...installed,
        licenses: (document === undefined ? undefined : licenses.get(document)) ?? installed.licenses,
        files: [...new Set(owned)],
      };
    });
}
