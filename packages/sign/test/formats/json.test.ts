import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBase64, parseJson, rawMember } from '../../src/formats/json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('signing case 5: JSON that readers could understand in two ways', () => {
  test.each([
    ['{"a":1,"a":2}', 'has "a" twice'],
    ['{"a":{"b":1,"\\u0062":2}}', 'has "b" twice'],
    ['{"x":[{"a":1},{"a":1,"c":{},"a":3}]}', 'has "a" twice'],
    ['[1]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['{"a":1', 'is not JSON'],
    ['', 'is not JSON'],
  ])('%s is refused', (text, why) => {
    expect(() => parseJson(bytes(text), 'it')).toThrow(`it ${why}`);
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(() => parseJson(Uint8Array.of(0x7b, 0xff, 0x7d), 'it')).toThrow('it is not JSON');
  });

  test('depth without end is refused, not followed', () => {
    expect(() => parseJson(bytes('{"a":'.repeat(200_000)), 'it')).toThrow('it is not JSON');
  });

  test('depth that would make who walks through it run out of stack is refused', () => {
    const nested = (depth: number) => bytes(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    expect(() => parseJson(nested(200_000), 'it')).toThrow('it is nested deeper than 500');
    expect(parseJson(nested(400), 'it')).toHaveProperty('a');
  });

  test('a text as long as the payload of a large attestation is read', () => {
    const long = 'A'.repeat(20_000_000);
    expect((parseJson(bytes(`{"payload":"${long}"}`), 'it').payload as string).length).toBe(long.length);
    const escaped = '\\n'.repeat(10_000_000);
    expect((parseJson(bytes(`{"payload":"${escaped}"}`), 'it').payload as string).length).toBe(10_000_000);
    expect(rawMember(`{"a":"${escaped}","predicate":{"b":1}}`, 'predicate')).toBe('{"b":1}');
  });

  test('a backslash before the end of a text does not hide what follows', () => {
    expect(() => parseJson(bytes('{"a":"\\\\","b":1,"b":2}'), 'it')).toThrow('it has "b" twice');
    const text = JSON.stringify({ a: '\\"', b: '",' });
    expect(parseJson(bytes(text), 'it')).toEqual({ a: '\\"', b: '",' });
  });

  test('the same key in different objects, or as a value, is fine', () => {
    expect(parseJson(bytes('{"a":{"a":"a"},"b":["a","a",{"a":1}],"c":"{\\"a\\":1,"}'), 'it')).toEqual({
      a: { a: 'a' },
      b: ['a', 'a', { a: 1 }],
      c: '{"a":1,',
    });
  });

  test('whatever JSON.stringify writes is read', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(bytes(text), 'it')).toEqual(JSON.parse(text));
      }),
    );
  });
});

test('base64 has one form for each content', () => {
  expect(fromBase64('aGk=', 'it').toString()).toBe('hi');
  for (const other of ['aGk', 'aGl=', 'aG k=', 'aGk=\n', 'aG-_', 7, null]) {
    expect(() => fromBase64(other, 'it')).toThrow('it is not');
  }
});

test('a member is given as it was written', () => {
  const text =
    '{"a":{"predicate":1}, "predicate" : {"n": 1.0, "big":12345678901234567890,"s":"}]"} ,"z":[1,2]}';
  expect(rawMember(text, 'predicate')).toBe('{"n": 1.0, "big":12345678901234567890,"s":"}]"}');
  expect(rawMember(text, 'z')).toBe('[1,2]');
  expect(rawMember('{"a":"predicate","predicate":"x"}', 'predicate')).toBe('"x"');
  expect(rawMember(text, 'none')).toBeUndefined();
});
