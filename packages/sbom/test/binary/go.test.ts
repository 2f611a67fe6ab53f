import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { go } from '../../src/binary/go.ts';
import { heldBuffers } from '../held-buffers.ts';
import { catalogued, edges, factsOf, names } from '../language/catalogued.ts';
import { elf, goBuildInfo, oldGoBuildInfo, oldGoProgram } from './programs.ts';

const lines = [
  'path\texample.com/acme/widget/cmd/widget',
  'mod\texample.com/acme/widget\tv1.2.3\t',
  'dep\texample.com/acme/gear/v2\tv2.0.1\th1:abc=',
  'dep\texample.com/acme/old\tv1.0.0',
  '=>\texample.com/fork/new\tv1.0.1\th1:def=',
  'dep\texample.com/acme/here\tv0.1.0',
  '=>\t./here\t(devel)\t',
  'build\tGOOS=linux',
];
const expected = [
  'golang:example.com/acme/gear/v2@v2.0.1',
  'golang:example.com/acme/here@v0.1.0',
  'golang:example.com/acme/widget@v1.2.3',
  'golang:example.com/fork/new@v1.0.1',
  'golang:stdlib@1.26.1',
];
const code = Buffer.alloc(5000, 0x90);
const program = (constants: Buffer, data: Buffer): Buffer => elf(constants, data);

