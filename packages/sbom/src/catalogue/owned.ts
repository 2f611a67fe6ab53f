import type { Dependency, Package } from '../bom.ts';
import type { ImageTree } from '../cataloguer.ts';
import { isDistributed } from '../purl/package-purl.ts';
import type { Found } from './assemble.ts';

/**
 * Relates what was found in files of an operating system's packages to them: Debian's `python3-yaml` brings PyPI's `PyYAML`, and needs it so to
 * speak. Both stay, as advisories know the one or the other. A bare program is what no package manager knows of, so one that belongs to
 * a package is none.
 */
export function relateOwners(
  found: readonly Found[],
  tree: ImageTree,
): { readonly packages: Package[]; readonly dependencies: Dependency[] } {
  const packages = found.flatMap((one) => one.packages);
  const dependencies = found.flatMap((one) => one.dependencies ?? []);
  const systemIds = new Set(packages.filter(({ type }) => isDistributed(type)).map(({ id }) => id));
  const others = packages.filter(({ id }) => !systemIds.has(id));
  if (systemIds.size === 0 || others.length === 0) return { packages, dependencies };

  const wanted = new Map<string, string | undefined>();
  for (const { evidence } of others) for (const { path } of evidence) wanted.set(path, undefined);
  for (const { ownedFiles = new Map<string, readonly string[]>() } of found) {
    for (const [id, files] of ownedFiles) {
      if (!systemIds.has(id)) continue;
      for (const file of files) {
        const path = placeOf(file, wanted, tree);
        if (path !== undefined) wanted.set(path, wanted.get(path) ?? id);
      }
    }
  }

  // A copy that was put somewhere by hand is told of, also beside one that belongs to a package.
  const kept = new Map<string, Package | undefined>();
  for (const one of others) {
    const owner = one.evidence.map(({ path }) => wanted.get(path)).find((id) => id !== undefined);
    if (owner === undefined) continue;
    if (one.type !== 'binary') {
      dependencies.push({ from: owner, to: one.id });
      continue;
    }
    const evidence = one.evidence.filter(({ path }) => wanted.get(path) === undefined);
    kept.set(one.id, evidence.length === 0 ? undefined : { ...one, evidence });
  }
  return {
    packages: packages.flatMap((one) => (kept.has(one.id) ? (kept.get(one.id) ?? []) : one)),
    dependencies,
  };
}

const mergedFolder = /^(?:bin|sbin|lib(?:32|64|x32)?)\//;

/** Lists of files may name `bin/x` where `/bin` is a link to `/usr/bin` now, and the file is found at `usr/bin/x`. */
function placeOf(
  file: string,
  wanted: ReadonlyMap<string, string | undefined>,
  tree: ImageTree,
): string | undefined {
  if (wanted.has(file)) return file;
  return mergedFolder.test(file) && wanted.has(`usr/${file}`) ? tree.resolve(file) : undefined;
}
