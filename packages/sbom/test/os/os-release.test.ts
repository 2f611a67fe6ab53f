import { describe, expect, test } from '@jest/globals';
import { operatingSystemOf, osRelease, parseOsRelease } from '../../src/os/os-release.ts';
import { imageOf, type Layer } from './image.ts';

const osOf = (...layers: Layer[]) => operatingSystemOf(imageOf(layers, [osRelease]));

describe('os-release', () => {
  test('the usual way: a symbolic link from etc to usr/lib', () => {
    const os = osOf({
      'etc/os-release': { link: 'usr/lib/os-release' },
      'usr/lib/os-release': `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
HOME_URL="https://www.debian.org/"
`,
    });
    expect(os).toMatchObject({
      id: 'debian',
      versionId: '12',
      name: 'Debian GNU/Linux',
      prettyName: 'Debian GNU/Linux 12 (bookworm)',
      homepage: 'https://www.debian.org/',
    });
  });

  test('sbom case 23: quotes, CRLF, BOM, duplicates, capitals, comments, nothing', () => {
    expect(
      parseOsRelease(
        '\uFEFF# comment\r\nID="first"\r\nID=Alpine\r\nVERSION_ID=""\r\nNAME=\'It is\'\r\nPRETTY_NAME="a \\"b\\" \\$c \\\\ d\\n"\r\n' +
          'CPE_NAME=cpe:/o:a:b # comment\r\n__proto__=x\r\nbroken\r\nHOME_URL="open',
      ),
    ).toEqual({
      ID: 'Alpine',
      NAME: 'It is',
      PRETTY_NAME: 'a "b" $c \\ d\\n',
      CPE_NAME: 'cpe:/o:a:b',
      HOME_URL: 'open',
    });
    expect(osOf({ 'etc/os-release': 'ID="Arch"\nVERSION_ID=\nID_LIKE="a  B"\n' })).toMatchObject({
      id: 'arch',
      versionId: undefined,
      idLike: ['a', 'b'],
    });
    expect(osOf({ 'etc/os-release': `${'#'.repeat(1_000_000)}\nID=big\n` })?.id).toBe('big');
    expect(osOf({ 'etc/os-release': 'NAME=Nameless\n' })?.id).toBe('linux');
  });

  test('etc counts before usr/lib, but not when it says nothing', () => {
    const usr = { 'usr/lib/os-release': 'ID=b\n' };
    expect(osOf({ 'etc/os-release': 'ID=a\n', ...usr })?.id).toBe('a');
    expect(osOf({ 'etc/os-release': '\n', ...usr })?.id).toBe('b');
    expect(osOf({ 'etc/os-release': { link: 'etc/os-release' }, ...usr })?.id).toBe('b');
  });

  test.each<[string, Layer, string | undefined, string | undefined]>([
    ['debian_version', { 'etc/debian_version': '7.11\n' }, 'debian', '7.11'],
    ['debian_version of testing', { 'etc/debian_version': 'trixie/sid\n' }, 'debian', undefined],
    [
      'debian_version beside os-release without a number',
      { 'etc/debian_version': '12.5\n', 'etc/os-release': 'ID=debian\n' },
      'debian',
      '12.5',
    ],
    ['CentOS 6', { 'etc/redhat-release': 'CentOS release 6.10 (Final)\n' }, 'centos', '6.10'],
    [
      'RHEL 6',
      { 'etc/redhat-release': 'Red Hat Enterprise Linux Server release 6.10 (Santiago)\n' },
      'rhel',
      '6.10',
    ],
    ['Amazon Linux 1', { 'etc/system-release-cpe': 'cpe:/o:amazon:linux:2018.03:ga\n' }, 'amzn', '2018.03'],
    ['a CPE 2.3', { 'etc/system-release-cpe': 'cpe:2.3:o:amazon:amazon_linux:2\n' }, 'amzn', '2'],
    ['nothing', { 'etc/motd': 'hi' }, undefined, undefined],
  ])('%s', (_, layer, id, versionId) => {
    const os = osOf(layer);
    expect([os?.id, os?.versionId]).toEqual([id, versionId]);
  });
});
