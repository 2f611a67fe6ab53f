import { describe, expect, test } from '@jest/globals';
import type { OperatingSystem, Package } from '../../src/bom.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { packageOfPurl } from '../../src/purl/purl-package.ts';

const debian: OperatingSystem = { id: 'debian', versionId: '12' };

function pkg(parts: Partial<Package> & Pick<Package, 'type' | 'name'>): Package {
  return { id: 'p', licenses: [], evidence: [], ...parts };
}

describe('purlOf', () => {
  test.each<[string, Package, OperatingSystem | undefined, string | undefined]>([
    [
      'Debian: architecture, distribution, and a source of another name',
      pkg({
        type: 'deb',
        name: 'libssl3',
        version: '3.0.11-1~deb12u2',
        qualifiers: { arch: 'amd64' },
        source: { name: 'openssl' },
      }),
      debian,
      'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl',
    ],
    [
      'Debian: a source of another version',
      pkg({ type: 'deb', name: 'a', version: '1+b1', source: { name: 'a', version: '1' } }),
      debian,
      'pkg:deb/debian/a@1%2Bb1?distro=debian-12&upstream=a%401',
    ],
    [
      'Debian: the source is the package',
      pkg({
        type: 'deb',
        name: 'a',
        version: '1:2-3',
        source: { name: 'a', version: '2', release: '3', epoch: 1 },
      }),
      debian,
      'pkg:deb/debian/a@1:2-3?distro=debian-12',
    ],
    [
      'Red Hat: named as purls name it, with epoch and source package',
      pkg({
        type: 'rpm',
        name: 'bash',
        version: '5.1.8-6.el9',
        qualifiers: { arch: 'x86_64', epoch: '1' },
        source: { name: 'bash', version: '5.1.8', release: '6.el9' },
      }),
      { id: 'rhel', versionId: '9.4' },
      'pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=bash-5.1.8-6.el9.src.rpm',
    ],
    [
      'openSUSE',
      pkg({ type: 'rpm', name: 'a', version: '1-1' }),
      { id: 'opensuse-leap', versionId: '15.6' },
      'pkg:rpm/opensuse/a@1-1?distro=opensuse-leap-15.6',
    ],
    [
      'Alpine: the origin',
      pkg({ type: 'apk', name: 'libcrypto3', version: '3.1.4-r5', source: { name: 'openssl' } }),
      { id: 'alpine', versionId: '3.19.1' },
      'pkg:apk/alpine/libcrypto3@3.1.4-r5?distro=alpine-3.19.1&upstream=openssl',
    ],
    [
      'a rolling distribution',
      pkg({ type: 'alpm', name: 'a', version: '1-1' }),
      { id: 'arch' },
      'pkg:alpm/arch/a@1-1?distro=arch',
    ],
    ['no distribution', pkg({ type: 'deb', name: 'a', version: '1' }), undefined, 'pkg:deb/debian/a@1'],
    [
      'npm has none of it',
      pkg({ type: 'npm', namespace: '@acme', name: 'a', version: '1' }),
      debian,
      'pkg:npm/%40acme/a@1',
    ],
    ['a jar without a group', pkg({ type: 'maven', name: 'a', version: '1' }), debian, 'pkg:generic/a@1'],
    ['a binary', pkg({ type: 'binary', name: 'node', version: '24.1.0' }), debian, 'pkg:generic/node@24.1.0'],
    ['no name', pkg({ type: 'npm', name: '' }), debian, undefined],
  ])('%s', (_, input, os, expected) => {
    expect(purlOf(input, os)).toBe(expected);
  });

  test('a purl of a type that is not catalogued is kept as it was', () => {
    const parts = packageOfPurl('pkg:swift/github.com/acme/Lib@1.0.0')!;
    expect(parts.type).toBe('binary');
    expect(purlOf(pkg(parts))).toBe('pkg:swift/github.com/acme/Lib@1.0.0');
  });

  test('a qualifier of a foreign name is a qualifier', () => {
    const qualifiers: Record<string, string> = JSON.parse('{"__proto__":"x","a":"1"}');
    expect(purlOf(pkg({ type: 'gem', name: 'a', qualifiers }))).toBe('pkg:gem/a?__proto__=x&a=1');
  });
});
