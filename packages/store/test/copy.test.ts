import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import {
  type ConformanceKind,
  conformanceImages,
  makeImage,
  makeIndex,
  rawLayer,
  type TestImage,
} from '@lading/testkit';
import { copy, createLedger, memoryStore, publish, transfer } from '../src/index.ts';
import { type Repository, startHost } from './doubles/host.ts';
import { fill, missing } from './doubles/images.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const shared = rawLayer('shared by all', layerType);
/** Three platforms, seven unique blobs: three configs, a layer each, and one that all share. */
const image = makeIndex(
  ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) =>
    makeImage({ platform, layers: [shared, rawLayer(`only ${platform}`, layerType)] }),
  ),
);

async function twoHosts(
  content: TestImage = image,
): Promise<{ source: Repository; destination: Repository }> {
  const source = startHost('a').repository('x');
  await fill(source.inner, content, 'v1');
  return { source, destination: startHost('b').repository('y') };
}

describe('case 35: every kind of content is copied byte for byte', () => {
  test.each([...conformanceImages().keys()])('%s', async (kind: ConformanceKind) => {
    const content = conformanceImages().get(kind)!;
    const source = memoryStore('source');
    const destination = memoryStore('destination');
    await fill(source, content, 'v1');
    const options = { referrers: true, sparse: kind === 'sparse' };
    const result = await copy(source, 'v1', destination, 'copied', options);
    expect(result).toMatchObject({ digest: content.descriptor.digest, changed: true });
    expect((await destination.resolve('copied')).digest).toBe(content.descriptor.digest);
    expect(await missing(destination, content)).toEqual([]);
    const again = await copy(source, 'v1', destination, 'copied', options);
    expect(again).toMatchObject({ changed: false, bytesMoved: 0 });
  });

  test('white space, key order, unknown fields and duplicate keys of a manifest', async () => {
    const plain = makeImage();
    const root = plain.manifests[0]!;
    const text = Buffer.from(root.bytes).toString();
    const odd = Buffer.from(` \n${text.slice(0, -1)}, "org.example":\t[1.0e3 ], "schemaVersion" :2}\r\n`);
    const source = memoryStore();
    const destination = memoryStore();
    await fill(source, plain, 'plain');
    const descriptor = { ...root.descriptor, digest: digestOf(odd), size: odd.byteLength };
    await source.publish(descriptor, odd, 'v1');
    expect(await copy(source, 'v1', destination, 'v1')).toMatchObject({ digest: descriptor.digest });
    expect(Buffer.from((await destination.load!('v1')).bytes)).toEqual(odd);
  });
});

