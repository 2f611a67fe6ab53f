import { isDigest } from '@lading/oci';
import { bytesSource, type ContentStore, memoryStore, type StoreOptions } from '@lading/store';
import { fileLayer, makeImage, makeIndex, type TestImage } from '@lading/testkit';
import {
  type ApplyOptions,
  apply,
  type Location,
  type Plan,
  type PlanContext,
  plan,
  type SyncEntry,
  type SyncReport,
} from '../../src/index.ts';

export const now: number = Date.parse('2026-11-23T12:00:00Z');

type Verb = 'resolve' | 'load' | 'fetch' | 'exists' | 'push' | 'publish' | 'tags' | 'delete';
const writes: ReadonlySet<string> = new Set(['push', 'publish', 'delete']);

/** Registries in memory that note every question they are asked, as `verb store reference`. */
export class World {
  readonly calls: string[] = [];
  readonly #stores = new Map<string, ContentStore>();
  /** Called before each verb; throwing makes it fail. */
  before: (verb: Verb, store: string, reference: string) => void | Promise<void> = () => {};

  get writes(): readonly string[] {
    return this.calls.filter((call) => writes.has(call.split(' ')[0] ?? ''));
  }

  /** A store by the name of its repository; made when it is asked for first. */
  store(name: string): ContentStore {
    const known = this.#stores.get(name);
    if (known !== undefined) return known;
    const inner = memoryStore(name);
    const note = async (verb: Verb, reference: string, { signal }: StoreOptions = {}): Promise<void> => {
      signal?.throwIfAborted();
      this.calls.push(`${verb} ${name} ${reference}`);
      await this.before(verb, name, reference);
    };
    const store: ContentStore = {
      ...inner,
      resolve: async (reference, options) => {
        await note('resolve', reference, options);
        return inner.resolve(reference, options);
      },
      load: async (reference, options) => {
        await note('load', reference, options);
        return inner.load!(reference, options);
      },
      fetch: async (target, options) => {
        await note('fetch', target.digest, options);
        return inner.fetch(target, options);
      },
      exists: async (target, options) => {
        await note('exists', target.digest, options);
        return inner.exists(target, options);
      },
      push: async (target, content, options) => {
        await note('push', target.digest, options);
        return inner.push(target, content, options);
      },
      publish: async (target, bytes, tag, options) => {
        await note('publish', tag, options);
        return inner.publish(target, bytes, tag, options);
      },
      async *tags(options) {
        await note('tags', '', options);
        yield* inner.tags!(options);
      },
      delete: async (reference, options) => {
        await note('delete', reference, options);
        return inner.delete!(reference, options);
      },
    };
    this.#stores.set(name, store);
    return store;
  }

  /** `repository[:tag][@digest]`, where the repository's name may have anything but a colon and an at sign. */
  readonly open = (location: string): Location => {
    const [, name = '', tag, digest] = /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(location) ?? [];
    return {
      store: this.store(name),
      ...(tag !== undefined && { tag }),
      ...(isDigest(digest) && { digest }),
    };
  };

  /** Puts an image into a repository, unnoticed. */
  async put(location: string, image: TestImage): Promise<void> {
    const { store, tag = 'latest' } = this.open(location);
    for (const { descriptor, bytes } of [...image.blobs, ...image.manifests]) {
      await store.push(descriptor, bytesSource(bytes));
    }
    const root = image.manifests.find(({ descriptor }) => descriptor.digest === image.descriptor.digest);
    await store.publish(image.descriptor, root!.bytes, tag);
    this.calls.length = 0;
  }

  /** What a tag points at. */
  async digestOf(location: string): Promise<string | undefined> {
    const { store, tag = 'latest' } = this.open(location);
    const count = this.calls.length;
    const found = await store.resolve(tag).catch(() => undefined);
    this.calls.length = count;
    return found?.digest;
  }

  plan(entries: readonly SyncEntry[], context: Partial<PlanContext> = {}): Promise<Plan> {
    return plan(entries, { open: this.open, clock: () => now, ...context });
  }

  async sync(
    entries: readonly SyncEntry[],
    context: Partial<PlanContext> = {},
    options: Partial<ApplyOptions> = {},
  ): Promise<{ readonly plan: Plan; readonly report: SyncReport }> {
    const planned = await this.plan(entries, context);
    return { plan: planned, report: await apply(planned, { clock: () => now, ...options }) };
  }
}

/** An image of one layer that holds a text. */
export function image(text: string, platform = 'linux/amd64'): TestImage {
  return makeImage({ platform, layers: [fileLayer({ text })] });
}

/** An index of images for three platforms. */
export function multiArch(text: string): TestImage {
  return makeIndex(
    ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) => image(`${text} ${platform}`, platform)),
  );
}

export function actions(planned: Plan): readonly string[] {
  return planned.images.map(
    ({ action, destination, reason }) =>
      `${action} ${destination}${reason === undefined ? '' : ` (${reason.code})`}`,
  );
}

export function outcomes(report: SyncReport): readonly string[] {
  return report.results.map(
    ({ outcome, image: { destination }, reason }) =>
      `${outcome} ${destination}${reason === undefined ? '' : ` (${reason.code})`}`,
  );
}
