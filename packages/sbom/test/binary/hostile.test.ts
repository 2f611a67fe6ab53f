import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binaryCataloguers } from '../../src/index.ts';
import { catalogued, factsOf } from '../language/catalogued.ts';
import { elf, elfNote, goBuildInfo, oldGoBuildInfo } from './programs.ts';

/** One program with something for everybody in it; `node` is a name that all of them look at. */
const path = 'usr/bin/node';
const everything = elf(
  Buffer.concat([
    Buffer.from('\0v4.8.0\0 node.js/v22.1.0\0', 'latin1'),
    oldGoBuildInfo(['path\told', 'mod\texample.com/old\tv1.0.0']),
  ]),
  Buffer.concat([
    goBuildInfo('go1.26.1', ['path\ta', 'mod\texample.com/a\tv1.0.0', 'dep\texample.com/b\tv1.0.0']),
    deflateSync('{"packages":[{"name":"a","version":"1"},{"name":"b","version":"1","dependencies":[0]}]}'),
    Buffer.alloc(16),
  ]),
  { notes: elfNote('FDO', 0xcafe1a7e, '{"name":"a","version":"1","type":"rpm"}') },
);

const anyProgram = fc
  .record({
    content: fc.oneof(
      fc.constant(everything),
      fc
        .uint8Array({ maxLength: 600 })
        .map((tail) => Buffer.concat([Buffer.from('\x7fELF', 'latin1'), tail])),
    ),
    damage: fc.array(fc.tuple(fc.nat(everything.length), fc.nat(255)), { maxLength: 40 }),
    header: fc.array(fc.tuple(fc.nat(260), fc.nat(255)), { maxLength: 10 }),
    cut: fc.nat(everything.length),
  })
  .map(({ content, damage, header, cut }) => {
    const bytes = Buffer.from(content);
    for (const [at, byte] of [...damage, ...header]) if (at > 3 && at < bytes.length) bytes[at] = byte;
    return cut % 3 === 0 ? bytes.subarray(0, cut) : bytes;
  });

describe('programs made to do harm', () => {
  it.each(binaryCataloguers.map((one) => [one.name, one] as const))(
    '%s finds something in the whole program',
    (_, cataloguer) => {
      expect(catalogued(cataloguer, { [path]: everything }).packages).not.toEqual([]);
    },
  );

  it.each(binaryCataloguers.map((one) => [one.name, one] as const))(
    '%s takes any damage, and finds the same however the bytes come',
    (_, cataloguer) => {
      fc.assert(
        fc.property(anyProgram, fc.integer({ min: 1, max: 300 }), (content, chunkBytes) => {
          const whole = factsOf(cataloguer, path, content, { chunkBytes: content.length + 1 });
          expect(factsOf(cataloguer, path, content, { chunkBytes })).toEqual(whole);
          const { packages, dependencies = [] } = catalogued(cataloguer, { [path]: content });
          const ids = packages.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          for (const { from, to } of dependencies) expect(ids).toEqual(expect.arrayContaining([from, to]));
        }),
        { numRuns: 150 },
      );
    },
  );
});
