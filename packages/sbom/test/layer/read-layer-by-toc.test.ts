import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  type FetchRange,
  type LayerFacts,
  type LayerLimits,
  readLayer,
  readLayerByToc,
} from '../../src/index.ts';
import { hardlink, streamOf, symlink, texts } from './layers.ts';
import { type LazyLayer, type LazyOptions, lazyLayer, type TocJson } from './lazy-layers.ts';

const noise = randomBytes(400_000);
const long = 'long '.repeat(700).slice(0, 999);
const entries = [
  { name: 'd/', type: '5' },
  { name: 'd/a.txt', body: 'one' },
  { name: 'd/empty.txt' },
  { name: 'noise', body: noise, mode: 0o755 },
  { name: 'long.txt', body: long },
  symlink('link', 'd'),
  hardlink('d/b.txt', 'd/a.txt'),
  { name: 'null', type: '3' },
  { name: '.wh.gone', body: '' },
  { name: 'd/.wh..wh..opq', body: '' },
];

interface Lazily {
  readonly facts: LayerFacts | undefined;
  readonly fetched: number;
}

/** Reads a layer by its table, from a server that gives what was asked for, or something else. */
async function readLazily(
  { blob, descriptor, diffId }: LazyLayer,
  serve: (offset: number, length: number) => Buffer = (offset, length) =>
    blob.subarray(offset, offset + length),
  limits: Partial<LayerLimits> = {},
): Promise<Lazily> {
  let fetched = 0;
  const fetchRange: FetchRange = async (offset, length) => {
    const bytes = serve(offset, length);
    fetched += bytes.byteLength;
    return streamOf(bytes, 1000);
  };
  return {
    facts: await readLayerByToc(fetchRange, descriptor, { diffId, cataloguers: [texts], limits }),
    fetched,
  };
}

async function readWhole({ blob, descriptor: { mediaType }, diffId }: LazyLayer): Promise<LayerFacts> {
  return readLayer(streamOf(blob), { mediaType, diffId, cataloguers: [texts] });
}

const message = 'a layer was read by its table of contents: a file that the table leaves out was not seen';

