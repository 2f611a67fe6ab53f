import { type Descriptor, type Digest, isLadingError, LadingError } from '@lading/oci';
import type { ContentStore, StoreOptions } from '@lading/store';
import { type KeptFacts, type LayerCache, layerKey, packFacts, unpackFacts } from '../cache/layer-cache.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import type { Cataloguer } from '../cataloguer.ts';
import type { LayerErrorCode } from '../layer/errors.ts';
import type { LayerFacts, MissedFile } from '../layer/facts.ts';
import { type LayerLimits, layerLimits } from '../layer/limits.ts';
import { type ReadLayerOptions, readLayer } from '../layer/read-layer.ts';
import { readLayerByToc } from '../layer/read-layer-by-toc.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { ImageLayer } from './image-config.ts';

export interface LayerReaderOptions {
  readonly cataloguers: readonly Cataloguer[];
  /** Facts that outlive this reader; see `folderCache`. */
  readonly cache?: LayerCache | undefined;
  readonly limits?: Partial<LayerLimits> | undefined;
  /** Read layers that were made for lazy pulling by their table of contents; see `readLayerByToc` for what that leaves to trust. Default: whole. */
  readonly lazy?: boolean | undefined;
}

/** Where the facts of a layer came from: it was read for this image, it was read or flowed by for another one of this run, or a cache had them. */
export type LayerOrigin = 'cache' | 'shared' | 'read';

export interface ReadFacts extends KeptFacts {
  readonly origin: LayerOrigin;
}

/**
 * Reads the layers of any number of images, each of them once: what is being read, was read, or flowed by is not read again.
 * Share one between the images of a run.
 */
export class LayerReader {
  readonly cataloguers: readonly Cataloguer[];
  readonly limits: LayerLimits;
  readonly #cache: LayerCache | undefined;
  readonly #isLazy: boolean;
  /** What was read in this run, by the digest of the stored layer. */
  readonly #known: LayerCache = memoryCache();
  readonly #reading = new Map<Digest, Promise<KeptFacts>>();
  /** What the cache has, as far as this run has seen to it. */
  readonly #cached = new Set<Digest>();

  constructor({ cataloguers, cache, limits, lazy = false }: LayerReaderOptions) {
    this.cataloguers = cataloguers;
    this.limits = { ...layerLimits, ...limits };
    this.#cache = cache;
    this.#isLazy = lazy;
  }