describe('go', () => {
  it('sbom case 30: lists modules, replacements from near and far, the standard library, and what the program needs', () => {
    const image = catalogued(go, { 'usr/bin/widget': program(code, goBuildInfo('go1.26.1', lines)) });
    expect(names(image)).toEqual(expected);
    expect(edges(image)).toHaveLength(4);
    const of = (name: string): unknown => image.packages.find((one) => one.name === name)?.properties;
    expect(of('v2')).toEqual({ 'golang.sum': 'h1:abc=' });
    expect(of('new')).toEqual({ 'golang.sum': 'h1:def=', 'golang.replaces': 'example.com/acme/old' });
    expect(of('here')).toEqual({ 'golang.replacedBy': './here' });
    expect(of('widget')).toEqual({ 'golang.mainPackage': 'example.com/acme/widget/cmd/widget' });
  });

  it.each([1, 3, 16, 31, 33, 4095, 4096, 100_000])('finds it in chunks of %d bytes', (chunkBytes) => {
    const image = catalogued(
      go,
      { 'usr/bin/widget': program(code, goBuildInfo('go1.26.1', lines)) },
      { chunkBytes },
    );
    expect(names(image)).toEqual(expected);
  });

  it.each([
    [
      'ELF, 32 bits, big-endian',
      elf(code, goBuildInfo('go1.26.1', lines), { is64: false, isBigEndian: true }),
    ],
    ['ELF, 64 bits, big-endian', elf(code, goBuildInfo('go1.26.1', lines), { isBigEndian: true })],
    ['PIE', elf(code, goBuildInfo('go1.26.1', lines), { isPie: true })],
    ['PE', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(510), goBuildInfo('go1.26.1', lines)])],
    [
      'Mach-O',
      Buffer.concat([Buffer.from('cffaedfe', 'hex'), Buffer.alloc(508), goBuildInfo('go1.26.1', lines)]),
    ],
  ])('sbom case 30: %s', (_, content) => {
    expect(names(catalogued(go, { 'opt/widget.exe': content }))).toEqual(expected);
  });

  it('sbom case 30: the marker of a program in the constants of another is not its own', () => {
    const inner = elf(code, goBuildInfo('go1.20', ['path\tinner', 'mod\tinner\tv9.9.9']));
    const after = goBuildInfo('go1.19', ['path\tafter', 'mod\tafter\tv8.8.8']);
    const data = goBuildInfo('go1.26.1', lines);
    const outer = elf(inner, Buffer.concat([data, Buffer.alloc(16 - (data.length % 16))]));
    expect(names(catalogued(go, { 'usr/bin/widget': Buffer.concat([outer, after]) }))).toEqual(expected);
  });

  it('sbom case 30: fake markers do not hide the real one', () => {
    const fake = (tail: string): Buffer => {
      const bytes = Buffer.from(`\xff Go buildinf:\x08\x02${'\0'.repeat(16)}${tail}`, 'latin1');
      return Buffer.concat([bytes, Buffer.alloc(16 - (bytes.length % 16))]);
    };
    const fakes = [
      fake('\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'),
      fake('\x04hell'),
      fake('\x06go1.20\xff\xff\xff\xff\x7f'),
      fake(''),
    ];
    const unaligned = Buffer.concat([Buffer.from('x'), goBuildInfo('go1.9', lines), Buffer.alloc(15)]);
    const constants = Buffer.concat([...fakes, unaligned]);
    expect(
      names(catalogued(go, { 'usr/bin/widget': elf(constants, goBuildInfo('go1.26.1', lines)) })),
    ).toEqual(expected);
    expect(factsOf(go, 'usr/bin/widget', elf(constants, Buffer.alloc(16)))).toBeUndefined();
  });

  it('sbom case 30: stripped programs, and ones cut off behind what is looked for, have it all', () => {
    const content = program(code, goBuildInfo('go1.26.1', lines));
    // Neither has sections: the headers say there are none.
    expect([content.readUInt16LE(60), content.readUInt16LE(62)]).toEqual([0, 0]);
    for (const tail of [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(100_000)]) {
      expect(names(catalogued(go, { a: Buffer.concat([content, tail]) }))).toEqual(expected);
    }
  });

  it('sbom case 30: a marker behind a gigabyte of code is found, and nothing of it is kept', () => {
    const head = program(code, Buffer.alloc(16));
    const zeros = Buffer.alloc(16 * 1024 * 1024);
    const info = goBuildInfo('go1.26.1', lines);
    const size = head.length + 64 * zeros.length + info.length;
    const probe = go.probe({ path: 'a', size, isExecutable: true })!;
    const before = heldBuffers();
    probe.write(head);
    for (let count = 0; count < 64; count++) probe.write(zeros);
    probe.write(Buffer.concat([Buffer.alloc(-head.length & 15), info]));
    expect(heldBuffers() - before).toBeLessThan(256 * 1024 * 1024);
    expect(probe.end()).toMatchObject({ goVersion: 'go1.26.1', path: 'example.com/acme/widget/cmd/widget' });
  });

  it('sbom case 30: of programs that are packed with UPX there is a note', () => {
    const packed = elf(Buffer.concat([Buffer.from('\0\0\0\0UPX!\x0d\x18'), code]), Buffer.alloc(16));
    packed.write('UPX!', 300);
    const image = catalogued(go, { 'usr/bin/a': packed, 'usr/bin/b': packed });
    expect(image.packages).toEqual([]);
    expect(image.notes).toEqual([
      {
        code: 'skipped',
        message: 'usr/bin/a and 1 more programs are packed with UPX: what is inside cannot be seen.',
      },
    ]);
    // One that is UPX itself has the mark elsewhere.
    expect(catalogued(go, { upx: elf(code, Buffer.from('UPX!'.padEnd(64))) }).notes).toEqual([]);
  });

  it.each([1, 31, 32, 33, 4096, 100_000])(
    'sbom case 30: before Go 1.18 the version of Go is where a pointer of a pointer leads, in chunks of %d bytes',
    (chunkBytes) => {
      for (const options of [
        {},
        { is64: false },
        { isBigEndian: true },
        { is64: false, isBigEndian: true },
      ]) {
        const content = oldGoProgram('go1.15.9', lines, options);
        const image = catalogued(go, { 'usr/bin/widget': content }, { chunkBytes });
        expect(names(image)).toEqual([...expected.slice(0, -1), 'golang:stdlib@1.15.9']);
      }
    },
  );

  it('sbom case 30: a program from before Go 1.18 and without modules has the standard library', () => {
    expect(names(catalogued(go, { a: oldGoProgram('go1.13', []) }))).toEqual(['golang:stdlib@1.13']);
  });

  it('sbom case 30: pointers that lead nowhere leave the modules', () => {
    const image = catalogued(go, { 'usr/bin/widget': elf(Buffer.alloc(16), oldGoBuildInfo(lines)) });
    expect(names(image)).toEqual(expected.slice(0, -1));
    const whole = oldGoProgram('go1.15.9', []);
    const marker = whole.indexOf('\xff Go buildinf:', 'latin1');
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(whole);
      copy.writeUInt32LE(value, at);
      return copy;
    };
    for (const content of [
      changed(marker + 16, 0x400000 + marker - 8),
      changed(marker + 20, 0xffffffff),
      changed(whole.length - 16, 0x400000),
      changed(whole.length - 8, 0xffffffff),
      changed(whole.length - 4, 1),
      whole.subarray(0, -1),
    ]) {
      expect(factsOf(go, 'usr/bin/widget', content)).toBeUndefined();
    }
  });

  it.each<[string, string[], string]>([
    [
      'a commit',
      ['build\tvcs.revision=0123456789abcdef0123', 'build\tvcs.time=2026-01-02T03:04:05Z'],
      '@v0.0.0-20260102030405-0123456789ab',
    ],
    [
      'the linker',
      [
        'build\t-ldflags="-s -w -X example.com/a/version.Version=1.4.2 -X main.date=x"',
        'build\tvcs.revision=0123456789abcdef0123',
      ],
      '@v1.4.2',
    ],
    ['nothing', ['build\t-ldflags=-w'], ''],
  ])('sbom case 30: (devel) has its version from %s', (_, settings, version) => {
    const content = elf(
      code,
      goBuildInfo('go1.22.0 X:loopvar', ['path\ta', 'mod\texample.com/a\t(devel)\t', ...settings]),
    );
    expect(names(catalogued(go, { a: content }))).toEqual([
      `golang:example.com/a${version}`,
      'golang:stdlib@1.22.0',
    ]);
  });

  it('a program without modules has the standard library', () => {
    expect(names(catalogued(go, { a: elf(code, goBuildInfo('devel go1.27-abcdef', [])) }))).toEqual([
      'golang:stdlib@1.27',
    ]);
  });

  it('does not look at what is no program', () => {
    const head = { size: 10_000, isExecutable: false };
    for (const path of ['a/b.py', 'a/b.json', 'a/b.txt', 'a/b.pyc', 'usr/share/a.woff2']) {
      expect(go.probe({ path, ...head })).toBeUndefined();
    }
    expect(go.probe({ path: 'a', size: 12, isExecutable: true })).toBeUndefined();
    expect(
      factsOf(
        go,
        'a',
        Buffer.concat([Buffer.from('#!/bin/sh\n  '), goBuildInfo('go1.26.1', lines), Buffer.alloc(99)]),
      ),
    ).toBeUndefined();
  });

  it('keeps little of a program with a marker in each line', () => {
    const one = goBuildInfo('go1.26.1', ['mod\ta\tv1']);
    const padded = Buffer.concat([one, Buffer.alloc(16 - (one.length % 16))]);
    const many = elf(Buffer.concat(Array.from({ length: 50_000 }, () => padded)), Buffer.alloc(16));
    const before = heldBuffers();
    const probe = go.probe({ path: 'a', size: many.length, isExecutable: true })!;
    for (let at = 0; at < many.length; at += 65536) probe.write(many.subarray(at, at + 65536));
    expect(heldBuffers() - before).toBeLessThan(48 * 1024 * 1024);
    expect(probe.end()).toBeDefined();
  }, 5000);
});
