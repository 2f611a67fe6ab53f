import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { legibleInXml } from '../../src/cyclonedx/xml-text.ts';
import { parseCycloneDx, toCycloneDx } from '../../src/index.ts';
import { anyBom } from './any-bom.ts';
import { debianImage, tool } from './boms.ts';
import { expected } from './expected.ts';
import { jsonProblems, versions, xmlProblems } from './schemas.ts';

const wellFormed = (text: string): string => text.toWellFormed();

describe('CycloneDX written and read again', () => {
  test.each(versions)('sbom case 36: an image comes back whole from JSON %s', (version) => {
    const text = toCycloneDx(debianImage, { tool, version });
    expect(parseCycloneDx(text)).toEqual(expected(debianImage, wellFormed));
  });

  test.each(versions)('sbom case 36: an image comes back whole from XML %s', (version) => {
    const text = toCycloneDx(debianImage, { tool, version, format: 'xml' });
    expect(parseCycloneDx(text)).toEqual(expected(debianImage, wellFormed));
  });

  test('sbom case 36: from JSON to XML and back gives the same bytes', () => {
    const json = toCycloneDx(debianImage, { tool });
    const xml = toCycloneDx(parseCycloneDx(json), { tool, format: 'xml' });
    expect(toCycloneDx(parseCycloneDx(xml), { tool })).toBe(json);
  });

  test('sbom case 34: any BOM is sound by the JSON schemas and comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(anyBom, fc.constantFrom(...versions), async (bom, version) => {
        const text = toCycloneDx(bom, { tool, version });
        expect(await jsonProblems(text, version)).toBeUndefined();
        expect(parseCycloneDx(text)).toEqual(expected(bom, wellFormed));
      }),
      { numRuns: 150 },
    );
  });

  test('sbom case 34: any BOM is sound by the XML schemas and comes back as far as XML can say it', () => {
    fc.assert(
      fc.property(anyBom, fc.constantFrom(...versions), (bom, version) => {
        const text = toCycloneDx(bom, { tool, version, format: 'xml' });
        expect(xmlProblems(text, version)).toBeUndefined();
        expect(parseCycloneDx(text)).toEqual(expected(bom, legibleInXml));
      }),
      { numRuns: 150 },
    );
  });
});
