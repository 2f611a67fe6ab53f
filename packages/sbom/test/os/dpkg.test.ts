import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseStatus } from '../../src/os/deb-package.ts';
import { parseDebianCopyright } from '../../src/os/debian-copyright.ts';
import { dpkg } from '../../src/os/dpkg.ts';
import { opkg } from '../../src/os/opkg.ts';
import { catalogued, edges, factsOf, layersByName, names } from './image.ts';

const debian12 = (name: string): string =>
  readFileSync(new URL(`testdata/debian-12/${name}`, import.meta.url), 'utf8');

const os = { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' };
const path = 'var/lib/dpkg/status';

function stanza(name: string, fields: Readonly<Record<string, string>> = {}): string {
  const all = {
    Package: name,
    Status: 'install ok installed',
    Architecture: 'amd64',
    Version: '1',
    ...fields,
  };
  return `${Object.entries(all)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')}\n`;
}

describe('dpkg', () => {
  const real = catalogued(dpkg, {
    ...os,
    [path]: debian12('status'),
    'var/lib/dpkg/info/mawk.list': debian12('mawk.list'),
    'var/lib/dpkg/info/zlib1g:amd64.md5sums': debian12('zlib1g_amd64.md5sums'),
    'var/lib/dpkg/info/base-files.conffiles': '/etc/debian_version\n/etc/host.conf\n',
    'usr/share/doc/libgcc-s1': { link: 'usr/share/doc/gcc-12-base' },
    'usr/share/doc/gcc-12-base/copyright': debian12('base-files.copyright'),
    'usr/share/doc/mawk/copyright': debian12('usr-is-merged.copyright'),
  });

  test('what Debian 12 has', () => {
    expect(names(real)).toEqual([
      'base-files@12.4+deb12u15',
      'gcc-12-base@12.2.0-14+deb12u1',
      'libc6@2.36-9+deb12u14',
      'libgcc-s1@12.2.0-14+deb12u1',
      'mawk@1.3.4.20200120-3.1',
      'zlib1g@1:1.2.13.dfsg-1',
    ]);
    expect(real.packages[3]).toMatchObject({
      id: 'deb:libgcc-s1@12.2.0-14+deb12u1:amd64',
      type: 'deb',
      namespace: 'debian',
      qualifiers: { arch: 'amd64', upstream: 'gcc-12' },
      description: 'GCC support library',
      homepage: 'http://gcc.gnu.org/',
      supplier: 'Debian GCC Maintainers <debian-gcc@lists.debian.org>',
      source: { name: 'gcc-12', version: '12.2.0-14+deb12u1' },
      evidence: [{ path, cataloguer: 'dpkg' }],
    });
  });

  test('who needs whom, also by what is provided', () => {
    expect(edges(real)).toEqual([
      'base-files -> mawk',
      'libc6 -> libgcc-s1',
      'libgcc-s1 -> gcc-12-base',
      'libgcc-s1 -> libc6',
      'mawk -> libc6',
      'zlib1g -> libc6',
    ]);
  });

  test('licences, also where the folder of documents is a symbolic link', () => {
    expect(real.packages.map(({ licenses }) => licenses)).toEqual([
      [],
      [{ name: 'GPL' }],
      [],
      [{ name: 'GPL' }],
      [{ expression: 'GPL-2.0-or-later' }],
      [],
    ]);
  });

  test('files, without folders', () => {
    const mawk = real.ownedFiles?.get('deb:mawk@1.3.4.20200120-3.1:amd64');
    expect(mawk).toContain('usr/bin/mawk');
    expect(mawk).not.toContain('usr/bin');
    expect(mawk).toHaveLength(17);
    expect(real.ownedFiles?.get('deb:zlib1g@1:1.2.13.dfsg-1:amd64')).toContain(
      'lib/x86_64-linux-gnu/libz.so.1.2.13',
    );
    expect(real.ownedFiles?.get('deb:base-files@12.4+deb12u15:amd64')).toEqual([
      'etc/debian_version',
      'etc/host.conf',
    ]);
  });

  test('sbom case 25: only what is installed', () => {
    const states = [
      'install ok installed',
      'hold ok installed',
      'install ok triggers-awaited',
      'deinstall ok config-files',
      'install ok half-configured',
      'install ok half-installed',
      'deinstall ok not-installed',
      '',
    ];
    const text = states.map((Status, index) => stanza(`p${index}`, { Status })).join('');
    expect(parseStatus(text, { hasState: true }).map(({ name }) => name)).toEqual(['p0', 'p1', 'p2']);
  });

  test('sbom case 25: continuation lines, CRLF, no blank line behind, a source with a version, the tilde', () => {
    const text =
      'Package: acme\r\nStatus: install ok installed\r\nVersion: 2:1.0~rc1-1+b1\r\nSource: acme-src (2:1.0~rc1-1)\r\n' +
      'Description: short\r\n long\r\n .\r\n Package: not-one\r\nnonsense\r\n: nor this';
    expect(parseStatus(text, { hasState: true })).toMatchObject([
      {
        name: 'acme',
        version: '2:1.0~rc1-1+b1',
        upstream: 'acme-src@2:1.0~rc1-1',
        source: { name: 'acme-src', version: '2:1.0~rc1-1' },
        description: 'short',
      },
    ]);
  });

  test('sbom case 25: of two architectures each has its own files and needs', () => {
    const found = catalogued(dpkg, {
      [path]:
        stanza('libc6') +
        stanza('libc6', { Architecture: 'i386' }) +
        stanza('tool', { Architecture: 'i386', Depends: 'libc6 (>= 2), gone | absent' }),
      'var/lib/dpkg/info/libc6:amd64.list': '/.\n/lib64\n/lib64/ld.so\n',
      'var/lib/dpkg/info/libc6:i386.list': '/.\n/lib\n/lib/ld.so\n',
    });
    expect(found.dependencies).toEqual([{ from: 'deb:tool@1:i386', to: 'deb:libc6@1:i386' }]);
    expect(found.ownedFiles?.get('deb:libc6@1:amd64')).toEqual(['lib64/ld.so']);
    expect(found.ownedFiles?.get('deb:libc6@1:i386')).toEqual(['lib/ld.so']);
  });

  test('sbom case 25: garbage in place of a database is told of, an empty one is a database', () => {
    const of = (text: string) => catalogued(dpkg, { 'var/lib/dpkg/status': text }).notes;
    expect(of('<html>404</html>')).toMatchObject([
      { code: 'partial', message: expect.stringContaining('damaged') },
    ]);
    expect(of('')).toEqual([]);
  });

  test('sbom case 25: 100,000 stanzas', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => stanza(`p${index}`)).join('');
    expect(parseStatus(text, { hasState: true })).toHaveLength(100_000);
  });

  test('very many packages of one name have ids of their own', () => {
    const text = stanza('a', { Depends: 'a, b', Provides: 'b' }).repeat(50_000);
    const { packages } = catalogued(dpkg, { [path]: text });
    expect(new Set(packages.map(({ id }) => id)).size).toBe(50_000);
  });

  test('sbom case 19: images without a package manager have a file for each package', () => {
    const found = catalogued(
      dpkg,
      {
        ...os,
        'var/lib/dpkg/status.d/base-files': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
        'var/lib/dpkg/status.d/base-files.md5sums': `${'0'.repeat(32)}  etc/issue\n`,
      },
      { 'var/lib/dpkg/status.d/openssl': 'Package: openssl\nVersion: 3.0\nArchitecture: amd64\n' },
    );
    expect(names(found)).toEqual(['base-files@12.4', 'openssl@3.0']);
    expect(found.ownedFiles?.get('deb:base-files@12.4:amd64')).toEqual(['etc/issue']);
    expect(layersByName(found)).toEqual({ 'base-files': 0, openssl: 1 });
    expect(found.notes).toEqual([]);
  });

  test('sbom case 25: what status and status.d both tell of is one package', () => {
    const found = catalogued(dpkg, {
      [path]: stanza('acme'),
      'var/lib/dpkg/status.d/acme': 'Package: acme\nVersion: 1\nArchitecture: amd64\n',
    });
    expect(names(found)).toEqual(['acme@1']);
  });

  test('sbom case 20: a database that an upper layer takes away is told of', () => {
    const found = catalogued(dpkg, { [path]: stanza('acme') }, { 'var/lib/dpkg': null });
    expect(found.packages).toEqual([]);
    expect(found.notes).toMatchObject([{ code: 'database-removed' }]);
  });

  test('each package has a layer, from when on it was there in this version', () => {
    const found = catalogued(
      dpkg,
      { [path]: stanza('a') + stanza('b') },
      { [path]: stanza('a') + stanza('b', { Version: '2' }) + stanza('c') },
    );
    expect(layersByName(found)).toEqual({ a: 0, b: 1, c: 1 });
  });

  test('facts say nothing of the distribution', () => {
    expect(JSON.stringify(factsOf(dpkg, path, stanza('acme')))).not.toMatch(/debian/);
  });
});

