import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { childKey, rootKey } from '../../src/layer/path-key.ts';
import { kindAmong, type PathKind, PathTable } from '../../src/layer/path-table.ts';

describe('a table of paths', () => {
  test('holds what a map would hold, whatever is put in and taken out', () => {
    const step = fc.record({
      name: fc.nat(2000),
      kind: fc.constantFrom<PathKind | undefined>('folder', 'other', undefined),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6000, size: 'max' }), (steps) => {
        const table = new PathTable();
        const model = new Map<string, PathKind>();
        for (const { name, kind } of steps) {
          const key = childKey(rootKey, `${name}`, 0);
          expect(table.get(key)).toBe(model.get(key));
          if (kind === undefined) table.delete(key);
          else table.set(key, kind);
          if (kind === undefined) model.delete(key);
          else model.set(key, kind);
        }
        expect(table.size).toBe(model.size);
        const bytes = table.toBytes();
        expect(bytes.byteLength).toBe(8 * model.size);
        for (let name = 0; name <= 2000; name++) {
          const key = childKey(rootKey, `${name}`, 0);
          expect(kindAmong(bytes, key)).toBe(model.get(key));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('keys that begin alike are found as fast as others', () => {
    const table = new PathTable();
    // Half of each key is the same: one after the other, each would pass by all before it.
    const keys = Array.from(
      { length: 200_000 },
      (_, index) => `\0\0\0\x01${childKey(rootKey, `${index}`, 0).slice(4)}`,
    );
    for (const key of keys) table.set(key, 'other');
    expect(table.size).toBeGreaterThan(199_000);
    expect(keys.every((key) => table.get(key) === 'other')).toBe(true);
  });

  test('names that differ in lone surrogates or in their folder have other keys', () => {
    const keys = ['\udc80', '\udc81', '\ufffd', 'a'].map((name) => childKey(rootKey, name, 0));
    expect(new Set([...keys, childKey(keys[0]!, 'a', 0), childKey(rootKey, 'a', 1)]).size).toBe(6);
  });
});
