import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf, mediaTypes, parseManifest, successors, verifyContent } from '@lading/oci';
import {
  conformanceImages,
  fileLayer,
  foreignLayer,
  makeArtifact,
  makeDistribution,
  makeImage,
  makeIndex,
  makeReferrer,
  randomLayer,
  type TestImage,
  tarOf,
  withReferrers,
} from '../../src/index.ts';

function rootOf(image: TestImage) {
  const root = image.manifests.find(({ descriptor }) => descriptor.digest === image.descriptor.digest);
  return parseManifest(root?.bytes ?? Buffer.alloc(0), image.descriptor.mediaType);
}

describe('layers', () => {
  test('a layer is a tar archive that the system tar lists and unpacks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'testkit-'));
    try {
      const layer = fileLayer({
        '/etc/os-release': 'ID=test\n',
        'bin/sh': { content: 'x', mode: 0o755 },
        'bin/ash': { symlink: 'sh' },
        [`deep/${'folder/'.repeat(20)}${'n'.repeat(60)}`]: 'a name longer than 100 bytes',
      });
      writeFileSync(join(folder, 'layer.tgz'), layer.bytes);
      const listed = execFileSync('tar', ['-tzvf', 'layer.tgz'], { cwd: folder, encoding: 'utf8' });
      expect(listed).toContain('2026-01-01');
      expect(listed).toMatch(/-rwxr-xr-x 0\/0 +1 .* bin\/sh\n/);
      expect(listed).toContain('bin/ash -> sh');
      execFileSync('tar', ['-xzf', 'layer.tgz', '--no-same-owner'], { cwd: folder });
      expect(readFileSync(join(folder, 'etc/os-release'), 'utf8')).toBe('ID=test\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the diffID is the digest of the tar inside, and the same files give the same bytes', () => {
    const [one, two] = [fileLayer({ a: '1' }), fileLayer({ a: '1' })];
    expect(Buffer.compare(one.bytes, two.bytes)).toBe(0);
    expect(one.diffId).toBe(digestOf(gunzipSync(one.bytes)));
    expect(one.diffId).toBe(digestOf(tarOf({ a: '1' })));
  });

  test('a random layer does not compress, and another seed gives another layer', () => {
    expect(randomLayer(100_000, 1).bytes.byteLength).toBeGreaterThan(100_000);
    expect(randomLayer(10, 1).diffId).not.toBe(randomLayer(10, 2).diffId);
  });

  test('a path that no ustar header can hold is refused', () => {
    expect(() => tarOf({ ['n'.repeat(101)]: '' })).toThrow(RangeError);
  });
});

describe('images', () => {
  test('every image is complete: each descriptor is right, and what it names is there in push order', () => {
    for (const [kind, image] of conformanceImages()) {
      const held = new Set<string>();
      for (const { descriptor, bytes } of image.blobs) {
        verifyContent(descriptor, bytes);
        held.add(descriptor.digest);
      }
      const missing: Descriptor[] = [];
      for (const { descriptor, bytes } of image.manifests) {
        verifyContent(descriptor, bytes);
        missing.push(
          ...successors(parseManifest(bytes, descriptor.mediaType)).filter(({ digest }) => !held.has(digest)),
        );
        held.add(descriptor.digest);
      }
      expect([kind, held.has(image.descriptor.digest)]).toEqual([kind, true]);
      expect([kind, missing.length]).toEqual([
        kind,
        kind === 'sparse' || kind === 'non-distributable' ? 1 : 0,
      ]);
    }
  });

  test('the Docker format has the Docker media types throughout', () => {
    const image = rootOf(makeImage({ mediaTypes: 'docker' }));
    expect(image.mediaType).toBe(mediaTypes.dockerManifest);
    expect(successors(image).map(({ mediaType }) => mediaType)).toEqual([
      mediaTypes.dockerConfig,
      mediaTypes.dockerLayerGzip,
    ]);
    expect(rootOf(makeIndex([makeImage()], { mediaTypes: 'docker' })).mediaType).toBe(mediaTypes.dockerList);
  });

  test('an index lists the platforms of its children and holds shared blobs once', () => {
    const shared = fileLayer({ shared: 'base' });
    const children = ['linux/amd64', 'linux/arm64/v8'].map((platform) =>
      makeImage({ platform, layers: [shared, fileLayer({ platform })] }),
    );
    const image = makeIndex(children);
    expect(successors(rootOf(image)).map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
    ]);
    expect(image.blobs).toHaveLength(5);
    expect(image.manifests).toHaveLength(3);
  });

  test('a referrer names its subject and is pushed after it', () => {
    const subject = makeImage();
    const referrer = makeReferrer(subject, 'application/vnd.example.sbom');
    expect(rootOf(referrer).subject?.digest).toBe(subject.descriptor.digest);
    expect(referrer.descriptor.artifactType).toBe('application/vnd.example.sbom');
    const both = withReferrers(subject, referrer);
    expect(both.descriptor).toBe(subject.descriptor);
    expect(both.manifests.map(({ descriptor }) => descriptor.digest)).toEqual([
      subject.descriptor.digest,
      referrer.descriptor.digest,
    ]);
  });

  test('an artifact without content has the empty blob once', () => {
    const artifact = makeArtifact('application/vnd.example.nothing', { layers: [] });
    expect(artifact.blobs.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['{}']);
  });

  test('a foreign layer is listed with its addresses and not held', () => {
    const image = makeImage({ layers: [foreignLayer({ a: '1' }, ['https://layers.example.com/a'])] });
    expect(successors(rootOf(image))[1]?.urls).toEqual(['https://layers.example.com/a']);
    expect(image.blobs).toHaveLength(1);
  });

  test('fields can be added to a manifest, and taken out of it', () => {
    const text = Buffer.from(
      makeImage({ fields: { mediaType: undefined, 'org.example': 1 } }).manifests[0]?.bytes ?? '',
    ).toString();
    expect(text).toContain('"org.example":1');
    expect(JSON.parse(text)).not.toHaveProperty('mediaType');
  });

  test('sha512 images use sha512 throughout', () => {
    const image = makeImage({ algorithm: 'sha512' });
    const digests = [...image.blobs, ...image.manifests].map(({ descriptor }) => descriptor.digest);
    expect(digests.every((digest) => digest.startsWith('sha512:'))).toBe(true);
  });

  test('a distribution image has an os-release and packages for each platform', () => {
    const image = makeDistribution({ packages: { busybox: '1.36.1-r0' }, payload: 0 });
    expect(image.manifests).toHaveLength(3);
    const layers = image.blobs.filter(({ descriptor }) => descriptor.mediaType === mediaTypes.ociLayerGzip);
    const [amd64 = '', arm64 = ''] = layers.map(({ bytes }) => gunzipSync(bytes).toString());
    expect(amd64).toContain('P:busybox\nV:1.36.1-r0\nA:x86_64\n');
    expect(arm64).toContain('A:aarch64\n');
    expect(arm64).toContain('ID=lading-test-linux\n');
  });
});
