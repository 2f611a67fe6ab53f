import type { ImageTree } from '../cataloguer.ts';
import { fileHashesName } from '../files/file-hashes.ts';
import type { Found } from './assemble.ts';

/** Gives packages the hashes of their files, when somebody asked for hashes. Lists of files may be from before `/usr` was merged. */
export function withHashedFiles(found: readonly Found[], tree: ImageTree): readonly Found[] {
  const hashes = new Map(
    tree
      .files(fileHashesName)
      .map(({ path, facts }) => [path, (facts as { readonly sha256: string }).sha256]),
  );
  if (hashes.size === 0) return found;
  const hashOf = (path: string): string | undefined =>
    hashes.get(path) ?? hashes.get(tree.resolve(path) ?? '');
  return found.map((one) => ({
    ...one,
    packages: one.packages.map((pkg) => {
      const owned = (one.ownedFiles?.get(pkg.id) ?? []).flatMap((path): [string, string][] => {
        const hash = hashOf(path);
        return hash === undefined ? [] : [[`file.${path}`, `sha256:${hash}`]];
      });
      return owned.length === 0
        ? pkg
        : { ...pkg, properties: { ...pkg.properties, ...Object.fromEntries(owned) } };
    }),
  }));
}
