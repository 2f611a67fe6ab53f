import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Cataloguer, dpkg, layerLimits, readLayer, wholeFile } from '../../src/index.ts';
import { LayerEntries } from '../../src/layer/layer-entries.ts';
import { TarReader } from '../../src/tar/reader.ts';
import { pax, type RawEntry, rawHeader, rawTar } from './archive.ts';
import { factsOf, file, folder, hardlink, symlink, texts } from './layers.ts';

const everyFile: Cataloguer = {
  ...texts,
  name: 'every',
  probe: () => wholeFile(10_000, (content) => content.toString('latin1')),
};

function many(count: number, make: (index: number) => RawEntry): Buffer {
  return rawTar(Array.from({ length: count }, (_, index) => make(index)));
}

function base256(value: number): Buffer {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeBigUInt64BE(BigInt(value), 4);
  return field;
}

describe('sbom case 8: layers made to exhaust whoever reads them', () => {
  const zeros = Buffer.alloc(2 ** 22);
  const bomb = rawTar([{ name: 'zeros', body: zeros }]);
  const limits = { ratioFromBytes: 2 ** 20 };

  test.each([
    ['gzip', gzipSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
  ])('more than 200 times as large as its packed form: %s', async (_, layer) => {
    await expect(factsOf(layer, { limits })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
      message: 'the layer has more than 200 times the bytes that it is packed in',
    });
  });

  test('it is refused as soon as the ratio is passed, not at the end', async () => {
    let isCancelled = false;
    const packed = gzipSync(Buffer.concat([bomb, Buffer.alloc(2 ** 26)]));
    const half = packed.subarray(0, packed.byteLength / 2);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(half),
      // The other half never comes.
      cancel: () => {
        isCancelled = true;
      },
    });
    const read = readLayer(stream, {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      cataloguers: [],
      limits,
    });
    await expect(read).rejects.toMatchObject({ code: 'ERR_LADING_LAYER_LIMIT' });
    expect(isCancelled).toBe(true);
  });

  test('small layers may be packed as well as can be', async () => {
    expect((await factsOf(gzipSync(bomb))).notes).toEqual([]);
  });

  test('a plain layer has the ratio 1', async () => {
    expect((await factsOf(bomb, { limits: { ...limits, maxRatio: 1 } })).notes).toEqual([]);
  });

  test('larger than what is allowed at all', async () => {
    await expect(factsOf(bomb, { limits: { maxBytes: 2 ** 21 } })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
      message: 'the layer has more than 2097152 bytes',
    });
  });

  test('of each boring file, 8 bytes are kept and nothing else', async () => {
    const count = 20_000;
    const { paths, ...rest } = await factsOf(many(count, (index) => ({ name: `d/${index}` })));
    expect(Buffer.from(paths, 'base64').byteLength).toBe(8 * (count + 1)); // the folder, too
    expect(JSON.stringify(rest).length).toBeLessThan(400);
  });

  test.each<[string, object, Buffer, string]>([
    ['entries', { maxEntries: 100 }, many(101, (index) => ({ name: `${index}` })), 'more than 100 entries'],
    [
      'folders that only stand in paths',
      { maxEntries: 100 },
      rawTar([{ name: 'a/'.repeat(45) }, pax({ path: 'b/'.repeat(90) }), { name: 'x' }]),
      'more than 100 entries',
    ],
    [
      'whiteouts',
      { maxEntries: 100 },
      many(101, (index) => ({ name: `.wh.${index}` })),
      'more than 100 whiteouts',
    ],
    ['links', { maxLinks: 100 }, many(101, (index) => symlink(`${index}`, 'x')), 'more than 100 links'],
    [
      'files to read',
      { maxFiles: 100 },
      many(101, (index) => file(`${index}.txt`)),
      'more than 100 files to read',
    ],
    [
      'hard links to read',
      { maxFiles: 100 },
      many(101, (index) => hardlink(`${index}.txt`, 'below.txt')),
      'more than 100 files to read',
    ],
    [
      'long names of links',
      { maxFactsSize: 10_000 },
      many(101, (index) => symlink(`${index}`, 'x'.repeat(100))),
      'more than 10000 letters to keep',
    ],
    [
      'long names of whiteouts',
      { maxFactsSize: 10_000 },
      many(110, (index) => ({ name: `${'x'.repeat(90)}/.wh.${index}` })),
      'more than 10000 letters to keep',
    ],
    [
      'large facts',
      { maxFactsSize: 10_000 },
      many(20, (index) => file(`${index}.txt`, 'x'.repeat(900))),
      'more than 10000 letters to keep',
    ],
  ])('too many of them: %s', async (_, given, layer, what) => {
    await expect(factsOf(layer, { limits: given })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
      message: `the layer has ${what}`,
    });
  });

  test('replacing folders with many links in the layer again and again is not paid for without end', async () => {
    const links = Array.from({ length: 10_000 }, (_, index) => symlink(`l/${index}`, 'x'));
    const flips = Array.from({ length: 3000 }, () => [file('a/b'), file('a')]).flat();
    await expect(factsOf(rawTar([...links, ...flips]))).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
      message: 'the layer has too many folders that are replaced',
    });
  });

  test('a sparse file that is all hole is not filled up for a cataloguer', async () => {
    const size = String(2 ** 40);
    const sparse = {
      'GNU.sparse.numblocks': '0',
      'GNU.sparse.map': '',
      'GNU.sparse.major': '0',
      'GNU.sparse.minor': '1',
    };
    const facts = await factsOf(
      rawTar([pax({ ...sparse, 'GNU.sparse.size': size }), { name: 'a.txt' }, file('b.txt')]),
    );
    expect(facts.files.map(({ path }) => path)).toEqual(['b.txt']);
    expect(facts.notes).toEqual([
      { code: 'partial', message: 'a sparse file with too large holes was not read: "a.txt"' },
    ]);
  });
});

