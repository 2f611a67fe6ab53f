import type { Digest } from '@lading/oci';
import type { BomNote } from '../bom.ts';
import type { Json } from '../json.ts';

/**
 * All that is kept of a layer: enough to put layers on each other and to catalogue what is there in the end. It is JSON, says
 * nothing of the image or of the layers below, and is the same for the same uncompressed content and cataloguers.
 * Paths are canonical ({@link FileHead}); all lists are sorted.
 */
export interface LayerFacts {
  /** Of this shape: facts with another number are not used any more. */
  readonly version: 2;
  /** The digest of the uncompressed layer. */
  readonly diffId: Digest;
  /** Who was asked, as `NAME@VERSION`. */
  readonly cataloguers: readonly string[];
  readonly files: readonly {
    readonly path: string;
    /** What each cataloguer found, by its name. */
    readonly found: readonly (readonly [cataloguer: string, facts: Json])[];
  }[];
  /** Symbolic links and what stands in them. */
  readonly links: readonly (readonly [path: string, target: string])[];
  /** Hard links to files that the layer itself does not have before them, for the cataloguers that want to know the path. */
  readonly hardlinks: readonly {
    readonly path: string;
    readonly target: string;
    readonly cataloguers: readonly string[];
  }[];
  /** Paths that the layer takes away from those below. */
  readonly whiteouts: readonly string[];
  /** Folders of which nothing from below is seen. */
  readonly opaque: readonly string[];
  /** Everything that the layer has, as base64 of sorted 8-byte keys (`PathTable.toBytes`): boring files cost no more than that. */
  readonly paths: string;
  /** Folders that were replaced by something else within the layer, and how often: their keys are counted on. */
  readonly replaced: readonly (readonly [path: string, times: number])[];
  readonly notes: readonly BomNote[];
  /** There when files went by unread that are wanted after all: whoever has the layer may read it again with this (`ReadLayerOptions`). */
  readonly missed?: readonly MissedFile[] | undefined;
  /**
   * There when only a table of contents was read (`readLayerByToc`). Whoever made the layer may have left files out of the table,
   * and `diffId` is what the image says: such facts must not be kept for others.
   */
  readonly from?: 'toc' | undefined;
}

/**
 * A file with a name that nobody wanted to read, until a hard link behind it gave it one that somebody does. Package managers that keep
 * all content in a store, as pnpm does, make thousands of them.
 */
export interface MissedFile {
  readonly path: string;
  /** Who wants to read it, and by which name. */
  readonly wanted: readonly (readonly [cataloguer: string, name: string])[];
}
