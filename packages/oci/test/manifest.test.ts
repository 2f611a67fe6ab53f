import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bareMediaType,
  describeManifest,
  digestOf,
  type ImageIndex,
  type ImageManifest,
  isForeignLayerMediaType,
  isLadingError,
  type Manifest,
  manifestLimits,
  mediaTypes,
  parseManifest,
  successors,
} from '../src/index.ts';

const digest = digestOf(Buffer.from('content'));
const config = { mediaType: mediaTypes.ociConfig, digest, size: 7 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest, size: 7 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
const child = {
  mediaType: mediaTypes.ociManifest,
  digest,
  size: 7,
  platform: { os: 'linux', architecture: 'amd64' },
};
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [child] };

function parse(document: unknown, mediaType?: string): Manifest {
  return parseManifest(Buffer.from(JSON.stringify(document)), mediaType);
}

function refusal(why: string | RegExp): unknown {
  return expect.objectContaining({ code: 'ERR_LADING_MANIFEST', message: expect.stringMatching(why) });
}

describe('parseManifest', () => {
  test('reads images and indexes of OCI and of Docker', () => {
    expect(parse(image)).toMatchObject({
      kind: 'image',
      mediaType: mediaTypes.ociManifest,
      config,
      layers: [layer],
    });
    expect(parse(index)).toMatchObject({ kind: 'index', mediaType: mediaTypes.ociIndex, manifests: [child] });
    expect(parse({ ...image, mediaType: mediaTypes.dockerManifest })).toMatchObject({ kind: 'image' });
    expect(parse({ ...index, mediaType: mediaTypes.dockerList })).toMatchObject({ kind: 'index' });
  });

  test('case 35: keeps the bytes as they came', () => {
    const bytes = Buffer.from(
      ` {"schemaVersion":2,\n "config":${JSON.stringify(config)}, "x":1.0, "x":2 }\r\n`,
    );
    const manifest = parseManifest(bytes, mediaTypes.ociManifest);
    expect(manifest.bytes).toBe(bytes);
    expect(describeManifest(manifest)).toEqual({
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    });
    expect(describeManifest(manifest, 'sha512').digest).toBe(digestOf(bytes, 'sha512'));
  });

  test.each([
    ['parameters', `${mediaTypes.ociManifest}; charset=utf-8`],
    ['capitals', mediaTypes.ociManifest.toUpperCase()],
    ['application/json', 'application/json'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['nothing', undefined],
  ])('case 32: a transport that says %s is fine', (_, said) => {
    expect(parse(image, said).mediaType).toBe(mediaTypes.ociManifest);
  });

  test.each([
    [mediaTypes.ociIndex, image],
    [mediaTypes.dockerManifest, image],
    [mediaTypes.ociManifest, index],
  ])('case 32: %s that is something else is an error', (said, document) => {
    expect(() => parse(document, said)).toThrow(refusal('was served as'));
  });

  test('case 33: without a media type the transport decides, then the shape', () => {
    const { mediaType: _, ...bareImage } = image;
    const { mediaType: __, ...bareIndex } = index;
    expect(parse(bareImage, mediaTypes.dockerManifest).mediaType).toBe(mediaTypes.dockerManifest);
    expect(parse(bareImage).mediaType).toBe(mediaTypes.ociManifest);
    expect(parse({ ...bareImage, mediaType: '' }, 'application/json').mediaType).toBe(mediaTypes.ociManifest);
    expect(parse(bareIndex).mediaType).toBe(mediaTypes.ociIndex);
    expect(() => parse({ schemaVersion: 2 })).toThrow(refusal('neither "manifests" nor "config"'));
  });

  test.each([
    ['by its version', { schemaVersion: 1, name: 'x', fsLayers: [] }, undefined],
    ['by what the transport says', image, mediaTypes.dockerSchema1Signed],
  ])('case 38: Docker schema 1 is refused by name: %s', (_, document, said) => {
    expect(() => parse(document, said)).toThrow(refusal('schema 1'));
  });

  test('case 38: the artifact manifest that was given up is refused by name', () => {
    const mediaType = 'application/vnd.oci.artifact.manifest.v1+json';
    expect(() => parse({ schemaVersion: 2, mediaType, blobs: [] })).toThrow(
      refusal(/oci\.artifact\.manifest/),
    );
  });

  test('case 39: no layers, an empty list, null for one, and embedded data', () => {
    const embedded = { ...config, data: Buffer.from('content').toString('base64') };
    for (const layers of [undefined, [], null]) {
      const manifest = parse({ ...image, config: embedded, layers }) as ImageManifest;
      expect(manifest.layers).toEqual([]);
      expect(manifest.config.data).toBe(embedded.data);
    }
    expect(
      (parse({ ...index, manifests: null, mediaType: mediaTypes.ociIndex }) as ImageIndex).manifests,
    ).toEqual([]);
  });

  test('leaves out what Go programs write as null', () => {
    const nulls = { annotations: null, platform: null, urls: null, data: null, artifactType: null };
    const manifest = parse({
      ...image,
      config: { ...config, ...nulls },
      subject: null,
      annotations: null,
      artifactType: '',
    });
    expect((manifest as ImageManifest).config).toEqual(config);
    expect(Object.keys(manifest).sort()).toEqual(['bytes', 'config', 'kind', 'layers', 'mediaType']);
  });

  test('reads subject, artifact type and annotations', () => {
    const more = { subject: child, artifactType: 'application/vnd.example.thing', annotations: { a: 'b' } };
    expect(parse({ ...image, ...more })).toMatchObject(more);
    expect(parse({ ...index, ...more })).toMatchObject(more);
  });

  test.each([{}, { os: 'linux' }, { os: 1, architecture: 'amd64' }, 'linux/amd64'])(
    'takes a child whose platform says nothing for one without: %j',
    (platform) => {
      const [only] = (parse({ ...index, manifests: [{ ...child, platform }] }) as ImageIndex).manifests;
      expect(only).toEqual({ mediaType: child.mediaType, digest, size: 7 });
    },
  );

  test.each([
    ['text that is no JSON', Buffer.from('<html>'), 'it is not JSON'],
    ['nothing', Buffer.alloc(0), 'it is not JSON'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'it is not JSON'],
    ['a list', Buffer.from('[]'), 'it is not a JSON object'],
    ['null', Buffer.from('null'), 'it is not a JSON object'],
  ])('refuses %s', (_, bytes, why) => {
    expect(() => parseManifest(bytes)).toThrow(refusal(why));
  });

  test.each([
    [
      'a digest that is none',
      { ...image, config: { ...config, digest: 'sha256:abc' } },
      /config\.digest: is not a sha256/,
    ],
    ['a negative size', { ...image, layers: [{ ...layer, size: -1 }] }, /layers\.0\.size/],
    ['a size with a fraction', { ...image, layers: [{ ...layer, size: 1.5 }] }, /layers\.0\.size/],
    ['a size beyond counting', { ...image, layers: [{ ...layer, size: 2 ** 60 }] }, /layers\.0\.size/],
    [
      'a media type that is none',
      { ...image, layers: [{ ...layer, mediaType: 'text' }] },
      /layers\.0\.mediaType: is not a media type/,
    ],
    ['a header in a media type', { ...image, layers: [{ ...layer, mediaType: 'a/b\r\nX: y' }] }, /mediaType/],
    ['no config', { ...image, config: undefined }, /config/],
    ['another version', { ...image, schemaVersion: 3 }, /schemaVersion/],
    ['annotations that are no texts', { ...image, annotations: { a: 1 } }, /annotations\.a/],
  ])('refuses %s and says where', (_, document, why) => {
    expect(() => parse(document)).toThrow(refusal(why));
  });

  test.each([
    { ...index, config, layers: [layer] },
    { ...image, manifests: [child] },
  ])('refuses what can be read as an index and as an image', (document) => {
    expect(() => parse(document)).toThrow(refusal('an index and an image at once'));
  });

  test('case 40: bounds size and count', () => {
    const bytes = Buffer.alloc(manifestLimits.maxBytes + 1, ' ');
    expect(() => parseManifest(bytes)).toThrow(refusal('more than the limit'));
    const layers = Array.from({ length: manifestLimits.maxDescriptors + 1 }, () => layer);
    expect(() => parse({ ...image, layers })).toThrow(refusal('layers'));
    expect(() => parse({ ...image, layers: layers.slice(1) })).not.toThrow();
    expect(() => parseManifest(Buffer.from('['.repeat(1_000_000)))).toThrow(refusal('it is not JSON'));
  });

  test('any bytes are a manifest or ERR_LADING_MANIFEST', () => {
    const field = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
      '__proto__',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(2, config, [layer], [child], ...Object.values(mediaTypes)),
    );
    const document = fc
      .array(fc.tuple(field, value))
      .map((entries) => Buffer.from(JSON.stringify(Object.fromEntries(entries))));
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array(), document),
        fc.option(fc.constantFrom(...Object.values(mediaTypes))),
        (bytes, said) => {
          try {
            const manifest = parseManifest(bytes, said ?? undefined);
            for (const { size } of successors(manifest)) expect(Number.isSafeInteger(size)).toBe(true);
          } catch (error) {
            expect(isLadingError(error) && error.code).toBe('ERR_LADING_MANIFEST');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('successors are config and layers, or the children', () => {
  expect(successors(parse(image))).toEqual([config, layer]);
  expect(successors(parse(index))).toEqual([child]);
});

test.each([
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', true],
  [mediaTypes.dockerForeignLayerGzip, true],
  [mediaTypes.ociLayerGzip, false],
])('%s is a foreign layer: %s', (mediaType, expected) => {
  expect(isForeignLayerMediaType(mediaType)).toBe(expected);
});

test.each([
  ['Application/JSON; charset=utf-8', 'application/json'],
  [' text/plain ', 'text/plain'],
  ['', ''],
])('the bare media type of %j is %j', (contentType, expected) => {
  expect(bareMediaType(contentType)).toBe(expected);
});
