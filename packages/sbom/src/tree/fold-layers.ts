import type { FoundFile, ImageTree } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import type { Json } from '../json.ts';
import type { LayerFacts } from '../layer/facts.ts';
import { followLinks } from '../layer/path.ts';
import { LayerView } from './layer-view.ts';

/** A file or a link as one layer brought it, and the layer that hides it again: it is there from the one up to the other. */
interface Version<Value> {
  readonly value: Value;
  readonly from: number;
  readonly until: number;
}

/**
 * Puts the layers of an image on each other, the lowest first (image-spec 1.1, layer.md, Applying Changesets), as overlayfs
 * does. `has` answers for every path, with a chance of less than 2^-40 to take one for another.
 */
export function foldLayers(layers: readonly LayerFacts[]): ImageTree {
  return new FoldedTree(new Fold(layers), layers.length);
}

/** What all states of an image have in common. */
class Fold {
  readonly views: readonly LayerView[];
  readonly #files = new Map<string, Map<string, Version<Json>[]>>();
  readonly #links = new Map<string, { readonly from: number; readonly target: string; until?: number }[]>();

  constructor(layers: readonly LayerFacts[]) {
    this.views = layers.map((layer) => new LayerView(layer));
    for (const [index, layer] of layers.entries()) {
      for (const [path, target] of layer.links) {
        const versions = this.#links.get(path);
        if (versions === undefined) this.#links.set(path, [{ from: index, target }]);
        else versions.push({ from: index, target });
      }
      for (const { path, found } of layer.files)
        for (const [cataloguer, facts] of found) this.#add(cataloguer, path, index, facts);
      this.#hardlinks(layer, index);
    }
  }

  files(cataloguer: string, layers: number): FoundFile[] {
    const files: FoundFile[] = [];
    for (const [path, versions] of this.#files.get(cataloguer) ?? []) {
      const version = versionAt(versions, layers);
      if (version !== undefined) files.push({ path, facts: version.value, layer: version.from });
    }
    return files.sort((one, other) => compare(one.path, other.path));
  }

  linkAt(path: string, layers: number): string | undefined {
    const versions = this.#links.get(path);
    if (versions === undefined) return undefined;
    for (const version of versions) {
      if (version.from >= layers) break;
      version.until ??= this.#hiddenBy(path, version.from);
      if (layers <= version.until) return version.target;
    }
    return undefined;
  }

  has(path: string, layers: number): boolean {
    if (path === '') return true;
    for (let index = layers - 1; index >= 0; index--) {
      const view = this.views[index]!.look(path);
      if (view !== undefined) return view !== 'hidden';
    }
    return false;
  }

  #add(cataloguer: string, path: string, from: number, value: Json): void {
    const files = this.#files.get(cataloguer) ?? new Map<string, Version<Json>[]>();
    this.#files.set(cataloguer, files);
    const versions = files.get(path) ?? [];
    files.set(path, versions);
    versions.push({ value, from, until: this.#hiddenBy(path, from) });
  }

  /** Other names of files that lower layers brought. One of a file that its own layer brings later is taken for good, too. */
  #hardlinks(layer: LayerFacts, index: number): void {
    for (const { path, target, cataloguers } of layer.hardlinks) {
      for (const cataloguer of cataloguers) {
        const versions = this.#files.get(cataloguer)?.get(target);
        const version = versions === undefined ? undefined : versionAt(versions, index + 1);
        if (version !== undefined) this.#add(cataloguer, path, index, version.value);
      }
    }
  }

  /** The first layer above that does not let a path through; how many layers there are when none does. */
  #hiddenBy(path: string, from: number): number {
    for (let index = from + 1; index < this.views.length; index++)
      if (this.views[index]!.look(path) !== undefined) return index;
    return this.views.length;
  }
}

class FoldedTree implements ImageTree {
  readonly layers: number;
  readonly #fold: Fold;
  readonly #files = new Map<string, readonly FoundFile[]>();

  constructor(fold: Fold, layers: number) {
    this.#fold = fold;
    this.layers = layers;
  }

  files(cataloguer: string): readonly FoundFile[] {
    const known = this.#files.get(cataloguer) ?? this.#fold.files(cataloguer, this.layers);
    this.#files.set(cataloguer, known);
    return known;
  }

  resolve(path: string): string | undefined {
    const real = followLinks(path, (at) => this.#fold.linkAt(at, this.layers));
    return real !== undefined && this.#fold.has(real, this.layers) ? real : undefined;
  }

  has(path: string): boolean {
    return this.resolve(path) !== undefined;
  }

  at(layers: number): ImageTree {
    return new FoldedTree(this.#fold, Math.max(0, Math.min(layers, this.#fold.views.length)));
  }
}

/** The version that is seen when so many layers are on each other. */
function versionAt<Value>(versions: readonly Version<Value>[], layers: number): Version<Value> | undefined {
  return versions.findLast(({ from, until }) => from < layers && layers <= until);
}
