import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pathJoiner } from '../../src/os/paths.ts';
import { parseRpmHeader } from '../../src/rpm/header.ts';
import { readRpmDatabase, rpm } from '../../src/rpm/rpm.ts';
import { openSqlite, tableRows } from '../../src/rpm/sqlite.ts';
import { type SqlitePackages, withWal } from '../../src/rpm/sqlite-database.ts';
import type { WalPages } from '../../src/rpm/wal.ts';
import { catalogued, edges, factsOf, names } from '../os/image.ts';
import { bdbOf, headers, ndbOf, sqliteDatabase, walDatabase, walLog } from './databases.ts';

const os = { 'etc/os-release': 'ID="rhel"\nVERSION_ID="9.4"\n' };
const path = 'var/lib/rpm/rpmdb.sqlite';
const all = [
  'kernel-core@6.1.0-1.el9',
  'acme-libs@1.2-3',
  'acme@1.2-3',
  'kernel-core@6.2.0-1.el9',
  'large@1-1',
  'module@2-1',
];
const sorted = (found: string[]): string[] => found.sort();

describe('rpm', () => {
  const found = catalogued(rpm, { ...os, [path]: sqliteDatabase, [`${path}-wal`]: '' });
  const named = (name: string) => found.packages.find((one) => one.name === name)!;

  test('sbom case 26: what rpm installed, two versions of a kernel side by side, no keys', () => {
    expect(sorted(names(found))).toEqual(sorted([...all]));
    expect(headers).toHaveLength(7);
    expect(found.notes).toEqual([]);
  });

  test('sbom case 26: epoch 0 is not none, and a module is a qualifier', () => {
    expect(named('acme')).toMatchObject({
      id: 'rpm:acme@1.2-3:noarch',
      type: 'rpm',
      namespace: 'redhat',
      qualifiers: { arch: 'noarch', epoch: '0', upstream: 'acme-1.2-3.src.rpm' },
      licenses: [{ expression: 'GPL-2.0-or-later AND Apache-2.0' }],
      description: 'The acme package',
      homepage: 'https://example.com/',
      supplier: 'Acme Inc.',
      source: { name: 'acme', version: '1.2', release: '3', epoch: 0 },
      hashes: [{ algorithm: 'MD5', value: expect.stringMatching(/^[0-9a-f]{32}$/) }],
      evidence: [{ path, cataloguer: 'rpm' }],
    });
    expect(named('large').qualifiers).toEqual({ arch: 'noarch', upstream: 'large-1-1.src.rpm' });
    expect(named('module').qualifiers).toMatchObject({
      epoch: '7',
      modularitylabel: 'acme:2:20240101:abcdef',
      rpmmod: 'acme:2:20240101:abcdef',
    });
  });

  test('needs by names and by paths', () => {
    expect(edges(found)).toEqual(['acme -> acme-libs', 'acme -> kernel-core']);
  });

  test('files, without folders and ghosts; a header of several pages is whole', () => {
    expect(found.ownedFiles?.get('rpm:acme@1.2-3:noarch')).toEqual(['usr/share/acme/main']);
    expect(found.ownedFiles?.get('rpm:acme-libs@1.2-3:noarch')).toEqual(['usr/share/acme/thing']);
    const large = found.ownedFiles?.get('rpm:large@1-1:noarch');
    expect(large).toHaveLength(100);
    expect(large).toContain('usr/share/large/file-with-a-long-name-100');
  });

  test.each<[string, string, Buffer]>([
    ['ndb', 'Packages.db', ndbOf(headers)],
    ['bdb, little-endian', 'Packages', bdbOf(headers)],
    ['bdb, big-endian', 'Packages', bdbOf(headers, { isBigEndian: true })],
    ['bdb of old', 'Packages', bdbOf(headers, { hashType: 2 })],
    ['bdb, small pages', 'Packages', bdbOf(headers, { pageSize: 512 })],
    ['bdb, large pages', 'Packages', bdbOf(headers, { pageSize: 65_536 })],
  ])('sbom case 26: the same from %s', (_, file, content) => {
    for (const folder of ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm']) {
      const other = catalogued(rpm, { ...os, [`${folder}/${file}`]: content });
      expect(sorted(names(other))).toEqual(sorted([...all]));
      expect(other.notes).toEqual([]);
      expect([...other.ownedFiles!.values()].flat()).toHaveLength(102);
    }
  });

  test('which of several databases counts: not the one that was left behind', () => {
    const old = bdbOf(headers.slice(0, 1));
    const both = catalogued(rpm, { 'var/lib/rpm/Packages': old, [path]: sqliteDatabase });
    expect(both.packages).toHaveLength(6);
    const broken = catalogued(rpm, { 'var/lib/rpm/Packages': bdbOf(headers), [path]: 'nothing' });
    expect(broken.packages).toHaveLength(6);
  });

  test('each package has a layer', () => {
    const later = catalogued(
      rpm,
      { 'var/lib/rpm/Packages.db': ndbOf(headers.slice(0, 3)) },
      { 'etc/motd': '' },
      { 'var/lib/rpm/Packages.db': ndbOf(headers.slice(0, 6)) },
    );
    expect([...later.layers!.values()].sort()).toEqual([0, 0, 0, 2, 2, 2]);
  });

  describe('sbom case 26: a write-ahead log', () => {
    const wal = `${path}-wal`;
    const withLog = [...all, 'newer@1-1'].filter((name) => name !== 'acme-libs@1.2-3');

    test('has changes that count', () => {
      const { packages, ownedFiles, notes } = catalogued(rpm, { [path]: walDatabase, [wal]: walLog });
      expect(sorted(packages.map(({ name, version }) => `${name}@${version}`))).toEqual(sorted(withLog));
      expect(ownedFiles?.get('rpm:newer@1-1:noarch')).toHaveLength(100);
      expect(ownedFiles?.get('rpm:large@1-1:noarch')).toHaveLength(100);
      expect(notes).toEqual([]);
      expect(names(catalogued(rpm, { [path]: walDatabase }))).toContain('acme-libs@1.2-3');
    });

    test('that is in a layer above brings its packages there', () => {
      const found = catalogued(rpm, { [path]: walDatabase }, { [wal]: walLog });
      const newer = found.packages.find(({ name }) => name === 'newer');
      expect(found.layers?.get(newer!.id)).toBe(1);
      expect(found.layers?.get('rpm:large@1-1:noarch')).toBe(0);
    });

    test('counts up to the last whole transaction, and not at all with another checksum', () => {
      const lastFrame = walLog.length - 4096 - 24;
      const before = names(catalogued(rpm, { [path]: walDatabase }));
      const onlyRemoved = catalogued(rpm, { [path]: walDatabase, [wal]: walLog.subarray(0, -1) });
      expect(walLog.readUInt32BE(lastFrame + 4)).not.toBe(0);
      expect(names(onlyRemoved)).not.toContain('newer@1-1');
      expect(names(onlyRemoved)).not.toContain('acme-libs@1.2-3');
      const changed = Buffer.from(walLog);
      changed[32 + 24 + 100]! ^= 1;
      expect(names(catalogued(rpm, { [path]: walDatabase, [wal]: changed }))).toEqual(before);
    });

    test('that is too large to be kept is told of', () => {
      const probe = rpm.probe({ path: wal, size: 2 ** 40, isExecutable: false });
      expect(probe?.end()).toHaveProperty('unreadable');
    });

    test('whatever pages it has, there is an end', () => {
      const [facts, log] = [factsOf(rpm, path, walDatabase), factsOf(rpm, wal, walLog)] as unknown as [
        SqlitePackages,
        WalPages,
      ];
      const page = fc.tuple(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...log.pages.map(([, content]) => content)),
      );
      fc.assert(
        fc.property(fc.array(page, { maxLength: 8 }), (pages) => {
          withWal(facts, { ...log, pages });
        }),
      );
    });
  });

  test('sbom case 26: a damaged page costs its packages and is told of', () => {
    const cut = catalogued(rpm, { [path]: sqliteDatabase.subarray(0, -4096) });
    expect(cut.packages.length).toBeLessThan(6);
    expect(cut.notes).toMatchObject([{ code: 'partial' }]);
  });

  test('sbom case 19: the manifest of images without rpm', () => {
    const manifest = 'var/lib/rpmmanifest/container-manifest-2';
    const line = (name: string, epoch: string): string =>
      `${name}\t2.35-1.azl3\t1700000000\t1690000000\tMicrosoft Corporation\t${epoch}\t1000\tx86_64\t0\tglibc-2.35-1.azl3.src.rpm\n`;
    const { packages } = catalogued(rpm, {
      'etc/os-release': 'ID=azurelinux\n',
      [manifest]: `${line('glibc', '(none)')}${line('gpg-pubkey', '(none)')}broken\n${line('iana', '1')}`,
    });
    expect(packages).toMatchObject([
      {
        namespace: 'azurelinux',
        name: 'glibc',
        version: '2.35-1.azl3',
        supplier: 'Microsoft Corporation',
        qualifiers: { arch: 'x86_64', upstream: 'glibc-2.35-1.azl3.src.rpm' },
        source: { name: 'glibc', version: '2.35', release: '1.azl3' },
      },
      { name: 'iana', qualifiers: { epoch: '1' } },
    ]);
  });

  test('sbom case 26: what an ndb may not say', () => {
    expect(readRpmDatabase(Buffer.concat([Buffer.from('RpmQ'), ndbOf(headers).subarray(4)]))).toBeUndefined();
    const tooLarge = ndbOf(headers);
    tooLarge.writeUInt32LE(2049, 12);
    expect(readRpmDatabase(tooLarge)).toBeUndefined();
    const beyond = ndbOf(headers);
    beyond.writeUInt32LE(0x7fffffff, 4096 + 12);
    expect(readRpmDatabase(beyond)).toMatchObject({ isWhole: false });
    const manyPages = ndbOf(headers, { slotPages: 3 });
    expect(readRpmDatabase(manyPages)?.packages).toHaveLength(6);
  });

  test('sbom case 26: lengths of a header that lie', () => {
    const header = headers.find((blob) => blob.includes('acme-libs'))!;
    const parsed = (change: (blob: Buffer) => void) => {
      const copy = Buffer.from(header);
      change(copy);
      return parseRpmHeader(copy, pathJoiner());
    };
    expect(parsed(() => undefined)?.name).toBeDefined();
    expect(parsed((blob) => blob.writeUInt32BE(0xffffffff, 0))).toBeUndefined();
    expect(parsed((blob) => blob.writeUInt32BE(0xffffffff, 4))).toBeUndefined();
    expect(parsed((blob) => blob.writeUInt32BE(blob.readUInt32BE(4) + 1, 4))).toBeUndefined();
    expect(parseRpmHeader(header.subarray(0, 7), pathJoiner())).toBeUndefined();
  });

  test('facts say nothing of the distribution', () => {
    expect(JSON.stringify(factsOf(rpm, path, sqliteDatabase))).not.toMatch(/rhel|redhat/);
  });
});

