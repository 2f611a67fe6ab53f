import type { Descriptor, Digest, Platform } from '@lading/oci';
import type { ContentStore, LoadedManifest } from './content-store.ts';
import type { TransferLedger } from './ledger.ts';

/** What happened to one blob or manifest. */
export type TransferOutcome = 'uploaded' | 'mounted' | 'existed' | 'skipped';

/** What a copy tells while it runs. Sizes in bytes. */
export type CopyEvent =
  /** What is to be looked at, as far as it is known: told again, with larger numbers, when a manifest has been read. */
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
  | { readonly type: 'notice'; readonly code: CopyNotice; readonly message: string };

export type CopyNotice =
  /** A layer that registries do not have to hold was left out. */
  | 'foreign-layer'
  /** The source does not have a child of an index (`sparse`) or a listed referrer. */
  | 'missing-manifest'
  /** What refers to the source's root stays behind, because the destination gets another root. */
  | 'referrers-left-behind'
  /** The destination has signatures or attestations of its own under a cosign tag; they were kept. */
  | 'signatures-differ'
  /** The destination had lost content, which was sent again. */
  | 'sent-again'
  /** A tap failed or was too slow; the copy went on. */
  | 'tap-failed';

export interface BlobTap {
  /** The blob whose verified bytes flow. */
  readonly descriptor: Descriptor;
  /** The manifest that listed it first. */
  readonly manifest: Descriptor;
  /**
   * The tapper's own copy of the bytes, each once however often the transfer is tried, verified before the last chunk.
   * The copy waits for a tapper that is 1 MiB behind, as long as it takes something. Errors with `ERR_LADING_TAP_LAGGED` when it stands still,
   * or when the transfer ended early; the copy goes on.
   */
  readonly bytes: ReadableStream<Uint8Array>;
}

/** Places where callers stand between the steps of a copy. One that throws fails the copy before the next step, `onBlob` excepted. */
export interface CopyHooks {
  /** Before anything is written: may the source enter? */
  readonly admit?: (source: Descriptor, stores: CopyStores) => Promise<void>;
  /**
   * Once per verified download, a config before its layers; blobs that were mounted or there before give none.
   * It runs beside the copy and is settled before `beforeTag`, so it has to end when its stream does. When it throws the copy goes on, with a notice `tap-failed`.
   */
  readonly onBlob?: (tap: BlobTap) => Promise<void>;
  /** How long the copy waits for a tapper that takes nothing. Default 5,000. Milliseconds. */
  readonly tapPatienceMs?: number | undefined;
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
  /**
   * Only these platforms of an index: the destination gets a dense index of its own (see `subsetIndex` of `@lading/oci`).
   * A single image is copied as it is if it runs on them all by its config, else that is `ERR_LADING_PLATFORM`; artifacts have no platform to check.
   */
  readonly platforms?: readonly Platform[] | undefined;
  /** Annotations for the destination's root manifest; they make new bytes as `platforms` do. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /**
   * Copy what refers to the image, too: referrers of its manifests, theirs in turn, and cosign's `.sig`, `.att`, `.sbom` tags.
   * They are looked for even when the tag is up to date. What refers to an index cannot follow a subset of it: notice `referrers-left-behind`.
   */
  readonly referrers?: boolean | undefined;
  /** Copy layers of foreign (non-distributable) media types, too, from the source itself: their `urls` are never followed. */
  readonly foreignLayers?: boolean | undefined;
  /** Leave out children of an index that the source does not have, with a notice, instead of failing. */
  readonly sparse?: boolean | undefined;
  /**
   * What the destination's tag holds, when the caller has just looked: saves the question. `null`: there is no such tag.
   * Left out, `copy` asks, and `transfer` takes it that anything may be there.
   */
  readonly destinationHolds?: Descriptor | null | undefined;
  /** Manifests of the source that the caller has read before, by digest: saves reading them again. */
  readonly manifests?: ReadonlyMap<Digest, LoadedManifest> | undefined;
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
