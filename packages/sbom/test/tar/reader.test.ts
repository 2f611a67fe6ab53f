import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TarReader } from '../../src/tar/reader.ts';
import { pax, paxRecord, type RawEntry, rawHeader, rawTar } from '../layer/archive.ts';

interface Seen {
  readonly names: string[];
  readonly bodies: string[];
  readonly error: string | undefined;
}

function readAll(tar: Buffer, chunk: number = tar.byteLength || 1): Seen {
  const names: string[] = [];
  const bodies: string[] = [];
  const reader = new TarReader((head) => {
    names.push(head.name);
    const index = bodies.push('') - 1;
    return {
      write: (bytes) => {
        bodies[index] += Buffer.from(bytes).toString('latin1');
      },
      end: () => {},
    };
  });
  try {
    for (let at = 0; at < tar.byteLength; at += chunk) reader.write(tar.subarray(at, at + chunk));
    reader.end();
    return { names, bodies, error: undefined };
  } catch (error) {
    return { names, bodies, error: (error as { problem?: string }).problem ?? String(error) };
  }
}

const hidden = rawHeader({ name: 'hidden' });

describe('archives as Go reads them', () => {
  test('sbom case 2: a link with a size hides nothing', () => {
    const tar = rawTar([{ name: 'link', type: '2', link: 'x', size: 512, body: hidden }, { name: 'z' }]);
    expect(readAll(tar).names).toEqual(['link', 'hidden', 'z']);
  });

  test('sbom case 3: a folder with a size hides nothing and does not hang', () => {
    const tar = rawTar([{ name: 'dir/', type: '5', size: 512, body: hidden }]);
    expect(readAll(tar)).toMatchObject({ names: ['dir/', 'hidden'], error: undefined });
  });

  test('sbom case 3: a link or a pipe with a size hides nothing either', () => {
    for (const type of ['1', '3', '4', '6'])
      expect(readAll(rawTar([{ name: 'odd', type, size: 512, body: hidden }])).names).toEqual([
        'odd',
        'hidden',
      ]);
  });

  const long = `${'deep/'.repeat(60)}end`;
  test.each<[string, RawEntry[], string[]]>([
    ['v7', [{ name: 'old', magic: 'v7' }], ['old']],
    ['v7, where a slash makes a folder', [{ name: 'old/', magic: 'v7', type: '\0' }], ['old/']],
    ['ustar with a prefix', [{ name: 'b', edit: (block) => void block.write('a', 345) }], ['a/b']],
    [
      'a GNU long name',
      [{ name: '././@LongLink', type: 'L', magic: 'gnu', body: `${long}\0` }, { name: 'cut' }],
      [long],
    ],
    ['a pax path', [pax({ path: long }), { name: 'cut' }], [long]],
    ['a pax path over one too long for its field', [pax({ path: 'x' }), { name: 'y'.repeat(100) }], ['x']],
    [
      'a long name over a pax path',
      [pax({ path: 'x' }), { name: 'L', type: 'L', body: 'y' }, { name: 'z' }],
      ['y'],
    ],
    ['an empty pax path, which means none', [pax({ path: '' }), { name: 'own' }], ['own']],
    ['pax records for one entry only', [pax({ path: 'x' }), { name: 'y' }, { name: 'z' }], ['x', 'z']],
    [
      'a global pax header, which is an entry by itself and drops what came before',
      [pax({ path: 'lost' }), pax({ comment: 'for all' }, 'g'), { name: 'own' }],
      ['pax', 'own'],
    ],
    [
      'the path of a global pax header, which is its own',
      [pax({ path: 'p' }, 'g'), { name: 'own' }],
      ['p', 'own'],
    ],
  ])('sbom case 4: names: %s', (_, entries, names) => {
    expect(readAll(rawTar(entries))).toMatchObject({ names, error: undefined });
  });

  test('sbom case 4: what a link leads to is taken from a long link or a pax header', () => {
    const links: string[] = [];
    const reader = new TarReader(({ link }) => {
      links.push(link);
      return undefined;
    });
    const own = { type: '2', link: 'short' };
    reader.write(
      rawTar([
        { name: 'K', type: 'K', magic: 'gnu', body: `${long}\0` },
        { name: 'a', ...own },
        pax({ linkpath: long }),
        { name: 'b', ...own },
        { name: 'c', ...own },
      ]),
    );
    expect(links).toEqual([long, long, 'short']);
  });

  test('sbom case 4: sizes in base 256 and in pax headers', () => {
    const base256 = Buffer.alloc(12);
    base256[0] = 0x80;
    base256[11] = 3;
    const tar = rawTar([
      { name: 'binary', magic: 'gnu', size: base256, body: 'xyz' },
      pax({ size: '3' }),
      { name: 'short', body: 'abc', size: 1 },
    ]);
    expect(readAll(tar)).toMatchObject({ bodies: ['xyz', 'abc'], error: undefined });
  });

  test.each<[string, RawEntry[]]>([
    ['negative', [{ name: 'a', magic: 'gnu', size: Buffer.alloc(12, 0xff) }]],
    ['not octal', [{ name: 'a', size: Buffer.from('99999999999\0') }]],
    ['pax, no number', [pax({ size: 'NaN' }), { name: 'a' }]],
    ['pax, negative', [pax({ size: '-1' }), { name: 'a' }]],
    ['pax, more than 64 bits', [pax({ size: '9223372036854775808' }), { name: 'a' }]],
    [
      'base 256, more than 64 bits',
      [{ name: 'a', magic: 'gnu', size: Buffer.from('80ff'.padEnd(24, 'f'), 'hex') }],
    ],
  ])('sbom case 4: a size that is none is refused: %s', (_, entries) => {
    expect(readAll(rawTar(entries))).toMatchObject({ names: [], error: 'header' });
  });

  test('sbom case 4: a file of 9 GB is taken by its pax size', () => {
    const tar = rawTar([pax({ size: String(9 * 2 ** 30) }), { name: 'big', body: 'x' }]);
    expect(readAll(tar)).toMatchObject({ names: ['big'], error: 'truncated' });
  });

  const content = '\0\0\0ab\0\0cd\0';
  const map = Buffer.alloc(512);
  map.write('2\n3\n2\n7\n2\n');
  const sizes = { 'GNU.sparse.size': '10', 'GNU.sparse.numblocks': '2' };
  const pairs = ['offset=3', 'numbytes=2', 'offset=7', 'numbytes=2'].map((pair) => {
    const [key, value] = pair.split('=');
    return paxRecord(`GNU.sparse.${key}`, value!);
  });
  const counts = Object.entries(sizes).map(([key, value]) => paxRecord(key, value));
  const sparse: readonly [string, RawEntry[]][] = [
    [
      '0.0',
      [
        { name: 'pax', type: 'x', body: [...pairs, ...counts].join('') },
        { name: 'f', body: 'abcd' },
      ],
    ],
    [
      '0.1',
      [
        pax({ ...sizes, 'GNU.sparse.map': '3,2,7,2', 'GNU.sparse.name': 'f' }),
        { name: 'GNUSparseFile.0/f', body: 'abcd' },
      ],
    ],
    [
      '1.0',
      [
        pax({
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.realsize': '10',
          'GNU.sparse.name': 'f',
        }),
        { name: 'GNUSparseFile.0/f', body: Buffer.concat([map, Buffer.from('abcd')]) },
      ],
    ],
  ];
  test.each(sparse)('sbom case 5: a sparse file of pax format %s gives what it holds', (_, entries) => {
    const tar = rawTar([...entries, { name: 'next', body: 'n' }]);
    for (const chunk of [tar.byteLength, 1, 511])
      expect(readAll(tar, chunk)).toEqual({ names: ['f', 'next'], bodies: [content, 'n'], error: undefined });
  });

  test('sbom case 5: a sparse file of the old GNU format with an extension gives what it holds', () => {
    const header = rawHeader({
      name: 'f',
      type: 'S',
      magic: 'gnu',
      size: 4,
      edit: (block) => {
        block.write('00000000003\x0000000000002\0', 386, 'latin1');
        block[482] = 1;
        block.write('00000000012\0', 483, 'latin1');
      },
    });
    const extension = Buffer.alloc(512);
    extension.write('00000000007\x0000000000002\0', 0, 'latin1');
    const body = Buffer.from('abcd'.padEnd(512, '\0'));
    const tar = Buffer.concat([header, extension, body, rawTar([{ name: 'next', body: 'n' }])]);
    for (const chunk of [tar.byteLength, 1, 511])
      expect(readAll(tar, chunk)).toEqual({ names: ['f', 'next'], bodies: [content, 'n'], error: undefined });
    // Within the chain of extensions there is no end.
    expect(readAll(tar.subarray(0, 512))).toMatchObject({ names: [], error: 'truncated' });
  });

  test.each<[string, string, string]>([
    ['regions out of order', '7,2,3,2', 'header'],
    ['regions that overlap', '3,2,4,2', 'header'],
    ['a region behind the end', '3,2,9,2', 'header'],
    ['a negative offset', '-3,2,7,2', 'header'],
    ['more data than regions', '3,2,7,1', 'sparse'],
    ['less data than regions', '3,2,7,3', 'sparse'],
    ['an odd number of numbers', '3,2,7', 'header'],
  ])('sbom case 5: a map that does not hold is damage: %s', (_, numbers, error) => {
    const tar = rawTar([pax({ ...sizes, 'GNU.sparse.map': numbers }), { name: 'f', body: 'abcd' }]);
    expect(readAll(tar).error).toBe(error);
  });

  const one = rawTar([{ name: 'a', body: 'x' }], 0);
  const bad = Buffer.concat([one, rawTar([{ name: 'b' }])]);
  bad[1024 + 3] = 65;
  test.each<[string, Buffer, string[], string | undefined]>([
    ['a wrong checksum in the middle', bad, ['a'], 'header'],
    ['two blocks of zeros, then entries', Buffer.concat([one, Buffer.alloc(1024), one]), ['a'], undefined],
    [
      'two blocks of zeros, then garbage',
      Buffer.concat([one, Buffer.alloc(1024), Buffer.alloc(700, 7)]),
      ['a'],
      undefined,
    ],
    [
      'two archives on end',
      Buffer.concat([rawTar([{ name: 'a' }]), rawTar([{ name: 'b' }])]),
      ['a'],
      undefined,
    ],
    ['one block of zeros, then an entry', Buffer.concat([one, Buffer.alloc(512), one]), ['a'], 'header'],
    ['one block of zeros, then the end', Buffer.concat([one, Buffer.alloc(512)]), ['a'], undefined],
    ['no blocks of zeros', one, ['a'], undefined],
    ['cut off where only filling was left', one.subarray(0, 600), ['a'], undefined],
    ['cut off in a content', one.subarray(0, 512), ['a'], 'truncated'],
    ['cut off in a header', one.subarray(0, 300), [], 'truncated'],
    [
      'cut off in a long name',
      rawTar([{ name: 'L', type: 'L', body: 'n'.repeat(600) }]).subarray(0, 700),
      [],
      'truncated',
    ],
    ['nothing at all', Buffer.alloc(0), [], undefined],
    [
      'a long name of 2 MiB',
      rawTar([{ name: 'L', type: 'L', body: Buffer.alloc(2 ** 21, 110) }, { name: 'a' }]),
      [],
      'too-long',
    ],
    ['a pax header of 2 MiB', rawTar([pax({ comment: 'n'.repeat(2 ** 21) }), { name: 'a' }]), [], 'too-long'],
  ])('sbom case 6: damage, ends and what follows them: %s', (_, tar, names, error) => {
    expect(readAll(tar)).toMatchObject({ names, error });
  });

  test('a reader that failed fails again, in the same words', () => {
    const reader = new TarReader(() => undefined);
    expect(() => reader.write(bad)).toThrow(
      'the archive is damaged at byte 1024: a header has a wrong checksum or number',
    );
    expect(() => reader.write(one)).toThrow('the archive is damaged at byte 1024');
    expect(() => reader.end()).toThrow('the archive is damaged at byte 1024');
  });

  test('sbom case 9: a file of 20 GB that nobody wants is passed over and the next entry is found', () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeBigUInt64BE(20n * 2n ** 30n, 4);
    const names: string[] = [];
    const reader = new TarReader(({ name }) => {
      names.push(name);
      return undefined;
    });
    reader.write(rawHeader({ name: 'huge', magic: 'gnu', size }));
    const chunk = Buffer.alloc(2 ** 26);
    for (let read = 0; read < 20 * 2 ** 30; read += chunk.byteLength) reader.write(chunk);
    reader.write(rawTar([{ name: 'next' }]));
    expect(names).toEqual(['huge', 'next']);
  });

  test('however it is cut and whatever is flipped, it ends, and in the same way', () => {
    const tar = rawTar([
      pax({ path: 'p', 'GNU.sparse.map': '0,1', 'GNU.sparse.numblocks': '1', 'GNU.sparse.size': '4' }),
      { name: 'a', body: 'x' },
      { name: 'L', type: 'L', magic: 'gnu', body: 'long' },
      { name: 'b', type: '2', link: 'a' },
      { name: 'c', body: 'y'.repeat(700) },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(tar.byteLength - 1), fc.nat(255)), { maxLength: 3 }),
        fc.integer({ min: 1, max: 1500 }),
        (flips, chunk) => {
          const changed = Buffer.from(tar);
          for (const [at, byte] of flips) changed[at] = byte;
          expect(readAll(changed, chunk)).toEqual(readAll(changed));
        },
      ),
      { numRuns: 500 },
    );
  });
});
