import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf } from '@lading/oci';
import { type ContentStore, streamOf } from '@lading/store';
import {
  fileLayer,
  foreignLayer,
  makeArtifact,
  makeImage,
  makeIndex,
  rawLayer,
  type TestImage,
  type TestLayer,
} from '@lading/testkit';
import {
  type Bom,
  type CatalogueEvent,
  catalogue,
  catalogueAll,
  catalogueIndex,
  cycloneDxJson,
  defaultCataloguers,
  LayerReader,
  memoryCache,
} from '../../src/index.ts';
import { debian12, dpkgStatus, nodePackage, stored } from './stored.ts';

const status = 'var/lib/dpkg/status';
const tool = { name: 'lading', version: '0.0.0' };
const base = fileLayer({ 'etc/os-release': debian12, [status]: dpkgStatus('libc6', 'curl=8.0-1') });
const app = fileLayer({ 'srv/node_modules/left-pad/package.json': nodePackage('left-pad', '1.3.0') });

function ids({ packages }: Pick<Bom, 'packages'>): string[] {
  return packages.map(({ type, name, version }) => `${type}/${name}@${version}`);
}

async function catalogued(image: TestImage): Promise<Bom> {
  const { store } = await stored(image);
  return catalogue(store, image.descriptor.digest);
}

