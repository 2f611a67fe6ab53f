import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shard } from '../src/index.ts';

const entriesOf = (destinations: readonly string[]): { destination: string }[] =>
  destinations.map((destination) => ({ destination }));

test('every entry falls to one shard, in the order of the entries', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 9 }), (destinations, count) => {
      const entries = entriesOf(destinations);
      const parts = Array.from({ length: count }, (_, position) => shard(entries, position + 1, count));
      expect(new Set(parts.flat())).toEqual(new Set(entries));
      expect(parts.flat()).toHaveLength(entries.length);
      for (const part of parts) expect(part).toEqual(entries.filter((entry) => part.includes(entry)));
    }),
  );
});

test('an added entry moves no other', () => {
  const entries = entriesOf(Array.from({ length: 200 }, (_, number) => `ghcr.io/acme/image${number}:1`));
  const before = shard(entries, 2, 4);
  expect(
    shard([{ destination: 'ghcr.io/acme/new:1' }, ...entries], 2, 4).filter((entry) =>
      entries.includes(entry),
    ),
  ).toEqual(before);
  // Even enough: a machine that got nothing, or everything, would be of no use.
  expect(before.length).toBeGreaterThan(25);
  expect(before.length).toBeLessThan(85);
});

test.each([
  [0, 4],
  [5, 4],
  [1.5, 4],
  [1, 0],
])('there is no shard %d of %d', (index, count) => {
  expect(() => shard([], index, count)).toThrow(expect.objectContaining({ code: 'ERR_LADING_ENTRY' }));
});
