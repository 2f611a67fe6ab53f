import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  annotateManifest,
  type Descriptor,
  digestOf,
  formatPlatform,
  type ImageIndex,
  mediaTypes,
  type Platform,
  parseManifest,
  parsePlatform,
  selectPlatforms,
  sourceDigestAnnotation,
  subsetIndex,
} from '../src/index.ts';

function child(platform: string, more: Partial<Descriptor> = {}): Descriptor {
  const digest = digestOf(Buffer.from(platform));
  return { mediaType: mediaTypes.ociManifest, digest, size: 7, platform: parsePlatform(platform), ...more };
}

function attestationOf(subject: Descriptor): Descriptor {
  return {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(Buffer.from(`attestation of ${subject.digest}`)),
    size: 7,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.digest': subject.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  };
}

function indexOf(manifests: readonly Descriptor[], more: object = {}): ImageIndex {
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, ...more };
  return parseManifest(Buffer.from(JSON.stringify(document))) as ImageIndex;
}

function platforms(...names: readonly string[]): readonly Platform[] {
  return names.map(parsePlatform);
}

const [amd64, arm64, arm7] = [child('linux/amd64'), child('linux/arm64/v8'), child('linux/arm/v7')];

describe('selectPlatforms', () => {
  test('keeps the children that match, in their order', () => {
    const index = indexOf([arm7, amd64, arm64]);
    expect(selectPlatforms(index, platforms('linux/arm64', 'linux/arm'))).toEqual([arm7, arm64]);
  });

  test("keeps buildkit's attestations of what is kept, and of nothing else", () => {
    const index = indexOf([amd64, arm64, attestationOf(amd64), attestationOf(arm64)]);
    expect(selectPlatforms(index, platforms('linux/amd64'))).toEqual([amd64, attestationOf(amd64)]);
  });

  test('says which platform is missing and what there is', () => {
    const index = indexOf([amd64, arm7, attestationOf(amd64), { ...amd64, platform: undefined } as never]);
    expect(() => selectPlatforms(index, platforms('linux/amd64', 'windows/amd64'))).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_PLATFORM',
        message: expect.stringContaining('windows/amd64'),
        hint: 'It has linux/amd64, linux/arm/v7.',
      }),
    );
    expect(() => selectPlatforms(indexOf([]), platforms('linux/amd64'))).toThrow(
      expect.objectContaining({ hint: 'Its index names no platforms.' }),
    );
  });
});

describe('subsetIndex', () => {
  test('keeps all that the index says beside its children', () => {
    const more = {
      artifactType: 'application/vnd.example.list',
      annotations: { z: '1', a: '2' },
      'org.example': { deep: [1] },
    };
    const index = indexOf([amd64, arm64], more);
    const { bytes, descriptor } = subsetIndex(index, { platforms: platforms('linux/arm64') });
    const document = JSON.parse(Buffer.from(bytes).toString());
    expect(document).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [arm64],
      ...more,
      annotations: { ...more.annotations, [sourceDigestAnnotation]: digestOf(index.bytes) },
    });
    expect(Object.keys(document)).toEqual(Object.keys(JSON.parse(Buffer.from(index.bytes).toString())));
    expect(descriptor).toEqual({
      mediaType: mediaTypes.ociIndex,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    });
  });

  test('keeps unknown fields of the children it keeps', () => {
    const odd = { ...arm64, 'org.example.odd': [1, { two: null }] };
    const { bytes } = subsetIndex(indexOf([amd64, odd]), { platforms: platforms('linux/arm64') });
    expect(JSON.parse(Buffer.from(bytes).toString()).manifests).toEqual([odd]);
  });

  test('tells two entries of one digest apart by their platforms', () => {
    const twin = { ...amd64, platform: parsePlatform('linux/386') };
    const { bytes } = subsetIndex(indexOf([amd64, twin]), { platforms: platforms('linux/386') });
    expect(JSON.parse(Buffer.from(bytes).toString()).manifests).toEqual([twin]);
  });

  test('is a pure function: the same input gives the same bytes, in whatever order options are named', () => {
    const index = indexOf([amd64, arm64, arm7]);
    const one = subsetIndex(index, {
      platforms: platforms('linux/amd64', 'linux/arm64'),
      annotations: { b: '2', a: '1' },
    });
    const two = subsetIndex(index, {
      platforms: platforms('linux/arm64', 'linux/amd64'),
      annotations: { a: '1', b: '2' },
    });
    expect(two.descriptor.digest).toBe(one.descriptor.digest);
  });

  test('gives a dense index with exactly the platforms asked for, whatever the index has', () => {
    const names = [
      'linux/amd64',
      'linux/arm64',
      'linux/arm/v6',
      'linux/arm/v7',
      'windows/amd64',
      'linux/s390x',
    ];
    const offered = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
    fc.assert(
      fc.property(offered, fc.nat(), (held, choice) => {
        const wanted = held.filter((_, position) => (choice >> position) % 2 === 0);
        fc.pre(wanted.length > 0);
        const index = indexOf(held.map((name) => child(name)));
        const { bytes, descriptor } = subsetIndex(index, { platforms: platforms(...wanted) });
        const subset = parseManifest(bytes, descriptor.mediaType) as ImageIndex;
        expect(subset.manifests.map(({ platform }) => formatPlatform(platform!))).toEqual(wanted);
        for (const kept of subset.manifests) expect(index.manifests).toContainEqual(kept);
      }),
    );
  });

  test('with annotations alone keeps every child', () => {
    const index = indexOf([amd64, arm64]);
    const { bytes } = subsetIndex(index, { annotations: { team: 'storage' } });
    const document = JSON.parse(Buffer.from(bytes).toString());
    expect(document.manifests).toEqual([amd64, arm64]);
    expect(document.annotations).toMatchObject({ team: 'storage' });
  });
});

test('annotateManifest adds to the annotations, wins over them, and changes nothing else', () => {
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf(Buffer.from('c')), size: 1 };
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [],
    annotations: { a: '1', b: '2' },
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const rewritten = annotateManifest({ bytes, mediaType: document.mediaType }, { b: '3', c: '4' });
  expect(JSON.parse(Buffer.from(rewritten.bytes).toString())).toEqual({
    ...document,
    annotations: { a: '1', b: '3', c: '4', [sourceDigestAnnotation]: digestOf(bytes) },
  });
  expect(rewritten.descriptor.digest).toBe(digestOf(rewritten.bytes));
});
