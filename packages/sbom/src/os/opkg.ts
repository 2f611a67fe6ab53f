import type { Cataloguer, ImageTree } from '../cataloguer.ts';
import { wholeFile } from '../whole-file.ts';
import { linesOf, paragraphsOf } from './control-file.ts';
import { databaseFile, isUnreadable, rootPattern } from './database-file.ts';
import { parseFileList, parsePackage, parseStatus } from './deb-package.ts';
import type { InstalledPackage, PackageDatabase } from './installed-package.ts';
import { catalogueSystemPackages } from './system-packages.ts';

const name = 'opkg';
const status: RegExp = rootPattern('(?:var|usr)/lib/opkg/status');
const info: RegExp = rootPattern('(?:var|usr)/lib/opkg/info/([^/]+)\\.(list|control)');

/** Bytes of what tells of one package. */
const maxInfoBytes = 4 * 1024 * 1024;

/** Packages of OpenWrt and Yocto (opkg): a status file with names and versions, and a control file for each package that says more. */
export const opkg: Cataloguer = {
  name,
  version: 1,
  probe(file) {
    if (!file.path.includes('lib/opkg/')) return undefined;
    if (status.test(file.path)) {
      return databaseFile(file, (content) => ({
        packages: parseStatus(content.toString('utf8'), { hasState: true }),
      }));
    }
    const kind = info.exec(file.path)?.[3];
    if (kind === undefined) return undefined;
    return wholeFile(maxInfoBytes, (content) => {
      const text = content.toString('utf8');
      if (kind === 'list') return { files: parseFileList(linesOf(text)) };
      for (const paragraph of paragraphsOf(text)) return { control: parsePackage(paragraph) };
      return undefined;
    });
  },
  catalogue: (tree, context) =>
    catalogueSystemPackages(
      { cataloguer: name, type: 'opkg', namespace: () => undefined, databases, complete },
      tree,
      context,
    ),
};

function databases(tree: ImageTree): PackageDatabase[] {
  return tree.files(name).flatMap(({ path, facts, layer }) => {
    const root = status.exec(path)?.[1];
    if (root === undefined) return [];
    const state = String(layer);
    if (isUnreadable(facts)) return [{ root, path, state, packages: [], problem: facts.unreadable }];
    return [
      { root, path, state, ...(facts as unknown as { readonly packages: readonly InstalledPackage[] }) },
    ];
  });
}

function complete(tree: ImageTree, { root, packages }: PackageDatabase): InstalledPackage[] {
  const more = new Map<string, { readonly control?: InstalledPackage; readonly files?: readonly string[] }>();
  for (const { path, facts } of tree.files(name)) {
    const match = info.exec(path);
    if (match?.[1] !== root) continue;
    more.set(match[2]!, { ...more.get(match[2]!), ...(facts as object) });
  }
  return packages.map((installed) => {
    const { control, files } = more.get(installed.name) ?? {};
    // A control file of another version was left behind.
    const isSame = control !== undefined && control.version === installed.version;
    return { ...installed, ...(isSame && said(control)), files: files ?? [] };
  });
}

/** What a status file does not say. */
function said(control: InstalledPackage): Partial<InstalledPackage> {
  const { licenses, description, homepage, supplier, source, upstream } = control;
  return { licenses, description, homepage, supplier, source, ...(upstream !== undefined && { upstream }) };
}
