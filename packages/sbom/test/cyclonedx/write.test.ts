import { describe, expect, test } from '@jest/globals';
import { toCycloneDx } from '../../src/index.ts';
import { debianImage, tool } from './boms.ts';
import { jsonProblems, versions, xmlProblems } from './schemas.ts';

describe('x', () => {
  test.each(versions)('JSON %s', async (version) => {
    const text = toCycloneDx(debianImage, { tool, version });
    expect(await jsonProblems(text, version)).toBeUndefined();
  });
  test.each(versions)('XML %s', async (version) => {
    const text = toCycloneDx(debianImage, { tool, version, format: 'xml' });
    expect(xmlProblems(text, version)).toBeUndefined();
    expect(xmlProblems(text.replace('<name>', '<nom>').replace('</name>', '</nom>'), version)).toBeDefined();
  });
});