  /**
   * What there is to know of a layer. It is kept between runs only when both digests are right: the one that it is stored by, and its diffID.
   * @throws what `readLayer` and the store throw
   */
  async facts(store: ContentStore, layer: ImageLayer, options: StoreOptions = {}): Promise<ReadFacts> {
    const { descriptor } = layer;
    let isLazy = this.#isLazy;
    for (;;) {
      const found = await this.#find(descriptor.digest, options.signal);
      // What flowed by could not be read twice; from the store it can.
      if (found !== undefined && found.facts.missed === undefined) return this.#checked(found, layer);
      if (isLazy) {
        // What a table says is for this image alone: it could not be checked.
        isLazy = false;
        const told = await this.#byToc(store, layer, options);
        if (told !== undefined) return { ...told, origin: 'read' };
      }
      // Somebody else may have begun meanwhile.
      if (this.#reading.has(descriptor.digest)) continue;
      const read = await this.#once(descriptor, () => this.#readAll(store, layer, found?.facts, options));
      return this.#checked({ ...read, origin: 'read' }, layer);
    }
  }

  /**
   * Takes in a layer that flows by, so that it need not be read again. Nothing is kept between runs until an image has said its diffID.
   * @throws what `readLayer` and the stream throw
   */
  async tap(
    descriptor: Descriptor,
    bytes: ReadableStream<Uint8Array>,
    { signal }: StoreOptions = {},
  ): Promise<void> {
    const { digest } = descriptor;
    const isRead = (): boolean => this.#reading.has(digest);
    if (isRead() || (await this.#stored(digest)) !== undefined || isRead()) return bytes.cancel();
    await this.#once(descriptor, async () => packFacts(await this.#read(bytes, descriptor, { signal })));
  }

  /** What is known of a layer, or will be in a moment. */
  async #find(digest: Digest, signal: AbortSignal | undefined): Promise<ReadFacts | undefined> {
    const reading = this.#reading.get(digest);
    // Whoever began may be cut off, which is no reason for others to fail; and others need not wait for him.
    const flowing = reading && (await unlessAborted(() => reading.catch(() => undefined), signal));
    return flowing === undefined ? this.#stored(digest) : { ...flowing, origin: 'shared' };
  }

  async #stored(digest: Digest): Promise<ReadFacts | undefined> {
    const known = await this.#known.get(digest);
    const seen = known && (await unpackFacts(known));
    if (seen !== undefined) return { ...seen, origin: 'shared' };
    const cached = await this.#cache?.get(this.#keyOf(digest));
    const kept = cached && (await unpackFacts(cached));
    return kept && { ...kept, origin: 'cache' };
  }

  async #byToc(
    store: ContentStore,
    { descriptor, diffId }: ImageLayer,
    { signal }: StoreOptions,
  ): Promise<KeptFacts | undefined> {
    const { cataloguers, limits } = this;
    const facts = await readLayerByToc(
      (offset, length) => store.fetch(descriptor, { offset, length, signal }),
      descriptor,
      { diffId, cataloguers, limits, signal },
    );
    return facts && packFacts(facts);
  }

  async #once({ digest }: Descriptor, read: () => Promise<KeptFacts>): Promise<KeptFacts> {
    const reading = read();
    this.#reading.set(digest, reading);
    try {
      const found = await reading;
      await this.#known.put(digest, found.packed);
      return found;
    } finally {
      this.#reading.delete(digest);
    }
  }

  /** Reads a layer, and once more when hard links made something interesting after it had gone by. */
  async #readAll(
    store: ContentStore,
    layer: ImageLayer,
    first: LayerFacts | undefined,
    options: StoreOptions,
  ): Promise<KeptFacts> {
    const { descriptor, diffId } = layer;
    const { signal } = options;
    const read = async (missed?: readonly MissedFile[]): Promise<LayerFacts> =>
      this.#read(await store.fetch(descriptor, options), descriptor, { diffId, missed, signal });
    const { missed, ...facts } = first ?? (await read());
    if (missed === undefined) return packFacts(facts);
    try {
      return await packFacts(await read(missed));
    } catch (error) {
      // There is more to keep than the first time. Then what was found stays, with its note of what is missing.
      if (!isLadingError(error) || error.code !== ('ERR_LADING_LAYER_LIMIT' satisfies LayerErrorCode))
        throw error;
      return packFacts(facts);
    }
  }

  #read(
    bytes: ReadableStream<Uint8Array>,
    { mediaType }: Descriptor,
    options: Pick<ReadLayerOptions, 'diffId' | 'missed' | 'signal'>,
  ): Promise<LayerFacts> {
    const { cataloguers, limits } = this;
    return readLayer(bytes, { mediaType, cataloguers, limits, ...options });
  }

  async #checked(found: ReadFacts, { descriptor: { digest }, diffId }: ImageLayer): Promise<ReadFacts> {
    const { facts, packed, origin } = found;
    if (facts.diffId !== diffId) {
      throw new LadingError(
        'ERR_LADING_CONTENT_MISMATCH',
        `the layer is not the one that its image names: it hashes to ${facts.diffId} and not to ${diffId}`,
      );
    }
    if (!this.#cached.has(digest)) {
      this.#cached.add(digest);
      if (origin !== 'cache') await this.#cache?.put(this.#keyOf(digest), packed);
    }
    return found;
  }

  #keyOf(digest: Digest): string {
    return layerKey(digest, this.cataloguers, this.limits);
  }
}
