import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pageOf } from '../../src/http/pages.ts';

test('following the pages gives the whole list once, in order, whatever the sizes', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 50 }).map((list) => list.sort());
  fc.assert(
    fc.property(
      names,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (sorted, n, limit) => {
        const seen: string[] = [];
        for (let query: string | undefined = `n=${n}`; query !== undefined; ) {
          const page = pageOf(sorted, new URLSearchParams(query), limit);
          expect(page.entries.length).toBeLessThanOrEqual(Math.min(n, limit));
          seen.push(...page.entries);
          query = page.next;
        }
        expect(seen).toEqual(sorted);
      },
    ),
  );
});

test('a page goes on after an entry that has been deleted meanwhile', () => {
  expect(pageOf(['a', 'c'], new URLSearchParams('n=5&last=b'), 10)).toEqual({ entries: ['c'] });
});

test('no entries are asked for, none come, and there is no next page', () => {
  expect(pageOf(['a'], new URLSearchParams('n=0'), 10)).toEqual({ entries: [] });
});

test.each(['-1', 'x', '1e3', ''])('n=%p is refused', (n) => {
  expect(() => pageOf(['a'], new URLSearchParams({ n }), 10)).toThrow('n must be a number');
});
