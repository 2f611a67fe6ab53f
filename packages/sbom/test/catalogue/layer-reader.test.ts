import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import { streamOf } from '@lading/store';
import { fileLayer, makeImage } from '@lading/testkit';
import type { ImageLayer } from '../../src/catalogue/image-config.ts';
import type { ReadFacts } from '../../src/catalogue/layer-reader.ts';
import { defaultCataloguers, LayerReader, layerLimits, memoryCache } from '../../src/index.ts';
import { rawTar } from '../layer/archive.ts';
import { lazyLayer } from '../layer/lazy-layers.ts';
import { dpkgStatus, stored } from './stored.ts';

const layer = fileLayer({ 'var/lib/dpkg/status': dpkgStatus('libc6') });
const image = makeImage({ layers: [layer] });
const { descriptor, bytes } = image.blobs[1]!;
const asked: ImageLayer = {
  descriptor: { ...descriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
  diffId: layer.diffId,
};
let store: ContentStore;
let fetched: string[];
let reader: LayerReader;

beforeEach(async () => {
  ({ store, fetched } = await stored(image));
  reader = new LayerReader({ cataloguers: defaultCataloguers });
});

/** A stream that tells whether somebody has let go of it. */
function watched(): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly isCancelled: () => boolean;
  readonly end: () => void;
} {
  let cancelled = false;
  let end = (): void => undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      end = () => controller.close();
    },
    cancel() {
      cancelled = true;
    },
  });
  return { stream, isCancelled: () => cancelled, end };
}

