import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { elfNote as cataloguer } from '../../src/binary/elf-note.ts';
import type { FoundFile, ImageTree } from '../../src/index.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { heldBuffers } from '../held-buffers.ts';
import { catalogued, factsOf } from '../language/catalogued.ts';
import { type ElfOptions, elf, elfNote } from './programs.ts';

const packageNote = 0xcafe1a7e;
const hello = {
  type: 'rpm',
  name: 'hello',
  version: '2.12-1.fc41',
  architecture: 'x86_64',
  osCpe: 'cpe:/o:fedoraproject:fedora:41',
};

function program(note: object, options: ElfOptions = {}): Buffer {
  const isBig = options.isBigEndian;
  const notes = Buffer.concat([
    elfNote('GNU', 3, 'build id', isBig),
    elfNote('FDO', packageNote, JSON.stringify(note), isBig),
  ]);
  return elf(Buffer.alloc(5000, 0x90), Buffer.alloc(100), { ...options, notes });
}
const purls = (image: ReturnType<typeof catalogued>): unknown[] =>
  image.packages.map((found) => [found.type, purlOf(found), found.evidence.length]);

describe('elf-note', () => {
  it.each<[string, ElfOptions]>([
    ['64 bits', {}],
    ['32 bits', { is64: false }],
    ['64 bits, big-endian', { isBigEndian: true }],
    ['32 bits, big-endian', { is64: false, isBigEndian: true }],
  ])('reads the package of a program of %s, in chunks of any size', (_, options) => {
    for (const chunkBytes of [1, 63, 4095, 4096, 4097, 100_000]) {
      const image = catalogued(cataloguer, { 'usr/bin/hello': program(hello, options) }, { chunkBytes });
      expect(purls(image)).toEqual([
        ['rpm', 'pkg:rpm/fedora/hello@2.12-1.fc41?arch=x86_64&distro=fedora-41', 1],
      ]);
    }
  });

  it('all programs of a package are one, and types that no package manager has are bare', () => {
    const deb = {
      type: 'deb',
      os: 'Ubuntu',
      osVersion: '25.10',
      name: 'hello',
      version: '2.10-5',
      license: 'GPL-3.0+',
    };
    const image = catalogued(cataloguer, {
      'usr/bin/a': program(deb),
      'usr/lib/libb.so.1': program(deb),
      'usr/bin/c': program({ name: 'thing', version: '1', type: 'flatpak' }),
    });
    expect(purls(image)).toEqual([
      ['deb', 'pkg:deb/ubuntu/hello@2.10-5?distro=ubuntu-25.10', 2],
      ['binary', 'pkg:generic/thing@1', 1],
    ]);
    expect(image.packages[0]!.licenses).toEqual([{ expression: 'GPL-3.0-or-later' }]);
  });

  it('where the package database is, notes say nothing', () => {
    const files: FoundFile[] = [{ path: 'a', facts: factsOf(cataloguer, 'a', program(hello))!, layer: 0 }];
    const found = (database: string): unknown[] => {
      const files_ = (name: string): FoundFile[] =>
        name === 'elf-note' ? files : name === database ? [{ path: 'x', facts: null, layer: 0 }] : [];
      const tree: ImageTree = {
        files: files_,
        resolve: (path) => path,
        has: () => false,
        at: () => tree,
        layers: 1,
      };
      return [...cataloguer.catalogue(tree, {}).packages];
    };
    expect(found('rpm')).toEqual([]);
    expect(found('dpkg')).toHaveLength(1);
  });

  it.each<[string, Buffer]>([
    ['another owner', elfNote('GNU', packageNote, JSON.stringify(hello))],
    ['another type', elfNote('FDO', 1, JSON.stringify(hello))],
    ['no JSON', elfNote('FDO', packageNote, '{"name":')],
    ['no object', elfNote('FDO', packageNote, '[1]')],
    ['no version', elfNote('FDO', packageNote, '{"name":"a"}')],
    ['a name of two lines', elfNote('FDO', packageNote, '{"name":"a\\nb","version":"1"}')],
    ['nothing', Buffer.alloc(0)],
    ['lengths beyond its end', Buffer.from('ffffffffffffffff7e1afeca46444f00', 'hex')],
    ['lengths of nothing, over and over', Buffer.alloc(60_000)],
    ['a note that is cut off', elfNote('FDO', packageNote, JSON.stringify(hello)).subarray(0, 40)],
  ])('a note with %s says nothing', (_, notes) => {
    expect(factsOf(cataloguer, 'a', elf(Buffer.alloc(64), Buffer.alloc(64), { notes }))).toBeUndefined();
  });

  it('headers that lie about where notes are cost nothing', () => {
    for (const [start, size] of [
      [0, 2 ** 32 - 1],
      [2 ** 31, 2 ** 31],
      [8, 3],
      [4090, 60_000],
    ] as const) {
      const content = program(hello);
      content.writeUInt32LE(start, 64 + 2 * 56 + 8);
      content.writeUInt32LE(size, 64 + 2 * 56 + 32);
      expect(factsOf(cataloguer, 'a', content, { chunkBytes: 777 })).toBeUndefined();
    }
    // All that the first page has room for, each of the whole file.
    const many = elf(Buffer.alloc(64), Buffer.alloc(64));
    many.writeUInt16LE(65535, 56);
    for (let at = 64; at + 56 <= 4032; at += 56) {
      many.writeUInt32LE(4, at);
      many.writeUInt32LE(4096, at + 8);
      many.writeUInt32LE(2 ** 31, at + 32);
    }
    const before = heldBuffers();
    const probe = cataloguer.probe({ path: 'a', size: 2 ** 31, isExecutable: true })!;
    probe.write(many);
    for (let count = 0; count < 64; count++) probe.write(Buffer.alloc(1 << 20));
    expect(heldBuffers() - before).toBeLessThan(96 << 20);
    expect(probe.end()).toBeUndefined();
  });

  it('keeps 64 KiB of the largest note', () => {
    const note = elfNote('FDO', packageNote, JSON.stringify({ ...hello, more: 'x'.repeat(4_000_000) }));
    expect(
      factsOf(cataloguer, 'a', elf(Buffer.alloc(64), Buffer.alloc(64), { notes: note })),
    ).toBeUndefined();
  });
});
