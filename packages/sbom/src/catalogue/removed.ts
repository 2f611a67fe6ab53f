import type { Bom, Package } from '../bom.ts';
import type { Cataloguer, ImageTree } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import { assemble, type Contents } from './assemble.ts';

/**
 * The packages that were there when fewer layers lay on each other, and are not in the end: deleted, or replaced by another version. Each with
 * the layer that took it away, counted from 1 as in messages.
 */
export function removedPackages(
  tree: ImageTree,
  { packages }: Contents,
  cataloguers: readonly Cataloguer[],
  layers: Bom['subject']['layers'],
): readonly Package[] {
  const known = new Set(packages.map(({ id }) => id));
  const removed: Package[] = [];
  for (let count = tree.layers - 1; count > 0; count--) {
    for (const found of assemble(tree.at(count), cataloguers, layers).packages) {
      if (known.has(found.id)) continue;
      known.add(found.id);
      removed.push({
        ...found,
        properties: { ...found.properties, 'lading.removedInLayer': String(count + 1) },
      });
    }
  }
  return removed.sort((a, b) => compare(a.id, b.id));
}
