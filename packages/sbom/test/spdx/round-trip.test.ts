import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { statedDependencies } from '../../src/formats/stated-dependencies.ts';
import type { Bom } from '../../src/index.ts';
import { parseSpdx, spdxJson } from '../../src/index.ts';
import { anyBom } from '../cyclonedx/any-bom.ts';
import { debianImage, tool } from '../cyclonedx/boms.ts';
import { expected } from '../cyclonedx/expected.ts';
import { officialSchema, ruleProblems, schemaProblems } from './rules.ts';

const written = (bom: Bom): string => [...spdxJson(bom, { tool })].join('');
const readAgain = (bom: Bom): Bom => parseSpdx(JSON.parse(written(bom)));
const wanted = (bom: Bom): Bom => ({
  ...expected(bom, (text) => text.toWellFormed()),
  dependencies: statedDependencies(bom),
});

describe('SPDX written and read again', () => {
  test('sbom case 36: an image comes back whole', () => {
    expect(readAgain(debianImage)).toEqual(wanted(debianImage));
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

  const schema = officialSchema();
  const whenThere = schema === undefined ? test.skip : test;
  if (schema === undefined && process.env.LADING_REQUIRE_PEERS)
    throw new Error('the schema of SPDX 2.3 is not there');
  whenThere('sbom case 34: any BOM is sound by the official schema', () => {
    const problems = schemaProblems(schema!);
    expect(problems(JSON.parse(written(debianImage)))).toBeUndefined();
    fc.assert(
      fc.property(anyBom, (bom) => {
        expect(problems(JSON.parse(written(bom)))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});
