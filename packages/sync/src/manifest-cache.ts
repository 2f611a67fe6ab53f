import { type Descriptor, type Digest, isDigest, type Manifest, parseManifest } from '@lading/oci';
import {
  type ContentStore,
  fetchManifest,
  type LoadedManifest,
  loadManifest,
  type ReadManifest,
} from '@lading/store';

/** Bytes of manifests that a plan keeps for its `apply`: some ten thousand images' worth. What is beyond is read again. */
const maxKeptBytes = 67_108_864;

/** Reads manifests, each digest once while there is room. */
export class ManifestCache {
  readonly #kept = new Map<Digest, LoadedManifest>();
  /** What is being read, by store and digest: the failure of one store is not another's. */
  readonly #reading = new Map<string, Promise<ReadManifest>>();
  #bytes = 0;

  get manifests(): ReadonlyMap<Digest, LoadedManifest> {
    return this.#kept;
  }

  /** By tag, by digest, or by the descriptor that another manifest has of it. */
  read(
    store: ContentStore,
    target: Descriptor | string,
    signal: AbortSignal | undefined,
  ): Promise<ReadManifest> {
    const digest = typeof target === 'string' ? target : target.digest;
    if (!isDigest(digest)) return this.#load(store, target, signal);
    const known = this.#kept.get(digest);
    if (known !== undefined) return Promise.resolve(parsed(known));
    const key = `${store.name}@${digest}`;
    const reading =
      this.#reading.get(key) ?? this.#load(store, target, signal).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #load(
    store: ContentStore,
    target: Descriptor | string,
    signal: AbortSignal | undefined,
  ): Promise<ReadManifest> {
    const loaded =
      typeof target === 'string'
        ? await loadManifest(store, target, { signal })
        : { descriptor: target, bytes: await fetchManifest(store, target, { signal }) };
    this.#keep(loaded);
    return parsed(loaded);
  }

  #keep(loaded: LoadedManifest): void {
    const { digest } = loaded.descriptor;
    if (this.#kept.has(digest) || this.#bytes + loaded.bytes.byteLength > maxKeptBytes) return;
    this.#bytes += loaded.bytes.byteLength;
    this.#kept.set(digest, loaded);
  }
}

function parsed({ descriptor, bytes }: LoadedManifest): ReadManifest {
  const manifest: Manifest = parseManifest(bytes, descriptor.mediaType);
  return { descriptor, manifest };
}
