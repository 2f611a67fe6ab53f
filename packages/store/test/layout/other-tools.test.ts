import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Descriptor, digestHex, digestOf, referrersIndex, referrersTag } from '@lading/oci';
import {
  makeImage,
  makeIndex,
  makeReferrer,
  type TestImage,
  withReferrers,
  writeLayout,
} from '@lading/testkit';
import { type LocalStore, openLayout } from '../../src/index.ts';
import { collect, fill, missing } from '../doubles/images.ts';
import { temporaryFolder } from '../doubles/temporary.ts';

const refName = 'org.opencontainers.image.ref.name';
const imageName = 'io.containerd.image.name';
const image = makeImage();

/** A layout with the content of `content` and an index.json of these entries, as some tool leaves it. */
async function layoutOf(
  entries: readonly object[],
  content: TestImage = image,
  more: object = { schemaVersion: 2 },
): Promise<{ directory: string; store: LocalStore }> {
  const directory = await temporaryFolder();
  await writeLayout(directory, content, 'any');
  await writeFile(join(directory, 'index.json'), JSON.stringify({ ...more, manifests: entries }));
  return { directory, store: await openLayout(directory) };
}

function entry(annotations?: Record<string, string>, of: TestImage = image): Descriptor {
  const { mediaType, digest, size } = of.descriptor;
  return { mediaType, digest, size, ...(annotations && { annotations }) };
}

describe('layouts of other tools', () => {
  test.each([
    ['skopeo, regctl, oras: a tag', { [refName]: 'v1' }, ['v1'], 'v1'],
    [
      'regctl: a tag and when it was made',
      { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z', [refName]: 'v1' },
      ['v1'],
      'v1',
    ],
    [
      'skopeo: a whole reference',
      { [refName]: 'docker.io/library/alpine:v1' },
      ['v1'],
      'docker.io/library/alpine:v1',
    ],
    [
      'docker, buildx: a tag and a whole reference',
      { [imageName]: 'docker.io/library/alpine:v1', [refName]: 'v1' },
      ['v1'],
      'alpine:v1',
    ],
    [
      'containerd: a whole reference alone',
      { [imageName]: 'ghcr.io/acme/app:v1' },
      ['v1'],
      'ghcr.io/acme/app:v1',
    ],
    ['a name that is no tag', { [refName]: 'v1+build' }, [], 'v1+build'],
  ])('%s', async (_, annotations, tags, reference) => {
    const { store } = await layoutOf([entry(annotations)]);
    expect(await collect(store.tags())).toEqual(tags);
    for (const name of [...tags, reference]) {
      expect(await store.resolve(name)).toEqual(entry());
    }
    await expect(store.resolve('v2')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('skopeo, crane: a manifest without a tag is there by its digest', async () => {
    const { store } = await layoutOf([entry()]);
    expect(await collect(store.tags())).toEqual([]);
    expect(await store.resolve(image.descriptor.digest)).toEqual(entry());
    expect(await store.entries()).toEqual([entry()]);
  });

  test('oras: referrers and children stand beside the images', async () => {
    const index = makeIndex([image]);
    const referrer = makeReferrer(index, 'application/vnd.example.signature');
    const content = withReferrers(index, referrer);
    const { store } = await layoutOf(
      [entry({ [refName]: 'v1' }, index), entry(undefined, referrer), entry()],
      content,
    );
    const found = await collect(store.referrers(index.descriptor));
    expect(found.map(({ digest }) => digest)).toEqual([referrer.descriptor.digest]);
    expect(found[0]?.artifactType).toBe('application/vnd.example.signature');
  });

  test('regctl: referrers stand under the fallback tag', async () => {
    const referrer = makeReferrer(image, 'application/vnd.example.signature');
    const directory = await temporaryFolder();
    await writeLayout(directory, withReferrers(image, referrer), 'v1');
    const store = await openLayout(directory);
    const bytes = referrersIndex([referrer.descriptor]);
    const list = { mediaType: 'application/vnd.oci.image.index.v1+json', size: bytes.byteLength };
    await store.publish({ ...list, digest: digestOf(bytes) }, bytes, referrersTag(image.descriptor.digest));
    const found = await collect(store.referrers(image.descriptor));
    expect(found.map(({ digest }) => digest)).toEqual([referrer.descriptor.digest]);
  });

  test('what other tools wrote into index.json stays in it', async () => {
    const other = {
      ...entry({ 'org.example.note': 'mine' }),
      platform: { os: 'linux', architecture: 'amd64' },
      odd: [1],
    };
    const more = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      annotations: { a: 'b' },
    };
    const { directory, store } = await layoutOf(
      [{ ...other, annotations: { [refName]: 'theirs' } }],
      image,
      more,
    );
    await fill(store, makeImage({ platform: 'linux/arm64' }), 'ours');
    const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));
    expect(index).toMatchObject(more);
    expect(index.manifests[0]).toEqual({ ...other, annotations: { [refName]: 'theirs' } });
    expect(index.manifests).toHaveLength(2);
  });

  test('a tag replaces the entry of that name, however it was written', async () => {
    const { directory, store } = await layoutOf([
      entry({ [imageName]: 'docker.io/library/alpine:v1' }),
      entry(),
    ]);
    const next = makeImage({ platform: 'linux/arm64' });
    await fill(store, next, 'v1');
    const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));
    expect(index.manifests).toEqual([entry(), entry({ [refName]: 'v1' }, next)]);
  });

  test('two manifests of one name are an error that says how to tell them apart', async () => {
    const other = makeImage({ platform: 'linux/arm64' });
    const { store } = await layoutOf([entry({ [refName]: 'v1' }), entry({ [refName]: 'v1' }, other)]);
    await expect(store.resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_LAYOUT',
      hint: expect.stringContaining(other.descriptor.digest),
    });
  });

  test('a layout without the marker file is one by its index', async () => {
    const { directory } = await layoutOf([entry({ [refName]: 'v1' })]);
    await rm(join(directory, 'oci-layout'));
    const store = await openLayout(directory);
    expect(await missing(store, image)).toEqual([]);
  });
});

