import { describe, expect, test } from '@jest/globals';
import { apk, parseApkDatabase } from '../../src/os/apk.ts';
import { catalogued, edges, factsOf, layersByName, names } from './image.ts';

const alpine = { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n' };
const path = 'lib/apk/db/installed';

const musl = `C:Q1YmFzZTY0IG9mIHRoZSBzaGExISE=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo Teras <timo.teras@iki.fi>
t:1711406453
c:4698af33fa56e9c8b1a4fbf1e2b7f1d6e4d7c1b0
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1i8vDqTtLT2Y7vEVXtVQ6lQYzYRo=
R:libc.musl-x86_64.so.1
a:0:0:777
F:
R:at-the-root
`;
const libssl = `P:libssl3
V:3.3.2-r0
A:x86_64
L:Apache-2.0
o:openssl
D:!openssl-old so:libc.musl-x86_64.so.1 musl>=1.2 /bin/sh
p:so:libssl.so.3=3.3.2
x:unknown key
U:
F:usr/lib
R:libssl.so.3`;
const database = `${musl}\n${libssl}`;

describe('apk', () => {
  test('sbom case 24: a stanza without final newline, empty values, unknown keys, conflicts', () => {
    const { packages, ownedFiles, ...rest } = catalogued(apk, { ...alpine, [path]: database });
    expect(packages).toMatchObject([
      {
        id: 'apk:musl@1.2.5-r0:x86_64',
        type: 'apk',
        namespace: 'alpine',
        name: 'musl',
        version: '1.2.5-r0',
        qualifiers: { arch: 'x86_64' },
        licenses: [{ expression: 'MIT' }],
        supplier: 'Timo Teras <timo.teras@iki.fi>',
        homepage: 'https://musl.libc.org/',
        source: { name: 'musl', version: '1.2.5-r0' },
        hashes: [{ algorithm: 'SHA-1', value: Buffer.from('base64 of the sha1!!').toString('hex') }],
        evidence: [{ path, cataloguer: 'apk' }],
      },
      {
        name: 'libssl3',
        homepage: undefined,
        qualifiers: { arch: 'x86_64', upstream: 'openssl' },
        source: { name: 'openssl', version: '3.3.2-r0' },
      },
    ]);
    expect(ownedFiles?.get('apk:musl@1.2.5-r0:x86_64')).toEqual([
      'lib/ld-musl-x86_64.so.1',
      'lib/libc.musl-x86_64.so.1',
      'at-the-root',
    ]);
    expect(edges({ packages, ...rest })).toEqual(['libssl3 -> musl']);
  });

  test('sbom case 24: garbage in place of a database is told of, an empty one is a database', () => {
    const of = (text: string) => catalogued(apk, { 'lib/apk/db/installed': text }).notes;
    expect(of('\u0000\u0001 hello\n')).toMatchObject([
      { code: 'partial', message: expect.stringContaining('damaged') },
    ]);
    expect(of('\n')).toEqual([]);
  });

  test('sbom case 24: a virtual package is no package', () => {
    expect(parseApkDatabase(`P:.build-deps\nV:20240101.000000\nA:noarch\nD:gcc\n\n${musl}`)).toHaveLength(1);
  });

  test('what a path belongs to: usr/lib is of the root, another system has its own distribution', () => {
    const { packages, ownedFiles } = catalogued(apk, {
      ...alpine,
      [`usr/${path}`]: musl,
      [`opt/rootfs/${path}`]: musl,
      'opt/rootfs/usr/lib/os-release': 'ID=wolfi\nVERSION_ID=20230201\n',
    });
    expect(packages).toMatchObject([
      {
        id: 'apk:opt/rootfs/musl@1.2.5-r0:x86_64',
        namespace: 'wolfi',
        qualifiers: { arch: 'x86_64', distro: 'wolfi-20230201' },
      },
      { id: 'apk:musl@1.2.5-r0:x86_64', namespace: 'alpine', qualifiers: { arch: 'x86_64' } },
    ]);
    expect(ownedFiles?.get('apk:opt/rootfs/musl@1.2.5-r0:x86_64')?.[0]).toBe(
      'opt/rootfs/lib/ld-musl-x86_64.so.1',
    );
    expect(factsOf(apk, `not${path}`, musl)).toBeUndefined();
  });

  test('facts say nothing of the distribution', () => {
    expect(JSON.stringify(factsOf(apk, path, musl))).not.toMatch(/alpine/);
  });

  test('which layer brought what, with layers between that say nothing', () => {
    const found = catalogued(
      apk,
      { ...alpine, [path]: musl },
      { 'etc/motd': 'no database here' },
      { [path]: database },
      { 'etc/motd': 'nor here' },
    );
    expect(layersByName(found)).toEqual({ musl: 0, libssl3: 2 });
  });

  test('removed and installed again counts from then; an upgrade is a new package', () => {
    const newer = database.replaceAll('3.3.2-r0', '3.3.3-r0');
    const found = catalogued(apk, { [path]: database }, { [path]: libssl }, { [path]: newer });
    expect(layersByName(found)).toEqual({ musl: 2, libssl3: 2 });
    expect(catalogued(apk, { [path]: database }, { [path]: '' })).toMatchObject({ packages: [], notes: [] });
  });

  test('the database moves to usr: its packages stay what they are', () => {
    const found = catalogued(apk, { [path]: musl }, { [path]: null, [`usr/${path}`]: database });
    expect(layersByName(found)).toEqual({ musl: 0, libssl3: 1 });
    expect(found.notes).toEqual([]);
  });

  test('sbom case 20: a database that an upper layer takes away is told of', () => {
    const found = catalogued(apk, { [path]: database }, { 'etc/motd': '' }, { 'lib/apk': null });
    expect(found.packages).toEqual([]);
    expect(found.notes).toEqual([
      {
        code: 'database-removed',
        message: `The package database ${path} is removed in layer 3: its 2 packages are not in this BOM.`,
      },
    ]);
  });

  test('a database that is too large is not none', () => {
    const probe = apk.probe({ path, size: 5 * 1024 ** 3, isExecutable: false });
    probe?.write(new Uint8Array(1000));
    expect(probe?.end()).toEqual({ unreadable: 'it is larger than 64 MiB' });
  });

  test('names that objects have are names', () => {
    expect(names(catalogued(apk, { [path]: 'P:__proto__\nV:1\nD:constructor toString\n' }))).toEqual([
      '__proto__@1',
    ]);
  });
});
