import { Buffer } from 'node:buffer';
import type { LayerFacts } from '../layer/facts.ts';
import { childKey, type PathKey, rootKey } from '../layer/path-key.ts';
import { kindAmong, type PathKind } from '../layer/path-table.ts';

const maxCachedFolders = 10_000;

/** What one layer says of paths: of those that it has, and of those below. */
export class LayerView {
  readonly #paths: Buffer;
  readonly #whiteouts: ReadonlySet<string>;
  readonly #opaque: ReadonlySet<string>;
  readonly #replaced: ReadonlyMap<string, number>;
  /** Folders that the layer has, with their keys; neighbours are asked for one after the other. */
  readonly #folders = new Map<string, PathKey>();

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
    let isHidden = this.#opaque.has('');
    let folder = '';
    let key = rootKey;
    for (let start = 0; ; ) {
      const slash = path.indexOf('/', start);
      const end = slash < 0 ? path.length : slash;
      const at = path.slice(0, end);
      isHidden ||= this.#whiteouts.has(at);
      const known = this.#folders.get(at);
      const childOf = known ?? childKey(key, path.slice(start, end), this.#replaced.get(folder) ?? 0);
      const kind = known === undefined ? kindAmong(this.#paths, childOf) : 'folder';
      if (kind === undefined) return isHidden ? 'hidden' : undefined;
      if (slash < 0) return kind;
      if (kind === 'other') return 'hidden';
      if (known === undefined) {
        if (this.#folders.size >= maxCachedFolders) this.#folders.clear();
        this.#folders.set(at, childOf);
      }
      isHidden ||= this.#opaque.has(at);
      folder = at;
      key = childOf;
      start = end + 1;
    }
  }
}
