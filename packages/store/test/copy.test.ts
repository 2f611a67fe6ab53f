import { describe, expect, test } from '@jest/globals';
import { type ConformanceKind, conformanceImages, makeImage, makeIndex, rawLayer } from '@lading/testkit';
import { copy, memoryStore } from '../src/index.ts';
import { startHost } from './doubles/host.ts';
import { fill, missing } from './doubles/images.ts';

describe('every kind of content is copied byte for byte', () => {
  test.each([...conformanceImages().keys()])('%s', async (kind: ConformanceKind) => {
    const image = conformanceImages().get(kind)!;
    const source = memoryStore('source');
    const destination = memoryStore('destination');
    await fill(source, image, 'v1');
    const result = await copy(source, 'v1', destination, 'copied', {
      referrers: true,
      sparse: kind === 'sparse',
    });
    expect(result).toMatchObject({ digest: image.descriptor.digest, changed: true });
    expect((await destination.resolve('copied')).digest).toBe(image.descriptor.digest);
    expect(await missing(destination, image)).toEqual([]);
    const again = await copy(source, 'v1', destination, 'copied', {
      referrers: true,
      sparse: kind === 'sparse',
    });
    expect(again).toMatchObject({ changed: false, bytesMoved: 0 });
  });
});

describe('requests', () => {
  /** Three platforms, seven unique blobs: three configs, a layer each, and one that all share. */
  const shared = rawLayer('shared by all', 'application/vnd.oci.image.layer.v1.tar');
  const image = makeIndex(
    ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) =>
      makeImage({ platform, layers: [shared, rawLayer(`only ${platform}`, shared.mediaType!)] }),
    ),
  );

  test('an index of three platforms and seven blobs moves to another registry in 32', async () => {
    const source = startHost('a').repository('x');
    const destination = startHost('b').repository('y');
    await fill(source.inner, image, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(await missing(destination.inner, image)).toEqual([]);
    expect(source.requests).toHaveLength(1 + 4 + 7);
    expect(destination.requests).toHaveLength(2 + 14 + 4);
  });

  test('the same at one registry takes 16, and no blob is sent', async () => {
    const host = startHost('a');
    await fill(host.repository('x').inner, image, 'v1');
    const result = await copy(host.repository('x'), 'v1', host.repository('y'), 'v1');
    expect(host.requests).toHaveLength(16);
    expect(result.bytesMounted).toBe(image.blobs.reduce((sum, blob) => sum + blob.descriptor.size, 0));
  });

  test('a tag in the same repository takes a read and a write', async () => {
    const repository = startHost('a').repository('x');
    await fill(repository.inner, image, 'v1');
    await copy(repository, 'v1', repository, 'v2');
    expect(repository.requests).toEqual(['GET v1', 'PUT v2']);
  });

  test('nothing to do takes one look at each side, and none at a source that is pinned', async () => {
    const source = startHost('a').repository('x');
    const destination = startHost('b').repository('y');
    await fill(source.inner, image, 'v1');
    await fill(destination.inner, image, 'v1');
    expect(await copy(source, 'v1', destination, 'v1')).toMatchObject({ changed: false });
    expect([source.requests, destination.requests]).toEqual([['HEAD v1'], ['HEAD v1']]);
    const { digest } = image.descriptor;
    expect(await copy(source, `v1@${digest}`, destination, 'v1')).toMatchObject({ changed: false, digest });
    expect([source.requests, destination.requests]).toEqual([['HEAD v1'], ['HEAD v1', 'HEAD v1']]);
  });
});
