import { describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf, LadingError, mediaTypes } from '@lading/oci';
import { foreignLayer, makeImage, makeIndex, randomBytesOf, rawLayer, type TestImage } from '@lading/testkit';
import {
  bytesSource,
  type ContentStore,
  type CopyEvent,
  copy,
  createLedger,
  loadManifest,
  memoryStore,
  streamOf,
} from '../src/index.ts';
import { startHost } from './doubles/host.ts';
import { fill, missing } from './doubles/images.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';

function imageOf(...contents: readonly string[]): TestImage {
  return makeImage({ layers: contents.map((content) => rawLayer(content, layerType)) });
}

/** A store's index over children of any media type, put in with the children. */
async function fillIndex(
  store: ContentStore,
  manifests: readonly Descriptor[],
  tag: string,
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
  const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength };
  await store.publish(descriptor, bytes, tag);
  return descriptor;
}

describe('kinds of children and layers', () => {
  test('case 38: a child of an unknown media type is tried as a manifest, then as a blob', async () => {
    const source = memoryStore('source');
    const destination = memoryStore('destination');
    const image = makeImage();
    await fill(source, image, 'image');
    const cache = Buffer.from('a layer of a build cache');
    const blob = {
      mediaType: 'application/vnd.buildkit.cacheconfig.v0',
      digest: digestOf(cache),
      size: cache.length,
    };
    await source.push(blob, bytesSource(cache));
    const disguised = { ...image.descriptor, mediaType: 'application/vnd.example.unknown+json' };
    await fillIndex(source, [disguised, blob], 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(await destination.exists(blob)).toBe(true);
    expect(await missing(destination, image)).toEqual([]);
  });

  test('case 38: a Docker schema 1 child is refused by name', async () => {
    const source = memoryStore('source');
    const child = { mediaType: mediaTypes.dockerSchema1Signed, digest: digestOf(Buffer.from('1')), size: 1 };
    await fillIndex(source, [child], 'v1');
    await expect(copy(source, 'v1', memoryStore(), 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNSUPPORTED',
      origin: 'source',
      message: expect.stringContaining(mediaTypes.dockerSchema1Signed),
    });
  });

  test('case 39: foreign layers are left out with a notice, and copied from the source when asked for', async () => {
    const foreign = foreignLayer({ 'etc/foreign': 'elsewhere' }, ['https://layers.example.com/1']);
    const image = makeImage({ layers: [foreign] });
    const layer = JSON.parse(Buffer.from(image.manifests[0]!.bytes).toString()).layers[0] as Descriptor;
    const source = memoryStore('source');
    await fill(source, image, 'v1');
    const without = memoryStore('without');
    const events: CopyEvent[] = [];
    await copy(source, 'v1', without, 'v1', { onEvent: (event) => events.push(event) });
    expect(await without.exists(layer)).toBe(false);
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'foreign-layer' }));
    expect(events).toContainEqual({ type: 'blob:done', descriptor: layer, outcome: 'skipped' });

    const asked = copy(source, 'v1', memoryStore(), 'v1', { foreignLayers: true });
    await expect(asked).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND', origin: 'source' });
    await source.push(layer, bytesSource(foreign.bytes));
    const destination = memoryStore();
    await copy(source, 'v1', destination, 'v1', { foreignLayers: true });
    expect(await destination.exists(layer)).toBe(true);
  });

  test('case 39: embedded content is used when it is right, and fetched when it is not', async () => {
    const source = startHost('a').repository('x');
    const destination = memoryStore();
    const image = makeImage({ embedData: true });
    await fill(source.inner, image, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(source.requests).toEqual(['HEAD v1', `GET ${image.descriptor.digest.slice(0, 15)}`]);

    const { config } = JSON.parse(Buffer.from(image.manifests[0]!.bytes).toString()) as {
      config: Descriptor;
    };
    const lying = makeImage({
      fields: { config: { ...config, data: Buffer.from('{"a":"lie"}').toString('base64') } },
    });
    await fill(source.inner, image, 'v2');
    await fill(source.inner, lying, 'v2');
    const other = memoryStore();
    await copy(source, 'v2', other, 'v2');
    expect(await missing(other, lying)).toEqual([]);
    expect(source.requests).toContain(`GET ${config.digest.slice(0, 15)}`);
  });

  test('case 40: what is listed many times moves once, at any depth', async () => {
    const source = startHost('a').repository('x');
    const destination = startHost('b').repository('y');
    const image = imageOf('same', 'same', 'other');
    const inner = makeIndex([image, image]);
    const outer = makeIndex([inner, image, inner]);
    await fill(source.inner, outer, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(await missing(destination.inner, outer)).toEqual([]);
    expect(new Set(source.requests).size).toBe(source.requests.length);
    expect(new Set(destination.requests).size).toBe(destination.requests.length);
  });

  test('case 40: an index of 1,200 children', async () => {
    const source = startHost('a').repository('x');
    const destination = memoryStore();
    const images = Array.from({ length: 1_200 }, (_, number) => imageOf('same', `only ${number}`));
    const index = makeIndex(images);
    await fill(source.inner, index, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(await missing(destination, index)).toEqual([]);
    expect(new Set(source.requests).size).toBe(source.requests.length);
  });

  test('case 40: indexes that are nested too deep are an error', async () => {
    const source = memoryStore('source');
    let index = makeIndex([makeImage()]);
    for (let depth = 0; depth < 9; depth++) index = makeIndex([index]);
    await fill(source, index, 'v1');
    const refused = copy(source, 'v1', memoryStore(), 'v1');
    await expect(refused).rejects.toMatchObject({ code: 'ERR_LADING_MANIFEST', origin: 'source' });
  });

  test('case 45: the empty blob and the empty object are content, which no request is needed for', async () => {
    const source = startHost('a').repository('x');
    const destination = memoryStore();
    const image = makeImage({
      layers: [rawLayer('', layerType)],
      fields: { config: { mediaType: mediaTypes.ociEmpty, digest: digestOf(Buffer.from('{}')), size: 2 } },
    });
    await source.inner.push(
      { mediaType: mediaTypes.ociEmpty, digest: digestOf(Buffer.from('{}')), size: 2 },
      bytesSource(Buffer.from('{}')),
    );
    await fill(source.inner, image, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(
      await destination.exists({ mediaType: layerType, digest: digestOf(Buffer.from('')), size: 0 }),
    ).toBe(true);
    expect(source.requests).toEqual(['HEAD v1', `GET ${image.descriptor.digest.slice(0, 15)}`]);
  });

  test('an artifact whose layer has the bytes and the media type of a manifest is copied as a blob', async () => {
    const source = memoryStore('source');
    const destination = memoryStore('destination');
    const inside = makeImage();
    const layer = rawLayer(inside.manifests[0]!.bytes, mediaTypes.ociManifest);
    const image = makeImage({ layers: [layer] });
    const blob = { ...inside.descriptor, mediaType: 'application/octet-stream' };
    await source.push(blob, bytesSource(layer.bytes));
    await fill(source, image, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(await destination.exists(blob)).toBe(true);
  });

  test('a child that the source does not have is an error that names it, or left out when asked', async () => {
    const source = memoryStore('source');
    const absent = makeImage({ platform: 'linux/s390x' });
    await fill(source, makeIndex([makeImage()], { missing: [absent] }), 'v1');
    await expect(copy(source, 'v1', memoryStore(), 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
      origin: 'source',
      descriptor: { digest: absent.descriptor.digest },
    });
    const events: CopyEvent[] = [];
    await copy(source, 'v1', memoryStore(), 'v1', { sparse: true, onEvent: (event) => events.push(event) });
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'missing-manifest' }));
  });
});

