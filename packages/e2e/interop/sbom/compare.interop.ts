import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { corpus } from '../../peers/peer.ts';
import { unexplained } from '../../peers/sbom/compare.ts';
import { compareImage } from '../../peers/sbom/compare-images.ts';
import { explanations } from '../../peers/sbom/explanations.ts';
import { samples } from '../../peers/sbom/samples.ts';
import { trivyCache } from '../../peers/sbom/trivy.ts';

const names = await samples();
const reasons = new Set<string>();
let cache = '';

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lading-compare-'));
  await trivyCache(cache);
});
afterAll(() => rm(cache, { recursive: true }));

test.each(names)(
  'in %s no package that syft or trivy finds is missing, and each one that only lading finds is explained',
  async (name) => {
    const comparison = await compareImage(name, corpus(name), cache);
    expect(unexplained(comparison)).toEqual([]);
    expect(comparison.both).toBeGreaterThan(0);
    for (const { reason } of [...comparison.theirs, ...comparison.ours]) reasons.add(reason ?? '');
  },
);

test('no explanation is left over from a difference that is gone', () => {
  expect(
    [...new Set(explanations.map(({ reason }) => reason))].filter((reason) => !reasons.has(reason)),
  ).toEqual([]);
});
