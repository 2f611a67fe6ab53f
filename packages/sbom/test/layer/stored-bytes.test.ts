import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { givingAway } from '@lading/store';
import { readLayer } from '../../src/index.ts';
import { rawTar } from './archive.ts';
import { file, texts } from './layers.ts';

const mediaType = 'application/vnd.oci.image.layer.v1.tar';
const tar = rawTar([
  file('a.txt', 'first'),
  ...Array.from({ length: 800 }, (_, index) => ({ name: `n${index}`, body: Buffer.alloc(700, index) })),
  file('z.txt', 'last'),
]);
const half = 512 * 600;

/** A layer as a store holds it: in pieces, each with a memory of its own. */
function held(...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const bytes = Buffer.concat(parts);
  return [bytes.subarray(0, 16), bytes.subarray(16)].map((piece) => Uint8Array.from(piece));
}

/** What it hands out is what the store holds. */
function handingOut(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces) as ReadableStream<Uint8Array>;
}

describe('bytes that a store hands out are its own', () => {
  test.each<[string, readonly Uint8Array[]]>([
    ['plain', held(tar)],
    ['gzip', held(gzipSync(tar))],
    ['zstd', held(zstdCompressSync(tar))],
    [
      'zstd of several frames in one chunk',
      held(zstdCompressSync(tar.subarray(0, half)), zstdCompressSync(tar.subarray(half))),
    ],
  ])('and are as they were when a layer has been read: %s', async (_, pieces) => {
    const before = Buffer.concat(pieces);
    for (let time = 0; time < 2; time++) {
      const facts = await readLayer(handingOut(pieces), { mediaType, cataloguers: [texts] });
      expect(facts.files.map(({ path }) => path)).toEqual(['a.txt', 'z.txt']);
      expect(before.equals(Buffer.concat(pieces))).toBe(true);
    }
  });

  test('also when the reading ends in the middle of a chunk', async () => {
    const pieces = held(zstdCompressSync(tar.subarray(0, half)), zstdCompressSync(tar.subarray(half)));
    const before = Buffer.concat(pieces);
    const reading = readLayer(handingOut(pieces), {
      mediaType,
      cataloguers: [texts],
      limits: { maxBytes: 1000 },
    });
    await expect(reading).rejects.toMatchObject({ code: 'ERR_LADING_LAYER_LIMIT' });
    expect(before.equals(Buffer.concat(pieces))).toBe(true);
  });
});

describe('bytes that a store gives away', () => {
  test('are read as they came, whatever becomes of their memory', async () => {
    for (const pieces of [
      held(gzipSync(tar)),
      held(zstdCompressSync(tar.subarray(0, half)), zstdCompressSync(tar.subarray(half))),
    ]) {
      const stream = givingAway(handingOut(pieces));
      const facts = await readLayer(stream, { mediaType, diffId: digestOf(tar), cataloguers: [texts] });
      expect(facts.files.map(({ path }) => path)).toEqual(['a.txt', 'z.txt']);
      // The larger piece is gone; the first bytes were put together with it.
      expect(pieces.map(({ byteLength }) => byteLength)[1]).toBe(0);
    }
  });
});