describe('order and consistency', () => {
  test('case 41: blobs before manifests, children before their index, the tag last', async () => {
    const destination = startHost('b').repository('y');
    const source = memoryStore();
    const index = makeIndex([imageOf('a'), imageOf('b')]);
    const outer = makeIndex([index, imageOf('c')]);
    await fill(source, outer, 'v1');
    await copy(source, 'v1', destination, 'v1', { concurrency: 8 });
    const position = ({ digest }: Descriptor): number =>
      destination.requests.indexOf(`PUT ${digest.slice(0, 15)}`);
    // The double refuses a manifest whose content is not there; so this is about the tag alone.
    expect(destination.requests.at(-1)).toBe('PUT v1');
    expect(position(outer.descriptor)).toBe(-1);
    expect(position(index.descriptor)).toBe(destination.requests.length - 2);
  });

  test('case 41: children that were collected at the destination are sent again', async () => {
    const destination = startHost('b').repository('y');
    const source = memoryStore();
    const index = makeIndex([imageOf('a'), imageOf('b')]);
    await fill(source, index, 'v1');
    await fill(destination.inner, imageOf('something'), 'old');
    for (const { descriptor } of index.manifests.slice(0, 2)) destination.lost.add(descriptor.digest);
    const events: CopyEvent[] = [];
    await copy(source, 'v1', destination, 'v1', { onEvent: (event) => events.push(event) });
    expect(await missing(destination.inner, index)).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'sent-again' }));
  });

  test('case 55: a blob that the destination says it has, and lost, is sent once more', async () => {
    const destination = startHost('b').repository('y');
    const source = memoryStore();
    const image = imageOf('a', 'b');
    await fill(source, image, 'v1');
    await fill(destination.inner, imageOf('something'), 'old');
    for (const { descriptor } of image.blobs) destination.lost.add(descriptor.digest);
    await copy(source, 'v1', destination, 'v1');
    expect(await missing(destination.inner, image)).toEqual([]);
    expect(destination.requests.filter((request) => request === 'PUT v1')).toHaveLength(2);
  });

  test('case 55: a destination that goes on missing it fails with its own error', async () => {
    const destination = startHost('b').repository('y');
    const codes = ['MANIFEST_BLOB_UNKNOWN'];
    const publish = async (): Promise<never> => {
      throw Object.assign(new LadingError('ERR_LADING_REGISTRY', 'no'), { codes });
    };
    const source = memoryStore();
    await fill(source, imageOf('a'), 'v1');
    const refused = copy(source, 'v1', { ...destination, publish }, 'v1');
    await expect(refused).rejects.toMatchObject({ code: 'ERR_LADING_REGISTRY', origin: 'destination' });
  });

  test('case 42: a tag that moves after it was resolved does not change what is copied', async () => {
    const inner = memoryStore('source');
    const [first, second] = [imageOf('first'), imageOf('second')];
    await fill(inner, first, 'v1');
    const source: ContentStore = {
      ...inner,
      async resolve(reference, options) {
        const found = await inner.resolve(reference, options);
        await fill(inner, second, 'v1');
        return found;
      },
    };
    const destination = memoryStore();
    const result = await copy(source, 'v1', destination, 'v1');
    expect(result.digest).toBe(first.descriptor.digest);
    expect(await missing(destination, first)).toEqual([]);
    expect((await destination.resolve('v1')).digest).toBe(first.descriptor.digest);
  });

  test.each([
    ['the same digest is fine', true],
    ['another digest is an error of its own', false],
  ])('case 43: an immutable tag: %s', async (_, same) => {
    const inner = memoryStore('destination');
    const [image, other] = [imageOf('new'), imageOf('old')];
    const source = memoryStore();
    await fill(source, image, 'v1');
    await fill(inner, same ? image : other, 'v1');
    const publish = async (): Promise<never> => {
      throw new LadingError('ERR_LADING_IMMUTABLE_TAG', 'v1 may not be moved');
    };
    // Someone else set the tag after it was looked at.
    const copied = copy(source, 'v1', { ...inner, publish }, 'v1', { destinationHolds: null });
    if (same)
      await expect(copied).resolves.toMatchObject({ changed: false, digest: image.descriptor.digest });
    else
      await expect(copied).rejects.toMatchObject({ code: 'ERR_LADING_IMMUTABLE_TAG', origin: 'destination' });
  });

  test('case 56: sha512 content is verified and stored as such', async () => {
    const source = memoryStore();
    const destination = memoryStore();
    const image = makeIndex([makeImage({ algorithm: 'sha512' })], { algorithm: 'sha512' });
    await fill(source, image, 'v1');
    const { digest } = await copy(source, 'v1', destination, 'v1');
    expect(digest).toMatch(/^sha512:/);
    expect(await missing(destination, image)).toEqual([]);
  });
});

