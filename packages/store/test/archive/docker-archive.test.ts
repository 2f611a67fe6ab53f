import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { digestHex, digestOf } from '@lading/oci';
import { makeArtifact, makeImage, makeIndex, tarOf } from '@lading/testkit';
import { pack } from 'tar-stream';
import {
  copy,
  loadManifest,
  memoryStore,
  openDockerArchive,
  openOciArchive,
  readAll,
} from '../../src/index.ts';
import { collect, fill, missing } from '../doubles/images.ts';
import { temporaryFolder } from '../doubles/temporary.ts';
import { storeContract } from '../store-contract.ts';

async function temporaryFile(): Promise<string> {
  return join(await temporaryFolder(), 'image.tar');
}

storeContract(
  'docker archive',
  async () => {
    const file = await temporaryFile();
    const store = await openDockerArchive(file, { create: true, repository: 'example/app' });
    return {
      store,
      reopen: async () => {
        await store.finish();
        return openDockerArchive(file, { readOnly: true });
      },
    };
  },
  { indexes: false, sharedTags: false },
);

/** An archive as docker before 25, podman or skopeo write it: no manifests, plain layers, links from old names. */
async function savedArchive(
  layers: readonly Uint8Array[],
  {
    repoTags = ['alpine:3.17'],
    diffIds,
  }: { repoTags?: readonly string[] | null; diffIds?: readonly string[] } = {},
): Promise<string> {
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: diffIds ?? layers.map((layer) => digestOf(layer)) },
    }),
  );
  const configName = `${digestHex(digestOf(config))}.json`;
  const archive = pack();
  for (const [index, layer] of layers.entries()) {
    archive.entry({ name: `layer-${index}.tar` }, layer);
    archive.entry({ name: `old-${index}/`, type: 'directory' });
    archive.entry({ name: `old-${index}/layer.tar`, type: 'symlink', linkname: `../layer-${index}.tar` });
  }
  archive.entry({ name: configName }, config);
  const Layers = layers.map((_, index) => `old-${index}/layer.tar`);
  archive.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: configName, RepoTags: repoTags, Layers }]),
  );
  archive.finalize();
  const file = await temporaryFile();
  await writeFile(file, archive as AsyncIterable<Uint8Array>);
  return file;
}