describe('an image', () => {
  test('says what is in it, and which layer brought it', async () => {
    const bom = await catalogued(makeImage({ layers: [base, app] }));
    expect(bom.os).toMatchObject({ id: 'debian', versionId: '12' });
    expect(ids(bom)).toEqual(['deb/curl@8.0-1', 'deb/libc6@1.0-1', 'npm/left-pad@1.3.0']);
    expect(bom.packages.map(({ evidence }) => evidence[0]?.layer)).toEqual([
      { index: 0, diffId: base.diffId },
      { index: 0, diffId: base.diffId },
      { index: 1, diffId: app.diffId },
    ]);
    expect(bom.subject).toMatchObject({
      name: 'registry.example/app',
      platform: { os: 'linux', architecture: 'amd64' },
      created: new Date('2026-01-01T00:00:00Z'),
      layers: [
        { diffId: base.diffId, createdBy: 'layer 1', size: base.bytes.byteLength },
        { diffId: app.diffId, createdBy: 'layer 2', size: app.bytes.byteLength },
      ],
    });
    expect(bom.notes).toEqual([]);
  });

  test('is asked for once: the config, each layer', async () => {
    const image = makeImage({ layers: [base, app] });
    const { store, fetched } = await stored(image);
    const events: CatalogueEvent[] = [];
    await catalogue(store, image.descriptor.digest, { onEvent: (event) => events.push(event) });
    expect(fetched).toHaveLength(3);
    expect(new Set(fetched).size).toBe(3);
    expect(events).toMatchObject([{ type: 'image:start' }, { origin: 'read' }, { origin: 'read' }]);
  });

  test('sbom case 18: scratch with nothing in it has a BOM without packages', async () => {
    const bom = await catalogued(makeImage({ layers: [] }));
    expect(bom).toMatchObject({ packages: [], dependencies: [], notes: [], subject: { layers: [] } });
    const { components, dependencies } = JSON.parse([...cycloneDxJson(bom, { tool })].join(''));
    expect(components).toEqual([]);
    expect(dependencies).toHaveLength(1);
  });

  test('sbom case 16: histories that do not fit say nothing; diffIDs that do not fit are no image', async () => {
    const told = async (config: Record<string, unknown>) =>
      (await catalogued(makeImage({ layers: [base, app], config }))).subject.layers.map(
        (one) => one.createdBy,
      );
    expect(
      await told({
        history: [
          { created_by: 'ADD' },
          { created_by: 'ENV A=1', empty_layer: true },
          { created_by: 'COPY' },
          { empty_layer: true },
        ],
      }),
    ).toEqual(['ADD', 'COPY']);
    expect(await told({ history: [{ created_by: 'ADD' }] })).toEqual([undefined, undefined]);
    expect(await told({ history: 'none' })).toEqual([undefined, undefined]);

    for (const diffIds of [[base.diffId], [base.diffId, app.diffId, app.diffId]]) {
      const image = makeImage({
        layers: [base, app],
        config: { rootfs: { type: 'layers', diff_ids: diffIds } },
      });
      await expect(catalogued(image)).rejects.toMatchObject({
        code: 'ERR_LADING_NOT_AN_IMAGE',
        message: expect.stringContaining(`${diffIds.length} layers`),
      });
    }
  });

  test('sbom case 16: more layers than can run are refused before any of them is read', async () => {
    const image = makeImage({ layers: Array.from({ length: 501 }, () => app) });
    const { store, fetched } = await stored(image);
    await expect(catalogue(store, image.descriptor.digest)).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
      message: expect.stringContaining('has 501 layers'),
    });
    expect(fetched).toHaveLength(1);
  });

  test.each<[string, unknown, Date | undefined]>([
    ['1970', '1970-01-01T00:00:00Z', new Date(0)],
    ['another time zone', '2024-02-03T04:05:06.789+02:00', new Date('2024-02-03T02:05:06.789Z')],
    ['the year 1, as Go writes none', '0001-01-01T00:00:00Z', undefined],
    ['what would be read in the time zone of this machine', '2024-02-03 04:05:06', undefined],
    ['a day that there is not', '2024-02-33T04:05:06Z', undefined],
    ['a year that documents cannot have', '9999-12-31T23:59:59-01:00', undefined],
    ['a number', 7, undefined],
  ])('sbom case 16: when it was made is %s', async (_, created, expected) => {
    const image = makeImage({ layers: [base], config: { created } });
    expect((await catalogued(image)).subject.created).toEqual(expected);
  });

  test('sbom case 16: a config with a name of megabytes has a platform without it', async () => {
    const image = makeImage({ layers: [base], config: { variant: 'v'.repeat(2 ** 20) } });
    expect((await catalogued(image)).subject.platform).toEqual({ os: 'linux', architecture: 'amd64' });
  });

  test('sbom case 16: 127 layers are put together in order', async () => {
    const layers = Array.from({ length: 127 }, (_, index) =>
      fileLayer({ [status]: dpkgStatus(...Array.from({ length: index + 1 }, (_, one) => `p${one}`)) }),
    );
    const bom = await catalogued(makeImage({ layers }));
    expect(bom.packages).toHaveLength(127);
    const layerOf = new Map(bom.packages.map(({ name, evidence }) => [name, evidence[0]?.layer?.index]));
    expect([layerOf.get('p0'), layerOf.get('p63'), layerOf.get('p126')]).toEqual([0, 63, 126]);
  });

  test.each([
    ['a chart', makeArtifact('application/vnd.cncf.helm.config.v1+json')],
    ['an artifact', makeArtifact('application/vnd.example')],
  ])('sbom case 17: %s is not an image', async (_, artifact) => {
    await expect(catalogued(artifact)).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_AN_IMAGE',
      hint: expect.any(String),
    });
  });

  test.each([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['broken diffIDs', '{"rootfs":{"diff_ids":["sha256:1"]}}'],
  ])('sbom case 17: a config that is %s is refused', async (_, config) => {
    const image = makeImage({ layers: [] });
    const bytes = Buffer.from(config);
    const { store } = await stored(image);
    const lying: ContentStore = {
      ...store,
      fetch: async (target, options) =>
        target.mediaType.includes('config') ? streamOf([bytes]) : store.fetch(target, options),
    };
    await expect(catalogue(lying, image.descriptor.digest)).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_AN_IMAGE',
    });
  });

  test('sbom case 20: a database that an upper layer takes away is told of, and all layers still list it', async () => {
    const image = makeImage({ layers: [base, fileLayer({ 'var/lib/.wh.dpkg': '' })] });
    const { store } = await stored(image);
    const bom = await catalogue(store, image.descriptor.digest);
    expect(bom.packages).toEqual([]);
    expect(bom.notes).toMatchObject([
      { code: 'database-removed', message: expect.stringContaining('layer 2') },
    ]);
    const all = await catalogue(store, image.descriptor.digest, { allLayers: true });
    expect(ids(all)).toEqual(['deb/curl@8.0-1', 'deb/libc6@1.0-1']);
    expect(all.packages.map(({ properties }) => properties?.['lading.removedInLayer'])).toEqual(['2', '2']);
  });

  test('of all layers says what was upgraded, too', async () => {
    const image = makeImage({
      layers: [base, app, fileLayer({ [status]: dpkgStatus('libc6', 'curl=8.1-1') })],
    });
    const { store } = await stored(image);
    const all = await catalogue(store, image.descriptor.digest, { allLayers: true });
    expect(
      all.packages
        .filter(({ name }) => name === 'curl')
        .map(({ version, properties }) => [version, properties?.['lading.removedInLayer']]),
    ).toEqual([
      ['8.1-1', undefined],
      ['8.0-1', '3'],
    ]);
  });

  test('sbom case 22: a second system in it has purls and a database of its own', async () => {
    const bom = await catalogued(
      makeImage({
        layers: [
          base,
          fileLayer({
            'opt/rootfs/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n',
            'opt/rootfs/lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\nA:x86_64\n\n',
          }),
        ],
      }),
    );
    expect(bom.os?.id).toBe('debian');
    const { components } = JSON.parse([...cycloneDxJson(bom, { tool })].join('')) as {
      components: { type: string; purl?: string }[];
    };
    expect(components.map(({ purl }) => purl)).toContain(
      'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1',
    );
    expect(components.filter(({ type }) => type === 'operating-system')).toHaveLength(1);
  });

  test('sbom case 32: what a system package brings of a language is related to it, and both stay', async () => {
    const files = {
      'etc/os-release': debian12,
      [status]: dpkgStatus('python3-yaml=6.0-3'),
      'var/lib/dpkg/info/python3-yaml.list':
        '/.\n/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info\n/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO\n',
      'usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO':
        'Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n',
    };
    const bom = await catalogued(makeImage({ layers: [fileLayer(files)] }));
    expect(ids(bom)).toEqual(['deb/python3-yaml@6.0-3', 'pypi/PyYAML@6.0']);
    const [deb, pypi] = bom.packages;
    expect(bom.dependencies).toEqual([{ from: deb!.id, to: pypi!.id }]);
  });

  test('sbom case 32: lists of files from before /usr was merged name the same files', async () => {
    const files = {
      'etc/os-release': debian12,
      lib: { symlink: 'usr/lib' },
      [status]: dpkgStatus('python3-x'),
      'var/lib/dpkg/info/python3-x.list': '/lib/python3/x.dist-info/METADATA\n',
      'usr/lib/python3/x.dist-info/METADATA': 'Metadata-Version: 2.1\nName: x\nVersion: 1\n',
    };
    const bom = await catalogued(makeImage({ layers: [fileLayer(files)] }));
    expect(bom.dependencies).toHaveLength(1);
  });

  test('of two layers of a kind that nobody reads has the rest, and says so', async () => {
    const strange = {
      ...rawLayer('x', 'application/vnd.oci.image.layer.v1.tar+encrypted'),
      diffId: base.diffId,
    };
    const bom = await catalogued(makeImage({ layers: [base, strange as TestLayer] }));
    expect(ids(bom)).toHaveLength(2);
    expect(bom.notes).toMatchObject([{ code: 'skipped', message: expect.stringContaining('layer 2') }]);
  });

  test('sbom case 15: a foreign layer that is not stored is left out, and told of', async () => {
    const foreign = foreignLayer({ 'windows/file': 'x' }, ['https://example.com/layer']);
    const bom = await catalogued(makeImage({ layers: [base, foreign] }));
    expect(ids(bom)).toHaveLength(2);
    expect(bom.notes).toMatchObject([{ code: 'skipped', message: expect.stringContaining('not stored') }]);
  });
});

