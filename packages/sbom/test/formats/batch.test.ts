import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batched, each, jsonPieces } from '../../src/formats/batch.ts';

describe('jsonPieces', () => {
  test('is the JSON of the same object, with a member of its lists a line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.jsonValue()), (value, list) => {
        const text = [
          ...jsonPieces([
            ['a', value],
            ['none', undefined],
            ['b', each(list)],
            ['c', each([])],
          ]),
        ].join('');
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ a: value, b: list, c: [] })));
      }),
    );
    expect(
      [
        ...jsonPieces([
          ['a', 1],
          ['b', each([{ c: [] }, 'd'])],
        ]),
      ].join(''),
    ).toBe('{\n"a":1,\n"b":[\n{"c":[]},\n"d"\n]\n}\n');
    expect([...jsonPieces([])].join('')).toBe('{}\n');
  });

  test('sbom case 11: halves of surrogate pairs are replaced, and words that look like their escapes are not', () => {
    const text = [...jsonPieces([['a', ['\ud800', '\\ud800', '😀', '\udc00x']]])].join('');
    expect(JSON.parse(text)).toEqual({ a: ['\ufffd', '\\ud800', '😀', '\ufffdx'] });
  });
});

describe('jsonPieces on a terminal', () => {
  test('sbom case 11: what a terminal would act on is escaped, and reads as it was', () => {
    const hostile = 'a\u009b2J\u007f\u0085\u2028\u202e\u2066\\\u009d\u001b[31m';
    const text = [
      ...jsonPieces([
        ['a', hostile],
        ['b', each([{ [hostile]: '\ud800' }])],
      ]),
    ].join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
    expect(JSON.parse(text)).toEqual({ a: hostile, b: [{ [hostile]: '\ufffd' }] });
  });
});

describe('batched', () => {
  test('sbom case 37: makes few pieces of many, takes no more than it needs for the next one, and loses nothing', () => {
    let taken = 0;
    function* lines(): Generator<string> {
      for (let number = 0; number < 100_000; number++) {
        taken++;
        yield `${number}\n`;
      }
    }
    const pieces = batched(lines());
    const first = pieces.next().value!;
    expect(first.length).toBeGreaterThan(60_000);
    expect(first.length).toBeLessThan(70_000);
    expect(taken).toBe(first.split('\n').length - 1);
    const rest = [...pieces];
    expect(rest.length).toBeLessThan(12);
    expect(first + rest.join('')).toBe([...lines()].join(''));
  });
});
