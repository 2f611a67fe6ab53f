import type { Descriptor, Digest, Platform } from '@lading/oci';
import type { ContentStore } from './content-store.ts';
import type { TransferLedger } from './ledger.ts';

/** What happened to one blob or manifest. */
export type TransferOutcome = 'uploaded' | 'mounted' | 'existed' | 'skipped';

/** What a copy tells while it runs. Sizes in bytes. */
export type CopyEvent =
  /** The work is known: what is to be looked at, before existence checks. */
  | {
      readonly type: 'copy:planned';
      readonly blobs: number;
      readonly manifests: number;
      readonly totalBytes: number;
    }
  | { readonly type: 'blob:start'; readonly descriptor: Descriptor }
  | { readonly type: 'blob:progress'; readonly descriptor: Descriptor; readonly sentBytes: number }
  | { readonly type: 'blob:done'; readonly descriptor: Descriptor; readonly outcome: TransferOutcome }
  | { readonly type: 'manifest:done'; readonly descriptor: Descriptor; readonly outcome: TransferOutcome }
  /** Something worth a line that is no failure, for example a foreign layer left out. */
  | { readonly type: 'notice'; readonly code: string; readonly message: string };

export interface BlobTap {
  /** The blob whose verified bytes flow. */
  readonly descriptor: Descriptor;
  /** The manifest that listed it first. */
  readonly manifest: Descriptor;
  /** The tapper's own copy of the bytes. Errors with `ERR_LADING_TAP_LAGGED` when it is read too slowly; the copy goes on. */
  readonly bytes: ReadableStream<Uint8Array>;
}

/** Places where callers stand between the steps of a copy. A hook that throws fails the copy before the next step. */
export interface CopyHooks {
  /** Before anything is written: may the source enter? */
  readonly admit?: (source: Descriptor, stores: CopyStores) => Promise<void>;
  /** Once per verified download, configs before layers; not awaited by the copy, but settled before `beforeTag`. */
  readonly onBlob?: (tap: BlobTap) => Promise<void>;
  /** When everything is at the destination by digest, and before the tag moves. */
  readonly beforeTag?: (destination: Descriptor, stores: CopyStores) => Promise<void>;
}

export interface CopyStores {
  readonly source: ContentStore;
  readonly destination: ContentStore;
}

export interface TransferOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: CopyEvent) => void) | undefined;
  readonly hooks?: CopyHooks | undefined;
  /** Blobs in flight at once. Default 4. */
  readonly concurrency?: number | undefined;
  /** Only these platforms of an index: the destination gets a dense index of its own (see `subsetIndex` of `@lading/oci`). */
  readonly platforms?: readonly Platform[] | undefined;
  /** Annotations for the destination's root manifest; they make new bytes as `platforms` do. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Copy what refers to the image too: referrers and cosign's `.sig`, `.att`, `.sbom` tags. */
  readonly referrers?: boolean | undefined;
  /** Copy layers that have `urls` instead of leaving them out. */
  readonly foreignLayers?: boolean | undefined;
  /** Shared by the copies of one run, so that a digest moves once per destination host. */
  readonly ledger?: TransferLedger | undefined;
}

export interface CopyOptions extends TransferOptions {}

export interface TransferResult {
  /** The root at the destination: the source's own unless `platforms` or `annotations` made a new one. */
  readonly descriptor: Descriptor;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** Bytes of blobs and manifests that were sent. */
  readonly bytesMoved: number;
  readonly bytesMounted: number;
}

export interface CopyResult {
  readonly digest: Digest;
  readonly descriptor: Descriptor;
  /** False when the destination's tag had this digest before. */
  readonly changed: boolean;
  readonly bytesMoved: number;
  readonly bytesMounted: number;
}
