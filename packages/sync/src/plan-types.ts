import type { Descriptor, Digest, Platform } from '@lading/oci';
import type { ContentStore, CopyStores, LoadedManifest } from '@lading/store';
import type { SyncEntry } from './entry.ts';
import type { Lock } from './lock.ts';
import type { TagVerdict } from './tag-filter.ts';

/** What a text of an entry names: a store, and what is meant there. The store's `name` tells whether two places are the same. */
export interface Location {
  readonly store: ContentStore;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** What `plan` needs beside the entries. Everything that it knows of the world comes in here. */
export interface PlanContext {
  /** Makes a location of an entry's `source`, `destination` or expanded `backup`. May throw: the entry fails with that error. */
  readonly open: (location: string, role: 'source' | 'destination') => Location | Promise<Location>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The lock as it was read. Left out: none is kept, and entries with `minAge` are blocked. */
  readonly lock?: Lock | undefined;
  /** Take the digests of tags from the lock instead of from the sources. */
  readonly locked?: boolean | undefined;
  /**
   * May the source enter? Asked of everything that would be written; throwing blocks it.
   * Of a source that another image of the plan is to bring up to date, `apply` asks once that is done.
   */
  readonly admit?: ((entry: SyncEntry, source: Descriptor, stores: CopyStores) => Promise<void>) | undefined;
  /**
   * What an image lacks although its tag holds the right digest, for example a signature; nothing when it lacks nothing.
   * Reads only. An answer makes it work for the hook `beforeTag`, with nothing to copy and no tag to move.
   */
  readonly lacks?:
    | ((entry: SyncEntry, destination: Descriptor, stores: CopyStores) => Promise<Reason | undefined>)
    | undefined;
  /** Images looked at at once. Default 8. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: PlanEvent) => void) | undefined;
}

export type PlanEvent =
  /** The tags of a repository were listed and filtered. */
  | { readonly type: 'tags:listed'; readonly selection: TagSelection }
  | {
      readonly type: 'entry:planned';
      readonly image: PlannedImage;
      readonly done: number;
      readonly total: number;
    };

export type PlanAction =
  /** The destination has no such tag. */
  | 'create'
  /** The destination's tag is moved, or with `always` published anew. */
  | 'update'
  /** Nothing is to be done. */
  | 'same'
  /** The tag holds the right digest, and the image lacks what `reason` says: `beforeTag` sees to it. Nothing moves. */
  | 'complete'
  /** A tag of the very repository that the source is in: nothing moves. */
  | 'retag'
  /** It would be done if something did not forbid it; see `reason`. */
  | 'blocked'
  /** It cannot be planned; see `error`. */
  | 'failed'
  /** A destination tag that is no longer wanted. */
  | 'prune';

/** Why an image is planned as it is. */
export type ReasonCode =
  /** The digests match, and the entry says `always`. */
  | 'always'
  /** The digests match; whether referrers are missing shows when it is applied. */
  | 'referrers'
  /** The digests match, and there is no valid signature. */
  | 'unsigned'
  /** The digests match, and the image has no SBOM. */
  | 'no-sbom'
  /** The destination does not say whether it has the tag. */
  | 'destination-unknown'
  /** The destination's tag has another digest, and the entry is `immutable`. */
  | 'immutable'
  /** The entry has a `minAge`, and no lock is kept. */
  | 'no-lock'
  /** The lock has not known the digest for `minAge`. */
  | 'too-young'
  /** `admit` refused the source. */
  | 'not-admitted'
  /** `prune: report`: the tag is told of, and kept. */
  | 'report-only'
  /** More than `maxDelete` tags would be deleted. */
  | 'too-many-to-delete'
  /** The source has no tags, or the filter selects none: that is likelier a mistake than a wish. */
  | 'nothing-selected'
  /** The image that is its source could not be brought up to date in this run. */
  | 'source-failed'
  /** Another image of the same entry failed in this run, so nothing is deleted. */
  | 'entry-failed';

export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
}

/** One destination tag, and what is to become of it. Sizes in bytes. */
export interface PlannedImage {
  readonly entry: SyncEntry;
  /** The entry's place in the list that was given to `plan`. */
  readonly index: number;
  /** For people, and the key of the lock: `docker.io/library/alpine:3.17.3`. Of what is pruned: the source repository. */
  readonly source: string;
  readonly destination: string;
  readonly action: PlanAction;
  readonly reason?: Reason | undefined;
  readonly error?: unknown;
  /** What the destination's tag is to hold. */
  readonly digest?: Digest | undefined;
  /** What it holds now. */
  readonly previous?: Digest | undefined;
  /** Platforms of the image; only known where something is to be copied. */
  readonly platforms?: number | undefined;
  /** At most so much is sent; what the destination has already shows when it is applied. */
  readonly bytesToMove: number;
  /** What can be taken over from another repository of the same host. */
  readonly bytesMounted: number;
  /** What `apply` needs; only where something is to be done. */
  readonly work?: ImageWork | undefined;
  /** The tag to delete. */
  readonly prunes?: { readonly store: ContentStore; readonly tag: string } | undefined;
}

/** How a planned image is carried out. */
export interface ImageWork {
  readonly stores: CopyStores;
  /** The source's root, by the digest that the plan saw. */
  readonly from: Descriptor;
  readonly tag: string;
  readonly held: Descriptor | null;
  readonly platforms: readonly Platform[];
  /** Where the image goes that the tag holds now. */
  readonly backup?: { readonly store: ContentStore; readonly tag: string; readonly name: string } | undefined;
  /** The destination of another image of this plan that is this one's source. */
  readonly after?: string | undefined;
  /** Asks whether the source may enter, where that shows only when the image before it is done. */
  readonly admit?: (() => Promise<void>) | undefined;
}

/** How the tags of one entry were judged. */
export interface TagSelection {
  readonly index: number;
  readonly source: string;
  readonly verdicts: ReadonlyMap<string, TagVerdict>;
}

/** What a sync would do. Made without writing anything. */
export interface Plan {
  /** In the order of the entries; what is pruned comes after an entry's images. */
  readonly images: readonly PlannedImage[];
  readonly selections: readonly TagSelection[];
  /** The lock with what was seen; nothing when none was given. To be written by the caller, whatever becomes of the plan. */
  readonly lock?: Lock | undefined;
  /** Manifests that were read, so that `apply` does not read them again. */
  readonly manifests: ReadonlyMap<Digest, LoadedManifest>;
}
