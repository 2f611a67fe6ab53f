import {
  type Descriptor,
  isForeignLayerMediaType,
  isLadingError,
  LadingError,
  manifestLimits,
} from '@lading/oci';
import { bytesSource } from './content.ts';
import { copyBlob } from './copy-blob.ts';
import { childManifest, type ReadManifest, readManifest, readManifestIfPresent } from './copy-read.ts';
import type { CopyRun } from './copy-run.ts';
import type { CopyNotice } from './copy-types.ts';

/** What one image may be made of: far more than any real one, and few enough to be held in memory. */
const graphLimits = { maxManifests: 10_000, maxBlobs: 100_000 } as const;

/** The spec's codes with which registries refuse a manifest that points at what they do not have. */
const missingContentCodes: ReadonlySet<unknown> = new Set([
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_UNKNOWN',
  'BLOB_UNKNOWN',
]);

/** Brings manifests with all they point at to the destination, by digest, children before parents, each digest once. */
export class GraphCopy {
  readonly #run: CopyRun;
  readonly #check: boolean;
  readonly #once = new Map<string, Promise<void>>();
  readonly #work = { manifests: 0, blobs: 0, totalBytes: 0 };

  /** @param check Ask the destination for each piece before sending it: of no use where nothing can be yet. */
  constructor(run: CopyRun, check: boolean) {
    this.#run = run;
    this.#check = check;
  }

