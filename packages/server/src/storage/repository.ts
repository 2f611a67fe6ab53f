import { readFile, stat } from 'node:fs/promises';
import {
  type Descriptor,
  type Digest,
  describeReferrer,
  isDigest,
  type Manifest,
  parseManifest,
} from '@lading/oci';
import {
  claim,
  ifThere,
  listNames,
  readText,
  removeAllDurably,
  removeDurably,
  someAtATime,
  writeDurably,
} from './files.ts';
import { digestFromNames, type Layout, type RepositoryLayout } from './layout.ts';
import type { Turns } from './turns.ts';

/** What a repository needs of the storage that it is a part of. */
export interface StorageContext {
  readonly layout: Layout;
  readonly clock: () => number;
  /** Nothing may be written, not even a modification time. */
  readonly readOnly: boolean;
  readonly turns: Turns;
}

export interface PutManifestOptions {
  readonly tags: readonly string[];
  /** Given what the first tag points at now; false calls the whole thing off. */
  readonly condition?: ((current: Digest | undefined) => boolean) | undefined;
}

/** One repository: which blobs and manifests it has, what its tags point at, what refers to what. */
export class Repository {
  readonly name: string;
  readonly #paths: RepositoryLayout;
  readonly #context: StorageContext;

  constructor(name: string, context: StorageContext) {
    this.name = name;
    this.#paths = context.layout.repository(name);
    this.#context = context;
  }

  /** True when anything was ever pushed here. */
  async exists(): Promise<boolean> {
    // The folder alone may stand there for a repository whose name goes on after this one's.
    return (await listNames(this.#paths.root)).some((name) => name.startsWith('_'));
  }

  /** True when the repository has a blob. Saying so is a promise to a client that will not upload it: the blob counts as in use from now. */
  hasBlob(digest: Digest): Promise<boolean> {
    return this.#has(this.#paths.blob(digest));
  }

  /** The blob is in the storage: from now on this repository has it. */
  addBlob(digest: Digest): Promise<void> {
    return this.#write(this.#paths.blob(digest), '');
  }

  removeBlob(digest: Digest): Promise<boolean> {
    return removeDurably(this.#paths.blob(digest));
  }

  hasManifest(digest: Digest): Promise<boolean> {
    return this.#has(this.#paths.manifest(digest));
  }

  /** The descriptor of a manifest, by tag or digest. */
  async resolve(reference: string): Promise<Descriptor | undefined> {
    const path = isDigest(reference) ? this.#paths.manifest(reference) : this.#paths.tag(reference);
    const text = await readText(path);
    return text === undefined ? undefined : (JSON.parse(text) as Descriptor);
  }

  /**
   * Stores a manifest and points tags at it; false when the condition did not hold.
   *
   * The order is what a crash at any point must leave behind: content, then what lists it, then the manifest's own entry, then tags.
   */
  async putManifest(manifest: Manifest, digest: Digest, options: PutManifestOptions): Promise<boolean> {
    const { layout, turns } = this.#context;
    const descriptor = JSON.stringify({
      mediaType: manifest.mediaType,
      digest,
      size: manifest.bytes.byteLength,
    });
    return await turns.run(this.name, async () => {
      const [first] = options.tags;
      if (options.condition && first !== undefined) {
        if (!options.condition((await this.resolve(first))?.digest)) return false;
      }
      if (!(await this.#claimStored(digest, manifest.bytes))) {
        await this.#write(layout.content(digest), manifest.bytes);
        if (manifest.subject) {
          const referrer = JSON.stringify({ ...describeReferrer(manifest), digest });
          await this.#write(this.#paths.referrer(manifest.subject.digest, digest), referrer);
        }
        await this.#write(this.#paths.manifest(digest), descriptor);
      }
      for (const tag of options.tags) await this.#write(this.#paths.tag(tag), descriptor);
      return true;
    });
  }

  removeTag(tag: string): Promise<boolean> {
    return this.#context.turns.run(this.name, () => removeDurably(this.#paths.tag(tag)));
  }

  /** Removes a manifest with its tags and its place among its subject's referrers; false when there was none. */
  async removeManifest(digest: Digest): Promise<boolean> {
    const { layout, turns } = this.#context;
    return await turns.run(this.name, async () => {
      const tags = await this.tags();
      const digests = await someAtATime(tags, async (tag) => (await this.resolve(tag))?.digest);
      const pointing = tags.filter((_, position) => digests[position] === digest);
      await removeAllDurably(this.#paths.tags, pointing);
      const descriptor = await this.resolve(digest);
      if (!descriptor) return false;
      const bytes = await ifThere(readFile(layout.content(digest)));
      await removeDurably(this.#paths.manifest(digest));
      const subject = bytes && parseManifest(bytes, descriptor.mediaType).subject;
      if (subject) await removeDurably(this.#paths.referrer(subject.digest, digest));
      return true;
    });
  }

  /** In lexical order. */
  async tags(): Promise<string[]> {
    return (await listNames(this.#paths.tags)).sort();
  }

  /** The digests of what refers to a subject, in order; `referrer` describes one. */
  async referrers(subject: Digest): Promise<Digest[]> {
    return await listDigests(this.#paths.referrersOf(subject));
  }

  /** How a referrer stands in its subject's list; `undefined` when its manifest has gone. */
  async referrer(subject: Digest, digest: Digest): Promise<Descriptor | undefined> {
    const [text, manifest] = await Promise.all([
      readText(this.#paths.referrer(subject, digest)),
      ifThere(stat(this.#paths.manifest(digest))),
    ]);
    return text === undefined || manifest === undefined ? undefined : (JSON.parse(text) as Descriptor);
  }

  /** True when the manifest is here already, whole; it counts as in use from now. */
  async #claimStored(digest: Digest, bytes: Uint8Array): Promise<boolean> {
    const { layout, clock } = this.#context;
    const now = clock();
    const stored = await ifThere(readFile(layout.content(digest)));
    if (!stored?.equals(bytes)) return false;
    return (await claim(this.#paths.manifest(digest), now)) && (await claim(layout.content(digest), now));
  }

  async #has(path: string): Promise<boolean> {
    if (this.#context.readOnly) return (await ifThere(stat(path))) !== undefined;
    return await claim(path, this.#context.clock());
  }

  #write(path: string, data: string | Uint8Array): Promise<void> {
    return writeDurably(this.#context.layout.uploads, path, data);
  }
}

/** The digests that a folder of `algorithm/hex` holds, sorted. */
export async function listDigests(folder: string): Promise<Digest[]> {
  const found: Digest[] = [];
  for (const algorithm of await listNames(folder)) {
    for (const hex of await listNames(`${folder}/${algorithm}`)) {
      const digest = digestFromNames(algorithm, hex);
      if (digest) found.push(digest);
    }
  }
  return found.sort();
}
