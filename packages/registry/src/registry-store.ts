import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  isDigest,
  isManifestMediaType,
  manifestLimits,
  parseManifest,
  verifyContent,
} from '@lading/oci';
import {
  type ChangeTag,
  type ContentSource,
  type ContentStore,
  embeddedContent,
  type FetchOptions,
  type LoadedManifest,
  type PushOptions,
  type PushOutcome,
  readAll,
  type StoreOptions,
  streamOf,
} from '@lading/store';
import { blobExists, describeBlob, fetchBlob } from './blobs.ts';
import { deleteManifest } from './deletion.ts';
import { RegistryError } from './errors.ts';
import { removeFromFallback } from './fallback-tag.ts';
import type { HttpResponse } from './http.ts';
import {
  absentAsUndefined,
  fetchUnknownManifest,
  loadManifest,
  type PutOptions,
  putManifest,
  resolveManifest,
  what,
} from './manifests.ts';
import { announceReferrer, listReferrers } from './referrers.ts';
import { saysImmutable, saysNoRepository } from './refusals.ts';
import type { RelaySource } from './relay.ts';
import { openRelaySource } from './relay-push.ts';
import type { Session } from './session.ts';
import { updateTag } from './tag-update.ts';
import { isEmptyRepository, listTags } from './tags.ts';
import { pushBlob } from './upload.ts';

/** One repository of a registry as a content store. Made by `Registry.repository`. */
export class RegistryStore implements ContentStore {
  readonly name: string;
  readonly mount: { readonly host: string; readonly repository: string };
  readonly #session: Session;
  readonly #mirrors: readonly Session[];
  readonly #create: (signal?: AbortSignal) => Promise<boolean>;
  /** Sizes that only a HEAD has told: a proxy that compresses on the way gets them wrong, and the digest decides. */
  readonly #told = new WeakSet<Descriptor>();

  constructor(
    session: Session,
    mirrors: readonly Session[],
    create: (signal?: AbortSignal) => Promise<boolean>,
  ) {
    this.name = `${session.host}/${session.repository}`;
    this.mount = { host: session.host, repository: session.repository };
    this.#session = session;
    this.#mirrors = mirrors;
    this.#create = create;
  }