  /**
   * Brings a manifest and everything below it to the destination.
   * @param optional Leave it out with a notice when the source does not have it.
   */
  manifest(target: Descriptor, optional: boolean, depth = 0): Promise<void> {
    return this.#only('manifests', target, async () => {
      const run = this.#run;
      if (await this.exists(target)) return run.finished('manifest', target, 'existed');
      const read = await (optional ? readManifestIfPresent : readManifest)(run, target);
      if (read === undefined)
        return this.#skip('manifest', target, 'missing-manifest', 'the source does not have it');
      await this.#below(read, depth);
      await this.push(read);
    });
  }

  /** Brings all that a root points at. The root itself is pushed, or published, when that is done. */
  async root(read: ReadManifest): Promise<void> {
    this.#plan('manifests', read.descriptor);
    await this.#below(read, 0);
  }

  async #below({ descriptor, manifest }: ReadManifest, depth: number): Promise<void> {
    const run = this.#run;
    if (depth > manifestLimits.maxDepth) {
      return this.#tooLarge(descriptor, `its indexes are nested deeper than ${manifestLimits.maxDepth}`);
    }
    if (manifest.kind === 'index') {
      await run.all(manifest.manifests.map((child) => this.#child(child, descriptor, depth + 1)));
      return;
    }
    const config = this.#blob(manifest.config, descriptor, Number.POSITIVE_INFINITY);
    // Who taps layers needs the config (its diffIDs) to make sense of them.
    if (run.hooks.onBlob !== undefined) await config;
    const layers = manifest.layers.map((layer) =>
      this.#leftOut(layer)
        ? this.#skip('blob', layer, 'foreign-layer', 'foreign layers are left out')
        : this.#blob(layer, descriptor, layer.size),
    );
    await run.all([config, ...layers]);
  }

  /** Whether the destination has a manifest, as far as this run did it or a question about it is worth asking. */
  async exists(target: Descriptor): Promise<boolean> {
    const { destination } = this.#run.stores;
    const { signal, manifests, ledger } = this.#run;
    if (ledger.holds(destination, target.digest)) return true;
    if (!this.#check) return false;
    return this.#run.at('destination', target, () =>
      manifests.run(() => destination.exists(target, { signal })),
    );
  }

  /** Stores a manifest, by digest or by what `put` does, when all it points at is there. */
  async push(read: ReadManifest, put: () => Promise<unknown> = () => this.#put(read)): Promise<void> {
    const run = this.#run;
    await run.at('destination', read.descriptor, async () => {
      try {
        await run.manifests.run(put);
      } catch (error) {
        if (!missesContent(error)) throw error;
        await this.#sendAgain(read);
        await run.manifests.run(put);
      }
    });
    run.ledger.add(run.stores.destination, read.descriptor.digest);
    run.finished('manifest', read.descriptor, 'uploaded');
  }

  async #put({ descriptor, manifest }: ReadManifest): Promise<void> {
    const { destination } = this.#run.stores;
    await destination.push(descriptor, bytesSource(manifest.bytes), { signal: this.#run.signal });
  }

  /**
   * The destination misses what it said it had: untagged children that were collected meanwhile, blobs that were lost.
   * One level is sent again without questions; a child that misses content in turn is refused in turn, and gets the same.
   */
  async #sendAgain({ descriptor, manifest }: ReadManifest): Promise<void> {
    const run = this.#run;
    const message = `${run.stores.destination.name} misses what ${descriptor.digest} points at: it is sent again`;
    run.emit({ type: 'notice', code: 'sent-again', message });
    const again = (blob: Descriptor): Promise<void> =>
      copyBlob(run, { blob, manifest: descriptor, priority: blob.size, check: false, force: true });
    if (manifest.kind === 'image') {
      const layers = manifest.layers.filter((layer) => !this.#leftOut(layer));
      await run.all([manifest.config, ...layers].map(again));
      return;
    }
    await run.all(
      manifest.manifests.map(async (child) => {
        const target = await childManifest(run, child);
        if (target === undefined) return again(child);
        const read = await (run.options.sparse ? readManifestIfPresent : readManifest)(run, target);
        if (read !== undefined) await this.push(read);
      }),
    );
  }

  async #child(child: Descriptor, parent: Descriptor, depth: number): Promise<void> {
    const target = await childManifest(this.#run, child);
    return target === undefined
      ? this.#blob(child, parent, child.size)
      : this.manifest(target, this.#run.options.sparse === true, depth);
  }

  #blob(blob: Descriptor, manifest: Descriptor, priority: number): Promise<void> {
    return this.#only('blobs', blob, () =>
      copyBlob(this.#run, { blob, manifest, priority, check: this.#check, force: false }),
    );
  }

  #leftOut(layer: Descriptor): boolean {
    return isForeignLayerMediaType(layer.mediaType) && this.#run.options.foreignLayers !== true;
  }

  async #skip(kind: 'blob' | 'manifest', target: Descriptor, code: CopyNotice, why: string): Promise<void> {
    this.#run.emit({ type: 'notice', code, message: `${target.digest} is not copied: ${why}` });
    this.#run.finished(kind, target, 'skipped');
  }

  #only(kind: 'manifests' | 'blobs', target: Descriptor, work: () => Promise<void>): Promise<void> {
    const key = `${kind} ${target.digest}`;
    const running = this.#once.get(key);
    if (running !== undefined) return running;
    this.#plan(kind, target);
    const { maxManifests, maxBlobs } = graphLimits;
    const tooMany = this.#work.manifests > maxManifests || this.#work.blobs > maxBlobs;
    const started = tooMany
      ? this.#tooLarge(
          target,
          `it is beyond the ${maxManifests} manifests and ${maxBlobs} blobs of one image`,
        )
      : work();
    this.#once.set(key, started);
    return started;
  }

  #plan(kind: 'manifests' | 'blobs', target: Descriptor): void {
    this.#work[kind]++;
    this.#work.totalBytes += target.size;
    this.#run.emit({ type: 'copy:planned', ...this.#work });
  }

  async #tooLarge(target: Descriptor, why: string): Promise<never> {
    return this.#run.at('source', target, async () => {
      throw new LadingError('ERR_LADING_MANIFEST', `${target.digest} is not copied: ${why}`);
    });
  }
}

function missesContent(error: unknown): boolean {
  if (!isLadingError(error) || !('codes' in error) || !Array.isArray(error.codes)) return false;
  return error.codes.some((code) => missingContentCodes.has(code));
}