describe('sbom case 9: huge files', () => {
  /** Feeds one file of so many bytes without making them. */
  function feed(entries: LayerEntries, name: string, size: number): void {
    const reader = new TarReader((head) => entries.visit(head));
    reader.write(rawHeader({ name, magic: 'gnu', size: base256(size) }));
    const chunk = Buffer.alloc(2 ** 24, 10);
    for (let fed = 0; fed < size; fed += chunk.byteLength) reader.write(chunk);
    reader.end();
  }

  test('a package database of 5 GB gives facts that say why it was not read', () => {
    const entries = new LayerEntries([dpkg], layerLimits);
    feed(entries, 'var/lib/dpkg/status', 5 * 2 ** 30);
    expect(entries.facts('sha256:x' as `sha256:${string}`, []).files).toEqual([
      { path: 'var/lib/dpkg/status', found: [['dpkg', { unreadable: 'it is larger than 64 MiB' }]] },
    ]);
  });

  test('a cataloguer that keeps a whole file lets go of one that is too large', () => {
    const entries = new LayerEntries([everyFile], layerLimits);
    feed(entries, 'huge', 20 * 2 ** 30);
    expect(entries.facts('sha256:x' as `sha256:${string}`, []).files).toEqual([]);
  });

  test('a file that nobody asked for has no one who takes its bytes', () => {
    const entries = new LayerEntries([texts, dpkg], layerLimits);
    const head = { name: 'huge.bin', link: '', size: 20 * 2 ** 30, holes: 0, mode: 0o644, position: 0 };
    expect(entries.visit({ ...head, type: 'file' })).toBeUndefined();
    expect(entries.visit({ ...head, name: 'small.txt', type: 'file' })).toBeDefined();
  });
});

describe('cataloguers that fail', () => {
  const failing = (where: 'probe' | 'write' | 'end'): Cataloguer => ({
    ...texts,
    name: 'failing',
    probe: () => {
      const fail = (at: string): undefined => {
        if (where === at) throw new Error('no');
      };
      fail('probe');
      return { write: () => fail('write'), end: () => fail('end') };
    },
  });

  test.each(['probe', 'write', 'end'] as const)(
    'one that fails at %s stops neither the others nor the layer, and it is noted once',
    async (where) => {
      const tar = rawTar([folder('d'), file('d/a.txt'), file('d/b.txt')]);
      const facts = await factsOf(tar, { cataloguers: [failing(where), texts] });
      expect(facts.files.map(({ path, found }) => [path, found])).toEqual([
        ['d/a.txt', [['text', 'd/a.txt']]],
        ['d/b.txt', [['text', 'd/b.txt']]],
      ]);
      const what = where === 'probe' ? 'look at' : 'read';
      expect(facts.notes).toEqual([
        { code: 'partial', message: `failing could not ${what} a file: "d/a.txt" and 1 more` },
      ]);
    },
  );
});
