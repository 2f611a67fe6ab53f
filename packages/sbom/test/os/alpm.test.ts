import { describe, expect, test } from '@jest/globals';
import { alpm } from '../../src/os/alpm.ts';
import { catalogued, edges, layersByName } from './image.ts';

const desc = `%NAME%
gcc-libs

%VERSION%
14.2.1+r134-1

%BASE%
gcc

%DESC%
Runtime libraries shipped by GCC

%URL%
https://gcc.gnu.org

%ARCH%
x86_64

%PACKAGER%
Acme Packager <packager@example.com>

%LICENSE%
GPL-3.0-with-GCC-exception
GFDL-1.3-or-later
custom:Acme

%DEPENDS%
glibc>=2.27

%PROVIDES%
libgcc
libstdc++.so=6-64

`;

const glibc = '%NAME%\nglibc\n\n%VERSION%\n2.40-1\n\n%ARCH%\nx86_64\n\n%DEPENDS%\nlibstdc++.so\n';

describe('alpm', () => {
  test('packages, what they need, their files and layers', () => {
    const found = catalogued(
      alpm,
      {
        'etc/os-release': 'ID=arch\nBUILD_ID=rolling\n',
        'var/lib/pacman/local/ALPM_DB_VERSION': '9\n',
        'var/lib/pacman/local/glibc-2.40-1/desc': glibc,
      },
      {
        'var/lib/pacman/local/gcc-libs-14.2.1+r134-1/desc': desc,
        'var/lib/pacman/local/gcc-libs-14.2.1+r134-1/files':
          '%FILES%\nusr/\nusr/lib/\nusr/lib/libgcc_s.so\n\n%BACKUP%\netc/x\t0\n',
      },
    );
    expect(found.packages).toMatchObject([
      {
        id: 'alpm:gcc-libs@14.2.1+r134-1:x86_64',
        namespace: 'arch',
        qualifiers: { arch: 'x86_64', upstream: 'gcc' },
        source: { name: 'gcc', version: '14.2.1+r134-1' },
        licenses: [
          { expression: 'GPL-3.0-with-GCC-exception' },
          { expression: 'GFDL-1.3-or-later' },
          { name: 'Acme' },
        ],
      },
      { name: 'glibc', qualifiers: { arch: 'x86_64' } },
    ]);
    expect(edges(found)).toEqual(['gcc-libs -> glibc', 'glibc -> gcc-libs']);
    expect(found.ownedFiles?.get('alpm:gcc-libs@14.2.1+r134-1:x86_64')).toEqual(['usr/lib/libgcc_s.so']);
    expect(layersByName(found)).toEqual({ glibc: 0, 'gcc-libs': 1 });
  });
});
