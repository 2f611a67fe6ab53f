import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PackageType } from '../../src/bom.ts';
import { compareVersions, orderOfVersions } from '../../src/diff/version-order.ts';

/** Each list from the oldest to the newest. */
const ordered: [PackageType, string[]][] = [
  // deb-version(7); `dpkg --compare-versions` agrees.
  [
    'deb',
    [
      '1.0~~',
      '1.0~~a',
      '1.0~',
      '1.0',
      '1.0-1',
      '1.0-1+deb12u1',
      '1.0-1.1',
      '1.0-2',
      '1.0-10',
      '1.0a',
      '1.0b',
      '1.0+b1',
      '1.2',
      '1.10',
      '1:0.1',
      '2:0',
    ],
  ],
  ['opkg', ['1.0-r1', '1.0-r2', '1.0-r10', '1.1']],
  // rpm-version(7).
  ['rpm', ['1.0~rc1-1', '1.0-1', '1.0^git1-1', '1.0.1-1']],
  ['rpm', ['5.1.8-6.el9', '5.1.8-6.el9_1', '5.1.8-10.el9', '5.2', '1:1.0-1', '10:0-1']],
  ['rpm', ['1.a', '1.b', '1.0', '1.0.a', '1.0.1', '1.1']],
  ['alpm', ['1.0-1', '1.0-2', '1.0.1-1', '1:0.5-1']],
  [
    'apk',
    [
      '1.2_alpha',
      '1.2_beta1',
      '1.2_beta2',
      '1.2_rc1',
      '1.2',
      '1.2-r1',
      '1.2-r10',
      '1.2_git20200101',
      '1.2_p1',
      '1.2a',
      '1.2.1',
      '1.10',
    ],
  ],
  // semver.org, 11.
  [
    'npm',
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
      '1.10.0',
      '10.0.0',
    ],
  ],
  [
    'golang',
    [
      'v0.0.0-20200101000000-aaaaaaaaaaaa',
      'v0.0.0-20210101000000-aaaaaaaaaaaa',
      'v0.0.1-0.20210101000000-bbbbbbbbbbbb',
      'v0.0.1',
      'v1.0.0+incompatible',
      'v2.0.0',
    ],
  ],
  ['cargo', ['0.9.9', '0.10.0-rc1', '0.10.0']],
  ['nuget', ['1.0.0', '1.0.0.1', '1.0.1-beta', '1.0.1']],
  // PEP 440, "Summary of permitted suffixes and relative ordering".
  [
    'pypi',
    [
      '1.0.dev456',
      '1.0a1',
      '1.0a2.dev456',
      '1.0a12.dev456',
      '1.0a12',
      '1.0b1.dev456',
      '1.0b2',
      '1.0b2.post345.dev456',
      '1.0b2.post345',
      '1.0rc1.dev456',
      '1.0rc1',
      '1.0',
      '1.0+abc.5',
      '1.0.post456.dev34',
      '1.0.post456',
      '1.1.dev1',
      '1!0.1',
    ],
  ],
  ['maven', ['1.0', '1.0.1', '1.10']],
  ['gem', ['1.9', '1.10']],
];

describe('orderOfVersions', () => {
  test.each(ordered)('%s: every version is older than all that follow: %j', (type, versions) => {
    for (const [index, version] of versions.entries()) {
      expect(orderOfVersions(type, version, version)).toBe(0);
      for (const later of versions.slice(index + 1)) {
        expect([version, later, orderOfVersions(type, version, later)]).toEqual([version, later, -1]);
        expect([later, version, orderOfVersions(type, later, version)]).toEqual([later, version, 1]);
      }
    }
  });

  test.each<[PackageType, string, string]>([
    ['deb', '1.0', '1.00'],
    ['deb', '0:1.0-1', '1.0-1'],
    ['npm', '1.0.0+one', '1.0.0+two'],
    ['pypi', '1.0', '1.0.0'],
    ['pypi', '1.0-ALPHA.1', '1.0a1'],
  ])('%s: %s and %s are one version in other words', (type, a, b) => {
    expect(orderOfVersions(type, a, b)).toBe(0);
  });

  test.each<[PackageType, string, string]>([
    ['maven', '1.0-jre', '1.0-android'],
    ['golang', '(devel)', 'v1.0.0'],
    ['npm', 'latest', '1.0.0'],
    ['binary', 'r1234', 'r1235'],
    ['deb', '1.0 or so', '1.0'],
    ['npm', '1.0.0', `1.0.0-${'1'.repeat(1000)}`],
  ])('%s: of %s and %.20s nobody tells which is newer', (type, a, b) => {
    expect(orderOfVersions(type, a, b)).toBeUndefined();
  });
});

const anyVersion = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc
    .array(fc.constantFrom('1', '0', '10', '.', '-', '~', '^', '+', ':', 'a', 'rc', '_p', 'v', 'dev', '!'), {
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
);
const anyType = fc.constantFrom<PackageType>('alpm', 'apk', 'deb', 'golang', 'maven', 'npm', 'pypi', 'rpm');

describe('compareVersions', () => {
  test('is an order: turned round the opposite, equal only for the same, and passed on', () => {
    fc.assert(
      fc.property(anyType, anyVersion, anyVersion, anyVersion, (type, a, b, c) => {
        const sign = (x: string, y: string) => Math.sign(compareVersions(type, x, y));
        expect(sign(a, b)).toBe(0 - sign(b, a));
        expect(sign(a, b) === 0).toBe(a === b);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 20_000 },
    );
  });
});
