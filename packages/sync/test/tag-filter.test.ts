import { describe, expect, test } from '@jest/globals';
import { compileTagFilter, type TagFilter, type TagVerdict } from '../src/index.ts';

const tags = ['latest', '1.24', '1.25', '1.25-alpine', '1.26-rc1', '1.26', 'v2.0', 'nightly-20261101'];

function judge(filter: TagFilter, of: readonly string[] = tags): Record<string, TagVerdict> {
  return Object.fromEntries(compileTagFilter(filter).select(of, () => true));
}

function selected(filter: TagFilter, of: readonly string[] = tags): readonly string[] {
  return Object.entries(judge(filter, of)).flatMap(([tag, verdict]) => (verdict === 'selected' ? [tag] : []));
}

describe('a tag filter', () => {
  test('without conditions takes all tags', () => {
    expect(selected({})).toEqual(tags);
  });

  test('takes globs and regular expressions, one or several', () => {
    expect(selected({ include: '1.2?' })).toEqual(['1.24', '1.25', '1.26']);
    expect(selected({ include: ['1.25*', 'v*'], exclude: '*-alpine' })).toEqual(['1.25', 'v2.0']);
    expect(selected({ include: '/^v?\\d+\\.\\d+$/' })).toEqual(['1.24', '1.25', '1.26', 'v2.0']);
    expect(selected({ exclude: ['/alpine/', '/^nightly-/'] })).not.toContain('1.25-alpine');
  });

  test('takes version ranges of loose tags; prereleases only where the range names one', () => {
    expect(selected({ semver: '>=1.25 <2' })).toEqual(['1.25', '1.25-alpine', '1.26']);
    expect(selected({ semver: '>=1.26.0-rc0' })).toEqual(['1.26-rc1', '1.26', 'v2.0']);
  });

  test('takes the newest so many, among those that pass the other conditions', () => {
    expect(selected({ latest: 2 })).toEqual(['1.26', 'v2.0']);
    expect(selected({ semver: '1.x', exclude: '*-*', latest: 2 })).toEqual(['1.25', '1.26']);
    expect(selected({ latest: 100 })).toHaveLength(6);
  });

  test('tells of each tag why it is in or out', () => {
    expect(judge({ include: ['1.*', 'latest'], exclude: '*-rc*', semver: '>=1.25', latest: 1 })).toEqual({
      latest: 'no-version',
      '1.24': 'out-of-range',
      '1.25': 'not-among-latest',
      '1.25-alpine': 'not-among-latest',
      '1.26-rc1': 'excluded',
      '1.26': 'selected',
      'v2.0': 'not-included',
      'nightly-20261101': 'not-included',
    });
  });

  test('case 5: what is no tag by the specification is counted and left out', () => {
    const listed = ['1.0', '', 'sha256:0000', 'a b', `x${'y'.repeat(128)}`];
    expect(Object.values(judge({}, listed))).toEqual([
      'selected',
      'invalid',
      'invalid',
      'invalid',
      'invalid',
    ]);
  });

  test('takes the newest that are old enough, and lets newer ones wait', () => {
    const verdicts = compileTagFilter({ latest: 1 }).select(['1.0', '1.1', '1.2'], (tag) => tag !== '1.2');
    expect(Object.fromEntries(verdicts)).toEqual({
      '1.0': 'not-among-latest',
      '1.1': 'selected',
      '1.2': 'too-young',
    });
  });

  test.each([{ semver: 'newest' }, { include: '/(/' }])('%j cannot be read', (filter) => {
    expect(() => compileTagFilter(filter)).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_TAG_FILTER' }),
    );
  });
});
