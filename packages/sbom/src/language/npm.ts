import type { Dependency, Package } from '../bom.ts';
import type { Cataloguer, FoundFile, ImageTree } from '../cataloguer.ts';
import { licensesOf } from '../license/license.ts';
import { wholeFile } from '../whole-file.ts';
import { namedParts, packageAt } from './found-package.ts';
import { type NpmFacts, readPackageJson } from './npm-facts.ts';
import { folderOf } from './paths.ts';

/** The largest package.json files on the registry have a few hundred KiB. */
const maxBytes = 4 * 1024 * 1024;

/** Packages of npm, pnpm and Yarn by their package.json, and who needs whom by the way Node.js looks for modules. */
export const npm: Cataloguer = {
  name: 'npm',
  version: 1,
  probe: ({ path }) =>
    path.endsWith('/package.json') || path === 'package.json'
      ? wholeFile(maxBytes, readPackageJson)
      : undefined,
  catalogue(tree) {
    const installed = new Map<string, { id: string; facts: NpmFacts }>();
    const packages: Package[] = [];
    for (const { path, facts } of tree.files('npm') as readonly FoundFile<NpmFacts>[]) {
      // Inside of a package there are package.json files that only set options for a folder. One that was installed may lack a version.
      if (facts.version === undefined && !isInstalled(path)) continue;
      const found = packageAt('npm', path, describe(facts));
      packages.push(found);
      installed.set(path, { id: found.id, facts });
    }
    return { packages, dependencies: dependenciesOf(tree, installed) };
  },
};

function isInstalled(path: string): boolean {
  return /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(path);
}

function describe(facts: NpmFacts): Omit<Package, 'id' | 'evidence'> {
  return {
    type: 'npm',
    ...namedParts(facts.name),
    version: facts.version,
    licenses: licensesOf(facts.licenses),
    description: facts.description,
    homepage: facts.homepage,
    supplier: facts.author,
    properties: facts.private === true ? { 'npm.private': 'true' } : undefined,
  };
}

function dependenciesOf(
  tree: ImageTree,
  installed: ReadonlyMap<string, { id: string; facts: NpmFacts }>,
): Dependency[] {
  // Many packages stand in one folder, and most of what they look for is in the same places.
  const seen = new Map<string, string | undefined>();
  const at = (path: string): string | undefined => {
    if (!seen.has(path)) {
      const real = installed.has(path) ? path : tree.resolve(path);
      seen.set(path, real === undefined ? undefined : installed.get(real)?.id);
    }
    return seen.get(path);
  };
  const dependencies: Dependency[] = [];
  for (const [path, { id, facts }] of installed) {
    const places = moduleFolders(folderOf(path));
    for (const name of facts.dependencies) {
      for (const place of places) {
        const to = at(`${place}node_modules/${name}/package.json`);
        if (to === undefined) continue;
        if (to !== id) dependencies.push({ from: id, to });
        break;
      }
    }
  }
  return dependencies;
}

/** Where Node.js looks for the modules of a folder: in it and in each folder above that is no `node_modules` itself. */
function moduleFolders(folder: string): string[] {
  const folders: string[] = [];
  for (let at = folder; ; at = folderOf(at.slice(0, -1))) {
    if (!/(?:^|\/)node_modules\/$/.test(at)) folders.push(at);
    // Nothing that is installed stands this deep.
    if (at === '' || folders.length > 64) return folders;
  }
}
