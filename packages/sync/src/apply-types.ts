import type { Descriptor, Digest } from '@lading/oci';
import type { BlobTap, CopyEvent, CopyStores, TransferLedger } from '@lading/store';
import type { PlannedImage, Reason } from './plan-types.ts';

/** Where callers stand between the steps of each image; as `CopyHooks` of `@lading/store`, and told of which image. */
export interface SyncHooks {
  /** Before anything is written. Throwing fails the image. */
  readonly admit?: (image: PlannedImage, source: Descriptor, stores: CopyStores) => Promise<void>;
  /** Once per verified download. */
  readonly onBlob?: (image: PlannedImage, tap: BlobTap) => Promise<void>;
  /**
   * When everything is at the destination by digest, and before the tag moves; also for images of the action `complete`, whose tag is right already.
   * Throwing fails the image, and the tag stays.
   */
  readonly beforeTag?: (image: PlannedImage, destination: Descriptor, stores: CopyStores) => Promise<void>;
}

export interface ApplyOptions {
  /** Milliseconds; only differences count. */
  readonly clock: () => number;
  readonly hooks?: SyncHooks | undefined;
  /** Images in work at once. Default 8. */
  readonly concurrency?: number | undefined;
  /** Blobs in flight at once for each image. Default 4. */
  readonly blobConcurrency?: number | undefined;
  /** What the copies know of each other's work. Default: one for this call. */
  readonly ledger?: TransferLedger | undefined;
  /** Ends the run after what is in flight was cancelled; `apply` still answers with its report. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SyncEvent) => void) | undefined;
}

export type SyncEvent =
  | { readonly type: 'entry:start'; readonly image: PlannedImage }
  | { readonly type: 'entry:progress'; readonly image: PlannedImage; readonly event: CopyEvent }
  | { readonly type: 'entry:done'; readonly result: ImageResult };

export type SyncOutcome =
  | 'created'
  | 'updated'
  | 'retagged'
  /** The tag was right; `beforeTag` gave the image what it lacked. */
  | 'completed'
  | 'same'
  | 'pruned'
  /** An unwanted tag was told of and kept, as `prune: report` asks. */
  | 'kept'
  | 'blocked'
  | 'failed'
  /** The run was aborted before it was done. The tag is as it was, or done and not told of. */
  | 'interrupted';

/** What became of one planned image. Sizes in bytes. */
export interface ImageResult {
  readonly image: PlannedImage;
  readonly outcome: SyncOutcome;
  /** What the destination's tag holds, as far as this run knows. */
  readonly digest?: Digest | undefined;
  readonly reason?: Reason | undefined;
  readonly error?: unknown;
  readonly bytesMoved: number;
  readonly bytesMounted: number;
  readonly durationMs: number;
}

export interface SyncReport {
  /** In the plan's order. */
  readonly results: readonly ImageResult[];
  /** True when the signal ended the run. */
  readonly interrupted: boolean;
  readonly bytesMoved: number;
  readonly bytesMounted: number;
  readonly durationMs: number;
}