describe('copyright files', () => {
  test('the machine-readable format: what files have, not the texts beside them', () => {
    expect(
      parseDebianCopyright(`Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: Acme
License: GPL-2+ or Artistic

Files: x
License: Expat
 Permission is hereby granted

License: GPL-2+
 See /usr/share/common-licenses/GPL-2
`),
    ).toEqual(['GPL-2+ or Artistic', 'Expat']);
  });

  test('others: the common texts they refer to', () => {
    expect(
      parseDebianCopyright(`This may be redistributed under the GPL, version 2 or (at your option)
any later version. See /usr/share/common-licenses/GPL-2.

The documents: /usr/share/common-licenses/GFDL-1.3, the rest \`/usr/share/common-licenses/Artistic'.
The library is LGPL 2.1: /usr/share/common-licenses/LGPL-2.1.`),
    ).toEqual(['GPL-2+', 'GFDL-1.3', 'Artistic', 'LGPL-2.1']);
  });

  test('white space without end has an end', () => {
    const text = `any${' '.repeat(4000)}/usr/share/common-licenses/GPL-2\n`.repeat(1000);
    expect(parseDebianCopyright(text)).toEqual(['GPL-2']);
  });

  test('whatever is in it, it is read', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseDebianCopyright(`Format: copyright-format\n${text}`);
        parseDebianCopyright(text);
        parseStatus(text, { hasState: false });
      }),
    );
  });
});