describe('an archive that docker has saved', () => {
  const layers = [Buffer.from(tarOf({ 'etc/a': 'a' })), Buffer.from(tarOf({ 'etc/b': 'b'.repeat(3_000) }))];

  test('is an image with its layers as they are, the same digest each time', async () => {
    const file = await savedArchive(layers);
    await using store = await openDockerArchive(file, { readOnly: true });
    const { descriptor, bytes } = await loadManifest(store, '3.17');
    const manifest = JSON.parse(Buffer.from(bytes).toString());
    expect(manifest.layers).toEqual(
      layers.map((layer) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: digestOf(layer),
        size: layer.byteLength,
      })),
    );
    const destination = memoryStore();
    await copy(store, '3.17', destination, 'v1');
    expect(await destination.exists(manifest.layers[1])).toBe(true);
    await using again = await openDockerArchive(await savedArchive(layers));
    expect(await again.resolve('3.17')).toEqual(descriptor);
  });

  test('is found by tag, short name and whole reference', async () => {
    const repoTags = ['alpine:3.17', 'docker.io/library/alpine:latest', 'localhost:5000/x/y:1'];
    await using store = await openDockerArchive(await savedArchive(layers, { repoTags }));
    expect(await collect(store.tags())).toEqual(['1', '3.17', 'latest']);
    const { digest } = await store.resolve('3.17');
    for (const name of [
      'alpine:3.17',
      'docker.io/library/alpine:3.17',
      'alpine:latest',
      'localhost:5000/x/y:1',
      digest,
    ]) {
      expect((await store.resolve(name)).digest).toBe(digest);
    }
    await expect(store.resolve('debian:3.17')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('without names is found by digest', async () => {
    await using store = await openDockerArchive(await savedArchive(layers, { repoTags: null }));
    const [entry, ...others] = await store.entries();
    expect(others).toEqual([]);
    expect(await store.resolve(entry!.digest)).toEqual(entry);
  });

  test('with a compressed layer has the digest of what is stored', async () => {
    const compressed = gzipSync(layers[0]!);
    const file = await savedArchive([compressed], { diffIds: [digestOf(layers[0]!)] });
    await using store = await openDockerArchive(file);
    const { bytes } = await loadManifest(store, '3.17');
    const [layer] = JSON.parse(Buffer.from(bytes).toString()).layers;
    expect(layer).toMatchObject({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: digestOf(compressed),
    });
    expect(Buffer.from(await readAll(await store.fetch(layer), 10_000))).toEqual(compressed);
  });

  test('whose layer is not what its config says cannot be read', async () => {
    const file = await savedArchive(layers, { diffIds: [digestOf(layers[0]!), digestOf(layers[0]!)] });
    await using store = await openDockerArchive(file);
    await expect(copy(store, '3.17', memoryStore(), 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
      origin: 'source',
    });
  });

  test.each([
    [
      'no layer that it lists',
      [{ Config: 'c.json', RepoTags: null, Layers: ['gone.tar'] }],
      `{"rootfs":{"diff_ids":["sha256:${'a'.repeat(64)}"]}}`,
    ],
    ['no config', [{ Config: 'gone.json', RepoTags: null, Layers: [] }], '{}'],
    ['a config of other layers', [{ Config: 'c.json', RepoTags: null, Layers: ['c.json'] }], '{}'],
    ['a config that is not JSON', [{ Config: 'c.json', RepoTags: null, Layers: [] }], 'no'],
    ['no list', { Config: 'c.json' }, '{}'],
    ['wrong names', [{ Config: 'c.json', RepoTags: [1], Layers: [] }], '{}'],
    ['a null', [null], '{}'],
  ])('with %s is ERR_LADING_LAYOUT', async (_, manifestJson, config) => {
    const file = await temporaryFile();
    await writeFile(file, tarOf({ 'manifest.json': JSON.stringify(manifestJson), 'c.json': config }));
    await expect(openDockerArchive(file)).rejects.toMatchObject({ code: 'ERR_LADING_LAYOUT' });
  });

  test('can be added to', async () => {
    const file = await savedArchive(layers);
    const image = makeImage();
    {
      await using store = await openDockerArchive(file);
      await fill(store, image, 'example/app:2');
    }
    await using store = await openDockerArchive(file);
    expect(await collect(store.tags())).toEqual(['2', '3.17']);
    await copy(store, 'alpine:3.17', memoryStore(), 'v1');
    expect(await missing(store, image)).toEqual([]);
  });
});

describe('an archive for docker', () => {
  const image = makeImage();

  async function manifestJson(file: string): Promise<unknown> {
    await using store = await openOciArchive(file);
    expect(store.name).toBe(`oci-archive:${file}`);
    const bytes = await readFile(file);
    const start = bytes.indexOf('[{"Config"');
    return JSON.parse(bytes.subarray(start, bytes.indexOf('\0', start)).toString());
  }

  test('lists what docker load needs, and keeps the digest', async () => {
    const file = await temporaryFile();
    {
      await using store = await openDockerArchive(file, { create: true });
      await fill(store, image, 'alpine:3.17');
      await fill(store, image, 'ghcr.io/acme/alpine:3');
    }
    const blob = (index: number): string =>
      `blobs/sha256/${digestHex(image.blobs[index]!.descriptor.digest)}`;
    expect(await manifestJson(file)).toEqual([
      {
        Config: blob(0),
        RepoTags: ['docker.io/library/alpine:3.17', 'ghcr.io/acme/alpine:3'],
        Layers: [blob(1)],
      },
    ]);
    await using store = await openDockerArchive(file);
    expect((await store.resolve('alpine:3.17')).digest).toBe(image.descriptor.digest);
  });

  test('gives tags the repository that it is told, or no name that docker would show', async () => {
    for (const [repository, names] of [
      ['ghcr.io/acme/app', ['ghcr.io/acme/app:v1']],
      [undefined, null],
    ] as const) {
      const file = await temporaryFile();
      {
        await using store = await openDockerArchive(file, { create: true, repository });
        await fill(store, image, 'v1');
      }
      expect(await manifestJson(file)).toMatchObject([{ RepoTags: names }]);
      await using store = await openDockerArchive(file);
      expect((await store.resolve('v1')).digest).toBe(image.descriptor.digest);
    }
  });

  test.each([
    ['an index', makeIndex([image])],
    ['an artifact', makeArtifact('application/vnd.example.thing')],
  ])('refuses %s and says what to do', async (_, content) => {
    const file = await temporaryFile();
    await using store = await openDockerArchive(file, { create: true });
    await expect(fill(store, content, 'v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNSUPPORTED',
      hint: expect.stringContaining('oci-archive'),
    });
  });
});