describe('copies that share a ledger', () => {
  const base = randomBytesOf(100_000, 'base');
  const images = ['one', 'two', 'three'].map((name) =>
    makeImage({ layers: [rawLayer(base, layerType), rawLayer(name, layerType)] }),
  );

  test('case 57: a blob that many want at once is downloaded once, sent once, and mounted for the others', async () => {
    const source = startHost('a').repository('x');
    const host = startHost('b');
    for (const [number, image] of images.entries()) await fill(source.inner, image, `v${number}`);
    const ledger = createLedger();
    const results = await Promise.all(
      images.map((_, number) => copy(source, `v${number}`, host.repository(`y${number}`), 'v1', { ledger })),
    );
    const digest = digestOf(base).slice(0, 15);
    expect(source.requests.filter((request) => request === `GET ${digest}`)).toHaveLength(1);
    expect(host.requests.filter((request) => request === `PUT ${digest}`)).toHaveLength(1);
    expect(host.requests.filter((request) => request === `POST ${digest}`)).toHaveLength(3);
    expect(results.reduce((sum, { bytesMounted }) => sum + bytesMounted, 0)).toBe(2 * base.byteLength);
    for (const [number, image] of images.entries()) {
      expect(await missing(host.repository(`y${number}`).inner, image)).toEqual([]);
    }
  });

  test('case 57: the failure of the first does not spoil the others', async () => {
    const source = startHost('a').repository('x');
    const host = startHost('b');
    for (const [number, image] of images.entries()) await fill(source.inner, image, `v${number}`);
    const full = new LadingError('ERR_LADING_REGISTRY', 'quota');
    const failing: ContentStore = {
      ...host.repository('failing'),
      async push(_, content) {
        await (await content.open()).cancel();
        throw full;
      },
    };
    const ledger = createLedger();
    const [failed, ...others] = await Promise.allSettled([
      copy(source, 'v0', failing, 'v1', { ledger }),
      copy(source, 'v1', host.repository('y1'), 'v1', { ledger }),
      copy(source, 'v2', host.repository('y2'), 'v1', { ledger }),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { origin: 'destination', cause: full } });
    expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(host.requests.filter((request) => request === `PUT ${digestOf(base).slice(0, 15)}`)).toHaveLength(
      1,
    );
  });

  test('two copies that each wait for the other, with one slot each, both end', async () => {
    const source = startHost('a').repository('x');
    const host = startHost('b');
    const [a, b] = [imageOf('1', '22', '333', '4444'), imageOf('4444', '333', '22', '1')];
    await fill(source.inner, a, 'a');
    await fill(source.inner, b, 'b');
    const options = { ledger: createLedger(), concurrency: 1 };
    await Promise.all([
      copy(source, 'a', host.repository('a'), 'v1', options),
      copy(source, 'b', host.repository('b'), 'v1', options),
    ]);
    expect(await missing(host.repository('a').inner, a)).toEqual([]);
    expect(await missing(host.repository('b').inner, b)).toEqual([]);
  });
});