describe('opkg', () => {
  test('a status file and what the control files add', () => {
    const found = catalogued(opkg, {
      'usr/lib/opkg/status':
        'Package: busybox\nVersion: 1.36.1-r1\nDepends: libc\nStatus: install user installed\nArchitecture: aarch64\n\n' +
        'Package: libc\nVersion: 1.2.4-r4\nStatus: install hold installed\nArchitecture: aarch64\n\n' +
        'Package: gone\nVersion: 1\nStatus: deinstall user not-installed\n',
      'usr/lib/opkg/info/busybox.control':
        'Package: busybox\nVersion: 1.36.1-r1\nLicense: GPL-2.0\nSource: package/utils/busybox\nDescription: Tools\n',
      'usr/lib/opkg/info/busybox.list': '/bin/busybox\t0100755\n/bin/sh\n',
      'usr/lib/opkg/info/libc.control': 'Package: libc\nVersion: 0.9\nLicense: MIT\n',
    });
    expect(names(found)).toEqual(['busybox@1.36.1-r1', 'libc@1.2.4-r4']);
    expect(found.packages).toMatchObject([
      { type: 'opkg', licenses: [{ expression: 'GPL-2.0-only' }], description: 'Tools' },
      { licenses: [] },
    ]);
    expect(edges(found)).toEqual(['busybox -> libc']);
    expect([...(found.ownedFiles?.values() ?? [])]).toEqual([['bin/busybox', 'bin/sh']]);
  });
});
