import type { Descriptor, Digest } from '@lading/oci';
import type { ContentStore } from './content-store.ts';
import type { CopyEvent, CopyHooks, CopyStores, TransferOptions, TransferOutcome } from './copy-types.ts';
import { asCopyError, type CopyOrigin, messageOf } from './errors.ts';
import { createLedger, type TransferLedger } from './ledger.ts';
import { createLimiter, type Limiter } from './limiter.ts';

/** As many as dockerd and containerd take at once, and one more for the configs. */
const defaultConcurrency = 4;

/** What the parts of one copy share: its stores and options, one way to fail, its limits and its counts. */
export class CopyRun {
  readonly stores: CopyStores;
  readonly options: TransferOptions;
  readonly hooks: CopyHooks;
  readonly ledger: TransferLedger;
  /** Aborts with the caller's signal, and with the first failure. */
  readonly signal: AbortSignal;
  /** For blobs. A slot is held while bytes move, never while something else is waited for. */
  readonly blobs: Limiter;
  /** For manifests, so that small requests do not queue behind layers. */
  readonly manifests: Limiter;
  bytesMoved = 0;
  bytesMounted = 0;
  readonly #tapClaims = new Set<Digest>();
  readonly #tappers: Promise<void>[] = [];
  readonly #failure = new AbortController();

  constructor(source: ContentStore, destination: ContentStore, options: TransferOptions) {
    this.stores = { source, destination };
    this.options = options;
    this.hooks = options.hooks ?? {};
    this.ledger = options.ledger ?? createLedger();
    this.signal =
      options.signal === undefined
        ? this.#failure.signal
        : AbortSignal.any([options.signal, this.#failure.signal]);
    this.blobs = createLimiter(options.concurrency ?? defaultConcurrency, this.signal);
    this.manifests = createLimiter(options.concurrency ?? defaultConcurrency, this.signal);
  }

  emit(event: CopyEvent): void {
    this.options.onEvent?.(event);
  }

  /** Repositories at the destination's host that have the content, for sure or by what this run did. */
  mountCandidates(digest: Digest): readonly string[] {
    const { source, destination } = this.stores;
    const holders = this.ledger.holders(destination, digest);
    if (destination.mount === undefined) return [];
    if (!this.sameHost) return holders;
    const own = source.mount!.repository;
    return [own, ...holders.filter((holder) => holder !== own)];
  }

  /** True when source and destination can mount from each other. */
  get sameHost(): boolean {
    const { source, destination } = this.stores;
    return source.mount !== undefined && source.mount.host === destination.mount?.host;
  }

  /** True when all that the source has, the destination has: only a tag is to be set. */
  get sameRepository(): boolean {
    const { source, destination } = this.stores;
    if (source === destination) return true;
    return this.sameHost && source.mount!.repository === destination.mount!.repository;
  }

  /** Counts and tells what became of a manifest or blob. */
  finished(kind: 'blob' | 'manifest', descriptor: Descriptor, outcome: TransferOutcome): void {
    if (outcome === 'uploaded') this.bytesMoved += descriptor.size;
    if (outcome === 'mounted') this.bytesMounted += descriptor.size;
    this.emit({ type: `${kind}:done`, descriptor, outcome });
  }

  /** Does work at one side of the copy. Its failure names the side and cancels everything else. */
  async at<T>(origin: CopyOrigin, descriptor: Descriptor | undefined, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      this.signal.throwIfAborted();
      const failure = asCopyError(origin, error, descriptor);
      this.#failure.abort(failure);
      throw failure;
    }
  }

  /** Waits until all have ended, also when one fails: nothing of a failed copy goes on behind the caller's back. */
  async all<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
    const results = await Promise.allSettled(tasks);
    return results.map((result) => {
      if (result.status === 'fulfilled') return result.value;
      // The first failure is the signal's reason, and what the others were cancelled with.
      throw this.signal.aborted ? this.signal.reason : result.reason;
    });
  }

  /** Keeps track of a tapper. When it fails, the copy goes on: what it wanted to know can be read from the destination. */
  tapped(descriptor: Descriptor, work: () => Promise<void>): void {
    this.#tappers.push(
      work().catch((error: unknown) =>
        this.emit({
          type: 'notice',
          code: 'tap-failed',
          message: `the tap of ${descriptor.digest} failed: ${messageOf(error)}`,
        }),
      ),
    );
  }

  /** True for the first who wants to show a blob to a tapper: content that is sent again is not shown again. */
  claimTap({ digest }: Descriptor): boolean {
    if (this.#tapClaims.has(digest)) return false;
    this.#tapClaims.add(digest);
    return true;
  }

  /** The end of all tappers; their streams have ended by then. */
  async tapsSettled(): Promise<void> {
    await Promise.all(this.#tappers);
  }

  /** Runs the whole copy and leaves nothing running. */
  async whole<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const reason: unknown = this.signal.aborted ? this.signal.reason : error;
      this.#failure.abort(reason);
      throw reason;
    } finally {
      await this.tapsSettled();
    }
  }
}