describe.each(['gzip', 'zstd'] as const)('a layer for lazy pulling, %s', (packing) => {
  const made = (options: LazyOptions = {}): LazyLayer => lazyLayer(entries, { packing, ...options });

  test('gives the same by its table as when all of it is read, for a part of the bytes', async () => {
    for (const chunkBytes of [1000, 200, 1_000_000]) {
      const layer = made({ chunkBytes: chunkBytes });
      const { facts, fetched } = await readLazily(layer);
      const whole = await readWhole(layer);
      expect(whole.files.map(({ path }) => path)).toEqual(['d/a.txt', 'd/b.txt', 'd/empty.txt', 'long.txt']);
      expect(facts).toEqual({ ...whole, from: 'toc', notes: [{ code: 'partial', message }] });
      if (chunkBytes >= 1000) expect(fetched).toBeLessThan(layer.blob.byteLength / 10);
    }
  });

  test('with a hard link to a boring name gives its content: the table tells of both before anything is fetched', async () => {
    const layer = lazyLayer(
      [{ name: 'store/3b17', body: 'one' }, ...entries, hardlink('d/linked.txt', 'store/3b17')],
      { packing },
    );
    const whole = await readWhole(layer);
    const { blob, descriptor, diffId } = layer;
    const { mediaType } = descriptor;
    const again = await readLayer(streamOf(blob), {
      mediaType,
      diffId,
      cataloguers: [texts],
      missed: whole.missed,
    });
    expect(again.files.map(({ path }) => path)).toContain('d/linked.txt');
    const { facts } = await readLazily(layer);
    expect(facts).toEqual({ ...again, from: 'toc', notes: [{ code: 'partial', message }] });
  });

  test('is read whole when it does not say that it has a table', async () => {
    const { blob, descriptor, diffId } = made();
    expect(
      (await readLazily({ blob, diffId, descriptor: { ...descriptor, annotations: {} } })).facts,
    ).toBeUndefined();
  });

  test('is read whole when most of it is wanted anyway', async () => {
    const layer = lazyLayer(
      [
        { name: 'big.txt', body: noise },
        { name: 'a', body: 'x' },
      ],
      { packing, chunkBytes: 100_000 },
    );
    expect(await readLazily(layer)).toMatchObject({ facts: undefined });
  });

  const file = (toc: TocJson, name: string): Record<string, unknown> =>
    toc.entries.find((entry) => entry.name === name)!;
  test.each<[string, (toc: TocJson) => void]>([
    [
      'a wrong offset',
      (toc) => void Object.assign(file(toc, 'long.txt'), { offset: file(toc, 'd/a.txt').offset }),
    ],
    [
      'an offset in the middle of something',
      (toc) => void Object.assign(file(toc, 'd/a.txt'), { offset: Number(file(toc, 'd/a.txt').offset) + 3 }),
    ],
    ['an offset behind the end', (toc) => void Object.assign(file(toc, 'd/a.txt'), { offset: 10_000_000 })],
    ['a negative offset', (toc) => void Object.assign(file(toc, 'd/a.txt'), { offset: -1 })],
    ['no offset', (toc) => void delete file(toc, 'd/a.txt').offset],
    [
      'the digest of a chunk',
      (toc) => void Object.assign(file(toc, 'd/a.txt'), { chunkDigest: `sha256:${'0'.repeat(64)}` }),
    ],
    [
      'no digests',
      (toc) => {
        delete file(toc, 'd/a.txt').chunkDigest;
        delete file(toc, 'd/a.txt').digest;
      },
    ],
    ['a size that is too large', (toc) => void Object.assign(file(toc, 'd/a.txt'), { size: 4 })],
    ['a size that is too small', (toc) => void Object.assign(file(toc, 'd/a.txt'), { size: 2 })],
    ['a size that is none', (toc) => void Object.assign(file(toc, 'd/a.txt'), { size: 'three' })],
    ['a size of 2^60', (toc) => void Object.assign(file(toc, 'd/a.txt'), { size: 2 ** 60 })],
    ['a chunk that begins too late', (toc) => void Object.assign(file(toc, 'long.txt'), { chunkOffset: 5 })],
    ['an unknown type', (toc) => void Object.assign(file(toc, 'link'), { type: 'door' })],
    ['a name that is none', (toc) => void Object.assign(file(toc, 'link'), { name: 5 })],
    ['a name that was no UTF-8', (toc) => void Object.assign(file(toc, 'link'), { name: 'a\ufffd' })],
    ['a chunk of no file', (toc) => void toc.entries.unshift({ type: 'chunk', name: 'x', offset: 5 })],
    ['another version', (toc) => void Object.assign(toc, { version: 2 })],
    ['no entries', (toc) => void delete (toc as Partial<TocJson>).entries],
    ['an entry that is none', (toc) => void toc.entries.push(null as never)],
  ])('sbom case 45: a table that lies is not believed, and all is read: %s', async (_, lie) => {
    const layer = made({ lie });
    const { facts } = await readLazily(layer);
    expect(facts).toBeUndefined();
    expect((await readWhole(layer)).files).toHaveLength(4);
  });

  test('sbom case 45: a file that the table leaves out is not seen: facts say that they are from a table', async () => {
    const layer = made({
      lie: (toc) =>
        void toc.entries.splice(
          toc.entries.findIndex(({ name }) => name === 'd/a.txt'),
          1,
        ),
    });
    const { facts } = await readLazily(layer);
    expect(facts?.files.map(({ path }) => path)).not.toContain('d/a.txt');
    expect(facts).toMatchObject({ from: 'toc', notes: [{ code: 'partial', message }] });
    expect(await readWhole(layer)).not.toHaveProperty('from');
  });

  test('sbom case 45: a table with another digest than the manifest has', async () => {
    const { blob, descriptor, diffId } = made();
    const wrong = Object.entries(descriptor.annotations!).map(([key, value]) => [
      key,
      value.replace(/^sha256:./, 'sha256:x'),
    ]);
    const layer = {
      blob,
      diffId,
      descriptor: { ...descriptor, annotations: Object.fromEntries(wrong) as Record<string, string> },
    };
    expect((await readLazily(layer)).facts).toBeUndefined();
  });

  test('sbom case 45: a layer that is cut off, or one that something was put behind', async () => {
    const { blob, descriptor, diffId } = made();
    for (const cut of [100, blob.byteLength - 30, blob.byteLength, ...(packing === 'gzip' ? [1] : [])])
      expect(
        (
          await readLazily({
            diffId,
            blob: blob.subarray(0, -cut),
            descriptor: { ...descriptor, size: blob.byteLength - cut },
          })
        ).facts,
      ).toBeUndefined();
    if (packing === 'zstd') return;
    const more = Buffer.concat([blob, Buffer.alloc(5)]);
    expect(
      (await readLazily({ diffId, blob: more, descriptor: { ...descriptor, size: more.byteLength } })).facts,
    ).toBeUndefined();
  });

  test('sbom case 45: a server that knows no ranges', async () => {
    const layer = made();
    expect((await readLazily(layer, () => layer.blob)).facts).toBeUndefined();
  });

  test('sbom case 45: a server that sends less than was asked for, or something else', async () => {
    const layer = made();
    expect(
      (await readLazily(layer, (offset, length) => layer.blob.subarray(offset, offset + length - 1))).facts,
    ).toBeUndefined();
    expect((await readLazily(layer, (_, length) => Buffer.alloc(length))).facts).toBeUndefined();
  });

  test('sbom case 45: a server that refuses', async () => {
    const layer = made();
    const refuse = (): never => {
      throw new Error('416');
    };
    expect((await readLazily(layer, refuse)).facts).toBeUndefined();
  });

  test('sbom case 45: a server that changes the files only', async () => {
    const layer = made();
    const serve = (offset: number, length: number): Buffer => {
      const bytes = layer.blob.subarray(offset, offset + length);
      return offset < 1000 ? (bytes.map((byte) => byte ^ 1) as Buffer) : bytes;
    };
    expect((await readLazily(layer, serve)).facts).toBeUndefined();
  });

  test('limits hold, and what is beyond them is left to the reader of the whole layer to refuse', async () => {
    expect((await readLazily(made(), undefined, { maxFiles: 2 })).facts).toBeUndefined();
    expect((await readLazily(made(), undefined, { maxBytes: 100 })).facts).toBeUndefined();
  });

  test('an abort is thrown as it is, at any time', async () => {
    const { blob, descriptor, diffId } = made();
    const reason = new Error('enough');
    for (let allowed = 0; allowed < (packing === 'gzip' ? 3 : 2); allowed++) {
      const controller = new AbortController();
      let count = 0;
      const fetchRange: FetchRange = async (offset, length) => {
        if (count++ === allowed) controller.abort(reason);
        return streamOf(blob.subarray(offset, offset + length));
      };
      const options = { diffId, cataloguers: [texts], signal: controller.signal };
      await expect(readLayerByToc(fetchRange, descriptor, options)).rejects.toBe(reason);
    }
  });
});

describe('zstd:chunked', () => {
  test('holes are zeros that are stored nowhere', async () => {
    const layer = lazyLayer(entries, {
      packing: 'zstd',
      lie: (toc) => {
        const index = toc.entries.findIndex(({ name }) => name === 'd/a.txt');
        const { offset, endOffset, chunkDigest } = toc.entries[index]!;
        toc.entries[index] = {
          ...toc.entries[index],
          size: 8,
          offset: 0,
          endOffset: 0,
          chunkSize: 5,
          chunkType: 'zeros',
          chunkDigest: '',
        };
        toc.entries.splice(index + 1, 0, {
          type: 'chunk',
          name: 'd/a.txt',
          chunkOffset: 5,
          offset,
          endOffset,
          chunkDigest,
        });
      },
    });
    expect((await readLazily(layer)).facts?.files[0]).toEqual({
      path: 'd/a.txt',
      found: [['text', '\0\0\0\0\0one']],
    });
    expect((await readLazily(layer, undefined, { maxHoles: 4 })).facts?.notes).toContainEqual({
      code: 'partial',
      message: 'a sparse file with too large holes was not read: "d/a.txt"',
    });
  });
});
