import {
  type Descriptor,
  type Digest,
  describeReferrer,
  digestAlgorithm,
  digestHex,
  isDigest,
  isLadingError,
  isManifestMediaType,
  LadingError,
  type Manifest,
  manifestLimits,
  parseManifest,
  referrersTag,
  verifyContent,
} from '@lading/oci';
import { bytesSource, readAll, verifying } from '../content.ts';
import type { ChangeTag, ContentStore, LoadedManifest, StoreOptions, TagChange } from '../content-store.ts';
import { notFound } from '../errors.ts';
import { givingAway } from '../given-away.ts';
import type { LayoutFiles, WritableLayoutFiles } from './layout-files.ts';
import {
  bareDescriptor,
  findEntry,
  formatLayoutIndex,
  type LayoutIndex,
  nameAnnotations,
  parseLayoutIndex,
  refNameAnnotation,
  tagOf,
  withEntry,
  withoutEntry,
} from './layout-index.ts';

/** A store of files on this machine. */
export interface LocalStore extends ContentStore {
  /** What stands at the top: images by name or without one, referrers. With the annotations that the layout gives them. */
  entries(options?: StoreOptions): Promise<readonly Descriptor[]>;
  tags(options?: StoreOptions): AsyncIterable<string>;
  delete(reference: string, options?: StoreOptions): Promise<void>;
  /** Lets go of what is open. An archive is written then. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LayoutOptions {
  /** Where to write; without it the store is read-only. */
  readonly writable?: WritableLayoutFiles | undefined;
  /** The annotations that give an entry its name. Default: the tag as `org.opencontainers.image.ref.name`. */
  readonly nameEntry?: ((tag: string) => Readonly<Record<string, string>>) | undefined;
}

const indexPath = 'index.json';

