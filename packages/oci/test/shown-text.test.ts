import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeSteering, escapeSteeringInJson, printable } from '../src/index.ts';

/** ESC begins a sequence, so does U+009B; the marks show a text the other way round. */
const steering = ['\u007f', '\u009b', '\u2028', '\u202e', '\u2066', '\u2069'];

describe('words of others on a terminal', () => {
  test('become U+FFFD where they would steer it', () => {
    expect(printable(`a\u001b[2Jb${steering.join('')}c\n`)).toBe(`a\ufffd[2Jb${'\ufffd'.repeat(6)}c\ufffd`);
    expect(printable('Größe 日本 – “ok”')).toBe('Größe 日本 – “ok”');
  });

  test('in JSON are escaped, and are the same value', () => {
    expect(escapeSteeringInJson(JSON.stringify('\u009b2J'))).toBe('"\\u009b2J"');
    const words = fc.string({ unit: fc.oneof(fc.constantFrom(...steering), fc.string({ unit: 'binary' })) });
    fc.assert(
      fc.property(fc.jsonValue(), words, (value, text) => {
        const json = escapeSteeringInJson(JSON.stringify({ value, [text]: text }));
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, [text]: text })));
        expect(steering.filter((character) => json.includes(character))).toEqual([]);
      }),
    );
  });

  test('take the escape of any format', () => {
    expect(escapeSteering('a\u202eb', (code) => `&#x${code.toString(16)};`)).toBe('a&#x202e;b');
  });
});
