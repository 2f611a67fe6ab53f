import type { Descriptor, Digest } from '@lading/oci';
import type { TapAttempt } from './tap.ts';

/** What every operation of a store takes. */
export interface StoreOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface FetchOptions extends StoreOptions {
  /** Bytes to leave out at the start; the rest then comes unverified. */
  readonly offset?: number | undefined;
  /** Bytes wanted from `offset` on; the content then comes unverified. */
  readonly length?: number | undefined;
}

export interface PushOptions extends StoreOptions {
  /** Repositories at the same host that are thought to hold the content already, likeliest first. */
  readonly mountFrom?: readonly string[] | undefined;
  /** Told how many bytes of this content have gone out so far; falls back when an attempt starts anew. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
}

/** How content came to be in a store: sent, taken over from another repository, or there before. */
export type PushOutcome = 'uploaded' | 'mounted' | 'existed';

/** Content that can be opened again: a retried push reads it anew and holds nothing in memory. */
export interface ContentSource {
  open(options?: {
    readonly offset?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<ReadableStream<Uint8Array>>;
  /**
   * Where the content comes from, so that a store can recognise its own kind and take a shorter way than `open`.
   * Then its failure to read there is thrown as a `CopyError` of the origin `source`. What `open` gives without an offset is verified on its way.
   */
  readonly from?:
    | {
        readonly store: ContentStore;
        readonly target: Descriptor;
        /** Begins an attempt to move the content the shorter way, where somebody taps it: all of it has to be shown then. */
        readonly tap?: (() => TapAttempt | undefined) | undefined;
      }
    | undefined;
}

/** A manifest's descriptor and bytes, as `load` gives them. */
export interface LoadedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What a tag becomes: the name of this manifest, or of nothing. */
export type TagChange = LoadedManifest | 'delete';

/**
 * Says what a tag is to become, given what it names now (nothing: there is no such tag). `undefined`: it is as it should be.
 *
 * Asked again whenever other writers were faster, and once more to see whether the change has stayed. So the answer depends on `current` alone, given
 * its own answer it answers `undefined`, and what it does besides (pushing what the new manifest names) may be done several times.
 */
export type ChangeTag = (current: LoadedManifest | undefined) => Promise<TagChange | undefined>;

/**
 * A place that holds manifests and blobs by digest and names some of them by tags: one repository of a registry, an OCI layout, an archive, memory.
 *
 * Manifests and blobs go through the same methods; the descriptor's media type tells them apart.
 * A missing thing is `ERR_LADING_NOT_FOUND`. The properties after `referrers` are abilities: a store has them or not.
 */
export interface ContentStore {
  /** How messages name the place, for example `ghcr.io/acme/alpine` or `oci:./out`. */
  readonly name: string;

  /** Tag or digest to descriptor (media type, digest, size); asks with HEAD where there is a server. */
  resolve(reference: string, options?: StoreOptions): Promise<Descriptor>;
  /** The content. A whole fetch is verified while it flows: a wrong one errors before its last chunk is handed on. See `givingAway`. */
  fetch(target: Descriptor, options?: FetchOptions): Promise<ReadableStream<Uint8Array>>;
  exists(target: Descriptor, options?: StoreOptions): Promise<boolean>;
  /** Stores content by digest. Verified by the store; nothing wrong or torn is ever committed. */
  push(expected: Descriptor, content: ContentSource, options?: PushOptions): Promise<PushOutcome>;
  /**
   * Stores a manifest and points `tag` at it, in one step. With the manifest's digest in place of a tag it becomes a root without a name.
   * A tag that may not be moved is `ERR_LADING_IMMUTABLE_TAG`. A store that misses what the manifest points at, and says so, has the
   * spec's error codes (`MANIFEST_BLOB_UNKNOWN`) in the error's `codes`: `copy` then sends it again.
   */
  publish(manifest: Descriptor, bytes: Uint8Array, tag: string, options?: StoreOptions): Promise<void>;
  /** What refers to `subject`, lazily, page by page. */
  referrers(
    subject: Descriptor,
    options?: StoreOptions & { readonly artifactType?: string | undefined },
  ): AsyncIterable<Descriptor>;

  /** `resolve` and `fetch` of a manifest in one request; see `loadManifest`. */
  load?(reference: string, options?: StoreOptions): Promise<LoadedManifest>;
  tags?(options?: StoreOptions): AsyncIterable<string>;
  /** Digest to descriptor of a blob whose size is not known; its media type is `application/octet-stream`. */
  describeBlob?(digest: Digest, options?: StoreOptions): Promise<Descriptor>;
  /** Removes a tag (given a tag) or a manifest with all its tags (given a digest). */
  delete?(reference: string, options?: StoreOptions): Promise<void>;
  /**
   * Changes what stands under a tag that several writers share: a list of referrers, cosign's `.sig`. Every one of them reads, extends and writes back,
   * and none of their changes gets lost. Writers of one process take turns; `change` must not update the same tag itself. A store that could lose
   * a change lacks this. To delete the tag, a registry deletes the manifest with all its tags: only so nothing newer can be hit.
   *
   * @throws {LadingError} `ERR_LADING_REFERRER_LOST`: others kept replacing what was written; `ERR_LADING_IMMUTABLE_TAG`; what `change` throws, as it is.
   */
  updateTag?(tag: string, change: ChangeTag, options?: StoreOptions): Promise<void>;
  /** True when nothing was ever pushed here, so that asking for single blobs is not worth a request. */
  isEmpty?(options?: StoreOptions): Promise<boolean>;
  /** Present where content can be mounted from one repository into another of the same host. */
  readonly mount?: { readonly host: string; readonly repository: string };
  [Symbol.asyncDispose]?(): Promise<void>;
}