describe('a layer', () => {
  test('that flowed by is not fetched', async () => {
    await reader.tap(asked.descriptor, streamOf([bytes]));
    expect((await reader.facts(store, asked, {})).origin).toBe('shared');
    expect(fetched).toEqual([]);
  });

  test('that flows by just now is waited for', async () => {
    const tapping = reader.tap(asked.descriptor, streamOf([bytes]));
    expect((await reader.facts(store, asked, {})).origin).toBe('shared');
    await tapping;
    expect(fetched).toEqual([]);
  });

  test('that flowed by and broke off is fetched', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('lagged'));
      },
    });
    const tapping = reader.tap(asked.descriptor, broken);
    const reading = reader.facts(store, asked, {});
    await expect(tapping).rejects.toThrow('lagged');
    expect((await reading).origin).toBe('read');
  });

  test('that is asked for by several at once is fetched once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => reader.facts(store, asked, {})));
    expect(fetched).toHaveLength(1);
    expect(new Set(all.map(({ facts }) => JSON.stringify(facts))).size).toBe(1);
  });

  test('whose first reader is cut off is read by the next', async () => {
    const abort = new AbortController();
    const hanging: ContentStore = { ...store, fetch: async () => new ReadableStream({}) };
    const first = reader.facts(hanging, asked, { signal: abort.signal });
    const second = reader.facts(store, asked, {});
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect((await second).facts.diffId).toBe(layer.diffId);
  });

  test('that another one reads is waited for no longer than the own signal says', async () => {
    const hanging: ContentStore = { ...store, fetch: async () => new ReadableStream({}) };
    const end = new AbortController();
    const first = reader.facts(hanging, asked, { signal: end.signal });
    const own = new AbortController();
    const second = reader.facts(store, asked, { signal: own.signal });
    own.abort(new Error('no longer'));
    await expect(second).rejects.toThrow('no longer');
    end.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
  });

  test('that flows by while a slow cache is asked is read by one of two', async () => {
    const gate = Promise.withResolvers<undefined>();
    const cache = { get: () => gate.promise, put: async () => undefined };
    reader = new LayerReader({ cataloguers: defaultCataloguers, cache });
    const [one, other] = [watched(), watched()];
    const first = reader.tap(asked.descriptor, one.stream);
    const second = reader.tap(asked.descriptor, other.stream);
    gate.resolve(undefined);
    await second;
    expect([one.isCancelled(), other.isCancelled()]).toEqual([false, true]);
    one.end();
    await first;
    expect((await reader.facts(store, asked, {})).origin).toBe('shared');
    expect(fetched).toEqual([]);
  });

  test('that flows by and is known is let go of', async () => {
    await reader.facts(store, asked, {});
    const again = watched();
    await reader.tap(asked.descriptor, again.stream);
    expect(again.isCancelled()).toBe(true);
  });

  test('that flows by and is in the cache is let go of', async () => {
    const cache = memoryCache();
    await new LayerReader({ cataloguers: defaultCataloguers, cache }).facts(store, asked, {});
    const again = watched();
    await new LayerReader({ cataloguers: defaultCataloguers, cache }).tap(asked.descriptor, again.stream);
    expect(again.isCancelled()).toBe(true);
  });

  test('that flowed by is kept between runs only when an image has named it', async () => {
    const cache = memoryCache();
    const put: string[] = [];
    const kept = {
      ...cache,
      put(key: string, content: Uint8Array) {
        put.push(key);
        return cache.put(key, content);
      },
    };
    reader = new LayerReader({ cataloguers: defaultCataloguers, cache: kept });
    await reader.tap(asked.descriptor, streamOf([bytes]));
    expect(put).toHaveLength(0);
    await reader.facts(store, asked, {});
    expect(put).toHaveLength(1);
  });

  test('is put into the cache once in a run, however many images have it', async () => {
    const put: string[] = [];
    const cache = { get: async () => undefined, put: async (key: string) => void put.push(key) };
    reader = new LayerReader({ cataloguers: defaultCataloguers, cache });
    for (let image = 0; image < 3; image++) await reader.facts(store, asked, {});
    expect(put).toHaveLength(1);
  });

  test('is read anew where other bounds hold', async () => {
    const cache = memoryCache();
    await new LayerReader({ cataloguers: defaultCataloguers, cache }).facts(store, asked, {});
    const { maxHoles } = layerLimits;
    const same = new LayerReader({ cataloguers: defaultCataloguers, cache, limits: { maxHoles } });
    expect((await same.facts(store, asked, {})).origin).toBe('cache');
    const more = new LayerReader({
      cataloguers: defaultCataloguers,
      cache,
      limits: { maxHoles: 2 * maxHoles },
    });
    expect((await more.facts(store, asked, {})).origin).toBe('read');
  });

  test('is read anew by who looks for something else', async () => {
    const cache = memoryCache();
    await new LayerReader({ cataloguers: defaultCataloguers, cache }).facts(store, asked, {});
    const less = new LayerReader({ cataloguers: defaultCataloguers.slice(1), cache });
    expect((await less.facts(store, asked, {})).origin).toBe('read');
  });
});

