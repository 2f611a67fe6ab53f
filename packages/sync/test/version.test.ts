import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareVersions, parseTagVersion } from '../src/index.ts';

const sorted = (tags: readonly string[]): readonly string[] =>
  tags.toSorted((a, b) => compareVersions(parseTagVersion(a)!, parseTagVersion(b)!));

describe('versions in tags', () => {
  test.each([
    ['3.17.3', [3, 17, 3], '', ''],
    ['v1.2', [1, 2], '', ''],
    ['1', [1], '', ''],
    ['1.2-alpine', [1, 2], '', 'alpine'],
    ['1.25.0-rc1', [1, 25, 0], 'rc1', ''],
    ['2.0.0-beta.3', [2, 0, 0], 'beta.3', ''],
    ['v1.31.2-eks-7f9249a', [1, 31, 2], '', 'eks-7f9249a'],
    ['10.0.17763.5122', [10, 0, 17763, 5122], '', ''],
    ['3.17_git20231101', [3, 17], '', 'git20231101'],
  ])('%s is read', (tag, numbers, prerelease, variant) => {
    expect(parseTagVersion(tag)).toEqual({ numbers, prerelease, variant });
  });

  test.each(['latest', 'edge', '1.x', 'sha256-abc', 'v', '1..2', '99999999999999999999'])(
    '%s is none',
    (tag) => {
      expect(parseTagVersion(tag)).toBeUndefined();
    },
  );

  test('are ordered by number, prereleases before their release, variants before the plain build', () => {
    const order = [
      '1.2.0-rc2',
      '1.2.0-rc10',
      '1.2-alpine',
      '1.2',
      '1.2.0-alpine',
      '1.2.0',
      '1.10',
      '2',
      'v10',
    ];
    expect(sorted(order.toReversed())).toEqual(order);
  });

  test('have one order, whatever they look like', () => {
    const tag = fc.stringMatching(
      /^v?[0-9]{1,3}(\.[0-9]{1,3}){0,3}(-(rc[0-9]?|beta\.[0-9]|alpine|alpine3\.[0-9]))?$/,
    );
    fc.assert(
      fc.property(tag, tag, tag, (a, b, c) => {
        const [x, y, z] = [parseTagVersion(a)!, parseTagVersion(b)!, parseTagVersion(c)!];
        expect(Math.sign(compareVersions(x, y))).toBe(-Math.sign(compareVersions(y, x)) + 0);
        if (compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0) {
          expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
