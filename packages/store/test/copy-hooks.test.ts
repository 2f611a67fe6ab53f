import { describe, expect, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import { makeImage, makeIndex, randomBytesOf, rawLayer } from '@lading/testkit';
import {
  type BlobTap,
  bytesSource,
  type ContentSource,
  type ContentStore,
  type CopyEvent,
  type CopyHooks,
  copy,
  memoryStore,
  readAll,
  transfer,
} from '../src/index.ts';
import { startHost } from './doubles/host.ts';
import { fill, missing } from './doubles/images.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const image = makeImage({ layers: [rawLayer('0123456789', layerType), rawLayer('abc', layerType)] });
const layer = image.blobs[1]!;

async function sourceOf(content = image): Promise<ContentStore> {
  const source = memoryStore('source');
  await fill(source, content, 'v1');
  return source;
}

/** A hook that keeps what it is given. */
function recorder(): {
  readonly onBlob: NonNullable<CopyHooks['onBlob']>;
  readonly seen: Map<string, string>;
} {
  const seen = new Map<string, string>();
  const onBlob = async ({ descriptor, bytes }: BlobTap): Promise<void> => {
    try {
      seen.set(descriptor.digest, Buffer.from(await readAll(bytes, descriptor.size)).toString());
    } catch (error) {
      seen.set(descriptor.digest, (error as { code: string }).code);
    }
  };
  return { onBlob, seen };
}

describe('admit', () => {
  test('lets a source in before anything is written, or keeps it out', async () => {
    const source = await sourceOf();
    const destination = startHost('b').repository('y');
    const refusal = new Error('unsigned');
    const admitted: Descriptor[] = [];
    const admit = async (descriptor: Descriptor): Promise<void> => {
      admitted.push(descriptor);
      throw refusal;
    };
    await expect(copy(source, 'v1', destination, 'v1', { hooks: { admit } })).rejects.toBe(refusal);
    await expect(transfer(source, 'v1', destination, { hooks: { admit } })).rejects.toBe(refusal);
    expect(admitted.map(({ digest }) => digest)).toEqual([image.descriptor.digest, image.descriptor.digest]);
    expect(destination.requests.filter((request) => /^P/.test(request))).toEqual([]);
  });
});

describe('beforeTag', () => {
  test('finds everything at the destination, and can keep the tag where it is', async () => {
    const source = await sourceOf();
    const destination = memoryStore('destination');
    const old = makeImage({ platform: 'linux/s390x' });
    await fill(destination, old, 'v1');
    const failure = new Error('the key is gone');
    const beforeTag: CopyHooks['beforeTag'] = async ({ digest }, stores) => {
      expect(digest).toBe(image.descriptor.digest);
      expect(stores).toEqual({ source, destination });
      expect(await missing(stores.destination, image)).toEqual([]);
      throw failure;
    };
    await expect(copy(source, 'v1', destination, 'v1', { hooks: { beforeTag } })).rejects.toBe(failure);
    expect((await destination.resolve('v1')).digest).toBe(old.descriptor.digest);
  });

  test('does not run when the tag has the digest already', async () => {
    const source = await sourceOf();
    const beforeTag = async (): Promise<never> => {
      throw new Error('no tag moves');
    };
    expect(await copy(source, 'v1', await sourceOf(), 'v1', { hooks: { beforeTag } })).toMatchObject({
      changed: false,
    });
  });
});

describe('onBlob', () => {
  test('sees each blob that is downloaded once, whole', async () => {
    const index = makeIndex([image, makeImage({ layers: [rawLayer('abc', layerType)] })]);
    const { onBlob, seen } = recorder();
    const calls: string[] = [];
    const hooks: CopyHooks = {
      onBlob: (tap) => {
        calls.push(tap.descriptor.digest);
        return onBlob(tap);
      },
    };
    await copy(await sourceOf(index), 'v1', memoryStore(), 'v1', { hooks });
    expect([...seen]).toHaveLength(index.blobs.length);
    expect(calls).toHaveLength(index.blobs.length);
    for (const { descriptor, bytes } of index.blobs) {
      expect(seen.get(descriptor.digest)).toBe(Buffer.from(bytes).toString());
    }
  });

  test('gets an empty blob as an empty stream', async () => {
    const { onBlob, seen } = recorder();
    const empty = makeImage({ layers: [rawLayer('', layerType)] });
    await copy(await sourceOf(empty), 'v1', memoryStore(), 'v1', { hooks: { onBlob } });
    expect(seen.get(empty.blobs[1]!.descriptor.digest)).toBe('');
  });

  test('gets a config whole before the layers begin, and the manifest that lists them', async () => {
    const order: string[] = [];
    const manifests = new Set<string>();
    const onBlob = async ({ descriptor, manifest, bytes }: BlobTap): Promise<void> => {
      manifests.add(manifest.digest);
      order.push(`begin ${descriptor.mediaType}`);
      await readAll(bytes, descriptor.size);
      order.push(`end ${descriptor.mediaType}`);
    };
    await copy(await sourceOf(), 'v1', memoryStore(), 'v1', { hooks: { onBlob }, concurrency: 8 });
    expect(order.slice(0, 2)).toEqual([
      'begin application/vnd.oci.image.config.v1+json',
      'end application/vnd.oci.image.config.v1+json',
    ]);
    expect([...manifests]).toEqual([image.descriptor.digest]);
  });

  test('is settled before beforeTag, however long it takes', async () => {
    const order: string[] = [];
    const hooks: CopyHooks = {
      onBlob: async ({ bytes }) => {
        await readAll(bytes, 1_000);
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push('blob');
      },
      beforeTag: async () => void order.push('beforeTag'),
    };
    await copy(await sourceOf(), 'v1', memoryStore(), 'v1', { hooks });
    expect(order).toEqual(['blob', 'blob', 'blob', 'beforeTag']);
  });

  test('is not called for what was mounted or there before', async () => {
    const { onBlob, seen } = recorder();
    const host = startHost('a');
    await fill(host.repository('x').inner, image, 'v1');
    await copy(host.repository('x'), 'v1', host.repository('y'), 'v1', { hooks: { onBlob } });
    const destination = await sourceOf();
    await copy(host.repository('x'), 'v1', destination, 'v2', { hooks: { onBlob } });
    expect(seen.size).toBe(0);
  });

  test('is called once for a blob that has to be sent twice', async () => {
    const destination = startHost('b').repository('y');
    const old = makeImage({ layers: [rawLayer('old', layerType)] });
    await fill(destination.inner, old, 'old');
    destination.lost.add(image.blobs[2]!.descriptor.digest);
    const calls: string[] = [];
    const onBlob = async ({ descriptor }: BlobTap): Promise<void> => void calls.push(descriptor.digest);
    await copy(await sourceOf(), 'v1', destination, 'v1', { hooks: { onBlob } });
    expect(await missing(destination.inner, image)).toEqual([]);
    expect(calls.sort()).toEqual(image.blobs.map((blob) => blob.descriptor.digest).sort());
  });

  test('is called once for a layer that stands in the image twice and has to be sent again', async () => {
    const twice = makeImage({
      layers: [rawLayer('0123456789', layerType), rawLayer('0123456789', layerType)],
    });
    const inner = await sourceOf(twice);
    // The second asks before the first has an answer.
    const source: ContentStore = {
      ...inner,
      async fetch(target, options) {
        await new Promise((resolve) => setImmediate(resolve));
        return inner.fetch(target, options);
      },
    };
    const destination = startHost('b').repository('y');
    await fill(destination.inner, makeImage({ layers: [rawLayer('old', layerType)] }), 'old');
    for (const { descriptor } of twice.blobs) destination.lost.add(descriptor.digest);
    const calls: string[] = [];
    let running = 0;
    const onBlob = async ({ descriptor, bytes }: BlobTap): Promise<void> => {
      calls.push(descriptor.digest);
      running++;
      await readAll(bytes, 1000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
    };
    await copy(source, 'v1', destination, 'v1', { hooks: { onBlob } });
    expect(calls.sort()).toEqual([...new Set(twice.blobs.map(({ descriptor }) => descriptor.digest))].sort());
    expect(running).toBe(0);
  });

  test('that fails does not fail the copy', async () => {
    const events: CopyEvent[] = [];
    const destination = memoryStore();
    const hooks: CopyHooks = {
      onBlob: () => {
        throw new Error('cannot read this');
      },
    };
    await copy(await sourceOf(), 'v1', destination, 'v1', { hooks, onEvent: (event) => events.push(event) });
    expect(await missing(destination, image)).toEqual([]);
    const notices = events.filter((event) => event.type === 'notice');
    expect(notices).toHaveLength(3);
    expect(notices[0]).toMatchObject({
      code: 'tap-failed',
      message: expect.stringContaining('cannot read this'),
    });
  });

  test('that does not read is let go when it is too far behind, and the copy ends', async () => {
    const large = makeImage({ layers: [rawLayer(randomBytesOf(24_000_000, 'large'), layerType)] });
    const inner = await sourceOf(large);
    // In pieces, as a network would bring it.
    const source: ContentStore = {
      ...inner,
      async fetch(target, options) {
        const bytes = await readAll(await inner.fetch(target, options), target.size);
        return ReadableStream.from(
          (function* () {
            for (let start = 0; start < bytes.byteLength; start += 65_536)
              yield bytes.subarray(start, start + 65_536);
          })(),
        );
      },
    };
    const codes: unknown[] = [];
    const errors: unknown[] = [];
    const copied = Promise.withResolvers<void>();
    const destination = memoryStore();
    const hooks: CopyHooks = {
      tapPatienceMs: 50,
      onBlob: async ({ descriptor, bytes }) => {
        if (descriptor.size < 1_000_000) return;
        await copied.promise;
        await readAll(bytes, descriptor.size).catch((error: { code: string }) => codes.push(error.code));
      },
    };
    const onEvent = (event: CopyEvent): void => {
      if (event.type === 'blob:done' && event.descriptor.size > 1_000_000) copied.resolve();
      if (event.type === 'notice') errors.push(event);
    };
    await copy(source, 'v1', destination, 'v1', { hooks, onEvent });
    expect(codes).toEqual(['ERR_LADING_TAP_LAGGED']);
    expect(errors).toEqual([]);
    expect(await missing(destination, large)).toEqual([]);
  });

  test('that is slow makes the copy as slow as it is, and gets everything', async () => {
    const large = makeImage({ layers: [rawLayer(randomBytesOf(12_000_000, 'slow'), layerType)] });
    const inner = await sourceOf(large);
    let handedOut = 0;
    const source: ContentStore = {
      ...inner,
      async fetch(target, options) {
        const bytes = await readAll(await inner.fetch(target, options), target.size);
        return ReadableStream.from(
          (function* () {
            for (let start = 0; start < bytes.byteLength; start += 65_536) {
              if (bytes.byteLength > 1_000_000) handedOut = start;
              yield bytes.subarray(start, start + 65_536);
            }
          })(),
        );
      },
    };
    let taken = 0;
    let furthest = 0;
    const hooks: CopyHooks = {
      onBlob: async ({ descriptor, bytes }) => {
        for await (const chunk of bytes) {
          if (descriptor.size < 1_000_000) continue;
          taken += chunk.byteLength;
          furthest = Math.max(furthest, handedOut - taken);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    };
    const destination = memoryStore();
    await copy(source, 'v1', destination, 'v1', { hooks });
    expect(taken).toBe(12_000_000);
    expect(furthest).toBeLessThan(1_500_000);
    expect(await missing(destination, large)).toEqual([]);
  });

  test('gets bytes of its own, which the copy does not share', async () => {
    const destination = memoryStore();
    const onBlob = async ({ bytes }: BlobTap): Promise<void> => {
      for await (const chunk of bytes) chunk.fill(0);
    };
    await copy(await sourceOf(), 'v1', destination, 'v1', { hooks: { onBlob } });
    expect(await missing(destination, image)).toEqual([]);
  });
});

describe('onBlob when the destination tries again', () => {
  const bytes = randomBytesOf(200_000, 'again');
  const large = makeImage({ layers: [rawLayer(bytes, layerType)] });

  /** A destination that reads the large layer as `attempts` says, from an offset up to a number of bytes each, before it reads it whole. */
  function retrying(
    inner: ContentStore,
    attempts: readonly { offset: number; take: number }[],
  ): ContentStore {
    return {
      ...inner,
      async push(expected, content, options) {
        if (expected.size !== bytes.byteLength) return inner.push(expected, content, options);
        for (const { offset, take } of attempts) {
          const reader = (await content.open({ offset })).getReader();
          let taken = 0;
          while (taken < take) {
            const { done, value } = await reader.read();
            if (done) break;
            taken += value.byteLength;
          }
          await reader.cancel();
        }
        return inner.push(expected, content, options);
      },
    };
  }

  async function chunked(content = large): Promise<ContentStore> {
    const inner = await sourceOf(content);
    return {
      ...inner,
      async fetch(target, options) {
        const whole = await readAll(await inner.fetch(target, options), target.size);
        return ReadableStream.from(
          (function* () {
            for (let start = 0; start < whole.byteLength; start += 7_000)
              yield whole.subarray(start, start + 7_000);
          })(),
        );
      },
    };
  }

  test.each([
    ['from the start', [{ offset: 0, take: 50_000 }]],
    [
      'from the start, many times, with more and less each time',
      [
        { offset: 0, take: 50_000 },
        { offset: 0, take: 10_000 },
        { offset: 0, take: 150_000 },
      ],
    ],
    [
      'from an offset',
      [
        { offset: 0, take: 50_000 },
        { offset: 33_333, take: 100_000 },
      ],
    ],
    ['after all was read', [{ offset: 0, take: 200_000 }]],
  ])('no byte is seen twice, none is missed: %s', async (_, attempts) => {
    const seen: Uint8Array[] = [];
    let calls = 0;
    const onBlob = async (tap: BlobTap): Promise<void> => {
      if (tap.descriptor.size !== bytes.byteLength) return;
      calls++;
      for await (const chunk of tap.bytes) seen.push(chunk);
    };
    const destination = memoryStore();
    await copy(await chunked(), 'v1', retrying(destination, attempts), 'v1', { hooks: { onBlob } });
    expect(calls).toBe(1);
    expect(Buffer.compare(Buffer.concat(seen), bytes)).toBe(0);
    expect(await missing(destination, large)).toEqual([]);
  });

  test('an attempt that brought wrong bytes makes the tap fail, and not the copy', async () => {
    const right = await chunked();
    let attempt = 0;
    const source: ContentStore = {
      ...right,
      async fetch(target, options) {
        const stream = await right.fetch(target, options);
        if (target.size !== bytes.byteLength || attempt++ > 0) return stream;
        return stream.pipeThrough(
          new TransformStream<Uint8Array, Uint8Array>({
            transform: (chunk, controller) => controller.enqueue(chunk.map((byte) => byte ^ 1)),
          }),
        );
      },
    };
    const { onBlob, seen } = recorder();
    const destination = memoryStore();
    const again = retrying(destination, [{ offset: 0, take: 50_000 }]);
    await copy(source, 'v1', again, 'v1', { hooks: { onBlob } });
    expect(seen.get(large.blobs[1]!.descriptor.digest)).toBe('ERR_LADING_CONTENT_MISMATCH');
    expect(await missing(destination, large)).toEqual([]);
  });

  test('an upload that is given up ends the tap with an error', async () => {
    const { onBlob, seen } = recorder();
    const inner = memoryStore();
    const destination: ContentStore = {
      ...inner,
      async push(expected, content: ContentSource, options) {
        if (expected.digest !== layer.descriptor.digest) return inner.push(expected, content, options);
        await (await content.open()).cancel();
        throw new Error('disk full');
      },
    };
    const copied = copy(await sourceOf(), 'v1', destination, 'v1', { hooks: { onBlob } });
    await expect(copied).rejects.toMatchObject({ origin: 'destination' });
    expect(seen.get(layer.descriptor.digest)).toBe('ERR_LADING_TAP_LAGGED');
  });
});

describe('with onBlob the copy hashes each byte once, and lets nothing wrong through', () => {
  const bytes = randomBytesOf(100_000, 'right');
  const wrong = bytes.map((byte, at) => (at === 60_000 ? byte ^ 1 : byte));
  const large = makeImage({ layers: [rawLayer(bytes, layerType)] });

  /** A source that brings these contents of the large layer, one after the other, and does not verify what it is not asked for whole. */
  async function bringing(...contents: readonly Uint8Array[]): Promise<ContentStore> {
    const inner = await sourceOf(large);
    let attempt = 0;
    return {
      ...inner,
      async fetch(target, options) {
        if (target.size !== bytes.byteLength) return inner.fetch(target, options);
        expect(options).toMatchObject({ length: bytes.byteLength });
        const content = contents[attempt++]!;
        return ReadableStream.from(
          Array.from({ length: Math.ceil(content.byteLength / 7_000) }, (_, index) =>
            content.subarray(index * 7_000, (index + 1) * 7_000),
          ),
        );
      },
    };
  }

  /** A destination that believes what is said to be verified, reads as far as `takes` says, and then everything. */
  function believing(...takes: readonly number[]): { store: ContentStore; handedOn: () => number } {
    const inner = memoryStore();
    let handedOn = 0;
    const store: ContentStore = {
      ...inner,
      async push(expected, content, options) {
        if (expected.size !== bytes.byteLength) return inner.push(expected, content, options);
        expect(content.from).toMatchObject({ target: expected });
        const taken: Uint8Array[] = [];
        for (const take of [...takes, Number.POSITIVE_INFINITY]) {
          handedOn = 0;
          taken.length = 0;
          for await (const chunk of await content.open()) {
            taken.push(chunk);
            handedOn += chunk.byteLength;
            if (handedOn >= take) break;
          }
        }
        return inner.push(expected, bytesSource(Buffer.concat(taken)), options);
      },
    };
    return { store, handedOn: () => handedOn };
  }

  const readAllOf = async (tap: BlobTap): Promise<void> =>
    void (await readAll(tap.bytes, bytes.byteLength).catch(() => undefined));
  const leaveAtOnce = async (tap: BlobTap): Promise<void> => tap.bytes.cancel();

  test.each([
    ['wrong bytes', [wrong], [], readAllOf],
    ['wrong bytes, when nobody reads the tap any more', [wrong], [], leaveAtOnce],
    ['too few', [bytes.subarray(0, 50_000)], [], readAllOf],
    ['too many', [Buffer.concat([bytes, bytes])], [], readAllOf],
    ['wrong bytes in a second attempt', [bytes, wrong], [20_000], readAllOf],
    ['wrong bytes that the tap has not seen of the first one', [wrong, wrong], [80_000], readAllOf],
    ['too few in a second attempt', [bytes, bytes.subarray(0, 50_000)], [80_000], readAllOf],
  ])('%s', async (_, contents, takes, onBlob) => {
    const { store, handedOn } = believing(...takes);
    const copied = copy(await bringing(...contents), 'v1', store, 'v1', { hooks: { onBlob } });
    await expect(copied).rejects.toMatchObject({
      origin: 'source',
      cause: { code: 'ERR_LADING_CONTENT_MISMATCH' },
    });
    expect(handedOn()).toBeLessThan(bytes.byteLength);
  });

  test('what is right arrives, also after an attempt that was wrong', async () => {
    for (const contents of [[bytes], [wrong, bytes]]) {
      const { store, handedOn } = believing(...(contents.length > 1 ? [80_000] : []));
      await copy(await bringing(...contents), 'v1', store, 'v1', { hooks: { onBlob: readAllOf } });
      expect(handedOn()).toBe(bytes.byteLength);
      expect(await missing(store, large)).toEqual([]);
    }
  });
});