describe('sbom case 12: a package manager that keeps content in a store, and links to it', () => {
  const manifest = JSON.stringify({ name: 'left-pad', version: '1.3.0' });
  const entries = [
    { name: 'root/store/files/3b/17ac', body: manifest },
    { name: 'usr/app/node_modules/left-pad/package.json', type: '1', link: 'root/store/files/3b/17ac' },
  ];
  const tar = rawTar(entries);
  const image = makeImage({
    layers: [{ bytes: gzipSync(tar), diffId: digestOf(tar), compression: 'gzip' }],
  });
  const layer: ImageLayer = { ...asked, descriptor: image.blobs[1]!.descriptor, diffId: digestOf(tar) };
  const paths = ({ facts }: ReadFacts): string[] => facts.files.map(({ path }) => path);
  const linked = ['usr/app/node_modules/left-pad/package.json'];

  beforeEach(async () => {
    ({ store, fetched } = await stored(image));
  });

  test('is read a second time, once for all who ask, and known from then on', async () => {
    const cache = memoryCache();
    reader = new LayerReader({ cataloguers: defaultCataloguers, cache });
    const all = await Promise.all([reader.facts(store, layer), reader.facts(store, layer)]);
    for (const one of all) {
      expect(paths(one)).toEqual(linked);
      expect(one.facts.notes).toEqual([]);
    }
    expect(fetched).toHaveLength(2);
    const next = new LayerReader({ cataloguers: defaultCataloguers, cache });
    const known = await next.facts(store, layer);
    expect(known.origin).toBe('cache');
    expect(paths(known)).toEqual(linked);
    expect(fetched).toHaveLength(2);
  });

  test('is read from the store when it flowed by', async () => {
    await reader.tap(layer.descriptor, streamOf([image.blobs[1]!.bytes]));
    const read = await reader.facts(store, layer);
    expect(read.origin).toBe('read');
    expect(paths(read)).toEqual(linked);
    expect((await reader.facts(store, layer)).origin).toBe('shared');
    expect(fetched).toHaveLength(1);
  });

  test('keeps what the first reading found when the second one finds more than may be kept', async () => {
    const limits = { maxFiles: 1 };
    reader = new LayerReader({ cataloguers: defaultCataloguers, limits });
    const { facts } = await reader.facts(store, layer);
    expect(facts).toMatchObject({ files: [], notes: [{ code: 'partial' }] });
    expect(facts.missed).toBeUndefined();
    expect((await reader.facts(store, layer)).origin).toBe('shared');
    expect(fetched).toHaveLength(2);
  });

  test('fails as any reading does when the second one fails, and is read again by the next', async () => {
    let times = 0;
    const flaky: ContentStore = {
      ...store,
      async fetch(...args) {
        times++;
        if (times === 2) throw new Error('gone');
        return store.fetch(...args);
      },
    };
    await expect(reader.facts(flaky, layer)).rejects.toThrow('gone');
    expect(paths(await reader.facts(flaky, layer))).toEqual(linked);
  });
});

describe('sbom case 45: a layer made for lazy pulling', () => {
  const lazily = lazyLayer(
    [
      { name: 'var/lib/dpkg/status', body: dpkgStatus('libc6') },
      { name: 'usr/lib/noise.txt', body: randomBytes(400_000) },
    ],
    { packing: 'gzip' },
  );
  const layer: ImageLayer = { descriptor: lazily.descriptor, diffId: lazily.diffId };
  let ranges: (number | undefined)[];
  let lazyStore: ContentStore;

  beforeEach(() => {
    ranges = [];
    lazyStore = {
      ...store,
      async fetch(_, { offset = 0, length } = {}) {
        ranges.push(length);
        return streamOf([lazily.blob.subarray(offset, length === undefined ? undefined : offset + length)]);
      },
    };
  });

  test('is read whole unless somebody asks otherwise', async () => {
    const { facts } = await reader.facts(lazyStore, layer);
    expect(ranges).toEqual([undefined]);
    expect(facts.from).toBeUndefined();
  });

  test('is read by its table when asked, and neither shared nor kept', async () => {
    const cache = memoryCache();
    const lazy = new LayerReader({ cataloguers: defaultCataloguers, cache, lazy: true });
    const { facts } = await lazy.facts(lazyStore, layer);
    expect(facts.from).toBe('toc');
    expect(facts.files.map(({ path }) => path)).toEqual(['var/lib/dpkg/status']);
    expect(ranges).not.toContain(undefined);
    expect(ranges.reduce<number>((sum, length) => sum + length!, 0)).toBeLessThan(20_000);
    const whole = new LayerReader({ cataloguers: defaultCataloguers, cache });
    expect((await whole.facts(lazyStore, layer)).facts.from).toBeUndefined();
  });

  test('that was read whole before is not read again', async () => {
    const cache = memoryCache();
    await new LayerReader({ cataloguers: defaultCataloguers, cache }).facts(lazyStore, layer);
    ranges = [];
    const lazy = new LayerReader({ cataloguers: defaultCataloguers, cache, lazy: true });
    expect((await lazy.facts(lazyStore, layer)).origin).toBe('cache');
    expect(ranges).toEqual([]);
  });
});