describe('layers that are not what they should be', () => {
  test('sbom case 10: another layer than the config names is refused, and nothing is kept', async () => {
    const image = makeImage({
      layers: [base],
      config: { rootfs: { type: 'layers', diff_ids: [app.diffId] } },
    });
    const { store } = await stored(image);
    const cache = memoryCache();
    const puts: string[] = [];
    const watched = { ...cache, put: async (key: string) => void puts.push(key) };
    await expect(catalogue(store, image.descriptor.digest, { cache: watched })).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
    expect(puts).toEqual([]);
  });

  test('sbom case 10: a layer known from a right image is not believed of one that lies about it', async () => {
    const right = makeImage({ layers: [base] });
    const lying = makeImage({
      layers: [base],
      config: { rootfs: { type: 'layers', diff_ids: [app.diffId] } },
    });
    const { store } = await stored(right, lying);
    const cache = memoryCache();
    await catalogue(store, right.descriptor.digest, { cache });
    await expect(catalogue(store, lying.descriptor.digest, { cache })).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
  });

  test.each<[string, (bytes: Uint8Array) => ReadableStream<Uint8Array>]>([
    ['ends early', (bytes) => streamOf([bytes.subarray(0, bytes.byteLength - 20)])],
    [
      'breaks off',
      (bytes) => {
        let sent = false;
        return new ReadableStream({
          pull(controller) {
            if (sent) controller.error(new Error('connection reset'));
            else controller.enqueue(bytes.subarray(0, 100));
            sent = true;
          },
        });
      },
    ],
  ])('sbom case 10: a layer that %s fails the image, and nothing is kept', async (_, change) => {
    const image = makeImage({ layers: [base, app] });
    const { store } = await stored(image);
    const broken: ContentStore = {
      ...store,
      fetch: async (target, options) =>
        target.digest === image.blobs[1]!.descriptor.digest
          ? change(image.blobs[1]!.bytes)
          : store.fetch(target, options),
    };
    const reader = new LayerReader({ cataloguers: defaultCataloguers });
    await expect(catalogue(broken, image.descriptor.digest, { reader })).rejects.toThrow();
    // What failed is read anew, by the same reader.
    expect(ids(await catalogue(store, image.descriptor.digest, { reader }))).toHaveLength(3);
  });

  test('what cannot be read is told with its image and its place in it', async () => {
    const text = 'x'.repeat(1024);
    const broken = {
      ...rawLayer(text, 'application/vnd.oci.image.layer.v1.tar'),
      diffId: digestOf(Buffer.from(text)),
    };
    const image = makeImage({ layers: [base, broken, app] });
    await expect(catalogued(image)).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER',
      message: `registry.example/app@${image.descriptor.digest}, layer 2 of 3 (${image.blobs[2]!.descriptor.digest}): the layer is no tar archive`,
    });
  });

  test('the same layer twice in one image is read once, and must be the same one twice', async () => {
    const { store, fetched } = await stored(makeImage({ layers: [base, app, base] }));
    const twice = makeImage({ layers: [base, app, base] });
    const bom = await catalogue(store, twice.descriptor.digest);
    expect(bom.packages.map(({ name, evidence }) => [name, evidence[0]?.layer?.index])).toEqual([
      ['curl', 0],
      ['libc6', 0],
      ['left-pad', 1],
    ]);
    expect(fetched.filter((digest) => digest === twice.blobs[1]!.descriptor.digest)).toHaveLength(1);
    const lying = makeImage({
      layers: [base, base],
      config: { rootfs: { type: 'layers', diff_ids: [base.diffId, app.diffId] } },
    });
    await expect(catalogued(lying)).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });

  test('sbom case 8: layers that keep a lot together, each of them within its bound, are refused', async () => {
    const layers = Array.from({ length: 5 }, (_, index) =>
      fileLayer({ [status]: dpkgStatus(...Array.from({ length: 20 }, (_, one) => `p${index}-${one}`)) }),
    );
    const image = makeImage({ layers });
    const { store } = await stored(image);
    const one = await new LayerReader({ cataloguers: defaultCataloguers }).facts(
      store,
      { descriptor: image.blobs[1]!.descriptor, diffId: layers[0]!.diffId },
      {},
    );
    const within = { maxFactsSize: 6 * one.size };
    expect((await catalogue(store, image.descriptor.digest, { limits: within })).packages).toHaveLength(20);
    const limits = { maxFactsSize: 3 * one.size };
    await expect(catalogue(store, image.descriptor.digest, { limits })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
      message: expect.stringContaining('letters to keep'),
    });
  });

  test('an aborted signal ends it with its reason', async () => {
    const image = makeImage({ layers: [base] });
    const { store } = await stored(image);
    const hanging: ContentStore = {
      ...store,
      fetch: async (target, options) =>
        target.mediaType.includes('layer') ? new ReadableStream({}) : store.fetch(target, options),
    };
    const abort = new AbortController();
    const reason = new Error('enough');
    const running = catalogue(hanging, image.descriptor.digest, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
  });
});

