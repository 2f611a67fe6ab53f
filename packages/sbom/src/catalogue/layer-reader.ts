import { type Descriptor, type Digest, LadingError } from '@lading/oci';
import type { ContentStore, StoreOptions } from '@lading/store';
import { type LayerCache, layerKey, packFacts, unpackFacts } from '../cache/layer-cache.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import type { Cataloguer } from '../cataloguer.ts';
import type { LayerFacts } from '../layer/facts.ts';
import type { LayerLimits } from '../layer/limits.ts';
import { readLayer } from '../layer/read-layer.ts';
import type { ImageLayer } from './image-config.ts';

export interface LayerReaderOptions {
  readonly cataloguers: readonly Cataloguer[];
  /** Facts that outlive this reader; see `folderCache`. */
  readonly cache?: LayerCache | undefined;
  readonly limits?: Partial<LayerLimits> | undefined;
}

/** Where the facts of a layer came from: it was read for this image, it was read or flowed by for another one of this run, or a cache had them. */
export type LayerOrigin = 'cache' | 'shared' | 'read';

export interface ReadFacts {
  readonly facts: LayerFacts;
  readonly origin: LayerOrigin;
}

/**
 * Reads the layers of any number of images, each of them once: what is being read, was read, or flowed by is not read again.
 * Share one between the images of a run.
 */
export class LayerReader {
  readonly cataloguers: readonly Cataloguer[];
  readonly #cache: LayerCache | undefined;
  readonly #limits: Partial<LayerLimits> | undefined;
  /** What was read in this run, by the digest of the stored layer. */
  readonly #known: LayerCache = memoryCache();
  readonly #reading = new Map<Digest, Promise<LayerFacts>>();

  constructor({ cataloguers, cache, limits }: LayerReaderOptions) {
    this.cataloguers = cataloguers;
    this.#cache = cache;
    this.#limits = limits;
  }

  /**
   * What there is to know of a layer. It is kept between runs only when both digests are right: the one that it is stored by, and its diffID.
   * @throws what `readLayer` and the store throw
   */
  async facts(store: ContentStore, layer: ImageLayer, options: StoreOptions): Promise<ReadFacts> {
    const { descriptor, diffId } = layer;
    const found = await this.#find(descriptor.digest);
    if (found !== undefined) return { ...found, facts: await this.#checked(found, layer) };
    // Somebody else may have begun while the cache was asked.
    if (this.#reading.has(descriptor.digest)) return this.facts(store, layer, options);
    const facts = await this.#once(descriptor, async () =>
      this.#read(await store.fetch(descriptor, options), descriptor, diffId, options.signal),
    );
    return { facts: await this.#checked({ facts, origin: 'read' }, layer), origin: 'read' };
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
    if (this.#reading.has(digest) || (await this.#find(digest)) !== undefined) return bytes.cancel();
    await this.#once(descriptor, () => this.#read(bytes, descriptor, undefined, signal));
  }

  /** What is known of a layer, or will be in a moment. */
  async #find(digest: Digest): Promise<ReadFacts | undefined> {
    // Whoever began may be cut off, which is no reason for others to fail.
    const flowing = await this.#reading.get(digest)?.catch(() => undefined);
    if (flowing !== undefined) return { facts: flowing, origin: 'shared' };
    const known = await this.#known.get(digest);
    const seen = known && (await unpackFacts(known));
    if (seen !== undefined) return { facts: seen, origin: 'shared' };
    const cached = await this.#cache?.get(this.#keyOf(digest));
    const kept = cached && (await unpackFacts(cached));
    return kept && { facts: kept, origin: 'cache' };
  }

  async #once(descriptor: Descriptor, read: () => Promise<LayerFacts>): Promise<LayerFacts> {
    const { digest } = descriptor;
    const reading = read();
    this.#reading.set(digest, reading);
    try {
      const facts = await reading;
      await this.#known.put(digest, await packFacts(facts));
      return facts;
    } finally {
      this.#reading.delete(digest);
    }
  }

  async #read(
    bytes: ReadableStream<Uint8Array>,
    { mediaType }: Descriptor,
    diffId: Digest | undefined,
    signal: AbortSignal | undefined,
  ): Promise<LayerFacts> {
    const { cataloguers } = this;
    return readLayer(bytes, { mediaType, diffId, cataloguers, limits: this.#limits, signal });
  }

  async #checked({ facts, origin }: ReadFacts, { descriptor, diffId }: ImageLayer): Promise<LayerFacts> {
    const { digest } = descriptor;
    if (facts.diffId !== diffId) {
      throw new LadingError(
        'ERR_LADING_CONTENT_MISMATCH',
        `the layer ${digest} is not the one that its image names: it hashes to ${facts.diffId} and not to ${diffId}`,
      );
    }
    if (origin !== 'cache') await this.#cache?.put(this.#keyOf(digest), await packFacts(facts));
    return facts;
  }

  #keyOf(digest: Digest): string {
    return layerKey(digest, this.cataloguers, this.#limits);
  }
}
