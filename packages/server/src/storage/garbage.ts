import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Digest, parseManifest, successors } from '@lading/oci';
import { ifThere, listNames, removeUnclaimed, settleSwept } from './files.ts';
import { digestFromNames, type RepositoryLayout } from './layout.ts';
import { listDigests, type Repository } from './repository.ts';
import { Storage } from './storage.ts';

export interface GarbageOptions {
  /** Nothing that was uploaded, asked for or mounted within this time (ms) is taken. */
  readonly graceMs?: number | undefined;
  /** Also remove manifests that no tag leads to, neither as itself, nor through an index, nor as a referrer of what is kept. */
  readonly untagged?: boolean | undefined;
  /** Only tell what would go. */
  readonly dryRun?: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly clock?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What went, or would go. */
export interface GarbageReport {
  /** Manifests that a repository has no more. */
  readonly manifests: number;
  /** Blobs that a repository has no more. */
  readonly blobs: number;
  /** Files with content that no repository had any more. */
  readonly contents: number;
  /** Bytes of all these files. */
  readonly bytes: number;
}

/** A push that takes longer than this between a blob and the manifest that names it has to upload the blob again. */
export const defaultGraceMs = 3_600_000;

/**
 * Removes what nothing needs from a registry's folder. May run while registries serve and take pushes on it, in this process or others:
 * what they use is claimed by its modification time, and whatever is claimed within the grace time stays. Unfinished uploads belong to the
 * server that takes them, which ends them itself.
 * @throws {LadingError} `ERR_LADING_SERVE_DIRECTORY`: the folder is not a registry's
 */
export async function collectGarbage(
  target: string | { readonly directory: string },
  options: GarbageOptions = {},
): Promise<GarbageReport> {
  const { clock = Date.now, dryRun = false, graceMs = defaultGraceMs, untagged = false, signal } = options;
  const directory = resolve(typeof target === 'string' ? target : target.directory);
  const storage = await Storage.open(directory, { clock, readOnly: true });
  const collection = new Collection(storage, { cutoff: clock() - graceMs, dryRun, signal });
  return await collection.run(untagged);
}

interface CollectionOptions {
  readonly cutoff: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
}

/** One run. Order: manifests, then blobs that no manifest of their repository names, then content that no repository has. */
class Collection {
  readonly #storage: Storage;
  readonly #options: CollectionOptions;
  readonly #report = { manifests: 0, blobs: 0, contents: 0, bytes: 0 };
  /** What some repository has. */
  readonly #kept = new Set<Digest>();

  constructor(storage: Storage, options: CollectionOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  async run(untagged: boolean): Promise<GarbageReport> {
    const { layout } = this.#storage;
    for (const name of await this.#storage.repositories()) {
      await this.#sweepRepository(this.#storage.repository(name), layout.repository(name), untagged);
    }
    await this.#sweepContents();
    return this.#report;
  }

  async #sweepRepository(repository: Repository, paths: RepositoryLayout, untagged: boolean): Promise<void> {
    const named = new Map<Digest, readonly Digest[]>();
    for (const digest of await this.#digests(paths.manifests))
      named.set(digest, await this.#namedBy(repository, digest));
    if (untagged) {
      const reachable = await this.#reachable(repository, named);
      for (const digest of named.keys()) {
        if (reachable.has(digest) || !(await this.#remove(paths.manifest(digest)))) continue;
        this.#report.manifests++;
        named.delete(digest);
      }
    }
    const needed = new Set([...named.values()].flat());
    for (const digest of named.keys()) this.#kept.add(digest);
    for (const digest of await this.#digests(paths.blobs)) {
      if (!needed.has(digest) && (await this.#remove(paths.blob(digest)))) this.#report.blobs++;
      else this.#kept.add(digest);
    }
    await this.#sweepReferrers(paths, named);
  }

  /** What a manifest of a repository names: its config and layers, or its children. */
  async #namedBy(repository: Repository, digest: Digest): Promise<readonly Digest[]> {
    this.#options.signal?.throwIfAborted();
    const [descriptor, bytes] = await Promise.all([repository.resolve(digest), this.#storage.read(digest)]);
    if (!descriptor || !bytes) return [];
    return successors(parseManifest(bytes, descriptor.mediaType)).map((successor) => successor.digest);
  }

  /** The manifests that tags lead to: themselves, their children, and what refers to any of these. */
  async #reachable(
    repository: Repository,
    named: ReadonlyMap<Digest, readonly Digest[]>,
  ): Promise<ReadonlySet<Digest>> {
    const reached = new Set<Digest>();
    const visit = async (digest: Digest): Promise<void> => {
      if (reached.has(digest)) return;
      reached.add(digest);
      for (const child of named.get(digest) ?? []) if (named.has(child)) await visit(child);
      for (const referrer of await repository.referrers(digest)) await visit(referrer);
    };
    for (const tag of await repository.tags()) {
      const descriptor = await repository.resolve(tag);
      if (descriptor) await visit(descriptor.digest);
    }
    return reached;
  }

  /** Entries whose manifests have gone; readers skip them already. */
  async #sweepReferrers(paths: RepositoryLayout, manifests: ReadonlyMap<Digest, unknown>): Promise<void> {
    for (const subject of await listDigests(paths.referrers)) {
      for (const digest of await this.#digests(paths.referrersOf(subject))) {
        if (!manifests.has(digest)) await this.#remove(paths.referrer(subject, digest));
      }
    }
  }

  async #sweepContents(): Promise<void> {
    const { blobs } = this.#storage.layout;
    for (const algorithm of await listNames(blobs)) {
      for (const prefix of await listNames(join(blobs, algorithm))) {
        const folder = join(blobs, algorithm, prefix);
        for (const hex of await this.#names(folder)) {
          const digest = digestFromNames(algorithm, hex);
          if (digest === undefined || this.#kept.has(digest)) continue;
          if (await this.#remove(join(folder, hex))) this.#report.contents++;
        }
      }
    }
  }

  /** The digests in a folder of `algorithm/hex`. */
  async #digests(folder: string): Promise<readonly Digest[]> {
    for (const algorithm of await listNames(folder)) await this.#names(join(folder, algorithm));
    return await listDigests(folder);
  }

  /** The names in a folder, after putting in order what an earlier run was killed over. */
  async #names(folder: string): Promise<readonly string[]> {
    const { cutoff, dryRun, signal } = this.#options;
    signal?.throwIfAborted();
    if (!dryRun) await settleSwept(folder, cutoff);
    return await listNames(folder);
  }

  /** Removes a file unless somebody uses it; with `dryRun` only looks. */
  async #remove(path: string): Promise<boolean> {
    const { cutoff, dryRun } = this.#options;
    const found = await ifThere(stat(path));
    if (!found || found.mtimeMs > cutoff) return false;
    if (!dryRun && !(await removeUnclaimed(path, cutoff))) return false;
    this.#report.bytes += found.size;
    return true;
  }
}