describe('damaged databases', () => {
  const kinds: readonly [string, Buffer][] = [
    ['sqlite', sqliteDatabase],
    ['ndb', ndbOf(headers)],
    ['bdb', bdbOf(headers)],
    ['bdb, big-endian', bdbOf(headers, { isBigEndian: true })],
  ];

  test.each(kinds)('sbom case 26: %s cut anywhere', (_, content) => {
    for (let length = 0; length < content.length; length += 97) {
      readRpmDatabase(content.subarray(0, length));
    }
  });

  test.each(kinds)('sbom case 26: %s with other bytes in it', (_, content) => {
    const change = fc.tuple(
      fc.oneof(fc.nat(content.length - 1), fc.nat(1200), fc.integer({ min: 4096, max: 4300 })),
      fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = Buffer.from(content);
        for (const [at, value] of changes) damaged[at] = value;
        const found = readRpmDatabase(damaged);
        for (const { name } of found?.packages ?? []) expect(name).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  test('pages that point in circles', () => {
    const content = bdbOf(headers, { pageSize: 512 });
    for (let at = 1024; at < content.length; at += 512) content.writeUInt32LE(2, at + 16);
    expect(readRpmDatabase(content)).toMatchObject({ isWhole: false });
  });

  test('rows that lie on each other do not make a small file a large one', () => {
    const content = Buffer.from(sqliteDatabase);
    const leaf = tableRows(openSqlite(content)!, 'Packages')!.rows[0]!.leaf;
    const page = content.subarray((leaf - 1) * 4096, leaf * 4096);
    const cell = page.readUInt16BE(8);
    const count = Math.floor((cell - 8) / 2);
    expect(count).toBeGreaterThan(100);
    page.writeUInt16BE(count, 3);
    for (let index = 0; index < count; index++) page.writeUInt16BE(cell, 8 + index * 2);
    const found = tableRows(openSqlite(content)!, 'Packages')!;
    expect(found.isWhole).toBe(false);
    expect(found.rows.reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThan(content.length);
  });

  test('one long folder with many files in it does not fill the memory', () => {
    const join = pathJoiner();
    let characters = 0;
    for (let index = 0; index < 1_000_000; index++) characters += join('/'.repeat(4000), 'a')?.length ?? 0;
    expect(characters).toBeLessThanOrEqual(128 * 1024 * 1024);
    expect(join('/'.repeat(5000), 'a')).toBeUndefined();
  });
});