  async resolve(reference: string, { signal }: StoreOptions = {}): Promise<Descriptor> {
    const descriptor = await this.#pull(reference, signal, (session) =>
      resolveManifest(session, reference, signal),
    );
    this.#told.add(descriptor);
    return descriptor;
  }

  async load(reference: string, { signal }: StoreOptions = {}): Promise<LoadedManifest> {
    if (this.#mirrors.length === 0 || isDigest(reference)) {
      return this.#pull(reference, signal, (session) => loadManifest(session, reference, signal));
    }
    // What a tag means is the registry's word alone; the bytes may come from a mirror then.
    const { digest } = await resolveManifest(this.#session, reference, signal);
    return this.load(digest, { signal });
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { signal, offset = 0, length } = options;
    const end = length === undefined ? undefined : offset + length;
    const embedded = embeddedContent(target);
    if (embedded !== undefined) return streamOf([embedded.subarray(offset, end)]);
    if (!isManifestMediaType(target.mediaType)) {
      return this.#fetchBlob(target, options);
    }
    const { bytes } = await this.load(target.digest, { signal });
    if (bytes.byteLength !== target.size && !this.#told.has(target)) verifyContent(target, bytes);
    return streamOf([bytes.subarray(offset, end)]);
  }

  async exists(target: Descriptor, { signal }: StoreOptions = {}): Promise<boolean> {
    if (!isManifestMediaType(target.mediaType)) return blobExists(this.#session, target, signal);
    try {
      await resolveManifest(this.#session, target.digest, signal);
      return true;
    } catch (error) {
      const { code } = error as { code?: unknown };
      // Who may push may not always look; pushing tells.
      if (code === 'ERR_LADING_NOT_FOUND' || code === 'ERR_LADING_DENIED') return false;
      throw error;
    }
  }

  describeBlob(digest: Digest, { signal }: StoreOptions = {}): Promise<Descriptor> {
    return describeBlob(this.#session, digest, signal);
  }

  async push(expected: Descriptor, content: ContentSource, options: PushOptions = {}): Promise<PushOutcome> {
    if (!isManifestMediaType(expected.mediaType)) {
      return this.#creating(options.signal, () => pushBlob(this.#session, expected, content, options));
    }
    const bytes = await readAll(await content.open({ signal: options.signal }), manifestLimits.maxPushBytes);
    verifyContent(expected, bytes);
    const { signal } = options;
    await this.#creating(signal, () => this.#put(expected, bytes, expected.digest, { signal }));
    options.onProgress?.(bytes.byteLength);
    return 'uploaded';
  }

  async publish(
    manifest: Descriptor,
    bytes: Uint8Array,
    tag: string,
    { signal }: StoreOptions = {},
  ): Promise<void> {
    verifyContent(manifest, bytes);
    try {
      await this.#creating(signal, () => this.#put(manifest, bytes, tag, { signal }));
    } catch (error) {
      if (!saysImmutable(error)) throw error;
      const there = await absentAsUndefined(resolveManifest(this.#session, tag, signal));
      if (there === undefined) throw error;
      if (there.digest === manifest.digest) return;
      throw new RegistryError(
        'ERR_LADING_IMMUTABLE_TAG',
        `${what(this.#session, tag)} is ${there.digest} at ${this.#session.host} and may not be moved to ${manifest.digest}`,
        { cause: error, hint: 'choose another tag, or let tags be overwritten in the repository' },
      );
    }
  }

  referrers(
    subject: Descriptor,
    options: StoreOptions & { readonly artifactType?: string | undefined } = {},
  ): AsyncIterable<Descriptor> {
    return listReferrers(this.#session, subject.digest, options);
  }

  tags({ signal }: StoreOptions = {}): AsyncIterable<string> {
    return listTags(this.#session, signal);
  }

  async delete(reference: string, { signal }: StoreOptions = {}): Promise<void> {
    const subject = isDigest(reference) ? await this.#listedSubject(reference, signal) : undefined;
    await deleteManifest(this.#session, reference, signal);
    if (subject !== undefined && isDigest(reference)) {
      await removeFromFallback(this.#session, subject.digest, reference, signal);
    }
  }

  async updateTag(tag: string, change: ChangeTag, { signal }: StoreOptions = {}): Promise<void> {
    const put = (next: LoadedManifest, options: PutOptions): Promise<void> =>
      this.#replace(next, tag, options);
    await this.#creating(signal, () => updateTag(this.#session, tag, { change, put }, { signal }));
  }

  isEmpty({ signal }: StoreOptions = {}): Promise<boolean> {
    return isEmptyRepository(this.#session, signal);
  }

  /** @internal For pushes to another registry: see `relay.ts`. */
  async openRelay(target: Descriptor, signal?: AbortSignal): Promise<RelaySource | undefined> {
    return this.#mirrors.length > 0 ? undefined : openRelaySource(this.#session, target, signal);
  }

  async #put(manifest: Descriptor, bytes: Uint8Array, reference: string, options: PutOptions): Promise<void> {
    const response = await this.#putUnder(manifest, bytes, reference, options);
    // Most manifests have no subject: those are not parsed.
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"subject"')) return;
    await announceReferrer(
      this.#session,
      parseManifest(bytes, manifest.mediaType),
      manifest.digest,
      response,
      options.signal,
    );
  }

  async #replace({ descriptor, bytes }: LoadedManifest, tag: string, options: PutOptions): Promise<void> {
    verifyContent(descriptor, bytes);
    try {
      await this.#put(descriptor, bytes, tag, options);
    } catch (error) {
      if (!saysImmutable(error)) throw error;
      throw new RegistryError(
        'ERR_LADING_IMMUTABLE_TAG',
        `${what(this.#session, tag)} may not be moved at ${this.#session.host}`,
        { cause: error, hint: 'let this tag be overwritten in the repository' },
      );
    }
  }

  async #putUnder(
    manifest: Descriptor,
    bytes: Uint8Array,
    reference: string,
    options: PutOptions,
  ): Promise<HttpResponse> {
    const put = (path: string): Promise<HttpResponse> =>
      putManifest(this.#session, manifest, bytes, path, options);
    if (isDigest(reference) || digestAlgorithm(manifest.digest) === 'sha256') return put(reference);
    // What comes under a tag is hashed with sha256. For another digest to be the tag's, both go out at once (the coming distribution-spec).
    const response = await put(`${manifest.digest}?tag=${reference}`);
    return response.headers.get('oci-tag') === null ? put(reference) : response;
  }

  async #fetchBlob(target: Descriptor, options: FetchOptions): Promise<ReadableStream<Uint8Array>> {
    const { signal, offset = 0, length } = options;
    try {
      return await this.#pull(target.digest, signal, (session) => fetchBlob(session, target, options));
    } catch (error) {
      const isAbsent = (error as { code?: unknown }).code === 'ERR_LADING_NOT_FOUND';
      if (!isAbsent || !target.mediaType.endsWith('+json')) throw error;
      // An index may list children of types that nobody here knows; registries keep some of them as manifests.
      const bytes = await absentAsUndefined(fetchUnknownManifest(this.#session, target, signal));
      if (bytes === undefined) throw error;
      return streamOf([bytes.subarray(offset, length === undefined ? undefined : offset + length)]);
    }
  }

  /** The subject of a referrer that stands in a list which we have to keep ourselves. */
  async #listedSubject(reference: string, signal: AbortSignal | undefined): Promise<Descriptor | undefined> {
    if (this.#session.memory.referrers === 'api') return undefined;
    const { descriptor, bytes } = await loadManifest(this.#session, reference, signal);
    const { subject } = parseManifest(bytes, descriptor.mediaType);
    if (subject === undefined) return undefined;
    // Asking once tells whether the registry has the API and keeps the list itself.
    for await (const _ of listReferrers(this.#session, subject.digest, { signal })) break;
    return this.#session.memory.referrers === 'tag' ? subject : undefined;
  }

  /** By digest, mirrors come first; whatever is wrong with one, the next is asked, and the registry itself last. */
  async #pull<T>(
    reference: string,
    signal: AbortSignal | undefined,
    from: (session: Session) => Promise<T>,
  ): Promise<T> {
    for (const mirror of isDigest(reference) ? this.#mirrors : []) {
      try {
        return await from(mirror);
      } catch {
        signal?.throwIfAborted();
      }
    }
    return from(this.#session);
  }

  /** Some registries want a repository to be made before the first push. */
  async #creating<T>(signal: AbortSignal | undefined, push: () => Promise<T>): Promise<T> {
    try {
      return await push();
    } catch (error) {
      if (!saysNoRepository(error) || !(await this.#create(signal))) throw error;
      return push();
    }
  }
}
