import { expect, test } from '@jest/globals';
import { count, formatBytes, formatDuration, shortDigest } from '../../src/render/quantities.ts';

test.each([
  [0, '0 B'],
  [842, '842 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_940, '99.9 kB'],
  [99_960, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [3_100_000, '3.1 MB'],
  [48_000_000, '48.0 MB'],
  [120_000_000, '120 MB'],
  [2_500_000_000_000_000, '2500 TB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0.0 s'],
  [440, '0.4 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [185_000, '3 min 05 s'],
])('%i ms are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test('counting words', () => {
  expect([count(1, 'platform'), count(2, 'platform'), count(0, 'entry', 'entries')]).toEqual([
    '1 platform',
    '2 platforms',
    '0 entries',
  ]);
});

test('a digest is shortened where it only has to be recognised', () => {
  expect(shortDigest(`sha256:99af91a7${'0'.repeat(56)}`)).toBe('sha256:99af91a7…');
  expect(shortDigest('sha256:99')).toBe('sha256:99');
});
