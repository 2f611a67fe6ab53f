import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { makeImage, makeIndex, tarOf } from '@lading/testkit';
import {
  type ArchiveStore,
  copy,
  memoryStore,
  type OpenArchiveOptions,
  openDockerArchive,
  openOciArchive,
} from '../../src/index.ts';
import { collect, fill, missing } from '../doubles/images.ts';
import { temporaryFolder } from '../doubles/temporary.ts';

const image = makeImage();
const other = makeImage({ platform: 'linux/arm64' });

async function temporaryFile(): Promise<string> {
  return join(await temporaryFolder(), 'image.tar');
}

describe.each<[string, (file: string, options?: OpenArchiveOptions) => Promise<ArchiveStore>]>([
  ['OCI archive', openOciArchive],
  ['docker archive', openDockerArchive],
])('%s: writing', (_, open) => {
  test('happens at the end, in one step, and leaves nothing else behind', async () => {
    const file = await temporaryFile();
    {
      await using store = await open(file, { create: true });
      await fill(store, image, 'v1');
      expect(await readdir(join(file, '..'))).not.toContain(basename(file));
    }
    expect(await readdir(join(file, '..'))).toEqual([basename(file)]);
    await using store = await open(file);
    expect(await missing(store, image)).toEqual([]);
  });

  test('gives the same bytes for the same content, in whatever order it came', async () => {
    const [a, b] = [await temporaryFile(), await temporaryFile()];
    {
      await using first = await open(a, { create: true });
      await fill(first, image, 'v1');
      await using second = await open(b, { create: true });
      for (const { descriptor, bytes } of [...image.manifests, ...image.blobs].reverse()) {
        await second.push(descriptor, { open: async () => new Blob([Buffer.from(bytes)]).stream() });
      }
      await copy(first, 'v1', second, 'v1');
    }
    expect(Buffer.compare(await readFile(a), await readFile(b))).toBe(0);
  });

  test('does not happen when nothing was published', async () => {
    const file = await temporaryFile();
    {
      await using store = await open(file, { create: true });
      await store.push(image.blobs[0]!.descriptor, {
        open: async () => new Blob([Buffer.from(image.blobs[0]!.bytes)]).stream(),
      });
    }
    expect(await readdir(join(file, '..'))).toEqual([]);
  });

  test('adds to an archive that is there, moves and removes its tags', async () => {
    const file = await temporaryFile();
    {
      await using store = await open(file, { create: true });
      await fill(store, image, 'v1');
      await fill(store, image, 'v2');
    }
    {
      await using store = await open(file);
      await fill(store, other, 'v2');
      await store.finish();
      await fill(store, other, 'v3');
      await store.delete('v1');
      expect(await collect(store.tags())).toEqual(['v2', 'v3']);
    }
    {
      await using store = await open(file);
      expect(await collect(store.tags())).toEqual(['v2', 'v3']);
      expect(await missing(store, other)).toEqual([]);
      await store.delete(other.descriptor.digest);
    }
    await using store = await open(file);
    expect(await collect(store.tags())).toEqual([]);
    expect(await store.exists(other.manifests[0]!.descriptor)).toBe(false);
  });

  test('that fails leaves the old archive as it was', async () => {
    const file = await temporaryFile();
    {
      await using store = await open(file, { create: true });
      await fill(store, image, 'v1');
    }
    const before = await readFile(file);
    const broken = async (): Promise<void> => {
      await using store = await open(file);
      await copy(memoryStore(), 'nothing', store, 'v1');
    };
    await expect(broken()).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    expect(Buffer.compare(await readFile(file), before)).toBe(0);
    expect(await readdir(join(file, '..'))).toEqual([basename(file)]);
  });

  test('cleans up what a killed process left beside the file, and nothing of a living one', async () => {
    const file = await temporaryFile();
    const [dead, living] = [
      `${file}.lading-${hostname()}-4194304-1`,
      `${file}.lading-${hostname()}-${process.pid}-0`,
    ];
    await Promise.all([mkdir(dead), mkdir(living)]);
    {
      await using store = await open(file, { create: true });
      await fill(store, image, 'v1');
    }
    expect((await readdir(join(file, '..'))).sort()).toEqual([basename(file), basename(living)].sort());
  });
});

describe('reading', () => {
  async function archive(): Promise<string> {
    const file = await temporaryFile();
    await using store = await openOciArchive(file, { create: true });
    await fill(store, makeIndex([image, other]), 'v1');
    return file;
  }

  test.each([
    ['gzip', gzipSync, 'gunzip'],
    ['zstd', zstdCompressSync, 'unzstd'],
  ])('an archive that is compressed with %s is told as such', async (_, compress, hint) => {
    const file = await archive();
    await writeFile(file, compress(await readFile(file)));
    for (const open of [openOciArchive, openDockerArchive]) {
      await expect(open(file)).rejects.toMatchObject({
        code: 'ERR_LADING_LAYOUT',
        hint: expect.stringContaining(hint),
      });
    }
  });

  test.each([
    ['an empty file', Buffer.alloc(0)],
    ['something else', Buffer.from('a'.repeat(5_000))],
    ['an archive of other things', Buffer.from(tarOf({ 'etc/passwd': 'root' }))],
  ])('%s is no archive of images', async (_, bytes) => {
    const file = await temporaryFile();
    await writeFile(file, bytes);
    for (const open of [openOciArchive, openDockerArchive]) {
      await expect(open(file)).rejects.toMatchObject({ code: 'ERR_LADING_LAYOUT' });
    }
  });

  test('an archive that is cut off is told as such, wherever it ends', async () => {
    const bytes = await readFile(await archive());
    // Behind the last content there is only padding and the end mark.
    for (let size = bytes.byteLength - 2_048; size > 0; size -= 1_111) {
      const file = await temporaryFile();
      await writeFile(file, bytes);
      await truncate(file, size);
      const read = async (): Promise<unknown> => {
        await using store = await openOciArchive(file);
        const lost = await missing(store, makeIndex([image, other]));
        return { lost, tags: await collect(store.tags()) };
      };
      const found = await read().catch(({ code }: { code: string }) => ({ code }));
      const cutOff = { code: 'ERR_LADING_LAYOUT' };
      // Between two files it may end unnoticed, when all that counts is before.
      const whole = { lost: [], tags: ['v1'] };
      expect(size % 512 > 0 ? [cutOff] : [cutOff, whole]).toContainEqual(found);
    }
  });

  test('a docker archive is named when an OCI archive was expected', async () => {
    const file = await temporaryFile();
    await writeFile(file, tarOf({ 'manifest.json': '[]' }));
    await expect(openOciArchive(file)).rejects.toMatchObject({
      hint: expect.stringContaining('docker-archive:'),
    });
  });
});
