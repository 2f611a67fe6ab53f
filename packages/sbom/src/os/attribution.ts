import type { ImageTree } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import { type PackageDatabase, packageKey } from './installed-package.ts';

export interface DatabaseHistory {
  /** By package key: the layer since which the package has been there without interruption, from the bottom, counted from 0. */
  readonly layers: ReadonlyMap<string, number>;
  /** Databases that are there in an earlier state and whose file system has none in the end. */
  readonly removed: readonly {
    readonly path: string;
    /** The layer that took it away. */
    readonly layer: number;
    readonly packages: number;
  }[];
}

/**
 * Tells from the states of the databases after each layer which layer brought a package. A database is one file (or a few) that each
 * layer writes anew, so the layer it comes from says nothing of the packages in it.
 * States are those of the whole image: in a layer without a database, the one below is still there.
 */
export function databaseHistory(
  tree: ImageTree,
  databasesOf: (tree: ImageTree) => readonly PackageDatabase[],
): DatabaseHistory {
  const layers = new Map<string, number>();
  const removed = new Map<string, DatabaseHistory['removed'][number]>();
  const inTheEnd = databasesOf(tree);
  const roots = new Set(inTheEnd.map(({ root }) => root));
  const pending = new Set(keysOf(inTheEnd));
  let state = stateOf(inTheEnd);
  for (let layer = tree.layers - 1; layer >= 0; layer--) {
    const below = layer === 0 ? [] : databasesOf(tree.at(layer));
    const belowState = stateOf(below);
    if (belowState === state) continue;
    state = belowState;
    const there = new Set(keysOf(below));
    for (const key of pending) {
      if (there.has(key)) continue;
      layers.set(key, layer);
      pending.delete(key);
    }
    for (const { root, path, packages } of below) {
      if (roots.has(root) || removed.has(path)) continue;
      removed.set(path, { path, layer, packages: packages.length });
    }
  }
  return { layers, removed: [...removed.values()].sort((a, b) => compare(a.path, b.path)) };
}

function* keysOf(databases: readonly PackageDatabase[]): Generator<string> {
  for (const { root, packages } of databases) {
    for (const installed of packages) yield packageKey(root, installed);
  }
}

/** The same version of the same files: nothing was installed or removed in between. */
function stateOf(databases: readonly PackageDatabase[]): string {
  return JSON.stringify(databases.map(({ path, state }) => [path, state]));
}