describe('an index', () => {
  const arm = makeImage({ platform: 'linux/arm64/v8', layers: [base] });
  const amd = makeImage({ platform: 'linux/amd64', layers: [base, app] });
  const attestation = {
    ...makeArtifact('application/vnd.in-toto+json'),
    descriptor: {
      ...makeArtifact('application/vnd.in-toto+json').descriptor,
      platform: { os: 'unknown', architecture: 'unknown' },
    },
  };
  const index = makeIndex([amd, attestation, arm, amd]);

  test('sbom case 21: each platform has its BOM, and the index a thin one', async () => {
    const { store, fetched } = await stored(index);
    const { root, images } = await catalogueAll(store, index.descriptor.digest);
    expect(images.map(({ subject: { platform } }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
    ]);
    expect(images.map(({ packages }) => packages.length)).toEqual([3, 2]);
    expect(root).toMatchObject({
      subject: { descriptor: { digest: index.descriptor.digest } },
      packages: [],
      variants: [
        { descriptor: { digest: amd.descriptor.digest } },
        { descriptor: { digest: arm.descriptor.digest } },
      ],
    });
    // The base is in both, and read once.
    expect(fetched.filter((digest) => digest === amd.blobs[1]!.descriptor.digest)).toHaveLength(1);
    expect(await catalogueIndex(store, index.descriptor.digest)).toEqual(root);
  });

  test('sbom case 21: nested indexes, variants, and platforms that are not there', async () => {
    const arm6 = makeImage({ platform: 'linux/arm/v6', layers: [app] });
    const nested = makeIndex([makeIndex([arm6, arm]), amd]);
    const { store } = await stored(nested);
    const of = (platform: { os: string; architecture: string; variant?: string }) =>
      catalogue(store, nested.descriptor.digest, { platform });
    expect((await of({ os: 'linux', architecture: 'arm64' })).subject.descriptor.digest).toBe(
      arm.descriptor.digest,
    );
    expect((await of({ os: 'linux', architecture: 'arm', variant: 'v6' })).packages).toHaveLength(1);
    await expect(of({ os: 'linux', architecture: 's390x' })).rejects.toMatchObject({
      code: 'ERR_LADING_PLATFORM',
      hint: expect.stringContaining('linux/arm/v6'),
    });
    await expect(catalogue(store, nested.descriptor.digest)).rejects.toMatchObject({
      code: 'ERR_LADING_PLATFORM',
    });
  });

  test('with one image needs no platform, and artifacts in it are left out', async () => {
    const one = makeIndex([amd, makeArtifact('application/vnd.example')]);
    const { store } = await stored(one);
    expect((await catalogue(store, one.descriptor.digest)).packages).toHaveLength(3);
    expect((await catalogueAll(store, one.descriptor.digest)).images).toHaveLength(1);
  });

  test('with more images than anybody has is refused before they are read', async () => {
    const children = Array.from({ length: 1001 }, (_, place) => ({
      ...amd.descriptor,
      digest: digestOf(Buffer.from(String(place))),
    }));
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: index.descriptor.mediaType, manifests: children }),
    );
    const { store, fetched } = await stored();
    const { mediaType } = index.descriptor;
    await store.publish({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes, 'many');
    await expect(catalogueAll(store, 'many')).rejects.toMatchObject({
      code: 'ERR_LADING_MANIFEST',
      message: expect.stringContaining('more than 1000 images'),
    });
    expect(fetched).toEqual([]);
  });

  test('of nothing but artifacts is no image', async () => {
    const charts = makeIndex([makeArtifact('application/vnd.example')]);
    const { store } = await stored(charts);
    await expect(catalogueAll(store, charts.descriptor.digest)).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_AN_IMAGE',
    });
  });
});