describe('what is no layout', () => {
  test.each([
    ['index.json', 'not json'],
    ['index.json', '{"manifests": 1}'],
    ['index.json', '{"manifests": [{"digest": "sha256:abc"}]}'],
    ['index.json', '{"manifests": [null]}'],
    ['oci-layout', 'not json'],
    ['oci-layout', '{"imageLayoutVersion": "2.0.0"}'],
    ['oci-layout', '{}'],
  ])('is ERR_LADING_LAYOUT: %s with %s', async (file, text) => {
    const { directory } = await layoutOf([entry({ [refName]: 'v1' })]);
    await writeFile(join(directory, file), text);
    const opened = openLayout(directory).then((store) => store.resolve('v1'));
    await expect(opened).rejects.toMatchObject({ code: 'ERR_LADING_LAYOUT' });
  });

  test('is not made one by opening it to read', async () => {
    const directory = join(await temporaryFolder(), 'nothing');
    for (const options of [{}, { create: true, readOnly: true }]) {
      await expect(openLayout(directory, options)).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    }
    await mkdir(directory);
    await expect(openLayout(directory)).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });
});

describe('a damaged layout', () => {
  test('content that was changed on disk is an error when it is read, and sent anew when its size is wrong', async () => {
    const { directory, store } = await layoutOf([entry({ [refName]: 'v1' })]);
    const layer = image.blobs[1]!;
    const path = join(directory, 'blobs/sha256', digestHex(layer.descriptor.digest));
    const changed = Buffer.from(layer.bytes);
    changed[0]! ^= 1;
    await writeFile(path, changed);
    const read = store.fetch(layer.descriptor).then((stream) => collect(stream));
    await expect(read).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    await writeFile(path, layer.bytes.subarray(1));
    expect(await store.exists(layer.descriptor)).toBe(false);
    await fill(store, image, 'v1');
    expect(await missing(store, image)).toEqual([]);
  });
});

describe('damaged layouts', () => {
  test('a child of an index with wrong bytes is said to be damaged, not absent', async () => {
    const index = makeIndex([image]);
    const { directory, store } = await layoutOf([entry(undefined, index)], index);
    const { digest } = image.descriptor;
    await writeFile(join(directory, 'blobs/sha256', digestHex(digest)), '{"schemaVersion":2}');
    await expect(store.resolve(digest)).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });

  test('an index.json without end is not read', async () => {
    const { directory, store } = await layoutOf([entry()]);
    await truncate(join(directory, 'index.json'), 100_000_000);
    await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LADING_LAYOUT' });
  });
});
