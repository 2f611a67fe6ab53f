import { Buffer } from 'node:buffer';
import type { LayerFacts } from '../layer/facts.ts';
import { childKey, type PathKey, rootKey } from '../layer/path-key.ts';
import { kindAmong, type PathKind } from '../layer/path-table.ts';

const maxCachedFolders = 10_000;

interface Place {
  readonly key: PathKey;
  readonly kind: PathKind | undefined;
}

/** What one layer says of paths: of those that it has, and of those below. */
export class LayerView {
  readonly #paths: Buffer;
  readonly #whiteouts: ReadonlySet<string>;
  readonly #opaque: ReadonlySet<string>;
  readonly #replaced: ReadonlyMap<string, number>;
  /** What is at paths that others go through, there or not: neighbours are asked for one after the other. */
  readonly #places = new Map<string, Place>();

  constructor(layer: LayerFacts) {
    this.#paths = Buffer.from(layer.paths, 'base64');
    this.#whiteouts = new Set(layer.whiteouts);
    this.#opaque = new Set(layer.opaque);
    this.#replaced = new Map(layer.replaced);
  }

  /**
   * What the layer has at a path; `hidden` when it has nothing there and does not let the layers below show through; nothing when
   * it says nothing. Goes down from the root and stops where the layer has no folder.
   */
  look(path: string): PathKind | 'hidden' | undefined {
    let isHidden = false;
    let folder = '';
    let key = rootKey;
    for (let start = 0; ; ) {
      const slash = path.indexOf('/', start);
      const end = slash < 0 ? path.length : slash;
      const at = path.slice(0, end);
      isHidden ||= this.#whiteouts.has(at);
      let place = this.#places.get(at);
      if (place === undefined) {
        place = this.#place(key, path.slice(start, end), folder);
        if (slash >= 0) this.#remember(at, place);
      }
      if (place.kind === undefined) return isHidden ? 'hidden' : undefined;
      if (slash < 0) return place.kind;
      if (place.kind === 'other') return 'hidden';
      isHidden ||= this.#opaque.has(at);
      folder = at;
      key = place.key;
      start = end + 1;
    }
  }

  #place(parent: PathKey, name: string, folder: string): Place {
    const key = childKey(parent, name, this.#replaced.get(folder) ?? 0);
    return { key, kind: kindAmong(this.#paths, key) };
  }

  #remember(path: string, place: Place): void {
    if (this.#places.size >= maxCachedFolders) this.#places.clear();
    this.#places.set(path, place);
  }
}
