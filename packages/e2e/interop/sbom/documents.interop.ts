import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { corpus } from '../../peers/peer.ts';
import { compare, unexplained } from '../../peers/sbom/compare.ts';
import { platformOf } from '../../peers/sbom/compare-images.ts';
import { documentFile, type Format, formats } from '../../peers/sbom/documents.ts';
import type { FoundThing } from '../../peers/sbom/identity.ts';
import { ladingFinds } from '../../peers/sbom/lading.ts';
import { samples } from '../../peers/sbom/samples.ts';
import { syftConverts } from '../../peers/sbom/syft.ts';
import { trivyCache, trivyFinds, trivyReads } from '../../peers/sbom/trivy.ts';

let cache = '';

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lading-documents-'));
  await trivyCache(cache);
});
afterAll(() => rm(cache, { recursive: true }));

const identities = (found: readonly FoundThing[]): string[] =>
  [...new Set(found.map(({ identity }) => identity))].sort();

describe.each(await samples())('of %s', (name) => {
  let platform = '';
  let ours: Awaited<ReturnType<typeof ladingFinds>>;
  beforeAll(async () => {
    platform = await platformOf(corpus(name));
    ours = await ladingFinds(corpus(name), platform);
  });

  test.each(Object.keys(formats) as Format[])('syft reads all packages in %s', async (format) => {
    await using document = await documentFile(formats[format](ours.bom));
    expect(identities(await syftConverts(document.path))).toEqual(identities(ours.found));
  });

  test.each(['CycloneDX 1.6 as JSON', 'SPDX 2.3 as JSON'] as const)(
    'trivy finds in %s what it finds in the image, and all else that is of a kind it knows',
    async (format) => {
      await using document = await documentFile(formats[format](ours.bom));
      const read = await trivyReads(document.path, cache);
      expect(identities(read)).toEqual(
        identities(ours.found).filter((identity) => !/^(?:cpan|generic)\//.test(identity)),
      );
      const image = await trivyFinds(corpus(name), platform, cache);
      expect(
        unexplained(compare(name, { syft: [], trivy: image, lading: read })).filter(({ has }) =>
          has.includes('trivy'),
        ),
      ).toEqual([]);
    },
  );
});

test('trivy says that it does not read CycloneDX as XML', async () => {
  const [name = ''] = await samples();
  const { bom } = await ladingFinds(corpus(name), await platformOf(corpus(name)));
  await using document = await documentFile(formats['CycloneDX 1.6 as XML'](bom));
  await expect(trivyReads(document.path, cache)).rejects.toThrow(
    'cyclonedx-xml scanning is not yet supported',
  );
});