describe('limits', () => {
  test.each([1, 2, 4])(
    'never more than %d blobs at once, and no deadlock in nested indexes',
    async (concurrency) => {
      const inner = memoryStore();
      let running = 0;
      let peak = 0;
      const destination: ContentStore = {
        ...inner,
        async push(expected, content, options) {
          if (expected.mediaType.includes('manifest') || expected.mediaType.includes('index')) {
            return inner.push(expected, content, options);
          }
          peak = Math.max(peak, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          const outcome = await inner.push(expected, content, options);
          running--;
          return outcome;
        },
      };
      const source = memoryStore();
      const images = ['a', 'b', 'c', 'd'].map((name) => imageOf(`${name}1`, `${name}22`, `${name}333`));
      const index = makeIndex([makeIndex([makeIndex(images.slice(0, 2))]), makeIndex(images.slice(2))]);
      await fill(source, index, 'v1');
      await copy(source, 'v1', destination, 'v1', { concurrency });
      expect(peak).toBe(concurrency);
      expect(await missing(inner, index)).toEqual([]);
    },
  );

  test('the config goes first, then the largest layer', async () => {
    const destination = startHost('b').repository('y');
    const source = memoryStore();
    const image = imageOf('22', '333', '1');
    await fill(source, image, 'v1');
    const started: number[] = [];
    const onEvent = (event: CopyEvent): void => {
      if (event.type === 'blob:start') started.push(event.descriptor.size);
    };
    await copy(source, 'v1', destination, 'v1', { concurrency: 1, onEvent });
    expect(started).toEqual([image.blobs[0]!.descriptor.size, 3, 2, 1]);
  });
});

describe('events', () => {
  test('tell the work, the progress and the outcome of each blob and manifest, in bytes', async () => {
    const source = memoryStore();
    const image = makeIndex([imageOf('a', 'bb'), imageOf('a', 'ccc')]);
    await fill(source, image, 'v1');
    const events: CopyEvent[] = [];
    const { bytesMoved } = await copy(source, 'v1', memoryStore(), 'v1', {
      onEvent: (event) => events.push(event),
    });
    const sizes = [...image.blobs, ...image.manifests].map(({ bytes }) => bytes.byteLength);
    const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(bytesMoved).toBe(totalBytes);
    expect(events.findLast((event) => event.type === 'copy:planned')).toEqual({
      type: 'copy:planned',
      manifests: 3,
      blobs: image.blobs.length,
      totalBytes,
    });
    for (const { descriptor } of image.blobs) {
      const own = events.filter(
        (event) => 'descriptor' in event && event.descriptor.digest === descriptor.digest,
      );
      expect(own.map(({ type }) => type)).toEqual(['blob:start', 'blob:progress', 'blob:done']);
      expect(own).toContainEqual(expect.objectContaining({ sentBytes: descriptor.size }));
    }
    expect(events.filter((event) => event.type === 'manifest:done')).toHaveLength(3);
  });
});

describe('a source that lies', () => {
  const image = makeIndex([imageOf('content')]);
  const child = image.manifests[0]!;
  const layer = image.blobs[1]!;

  async function lyingAbout(target: Descriptor, bytes: Uint8Array): Promise<ContentStore> {
    const inner = memoryStore('liar');
    await fill(inner, image, 'v1');
    return {
      ...inner,
      fetch: async (wanted, options) =>
        wanted.digest === target.digest ? streamOf([bytes]) : inner.fetch(wanted, options),
    };
  }

  test.each([
    ['other bytes of a layer', layer.descriptor, Buffer.from('CONTENT')],
    ['a shorter layer', layer.descriptor, Buffer.from('conten')],
    ['a longer layer', layer.descriptor, Buffer.from('contents')],
    ['another manifest', child.descriptor, makeImage().manifests[0]!.bytes],
    ['a shorter manifest', child.descriptor, child.bytes.subarray(1)],
  ])('is caught before anything gets a name: %s', async (_, target, bytes) => {
    const destination = memoryStore('destination');
    const copied = copy(await lyingAbout(target, bytes), 'v1', destination, 'v1');
    await expect(copied).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    await expect(destination.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    expect(await destination.exists(target)).toBe(false);
  });

  test('is caught when a child is of another kind than its index says', async () => {
    const source = memoryStore('liar');
    await fill(source, image, 'image');
    await fillIndex(source, [{ ...child.descriptor, mediaType: mediaTypes.ociIndex }], 'v1');
    const destination = memoryStore();
    const copied = copy(source, 'v1', destination, 'v1');
    await expect(copied).rejects.toMatchObject({ code: 'ERR_LADING_MANIFEST', origin: 'source' });
    await expect(loadManifest(destination, 'v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });
});
