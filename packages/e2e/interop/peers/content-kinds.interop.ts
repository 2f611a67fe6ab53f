import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  parseManifest,
  successors,
} from '@lading/oci';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { copy, openLayout } from '@lading/store';
import { conformanceImages, makeImage, pushImage, type TestContent, type TestImage } from '@lading/testkit';
import { crane, regctl, skopeoCopy, skopeoManifest } from '../../peers/clients.ts';
import { type Distribution, startDistribution } from '../../peers/distribution.ts';

const images = conformanceImages();
const repositoryOf = (kind: string): string => kind.replaceAll(' ', '-');

let folder = '';
let distribution: Distribution;
let server: RegistryServer;
let client: Registry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-kinds-'));
  distribution = await startDistribution({ lenient: true });
  server = await startRegistry({ directory: join(folder, 'registry'), sparse: true });
  client = openRegistry();
});
afterAll(async () => {
  await client.close();
  await server.close();
  await distribution[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Reads everything of an image by digest and compares it with what was made. */
async function expectSameBytes(
  image: TestImage,
  read: (digest: Digest, kind: 'manifest' | 'blob') => Promise<Uint8Array>,
): Promise<void> {
  for (const kind of ['manifest', 'blob'] as const) {
    for (const { descriptor, bytes } of image[`${kind}s`]) {
      const actual = await read(descriptor.digest, kind);
      expect([descriptor.digest, Buffer.compare(actual, bytes)]).toEqual([descriptor.digest, 0]);
    }
  }
}

describe.each([...images])('%s', (kind, image) => {
  const repository = repositoryOf(kind);
  const { digest } = image.descriptor;

  test('goes from distribution over lading serve into an OCI layout with the same bytes', async () => {
    // Distribution hashes every manifest with sha256 (see below), so sha512 begins at lading serve.
    const source = kind === 'sha512' ? server : distribution;
    await pushImage(source.url, repository, 'v1', image);
    const layout = join(folder, repository);

    const options = { referrers: true, sparse: kind === 'sparse' };
    const first = client.repository(`${source.host}/${repository}`);
    const second = client.repository(`${server.host}/mirror/${repository}`);
    expect((await copy(first, 'v1', second, 'v1', options)).digest).toBe(digest);
    const copied = await copy(second, 'v1', await openLayout(layout, { create: true }), 'v1', options);
    expect(copied.digest).toBe(digest);

    await expectSameBytes(image, (digest) =>
      readFile(join(layout, 'blobs', digestAlgorithm(digest), digestHex(digest))),
    );
    expect((await copy(first, 'v1', second, 'v1', options)).changed).toBe(false);
  });

  test.each([crane, regctl])('is read back by $name', async (peer) => {
    await expectSameBytes(image, (digest, kind) => peer[kind](server.host, `mirror/${repository}`, digest));
  });

  test('is read back by skopeo', async () => {
    for (const { descriptor, bytes } of image.manifests) {
      const actual = await skopeoManifest(server.host, `mirror/${repository}`, descriptor.digest);
      expect([descriptor.digest, Buffer.compare(actual, bytes)]).toEqual([descriptor.digest, 0]);
    }
    const refusal = skopeoRefusals[kind];
    const copied = skopeoCopy(server.host, `mirror/${repository}`, 'v1');
    if (refusal !== undefined) {
      await expect(copied).rejects.toThrow(refusal);
      return;
    }
    const files = await copied;
    for (const { descriptor, bytes } of blobsOf(image)) {
      const actual = files.get(digestHex(descriptor.digest));
      expect([descriptor.digest, actual && Buffer.compare(actual, bytes)]).toEqual([descriptor.digest, 0]);
    }
  });
});

/** The blobs that are reached from the root: not those of referrers, which skopeo leaves behind. */
function blobsOf(image: TestImage): readonly TestContent[] {
  const manifests = new Map(image.manifests.map((manifest) => [manifest.descriptor.digest, manifest]));
  const reached = new Set<Digest>();
  const visit = (target: Descriptor): void => {
    reached.add(target.digest);
    const manifest = manifests.get(target.digest);
    if (manifest) successors(parseManifest(manifest.bytes)).forEach(visit);
  };
  visit(image.descriptor);
  return image.blobs.filter(({ descriptor }) => reached.has(descriptor.digest));
}

/** What skopeo cannot copy from any registry, in its own words. It does read the manifests of all of these. */
const skopeoRefusals: Readonly<Record<string, RegExp>> = {
  'nested index': /Unexpectedly received a manifest list instead of a manifest for a single image/,
  'non-distributable': /Error fetching blob: invalid status code from registry 404/,
  sha512: /blob with digest sha512:\w+/,
  sparse: /manifest unknown/,
};

describe('what distribution does not take', () => {
  test('manifests by a sha512 digest: it hashes them with sha256', async () => {
    const pushed = pushImage(distribution.url, 'sha512', 'v1', makeImage({ algorithm: 'sha512' }));
    await expect(pushed).rejects.toThrow(/DIGEST_INVALID/);
  });

  test('sparse indexes and foreign layers, unless it is told to', async () => {
    await using strict = await startDistribution();
    for (const [kind, refusal] of [
      ['sparse', /MANIFEST_BLOB_UNKNOWN/],
      ['non-distributable', /invalid URL on layer/],
    ] as const) {
      await expect(pushImage(strict.url, repositoryOf(kind), 'v1', images.get(kind)!)).rejects.toThrow(
        refusal,
      );
    }
  });
});
