import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ZipBudget } from '../../src/language/zip-budget.ts';
import { isReadable, zipContent } from '../../src/language/zip-content.ts';
import { ZipReader } from '../../src/language/zip-reader.ts';
import { type ZipEntry, zip } from './zip-maker.ts';

/** Every entry with its content, or why there is none. */
function read(
  archive: Buffer,
  chunkBytes = 64,
): { entries: [string, string][]; isZip: boolean; isWhole: boolean } {
  const entries: [string, string][] = [];
  const budget = new ZipBudget();
  const reader = new ZipReader((head) => {
    if (!isReadable(head)) {
      entries.push([head.name, 'unreadable']);
      return undefined;
    }
    return zipContent(
      head,
      budget,
      1_000_000,
      (content) => entries.push([head.name, content.toString()]),
      (reason) => entries.push([head.name, reason]),
    );
  });
  budget.read(archive.length);
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < archive.length; at += chunkBytes) {
    const length = archive.copy(chunk, 0, at, at + chunkBytes);
    reader.write(chunk.subarray(0, length));
  }
  return { entries, isZip: reader.isZip, isWhole: reader.isWhole };
}

const all = { isZip: true, isWhole: true };

describe('zip reader', () => {
  it.each(['front', 'behind', 'bare', 'zip64', 'behind-zip64'] as const)(
    'sbom case 29: reads entries whose sizes stand %s, whatever the pieces it gets',
    (sizes) => {
      const entries: ZipEntry[] = [
        { name: 'empty/', content: '', method: 0, sizes },
        { name: 'a.txt', content: 'a'.repeat(1000), sizes },
        { name: 'b.txt', content: 'stored', method: 0, sizes },
        { name: 'c.txt', content: 'PK\u0007\u0008PK\u0003\u0004PK\u0001\u0002PPK', method: 0, sizes },
        { name: 'ü.txt', content: '', sizes },
      ];
      const expected = entries.map(({ name, content }) => [name, content]);
      for (const chunkBytes of [1, 2, 3, 7, 31, 64, 100_000])
        expect(read(zip(entries), chunkBytes)).toEqual({ entries: expected, ...all });
    },
  );

  it('sbom case 29: an entry that holds an archive with sizes behind its entries ends at its own', () => {
    const inner = zip([{ name: 'x', content: 'inner', sizes: 'behind' }]);
    const archive = zip([
      { name: 'inner.zip', content: inner, method: 0, sizes: 'behind' },
      { name: 'after', content: 'y', sizes: 'bare' },
    ]);
    expect(read(archive, 50).entries).toEqual([
      ['inner.zip', inner.toString()],
      ['after', 'y'],
    ]);
  });

  it('sbom case 29: passes over a script in front, and takes what is no archive for none', () => {
    const script = '#!/bin/sh\necho PK\nexec java -jar "$0"\nPK\u0003\u0004\n';
    expect(read(zip([{ name: 'a', content: 'x' }], { prefix: script }), 10)).toEqual({
      entries: [['a', 'x']],
      ...all,
    });
    expect(read(zip([]))).toEqual({ entries: [], ...all });
    for (const junk of ['', 'P', 'PK', 'not an archive', 'PK\u0001\u0002'.repeat(100)])
      expect(read(Buffer.from(junk))).toEqual({ entries: [], isZip: false, isWhole: false });
    const far = zip([{ name: 'a', content: 'x' }], { prefix: ' '.repeat(1_100_000) });
    expect(read(far, 65536).isZip).toBe(false);
  });

  it('sbom case 29: encrypted entries and unusual compression are told of, and the rest is read', () => {
    const archive = zip([
      { name: 'secret', content: 'x', isEncrypted: true },
      { name: 'lzma', content: 'x', method: 14 },
      { name: 'plain', content: 'x' },
    ]);
    expect(read(archive)).toEqual({
      entries: [
        ['secret', 'unreadable'],
        ['lzma', 'unreadable'],
        ['plain', 'x'],
      ],
      ...all,
    });
  });

  it('sbom case 29: damage to one entry does not hide the next, and an archive that is cut off says so', () => {
    const damaged = zip([
      { name: 'a', content: 'x', raw: Buffer.from([0xff, 0xff, 0xff]) },
      { name: 'b', content: 'y'.repeat(300), toldSize: 3 },
      { name: 'c', content: 'z' },
    ]);
    expect(read(damaged).entries).toEqual([
      ['a', 'it is damaged or too large'],
      ['b', 'it is damaged or too large'],
      ['c', 'z'],
    ]);
    const whole = zip([
      { name: 'a', content: 'x' },
      { name: 'b', content: 'y'.repeat(100), method: 0 },
    ]);
    expect(read(whole.subarray(0, 100))).toEqual({ entries: [['a', 'x']], isZip: true, isWhole: false });
  });

  it('sbom case 29: an entry that inflates to more than its archive allows is not unpacked', () => {
    const bomb = zip([{ name: 'zeros', content: Buffer.alloc(900_000) }]);
    expect(bomb.length).toBeLessThan(1100);
    expect(read(bomb).entries).toEqual([['zeros', 'it is damaged or too large']]);
  });

  it('reads whatever is put together, in any pieces', () => {
    const entry = fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }).map((name) => name.toWellFormed()),
      content: fc.oneof(
        fc.string({ maxLength: 200 }),
        fc.constantFrom('PK\u0007\u0008', 'PK\u0003\u0004'.repeat(9)),
      ),
      method: fc.constantFrom(0, 8),
      sizes: fc.constantFrom('front' as const, 'behind' as const, 'bare' as const, 'behind-zip64' as const),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        (entries, chunkBytes) => {
          const wellFormed = entries.map((one) => ({ ...one, content: one.content.toWellFormed() }));
          expect(read(zip(wellFormed), chunkBytes)).toEqual({
            entries: wellFormed.map(({ name, content }) => [name, content]),
            ...all,
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever is damaged', () => {
    const archive = zip([
      { name: 'a', content: 'x'.repeat(100) },
      { name: 'b', content: 'y'.repeat(100), sizes: 'behind' },
      { name: 'c', content: 'z'.repeat(100), method: 0, sizes: 'bare' },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 10 }),
        fc.nat(archive.length),
        (changes, length) => {
          const damaged = Buffer.from(archive.subarray(0, length));
          for (const [at, value] of changes) if (at < length) damaged[at] = value;
          expect(read(damaged, 17).entries.length).toBeLessThanOrEqual(4);
        },
      ),
      { numRuns: 500 },
    );
  });
});
