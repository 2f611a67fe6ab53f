import { LadingError } from '@lading/oci';
import type { Json } from '../json.ts';
import type { LayerErrorCode } from './errors.ts';
import type { LayerLimits } from './limits.ts';
import { baseOf, followLinks, joinPath, maxUnpackHops, parentOf } from './path.ts';
import { childKey, type PathKey, rootKey } from './path-key.ts';
import { type PathKind, PathTable } from './path-table.ts';

/** What is known of a file that somebody wanted to know something of. */
export interface KnownFile {
  readonly size: number;
  readonly isExecutable: boolean;
  /** By cataloguer. */
  readonly found: ReadonlyMap<string, Json>;
  /** The same for cataloguers that want to know it by the name of a hard link alone. */
  readonly foundForLinks: ReadonlyMap<string, Json>;
  /** The cataloguers that read it, whether they found something or not. */
  readonly asked: ReadonlySet<string>;
}

/** A hard link to a file that the layer itself does not have before it. */
export interface LowerLink {
  readonly target: string;
  readonly cataloguers: readonly string[];
}

/** Comparisons of paths that replacing folders may cost in one layer: honest ones hardly ever do it. */
const maxComparisons = 20_000_000;
const maxCachedFolders = 10_000;

/**
 * The file system that the entries of one layer make, one after the other, in a folder of its own: containerd and Docker unpack
 * a layer for overlayfs like that. So links of lower layers do not count, those of the layer itself do, and the last entry wins.
 * Markers are things in it, too: whatever takes their place, or that of a folder above them, takes them away.
 */
export class LayerState {
  readonly files: Map<string, KnownFile> = new Map<string, KnownFile>();
  readonly links: Map<string, string> = new Map<string, string>();
  readonly hardlinks: Map<string, LowerLink> = new Map<string, LowerLink>();
  /** Files that went by before a hard link made them interesting: who wants to read them, and by which name. */
  readonly missed: Map<string, Map<string, string>> = new Map<string, Map<string, string>>();
  /** Paths that are taken away from the layers below. */
  readonly whiteouts: Set<string> = new Set<string>();
  /** Folders of which nothing from below is seen. */
  readonly opaque: Set<string> = new Set<string>();
  readonly table: PathTable = new PathTable();
  readonly replaced: Map<string, number> = new Map<string, number>();
  readonly #limits: LayerLimits;
  readonly #folderKeys = new Map<string, PathKey>([['', rootKey]]);
  #lastFolder = '';
  #comparisons = 0;
  #factsSize = 0;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  /** Where an entry really goes: its folder may be a link. Nothing when links lead around. */
  realPath(path: string): string | undefined {
    const folder = parentOf(path);
    if (this.links.size === 0 || folder === '') return path;
    const real = this.#follow(folder);
    return real === undefined ? undefined : joinPath(real, baseOf(path));
  }

  /** What a hard link is one to: links on the way there are followed before any `..`, the last part is not. */
  linkTarget(written: string): string | undefined {
    const slash = written.lastIndexOf('/');
    const folder = this.#follow(written.slice(0, Math.max(0, slash)));
    return folder === undefined ? undefined : joinPath(folder, written.slice(slash + 1));
  }

  #follow(path: string): string | undefined {
    return followLinks(path, (at) => this.links.get(at), maxUnpackHops);
  }

  /** Puts something at a path, in place of what may be there. Folders that are there stay. */
  put(path: string, kind: PathKind): void {
    if (path === '') return;
    // The device that stands for a whiteout is replaced like any other: overlayfs then shows what a folder has below.
    this.whiteouts.delete(path);
    this.needFolder(parentOf(path));
    const key = this.#keyOf(path);
    const before = this.table.get(key);
    if (before === 'folder' && kind === 'other') this.#clear(path);
    if (before === 'other') this.#forget(path);
    this.table.set(key, kind);
    if (this.table.size > this.#limits.maxEntries)
      throw tooMuch(`more than ${this.#limits.maxEntries} entries`);
  }

  /** Takes away what the layer itself has at a path. */
  remove(path: string): void {
    this.whiteouts.delete(path);
    const key = this.#keyOf(path);
    const before = this.table.get(key);
    if (before === 'folder') this.#clear(path);
    else if (before === 'other') this.#forget(path);
    this.table.delete(key);
  }

  /** A folder that has to be there because something stands in it. */
  needFolder(path: string): void {
    if (path === '' || path === this.#lastFolder) return;
    if (this.table.get(this.#keyOf(path)) !== 'folder') {
      const isHidden = this.whiteouts.has(path);
      this.put(path, 'folder');
      // Nobody asked for it, so the whiteout holds.
      if (isHidden) this.whiteouts.add(path);
    }
    this.#lastFolder = path;
  }

  whiteout(path: string): void {
    this.needFolder(parentOf(path));
    this.whiteouts.add(path);
    this.#mark(path);
  }

  /** In the root of a layer the attribute is there, and overlayfs does not look at it. */
  makeOpaque(path: string): void {
    if (path === '') return;
    this.needFolder(path);
    this.opaque.add(path);
    this.#mark(path);
  }

  #mark(path: string): void {
    this.#keep(path.length);
    if (this.whiteouts.size + this.opaque.size > this.#limits.maxEntries)
      throw tooMuch(`more than ${this.#limits.maxEntries} whiteouts`);
  }

  link(path: string, target: string): void {
    this.put(path, 'other');
    this.links.set(path, target);
    this.#keep(path.length + target.length);
    if (this.links.size > this.#limits.maxLinks) throw tooMuch(`more than ${this.#limits.maxLinks} links`);
  }

  linkBelow(path: string, link: LowerLink): void {
    this.hardlinks.set(path, link);
    this.#keep(path.length + link.target.length);
    this.#checkFiles();
  }

  know(path: string, file: KnownFile): void {
    this.files.set(path, file);
    this.#keep(path.length);
    for (const found of [file.found, file.foundForLinks])
      for (const facts of found.values()) this.#keep(JSON.stringify(facts).length);
    this.#checkFiles();
  }

  /** One name for each cataloguer is enough, so that many of them cost no more. */
  miss(path: string, cataloguer: string, name: string): void {
    const wanted = this.missed.get(path) ?? new Map<string, string>();
    this.missed.set(path, wanted);
    if (wanted.has(cataloguer)) return;
    wanted.set(cataloguer, name);
    this.#keep(path.length + cataloguer.length + name.length);
    this.#checkFiles();
  }

  /** What is replaced later counts, too. */
  #keep(size: number): void {
    this.#factsSize += size;
    if (this.#factsSize > this.#limits.maxFactsSize)
      throw tooMuch(`more than ${this.#limits.maxFactsSize} letters to keep`);
  }

  #checkFiles(): void {
    if (this.files.size + this.hardlinks.size + this.missed.size > this.#limits.maxFiles)
      throw tooMuch(`more than ${this.#limits.maxFiles} files to read`);
  }

  has(path: string): boolean {
    return this.table.get(this.#keyOf(path)) !== undefined;
  }

  #forget(path: string): void {
    this.files.delete(path);
    this.links.delete(path);
    this.hardlinks.delete(path);
  }

  /** A folder makes room for something else, and all that stood in it goes. */
  #clear(path: string): void {
    const prefix = `${path}/`;
    this.opaque.delete(path);
    for (const known of [this.files, this.links, this.hardlinks, this.whiteouts, this.opaque]) {
      this.#comparisons += known.size;
      if (this.#comparisons > maxComparisons) throw tooMuch('too many folders that are replaced');
      for (const other of known.keys()) if (other.startsWith(prefix)) known.delete(other);
    }
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
