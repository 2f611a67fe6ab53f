import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Bom, spdxJson } from '../src/index.ts';
import { anyBom } from '../test/cyclonedx/any-bom.ts';
import { debianImage, tool } from '../test/cyclonedx/boms.ts';
import { schemaProblems } from '../test/spdx/rules.ts';
import { schemaIn } from './peers.ts';

/** The official schema of SPDX 2.3, which is data of the specification, as syft brings it along. */
const problems = schemaProblems(schemaIn('syft', 'schema/spdx-json/spdx-schema-2.3.json'));

function problemsOf(bom: Bom): unknown {
  return problems(JSON.parse([...spdxJson(bom, { tool })].join('')));
}

describe('SPDX 2.3', () => {
  test('sbom case 34: any BOM is sound by the official schema', () => {
    expect(problemsOf(debianImage)).toBeUndefined();
    fc.assert(
      fc.property(anyBom, (bom) => {
        expect(problemsOf(bom)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test('sbom case 34: the schema finds what is wrong', () => {
    const document = JSON.parse([...spdxJson(debianImage, { tool })].join('')) as Record<string, unknown>;
    expect(problems({ ...document, spdxVersion: undefined })).toBeDefined();
    expect(problems({ ...document, packages: [{}] })).toBeDefined();
  });
});