describe('requests', () => {
  test('an index of three platforms and seven blobs moves to another registry in 32', async () => {
    const { source, destination } = await twoHosts();
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
    expect(result.bytesMoved).toBe(image.manifests.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  });

  test('a tag in the same repository takes a read and a write', async () => {
    const { source } = await twoHosts();
    await copy(source, 'v1', source, 'v2');
    expect(source.requests).toEqual(['GET v1', 'PUT v2']);
  });

  test('nothing to do takes one look at each side, and none at a source that is pinned', async () => {
    const { source, destination } = await twoHosts();
    await fill(destination.inner, image, 'v1');
    expect(await copy(source, 'v1', destination, 'v1')).toMatchObject({ changed: false });
    expect([source.requests, destination.requests]).toEqual([['HEAD v1'], ['HEAD v1']]);
    const { digest } = image.descriptor;
    expect(await copy(source, digest, destination, 'v1')).toMatchObject({ changed: false, digest });
    expect([source.requests, destination.requests]).toEqual([['HEAD v1'], ['HEAD v1', 'HEAD v1']]);
  });

  test('what the caller has just seen is not asked again', async () => {
    const { source, destination } = await twoHosts();
    await copy(source, image.descriptor.digest, destination, 'v1', { destinationHolds: null });
    expect(source.requests).toHaveLength(4 + 7);
    expect(destination.requests).toHaveLength(1 + 14 + 4);
    const destinationHolds = await destination.inner.resolve('v1');
    const before = destination.requests.length;
    await copy(source, image.descriptor.digest, destination, 'v1', { destinationHolds });
    expect(destination.requests).toHaveLength(before);
  });

  test('a repository that has something is asked for each piece, and gets what it misses', async () => {
    const { source, destination } = await twoHosts();
    const old = makeIndex([makeImage({ layers: [shared, rawLayer('old', layerType)] })]);
    await fill(destination.inner, old, 'v1');
    await copy(source, 'v1', destination, 'v1');
    expect(await missing(destination.inner, image)).toEqual([]);
    const sharedBlob = image.blobs
      .find(({ bytes }) => bytes === shared.bytes)!
      .descriptor.digest.slice(0, 15);
    expect(destination.requests.filter((request) => request.endsWith(sharedBlob))).toEqual([
      `HEAD ${sharedBlob}`,
    ]);
  });

  test('a second tag of what the destination has is one question and one write', async () => {
    const { source, destination } = await twoHosts();
    await fill(destination.inner, image, 'v1');
    await copy(source, 'v1', destination, 'v2');
    const root = image.descriptor.digest.slice(0, 15);
    expect(destination.requests).toEqual(['HEAD v2', 'GET tags/list', `HEAD ${root}`, 'PUT v2']);
    expect(source.requests).toEqual(['HEAD v1', `GET ${root}`]);
  });

  test('a second tag of what this run has brought is one read and one write', async () => {
    const { source, destination } = await twoHosts();
    const ledger = createLedger();
    await copy(source, 'v1', destination, 'v1', { ledger });
    const before = destination.requests.length;
    await copy(source, 'v1', destination, 'v2', { ledger });
    expect(destination.requests.slice(before)).toEqual(['HEAD v2', 'PUT v2']);
  });

  test('an empty repository is asked once in a run whether it is', async () => {
    const { source, destination } = await twoHosts();
    const ledger = createLedger();
    await Promise.all(['v1', 'v2', 'v3'].map((tag) => copy(source, 'v1', destination, tag, { ledger })));
    expect(destination.requests.filter((request) => request === 'GET tags/list')).toHaveLength(1);
    expect(destination.requests.filter((request) => request.startsWith('POST'))).toHaveLength(7);
  });

  test('without a hook before the tag, publishing costs no request of its own; with one it does', async () => {
    const { source, destination } = await twoHosts();
    const seen: string[][] = [];
    const beforeTag = async (): Promise<void> => void seen.push([...destination.requests]);
    await copy(source, 'v1', destination, 'v1', { hooks: { beforeTag } });
    const root = image.descriptor.digest.slice(0, 15);
    expect(seen[0]?.at(-1)).toBe(`PUT ${root}`);
    expect(destination.requests.slice(-2)).toEqual([`PUT ${root}`, 'PUT v1']);
  });
});

describe('transfer and publish', () => {
  test('are a copy in two steps: everything by digest, then the tag', async () => {
    const { source, destination } = await twoHosts();
    const transferred = await transfer(source, 'v1', destination);
    expect(transferred.digest).toBe(image.descriptor.digest);
    await expect(destination.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    expect(await missing(destination.inner, image)).toEqual([]);
    expect(await publish(destination, transferred, 'v1')).toEqual({ changed: true });
    expect((await destination.resolve('v1')).digest).toBe(image.descriptor.digest);
  });
});

describe('references', () => {
  test('case 3: tag@digest is pulled by digest, wherever the tag points', async () => {
    const { source, destination } = await twoHosts();
    await fill(source.inner, makeImage(), 'v1');
    const reference = `v1@${image.descriptor.digest}`;
    expect(await copy(source, reference, destination, 'v1')).toMatchObject({
      digest: image.descriptor.digest,
    });
    expect(source.requests).not.toContain('HEAD v1');
  });

  test('a digest as destination is stored without a tag, and must be what comes out', async () => {
    const { source, destination } = await twoHosts();
    const { digest } = image.descriptor;
    expect(await copy(source, 'v1', destination, digest)).toMatchObject({ digest, changed: true });
    expect(await copy(source, 'v1', destination, digest)).toMatchObject({ digest, changed: false });
    await fill(source.inner, makeImage(), 'other');
    const wrong = copy(source, 'other', startHost('c').repository('z'), digest);
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });
});
