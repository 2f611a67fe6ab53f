import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { isManifestMediaType, LadingError } from '@lading/oci';
import { makeImage, makeIndex, rawLayer } from '@lading/testkit';
import { type ContentStore, copy, memoryStore } from '../src/index.ts';
import { fill } from './doubles/images.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const image = makeIndex(
  ['a', 'b', 'c'].map((name) =>
    makeImage({ layers: [rawLayer(name, layerType), rawLayer(name + name, layerType)] }),
  ),
);

async function sourceOf(): Promise<ContentStore> {
  const source = memoryStore('source');
  await fill(source, image, 'v1');
  return source;
}

/** A destination whose pushes hang until they are aborted, except that `fails` ones fail; it counts what is in flight. */
function hanging(fails: (count: number) => unknown): {
  store: ContentStore;
  inFlight: () => number;
  started: () => number;
} {
  let started = 0;
  let inFlight = 0;
  const inner = memoryStore('destination');
  const store: ContentStore = {
    ...inner,
    async push(expected, content, options) {
      if (isManifestMediaType(expected.mediaType)) return inner.push(expected, content, options);
      const failure = fails(++started);
      inFlight++;
      try {
        if (failure !== undefined) throw failure;
        const { signal } = options!;
        await new Promise((_, reject) => {
          signal!.throwIfAborted();
          signal!.addEventListener('abort', () => reject(signal!.reason));
        });
        throw new Error('unreachable');
      } finally {
        // What ends late must have been waited for as well.
        await turn();
        inFlight--;
      }
    },
  };
  return { store, inFlight: () => inFlight, started: () => started };
}

describe('a failed copy', () => {
  test('says which side failed, with the code of what failed, at which content', async () => {
    const denied = new LadingError('ERR_LADING_DENIED', 'no', { hint: 'Log in.' });
    const destination: ContentStore = {
      ...memoryStore('destination'),
      push: async () => {
        throw denied;
      },
    };
    await expect(copy(await sourceOf(), 'v1', destination, 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_DENIED',
      origin: 'destination',
      hint: 'Log in.',
      cause: denied,
      descriptor: { digest: expect.stringMatching(/^sha256:/) },
    });
    await expect(copy(memoryStore('source'), 'v1', memoryStore(), 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
      origin: 'source',
      message: expect.stringContaining('source has no manifest v1'),
    });
  });

  test('knows the source even when the destination read from it', async () => {
    const dead = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const inner = await sourceOf();
    const source: ContentStore = {
      ...inner,
      fetch: async (target, options) =>
        isManifestMediaType(target.mediaType)
          ? inner.fetch(target, options)
          : new ReadableStream({
              pull() {
                throw dead;
              },
            }),
    };
    const wrapping = memoryStore();
    const destination: ContentStore = {
      ...wrapping,
      push: (expected, content, options) =>
        wrapping.push(expected, content, options).catch((cause: unknown) => {
          throw new LadingError('ERR_LADING_NETWORK', 'the upload failed', { cause });
        }),
    };
    for (const place of [memoryStore(), destination]) {
      await expect(copy(source, 'v1', place, 'v1')).rejects.toMatchObject({
        code: 'ERR_LADING_COPY',
        origin: 'source',
        cause: dead,
      });
    }
  });

  test('cancels what else is going on, and waits for its end', async () => {
    const failure = new Error('disk full');
    const { store, inFlight, started } = hanging((count) => (count === 3 ? failure : undefined));
    const copied = copy(await sourceOf(), 'v1', store, 'v1', { concurrency: 4 });
    await expect(copied).rejects.toMatchObject({ origin: 'destination', cause: failure });
    expect(inFlight()).toBe(0);
    const before = started();
    await turn();
    expect(started()).toBe(before);
  });

  test('leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      const { store } = hanging((count) => (count > 1 ? new Error(`number ${count}`) : undefined));
      await copy(await sourceOf(), 'v1', store, 'v1').catch(() => {});
      const source: ContentStore = {
        ...(await sourceOf()),
        resolve: async () => {
          throw new Error('source');
        },
      };
      const destination: ContentStore = { ...memoryStore(), resolve: source.resolve };
      await copy(source, 'v1', destination, 'v1').catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      process.off('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([]);
  });
});

describe('case 67: an aborted copy', () => {
  test('rejects with the reason as it is, moves no tag, and leaves nothing running', async () => {
    const controller = new AbortController();
    const reason = { why: 'enough' };
    const { store, inFlight } = hanging((count) => void (count === 4 && controller.abort(reason)));
    const { signal } = controller;
    await expect(copy(await sourceOf(), 'v1', store, 'v1', { signal })).rejects.toBe(reason);
    expect(inFlight()).toBe(0);
    await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('that was aborted before it began asks nobody anything', async () => {
    const asked: string[] = [];
    const never: ContentStore = {
      ...memoryStore(),
      resolve: async (reference) => {
        asked.push(reference);
        throw new Error('asked');
      },
    };
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    await expect(copy(never, 'v1', never, 'v2', { signal })).rejects.toBe(reason);
    await expect(copy(never, 'v1', memoryStore(), 'v2', { signal })).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  test('ends the streams of the source', async () => {
    const controller = new AbortController();
    const inner = await sourceOf();
    const cancelled: unknown[] = [];
    const source: ContentStore = {
      ...inner,
      fetch: async (target, options) =>
        isManifestMediaType(target.mediaType)
          ? inner.fetch(target, options)
          : new ReadableStream({
              start: (stream) =>
                options!.signal!.addEventListener('abort', () => {
                  cancelled.push(options!.signal!.reason);
                  stream.error(options!.signal!.reason);
                }),
              pull: () => controller.abort('enough'),
            }),
    };
    const { signal } = controller;
    await expect(copy(source, 'v1', memoryStore(), 'v1', { signal })).rejects.toBe('enough');
    expect(cancelled.length).toBeGreaterThan(0);
  });
});
