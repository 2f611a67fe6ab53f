import type { Bom, BomNote, Package } from '../bom.ts';
import type { Cataloguer, FoundFile, ImageTree } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import { assemble, type Contents } from './assemble.ts';

/** Packages that are looked at in all states of an image together: 127 layers with 3,900 each. */
const maxPackages = 500_000;

export interface Removed {
  readonly packages: readonly Package[];
  readonly notes: readonly BomNote[];
}

/**
 * The packages that were there when fewer layers lay on each other, and are not in the end: deleted, or replaced by another version. Each with
 * the layer that took it away, counted from 1 as in messages.
 */
export function removedPackages(
  tree: ImageTree,
  { packages }: Contents,
  cataloguers: readonly Cataloguer[],
  layers: Bom['subject']['layers'],
  most: number = maxPackages,
): Removed {
  const known = new Set(packages.map(({ id }) => id));
  const removed: Package[] = [];
  const notes: BomNote[] = [];
  let looked = 0;
  let above = tree;
  for (let count = tree.layers - 1; count > 0; count--) {
    const state = tree.at(count);
    // Most layers only add something, and then nothing is gone.
    const isAllStill = cataloguers.every(({ name }) => isWithin(state.files(name), above.files(name)));
    above = state;
    if (isAllStill) continue;
    if (looked > most) {
      const message = `what layer ${count + 1} and those below it took away is not in this BOM: it is too much.`;
      notes.push({ code: 'partial', message });
      break;
    }
    const found = assemble(state, cataloguers, layers).packages;
    looked += found.length;
    for (const one of found) {
      if (known.has(one.id)) continue;
      known.add(one.id);
      removed.push({
        ...one,
        properties: { ...one.properties, 'lading.removedInLayer': String(count + 1) },
      });
    }
  }
  return { packages: removed.sort((a, b) => compare(a.id, b.id)), notes };
}

/** True when all files are among the others, in the same version. Both are sorted. */
function isWithin(files: readonly FoundFile[], others: readonly FoundFile[]): boolean {
  let at = 0;
  return files.every(({ path, layer }) => {
    while (at < others.length && compare(others[at]!.path, path) < 0) at++;
    return others[at]?.path === path && others[at]?.layer === layer;
  });
}
