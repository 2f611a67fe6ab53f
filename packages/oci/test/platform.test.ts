import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatPlatform,
  isLadingError,
  matchesPlatform,
  type Platform,
  parsePlatform,
  samePlatform,
} from '../src/index.ts';

describe('parsePlatform', () => {
  test.each<[string, Platform]>([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['Linux/ARM64', { os: 'linux', architecture: 'arm64' }],
    ['x86_64', { os: 'linux', architecture: 'amd64' }],
    ['linux/aarch64', { os: 'linux', architecture: 'arm64' }],
    ['linux/armhf', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/armel', { os: 'linux', architecture: 'arm', variant: 'v6' }],
    ['linux/armhf/v6', { os: 'linux', architecture: 'arm', variant: 'v6' }],
    ['windows/amd64', { os: 'windows', architecture: 'amd64' }],
    ['linux/constructor', { os: 'linux', architecture: 'constructor' }],
    ['__proto__', { os: 'linux', architecture: '__proto__' }],
  ])('reads %s', (text, expected) => {
    expect(parsePlatform(text)).toEqual(expected);
  });

  test.each([
    '',
    '/',
    'linux',
    'Windows',
    'linux/',
    '/amd64',
    'linux/arm/v7/x',
    'linux amd64',
    'linux/*',
    'linux/amd64\n/',
  ])('refuses %j and says how platforms are written', (text) => {
    expect(() => parsePlatform(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_PLATFORM',
        hint: expect.stringContaining('linux/arm64'),
      }),
    );
  });

  test('any text is a platform that stays the same, or ERR_LADING_PLATFORM', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9_/.-]{0,20}$/));
    fc.assert(
      fc.property(text, (candidate) => {
        try {
          const platform = parsePlatform(candidate);
          expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
        } catch (error) {
          expect(isLadingError(error) && error.code).toBe('ERR_LADING_PLATFORM');
        }
      }),
    );
  });
});

describe('matchesPlatform', () => {
  test.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm', 'linux/arm/v6', true],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm/v6', 'linux/arm', false],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/amd64', 'linux/amd64/v3', true],
    ['linux/amd64/v3', 'linux/amd64', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/386', 'linux/amd64', false],
  ])('%s is satisfied by %s: %s', (wanted, offered, expected) => {
    expect(matchesPlatform(parsePlatform(wanted), parsePlatform(offered))).toBe(expected);
  });

  test('a version of Windows is matched by its beginning', () => {
    const offered = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1006' };
    const wanted = (version: string): Platform => ({
      os: 'windows',
      architecture: 'amd64',
      'os.version': version,
    });
    expect(matchesPlatform(wanted('10.0.20348'), offered)).toBe(true);
    expect(matchesPlatform(wanted('10.0.17763'), offered)).toBe(false);
    expect(matchesPlatform(wanted('10'), { os: 'windows', architecture: 'amd64' })).toBe(false);
  });

  test('the same platform always matches itself, and sameness is mutual', () => {
    const name = fc.constantFrom('linux', 'windows', 'amd64', 'arm64', 'arm', 'v7', 'v8');
    const platform = fc.record(
      { os: name, architecture: name, variant: name },
      { requiredKeys: ['os', 'architecture'] },
    );
    fc.assert(
      fc.property(platform, platform, (a, b) => {
        expect(matchesPlatform(a, a) && samePlatform(a, a)).toBe(true);
        expect(samePlatform(a, b)).toBe(samePlatform(b, a));
        if (samePlatform(a, b)) expect(matchesPlatform(a, b)).toBe(true);
      }),
    );
  });
});