/** A store over the files of an OCI layout (image-spec, image-layout.md). */
export function layoutStore(name: string, files: LayoutFiles, options: LayoutOptions = {}): LocalStore {
  const { nameEntry = (tag) => ({ [refNameAnnotation]: tag }) } = options;
  /** What a manifest refers to never changes; nothing: it is no referrer. */
  const referrers = new Map<Digest, Referrer | undefined>();

  const writable = (): WritableLayoutFiles => {
    if (options.writable !== undefined) return options.writable;
    throw new LadingError('ERR_LADING_UNSUPPORTED', `${name} is open for reading only`);
  };

  const parseIndex = (bytes: Uint8Array | undefined): LayoutIndex =>
    bytes === undefined ? { manifests: [] } : parseLayoutIndex(bytes, name);

  const readIndex = async (): Promise<LayoutIndex> => parseIndex(await files.read(indexPath));

  const updateIndex = (
    change: (index: LayoutIndex) => LayoutIndex,
    { signal }: StoreOptions,
  ): Promise<void> =>
    writable().update(indexPath, (bytes) => formatLayoutIndex(change(parseIndex(bytes))), { signal });

  const readManifest = async (digest: Digest, mediaType?: string): Promise<Manifest | undefined> => {
    const size = await files.size(blobPath(digest));
    if (size === undefined || size > manifestLimits.maxBytes) return undefined;
    const bytes = (await files.read(blobPath(digest))) ?? new Uint8Array();
    verifyContent({ digest, size }, bytes);
    return parseManifest(bytes, mediaType);
  };

  const find = async (reference: string): Promise<Descriptor> => {
    const entry = findEntry(await readIndex(), reference, name);
    if (entry !== undefined) return bareDescriptor(entry);
    // Children of an index stand nowhere but among the blobs, with what is no manifest.
    const manifest = isDigest(reference)
      ? await readManifest(reference).catch((error: unknown) => {
          if (!isLadingError(error) || error.code !== 'ERR_LADING_MANIFEST') throw error;
        })
      : undefined;
    if (!manifest) throw notFound(name, `manifest ${reference}`);
    return { mediaType: manifest.mediaType, digest: reference as Digest, size: manifest.bytes.byteLength };
  };

  /** What a tag names, whole. */
  const held = async (tag: string): Promise<LoadedManifest | undefined> => {
    let missing: Digest | undefined;
    for (;;) {
      const entry = findEntry(await readIndex(), tag, name);
      if (entry === undefined) return undefined;
      const manifest = await readManifest(entry.digest, entry.mediaType);
      if (manifest !== undefined) return { descriptor: bareDescriptor(entry), bytes: manifest.bytes };
      // Between the two reads another process may have moved the tag and deleted the manifest; one that stays away is damage.
      if (entry.digest === missing) throw notFound(name, `manifest ${missing}`);
      missing = entry.digest;
    }
  };

  /** Moves a tag unless it has left `from` meanwhile. @returns false when it has */
  const moveTag = async (
    tag: string,
    from: Digest | undefined,
    to: TagChange,
    storeOptions: StoreOptions,
  ): Promise<boolean> => {
    let isThere = false;
    await updateIndex((index) => {
      isThere = findEntry(index, tag, name)?.digest === from;
      if (!isThere) return index;
      if (to === 'delete') return withoutEntry(index, tag);
      return withEntry(index, { ...bareDescriptor(to.descriptor), annotations: nameEntry(tag) }, tag);
    }, storeOptions);
    return isThere;
  };

  const updateTag = async (tag: string, change: ChangeTag, { signal }: StoreOptions = {}): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      const current = await held(tag);
      const next = await change(current);
      if (next === undefined) return;
      if (next !== 'delete') await store.push(next.descriptor, bytesSource(next.bytes), { signal });
      if (await moveTag(tag, current?.descriptor.digest, next, { signal })) return;
    }
  };

  const referrerOf = async ({ digest, mediaType }: Descriptor): Promise<Referrer | undefined> => {
    if (referrers.has(digest)) return referrers.get(digest);
    const manifest = isManifestMediaType(mediaType) ? await readManifest(digest, mediaType) : undefined;
    const referrer = manifest?.subject && {
      subject: manifest.subject.digest,
      descriptor: describeReferrer(manifest, digestAlgorithm(digest)),
    };
    referrers.set(digest, referrer);
    return referrer;
  };

  const store: LocalStore = {
    name,

    async resolve(reference, { signal } = {}) {
      signal?.throwIfAborted();
      return find(reference);
    },

    async fetch(target, fetchOptions = {}) {
      const { offset = 0, length, signal } = fetchOptions;
      signal?.throwIfAborted();
      const path = blobPath(target.digest);
      if ((await files.size(path)) === undefined) throw notFound(name, target.digest);
      const stream = await files.stream(path, fetchOptions);
      return givingAway(
        offset === 0 && length === undefined ? stream.pipeThrough(verifying(target)) : stream,
      );
    },

    async exists(target, { signal } = {}) {
      signal?.throwIfAborted();
      return (await files.size(blobPath(target.digest))) === target.size;
    },

    async describeBlob(digest, { signal } = {}) {
      signal?.throwIfAborted();
      const size = await files.size(blobPath(digest));
      if (size === undefined) throw notFound(name, digest);
      return { mediaType: 'application/octet-stream', digest, size };
    },

    async push(expected, content, pushOptions = {}) {
      const { signal } = pushOptions;
      signal?.throwIfAborted();
      const path = blobPath(expected.digest);
      if (!isManifestMediaType(expected.mediaType)) {
        if (await store.exists(expected)) return 'existed';
        await writable().write(path, expected, content, pushOptions);
        return 'uploaded';
      }
      const bytes = await readAll(await content.open({ signal }), manifestLimits.maxBytes);
      verifyContent(expected, bytes);
      const manifest = parseManifest(bytes, expected.mediaType);
      const existed = await store.exists(expected);
      if (!existed) await writable().write(path, expected, bytesSource(bytes), { signal });
      if (manifest.subject !== undefined) {
        const entry = referrerEntry(manifest, expected.digest);
        await updateIndex((index) => withEntry(index, entry, undefined), { signal });
      }
      return existed ? 'existed' : 'uploaded';
    },

    async publish(descriptor, bytes, tag, { signal } = {}) {
      await store.push(descriptor, bytesSource(bytes), { signal });
      const entry = bareDescriptor(descriptor);
      await updateIndex(
        (index) =>
          isDigest(tag)
            ? withEntry(index, entry, undefined)
            : withEntry(index, { ...entry, annotations: nameEntry(tag) }, tag),
        { signal },
      );
    },

    async *referrers(subject, { artifactType, signal } = {}) {
      signal?.throwIfAborted();
      const index = await readIndex();
      // Some tools list referrers under the fallback tag, as if the folder was a registry.
      const list = findEntry(index, referrersTag(subject.digest), name);
      const listed = list && (await readManifest(list.digest, list.mediaType));
      const candidates =
        listed?.kind === 'index' ? [...index.manifests, ...listed.manifests] : index.manifests;
      const seen = new Set<Digest>();
      for (const candidate of candidates) {
        signal?.throwIfAborted();
        if (seen.has(candidate.digest)) continue;
        seen.add(candidate.digest);
        const referrer = await referrerOf(candidate);
        if (referrer?.subject !== subject.digest) continue;
        const { descriptor } = referrer;
        if (artifactType === undefined || descriptor.artifactType === artifactType) yield descriptor;
      }
    },

    async *tags({ signal } = {}) {
      signal?.throwIfAborted();
      const { manifests } = await readIndex();
      yield* new Set(manifests.flatMap((entry) => tagOf(entry) ?? []).sort());
    },

    async delete(reference, { signal } = {}) {
      signal?.throwIfAborted();
      const { digest } = await find(reference);
      await updateIndex((index) => withoutEntry(index, reference), { signal });
      if (isDigest(reference)) await writable().remove(blobPath(digest));
    },

    async entries({ signal } = {}) {
      signal?.throwIfAborted();
      return (await readIndex()).manifests;
    },

    ...(options.writable !== undefined && { updateTag }),

    // Each file is closed when it has been read.
    async [Symbol.asyncDispose]() {},
  };
  return store;
}

interface Referrer {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
}

/** How a referrer is listed, so that it is found by its subject and by nobody's tag. */
function referrerEntry(manifest: Manifest, digest: Digest): Descriptor {
  const { annotations = {}, ...descriptor } = describeReferrer(manifest, digestAlgorithm(digest));
  const own = Object.entries(annotations).filter(([key]) => !nameAnnotations.includes(key));
  return own.length === 0 ? descriptor : { ...descriptor, annotations: Object.fromEntries(own) };
}

/** Where content stands in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}
