import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseBoundedJson, textOfDocument } from '../../src/formats/document-text.ts';
import { sbomLimits } from '../../src/index.ts';

const limits = { maxBytes: 1000, maxDepth: 3, maxValues: 10, maxPackages: 10 };

describe('parseBoundedJson', () => {
  test('reads what JSON.parse reads, and refuses what it refuses', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string(), fc.string({ unit: fc.constantFrom(...'[]{}",\\:0a ') })),
        (text) => {
          let expected: unknown;
          let isJson = true;
          try {
            expected = JSON.parse(text);
          } catch {
            isJson = false;
          }
          if (isJson) expect(parseBoundedJson(text, sbomLimits)).toEqual(expected);
          else expect(() => parseBoundedJson(text, sbomLimits)).toThrow('not JSON');
        },
      ),
    );
  });

  test.each<[string, string, string | undefined]>([
    ['as deep as may be', '[[[1]]]', undefined],
    ['one deeper', '[[[{}]]]', 'more than 3 levels'],
    ['as many as may be', '[1,2,3,4,5,6,7,8,9,10]', undefined],
    ['one more', '[1,2,3,4,5,6,7,8,9,10,11]', 'more than 10 values'],
    [
      'brackets and commas in strings',
      JSON.stringify(['[[[[[[,,,,,,,,,,,,', '\\"[[[[[["', '\\\\']),
      undefined,
    ],
    ['a name that is like brackets', '{"[[[[[":{"{{{{{":1}}', undefined],
    ['behind an escaped backslash', '["\\\\",[[[1]]]]', 'more than 3 levels'],
  ])('counts %s', (_, text, problem) => {
    if (problem === undefined) expect(parseBoundedJson(text, limits)).toEqual(JSON.parse(text));
    else expect(() => parseBoundedJson(text, limits)).toThrow(problem);
  });
});

describe('textOfDocument', () => {
  test.each<[string, Uint8Array, string]>([
    ['UTF-8', Buffer.from('ä'), 'ä'],
    ['UTF-8 with a mark', Buffer.from('\uFEFFä'), 'ä'],
    ['UTF-16, little end first', Buffer.from('\uFEFFä', 'utf16le'), 'ä'],
    ['UTF-16, big end first', Buffer.from('\uFEFFä', 'utf16le').swap16(), 'ä'],
    ['nothing', Buffer.alloc(0), ''],
  ])('reads %s', (_, bytes, text) => {
    expect(textOfDocument(bytes, limits)).toBe(text);
  });

  test('refuses bytes that are no text, and more than the limit', () => {
    expect(() => textOfDocument(Uint8Array.of(0xc3), limits)).toThrow('not text in UTF-8');
    expect(() => textOfDocument('x'.repeat(1001), limits)).toThrow('larger than 1000 bytes');
    expect(textOfDocument('x'.repeat(1000), limits)).toHaveLength(1000);
  });
});