describe('sbom case 35: the same image gives the same bytes', () => {
  const layers = [
    base,
    app,
    fileLayer({ 'srv/node_modules/b/package.json': nodePackage('b', '1.0.0') }),
    fileLayer({ 'usr/lib/python3/x.dist-info/METADATA': 'Metadata-Version: 2.1\nName: x\nVersion: 1\n' }),
  ];
  const image = makeImage({ layers });

  async function bytes(slow: (target: Descriptor) => number, options = {}): Promise<string> {
    const { store } = await stored(image);
    const late: ContentStore = {
      ...store,
      async fetch(target, fetchOptions) {
        await new Promise((resolve) => setTimeout(resolve, slow(target)));
        return store.fetch(target, fetchOptions);
      },
    };
    const bom = await catalogue(late, image.descriptor.digest, options);
    return [...cycloneDxJson(bom, { tool })].join('');
  }

  test('whichever layer comes first, whatever the cache has, by tag or digest', async () => {
    const first = await bytes(() => 0);
    expect(await bytes(({ size }) => size % 13)).toBe(first);
    expect(await bytes(({ size }) => 13 - (size % 13))).toBe(first);
    const cache = memoryCache();
    expect(await bytes(() => 0, { cache })).toBe(first);
    expect(await bytes(() => 0, { cache })).toBe(first);
    const { store } = await stored(image);
    await store.publish(image.manifests.at(-1)!.descriptor, image.manifests.at(-1)!.bytes, 'v1');
    await store.publish(image.manifests.at(-1)!.descriptor, image.manifests.at(-1)!.bytes, 'v2');
    for (const tag of ['v1', 'v2']) {
      expect([...cycloneDxJson(await catalogue(store, tag), { tool })].join('')).toBe(first);
    }
  });
});
