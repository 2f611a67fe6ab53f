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

  test('sbom case 4: v7, long names, pax, base 256', () => {
    const long = 'n'.repeat(300);
    const base256 = Buffer.alloc(12);
    base256[0] = 0x80;
    base256[11] = 3;
    const tar = rawTar([
      { name: 'old', magic: 'v7', body: '1' },
      { name: '././@LongLink', type: 'L', magic: 'gnu', body: `${long}\0` },
      { name: 'cut', magic: 'gnu', body: '2' },
      pax({ path: 'from-pax', size: '3' }),
      { name: 'short', body: 'abc', size: 1 },
      { name: 'binary', magic: 'gnu', size: base256, body: 'xyz' },
      pax({ path: 'forgotten' }),
      pax({ comment: 'for all' }, 'g'),
      { name: 'own', body: '' },
    ]);
    expect(readAll(tar)).toEqual({
      names: ['old', long, 'from-pax', 'binary', 'own'],
      bodies: ['1', '2', 'abc', 'xyz', ''],
      error: undefined,
    });
  });

  test.each<[string, RawEntry[]]>([
    ['negative', [{ name: 'a', magic: 'gnu', size: Buffer.alloc(12, 0xff) }]],
    ['not octal', [{ name: 'a', size: Buffer.from('99999999999\0') }]],
    ['pax, no number', [pax({ size: 'NaN' }), { name: 'a' }]],
    ['pax, negative', [pax({ size: '-1' }), { name: 'a' }]],
  ])('sbom case 4: a size that is none is refused: %s', (_, entries) => {
    expect(readAll(rawTar(entries))).toMatchObject({ names: [], error: 'header' });
  });

  test('sbom case 4: a file of 9 GB is taken by its pax size', () => {
    const tar = rawTar([pax({ size: String(9 * 2 ** 30) }), { name: 'big', body: 'x' }]);
    expect(readAll(tar)).toMatchObject({ names: ['big'], error: 'truncated' });
  });

  test('sbom case 5: sparse files give what they hold', () => {
    const oldSparse = (block: Buffer): void => {
      block.write('00000000003\x0000000000002\0', 386, 'latin1');
      block[482] = 1;
      block.write('00000000012\0', 483, 'latin1');
    };
    const extension = Buffer.alloc(512);
    extension.write('00000000007\x0000000000002\0', 0, 'latin1');
    const header = rawHeader({ name: 'gnu', type: 'S', magic: 'gnu', size: 4, edit: oldSparse });
    const old = Buffer.concat([
      header,
      extension,
      Buffer.from('abcd'),
      Buffer.alloc(508),
      Buffer.alloc(1024),
    ]);
    const want = '\0\0\0ab\0\0cd\0';
    expect(readAll(old)).toEqual({ names: ['gnu'], bodies: [want], error: undefined });

    const common = { 'GNU.sparse.size': '10', 'GNU.sparse.numblocks': '2' };
    const v00 = Buffer.from(
      ['offset', '3', 'numbytes', '2', 'offset', '7', 'numbytes', '2']
        .flatMap((key, index, all) =>
          index % 2 === 0 ? [paxRecord(`GNU.sparse.${key}`, all[index + 1]!)] : [],
        )
        .join('') +
        Object.entries(common)
          .map(([key, value]) => paxRecord(key, value))
          .join(''),
    );
    const map = Buffer.alloc(512);
    map.write('2\n3\n2\n7\n2\n');
    const tar = rawTar([
      { name: 'pax', type: 'x', body: v00 },
      { name: 'v00', body: 'abcd' },
      pax({ ...common, 'GNU.sparse.map': '3,2,7,2', 'GNU.sparse.name': 'v01' }),
      { name: 'GNUSparseFile.0/x', body: 'abcd' },
      pax({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.realsize': '10',
        'GNU.sparse.name': 'v10',
      }),
      { name: 'GNUSparseFile.0/y', body: Buffer.concat([map, Buffer.from('abcd')]) },
      { name: 'next' },
    ]);
    for (const chunk of [tar.byteLength, 1, 511])
      expect(readAll(tar, chunk)).toEqual({
        names: ['v00', 'v01', 'v10', 'next'],
        bodies: [want, want, want, ''],
        error: undefined,
      });
  });

  test('sbom case 6: damage, ends and what follows them', () => {
    const one = rawTar([{ name: 'a', body: 'x' }], 0);
    expect(readAll(Buffer.concat([one, Buffer.alloc(1024), one])).names).toEqual(['a']);
    expect(readAll(Buffer.concat([one, Buffer.alloc(512), one]))).toMatchObject({
      names: ['a'],
      error: 'header',
    });
    expect(readAll(one)).toMatchObject({ names: ['a'], error: undefined });
    expect(readAll(one.subarray(0, 600))).toMatchObject({ names: ['a'], error: undefined });
    expect(readAll(one.subarray(0, 512))).toMatchObject({ names: ['a'], error: 'truncated' });
    expect(readAll(one.subarray(0, 300))).toMatchObject({ names: [], error: 'truncated' });
    const bad = Buffer.concat([one, one]);
    bad[1024 + 3] = 65;
    expect(readAll(bad)).toMatchObject({ names: ['a'], error: 'header' });
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
