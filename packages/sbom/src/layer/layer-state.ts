import { LadingError } from '@lading/oci';
import type { Json } from '../json.ts';
import type { LayerErrorCode } from './errors.ts';
import type { LayerLimits } from './limits.ts';
import { baseOf, followLinks, joinPath, parentOf } from './path.ts';
import { childKey, type PathKey, rootKey } from './path-key.ts';
import { type PathKind, PathTable } from './path-table.ts';

/** What is known of a file that somebody wanted to know something of. */
export interface KnownFile {
  readonly size: number;
  readonly isExecutable: boolean;
  readonly found: ReadonlyMap<string, Json>;
  /** The cataloguers that read it, whether they found something or not. */
  readonly asked: ReadonlySet<string>;
}

/** Comparisons of paths that replacing folders may cost in one layer: honest ones hardly ever do it. */
const maxComparisons = 50_000_000;
const maxCachedFolders = 10_000;

/**
 * The file system that the entries of one layer make, one after the other, in a folder of its own: containerd and Docker unpack
 * a layer for overlayfs like that. So links of lower layers do not count, those of the layer itself do, and the last entry wins.
 */
export class LayerState {
  readonly files: Map<string, KnownFile> = new Map<string, KnownFile>();
  readonly links: Map<string, string> = new Map<string, string>();
  readonly table: PathTable = new PathTable();
  readonly replaced: Map<string, number> = new Map<string, number>();
  readonly #limits: LayerLimits;
  readonly #folderKeys = new Map<string, PathKey>([['', rootKey]]);
  #lastFolder = '';
  #comparisons = 0;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  /** Where an entry really goes: its folder may be a link. Nothing when links lead around. */
  realPath(path: string): string | undefined {
    const folder = parentOf(path);
    if (this.links.size === 0 || folder === '') return path;
    const real = followLinks(folder, (at) => this.links.get(at));
    return real === undefined ? undefined : joinPath(real, baseOf(path));
  }

  /** Puts something at a path, in place of what may be there. Folders that are there stay. */
  put(path: string, kind: PathKind): void {
    if (path === '') return;
    this.needFolder(parentOf(path));
    const key = this.#keyOf(path);
    const before = this.table.get(key);
    if (before === 'folder' && kind === 'other') this.#clear(path);
    if (before === 'other') this.#forget(path);
    this.table.set(key, kind);
    if (this.table.size > this.#limits.maxEntries)
      throw tooMuch(`more than ${this.#limits.maxEntries} entries`);
  }

  /** A folder that has to be there because something stands in it. */
  needFolder(path: string): void {
    if (path === '' || path === this.#lastFolder) return;
    if (this.table.get(this.#keyOf(path)) !== 'folder') this.put(path, 'folder');
    this.#lastFolder = path;
  }

  link(path: string, target: string): void {
    this.put(path, 'other');
    this.links.set(path, target);
    if (this.links.size > this.#limits.maxLinks) throw tooMuch(`more than ${this.#limits.maxLinks} links`);
  }

  know(path: string, file: KnownFile): void {
    this.files.set(path, file);
    if (this.files.size > this.#limits.maxFiles)
      throw tooMuch(`more than ${this.#limits.maxFiles} files to read`);
  }

  has(path: string): boolean {
    return this.table.get(this.#keyOf(path)) !== undefined;
  }

  #forget(path: string): void {
    this.files.delete(path);
    this.links.delete(path);
  }

  /** A folder makes room for something else, and all that stood in it goes. */
  #clear(path: string): void {
    this.#comparisons += this.files.size + this.links.size;
    if (this.#comparisons > maxComparisons) throw tooMuch('too many folders that are replaced');
    for (const known of [this.files, this.links])
      for (const other of known.keys()) if (other.startsWith(`${path}/`)) known.delete(other);
    this.replaced.set(path, (this.replaced.get(path) ?? 0) + 1);
    this.#folderKeys.clear();
    this.#folderKeys.set('', rootKey);
    this.#lastFolder = '';
  }

  #keyOf(path: string): PathKey {
    const folder = parentOf(path);
    return childKey(this.#folderKey(folder), baseOf(path), this.replaced.get(folder) ?? 0);
  }

  #folderKey(path: string): PathKey {
    let start = path.length;
    let key = this.#folderKeys.get(path);
    // Up to the nearest folder that is known, then down again.
    while (key === undefined) {
      start = Math.max(0, path.lastIndexOf('/', start - 1));
      key = this.#folderKeys.get(path.slice(0, start));
    }
    while (start < path.length) {
      const folder = path.slice(0, start);
      const from = start === 0 ? 0 : start + 1;
      const slash = path.indexOf('/', from);
      start = slash < 0 ? path.length : slash;
      key = childKey(key, path.slice(from, start), this.replaced.get(folder) ?? 0);
      if (this.#folderKeys.size > maxCachedFolders) {
        this.#folderKeys.clear();
        this.#folderKeys.set('', rootKey);
      }
      this.#folderKeys.set(path.slice(0, start), key);
    }
    return key;
  }
}

export function tooMuch(what: string): LadingError<LayerErrorCode> {
  return new LadingError<LayerErrorCode>('ERR_LADING_LAYER_LIMIT', `the layer has ${what}`, {
    hint: 'It may be made to exhaust whoever reads it. Raise the limits of readLayer when it is what it should be.',
  });
}
