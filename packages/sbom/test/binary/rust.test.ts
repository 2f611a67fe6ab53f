import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { rust } from '../../src/binary/rust.ts';
import { catalogued, edges, factsOf, names } from '../language/catalogued.ts';
import { elf } from './programs.ts';

const audit = {
  packages: [
    { name: 'builder', version: '0.1.0', source: 'crates.io', kind: 'build' },
    { name: 'gear', version: '2.0.0', source: 'crates.io' },
    { name: 'widget', version: '1.0.0', source: 'local', dependencies: [0, 1, 99, -1, 'x'], root: true },
  ],
};
/** Not random, so that a failure stays one; with many letters that zlib data begins with. */
const noise = Buffer.from(
  Array.from({ length: 20_000 }, (_, at) => ((at * 7919) % 5 < 1 ? 0x78 : (at * 31) & 0xff)),
);
const program = (section: Buffer): Buffer => elf(noise, Buffer.concat([section, noise]));

describe('rust', () => {
  it('lists crates and who needs whom, without what only ran while building', () => {
    const image = catalogued(rust, { 'usr/bin/widget': program(deflateSync(JSON.stringify(audit))) });
    expect(names(image)).toEqual(['cargo:gear@2.0.0', 'cargo:widget@1.0.0']);
    expect(edges(image)).toEqual(['widget@1.0.0 -> gear@2.0.0']);
    expect(image.packages[1]!.properties).toEqual({ 'cargo.source': 'local', 'cargo.root': 'true' });
  });

  it.each([1, 63, 64, 65, 4096, 100_000])('finds them in chunks of %d bytes', (chunkBytes) => {
    for (const level of [0, 1, 7, 9]) {
      const content = program(deflateSync(JSON.stringify(audit), { level }));
      expect(names(catalogued(rust, { a: content }, { chunkBytes }))).toHaveLength(2);
    }
  });

  it('finds a section at the very end', () => {
    const tiny = deflateSync('{"packages":[{"name":"a","version":"1"}]}');
    expect(names(catalogued(rust, { a: elf(noise, tiny) }))).toEqual(['cargo:a@1']);
  });

  it('sbom case 31: bombs and bad JSON say nothing', () => {
    const bomb = deflateSync(`{"packages":[${' '.repeat(64 * 1024 * 1024)}`);
    for (const section of [
      bomb,
      deflateSync(`{"packages":[{"name":"a","version":"1"}${'x'.repeat(99)}`),
      deflateSync('{"packages":[]'.repeat(9)),
    ]) {
      expect(factsOf(rust, 'a', program(section), { chunkBytes: 65536 })).toBeUndefined();
    }
    const odd = deflateSync(
      '{"packages":[{"name":7},null,{"name":"a","version":"1","dependencies":{"0":1}}],"__proto__":{}}',
    );
    expect(names(catalogued(rust, { a: program(odd) }))).toEqual(['cargo:a@1']);
  });

  it('sbom case 31: places that are not in the list are no dependencies', () => {
    const packages = [
      { name: 'a', version: '1', dependencies: [0, 1, 2, 99, -1, 0.5, 1e300, null, 'x', [1]] },
      { name: 'b', version: '1', dependencies: 'all' },
      { name: 'built', version: '1', kind: 'build', dependencies: [0] },
    ];
    const image = catalogued(rust, { a: program(deflateSync(JSON.stringify({ packages }))) });
    expect(edges(image)).toEqual(['a@1 -> b@1']);
  });

  it.each<[string, Buffer]>([
    ['headers', Buffer.from([0x78, 0x9c, 0x4b, 0x4c])],
    ['data that may be it', deflateSync(noise.subarray(0, 300)).subarray(0, 80)],
    ['data that is it at first', deflateSync(`{"packages":[${noise.toString('hex', 0, 60)}`).subarray(0, 50)],
  ])('a program that is nothing but starts of zlib %s is soon given up', (_, start) => {
    const content = elf(Buffer.alloc(8_000_000, start), Buffer.alloc(0));
    expect(factsOf(rust, 'a', content, { chunkBytes: 65536 })).toBeUndefined();
  });
});
