import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { statedDependencies } from '../../src/formats/stated-dependencies.ts';
import type { Bom } from '../../src/index.ts';
import { parseSpdx, readSbom, type SpdxOptions, spdxJson } from '../../src/index.ts';
import { anyBom } from '../cyclonedx/any-bom.ts';
import { debianImage, tool } from '../cyclonedx/boms.ts';
import { expected } from '../cyclonedx/expected.ts';
import { ruleProblems } from './rules.ts';

const written = (bom: Bom, version: SpdxOptions['version'] = '2.3'): string =>
  [...spdxJson(bom, { tool, version })].join('');
const wanted = (bom: Bom): Bom => ({
  ...expected(bom, (text) => text.toWellFormed()),
  dependencies: statedDependencies(bom),
});

describe('SPDX written and read again', () => {
  test.each(['2.3', '3.0.1'] as const)('sbom case 36: an image comes back whole from %s', (version) => {
    expect(readSbom(written(debianImage, version))).toEqual({
      format: 'spdx-json',
      version,
      bom: wanted(debianImage),
    });
  });

  test('sbom case 36: any BOM comes back from 3.0.1 as it was, and then is written in the same bytes', () => {
    fc.assert(
      fc.property(anyBom, (bom) => {
        const text = written(bom, '3.0.1');
        const read = parseSpdx(JSON.parse(text));
        expect(read).toEqual(wanted(bom));
        expect(written(read, '3.0.1')).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test('sbom case 36: any BOM keeps the rules of SPDX and comes back as it was, and then is written in the same bytes', () => {
    fc.assert(
      fc.property(anyBom, (bom) => {
        const text = written(bom);
        const document: unknown = JSON.parse(text);
        expect(ruleProblems(document)).toEqual([]);
        expect(parseSpdx(document)).toEqual(wanted(bom));
        expect(written(parseSpdx(document))).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});
