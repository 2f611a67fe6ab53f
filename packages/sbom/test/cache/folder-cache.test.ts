import { Buffer } from 'node:buffer';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fileLayer, makeImage } from '@lading/testkit';
import { type CatalogueEvent, catalogue, folderCache } from '../../src/index.ts';
import { dpkgStatus, stored } from '../catalogue/stored.ts';

let folder: string;
let now = 1_000_000;
const clock = (): number => now;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function files(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

const key = (index: number): string => `${index.toString(16).padStart(2, '0')}${'0'.repeat(62)}`;

describe('a folder', () => {
  test('keeps what was put into it, for others, too', async () => {
    await folderCache(folder, { clock }).put(key(1), Buffer.from('one'));
    const other = folderCache(folder, { clock });
    expect(Buffer.from((await other.get(key(1)))!).toString()).toBe('one');
    expect(await other.get(key(2))).toBeUndefined();
  });

  test('is made when it is not there, and gone again without harm', async () => {
    const cache = folderCache(join(folder, 'a/b'), { clock });
    expect(await cache.get(key(1))).toBeUndefined();
    await cache.put(key(1), Buffer.from('one'));
    expect(await cache.get(key(1))).toBeDefined();
    await rm(folder, { recursive: true });
    expect(await cache.get(key(1))).toBeUndefined();
    await cache.put(key(1), Buffer.from('one'));
    expect(await cache.get(key(1))).toBeDefined();
  });

  test('drops what was not used for longest when it is full', async () => {
    const cache = folderCache(folder, { clock, maxBytes: 1000 });
    for (let index = 0; index < 10; index++) {
      now += 1000;
      await cache.put(key(index), Buffer.alloc(100));
      now += 1000;
      await cache.get(key(0));
    }
    now += 1000;
    await cache.put(key(10), Buffer.alloc(100));
    expect((await files()).length).toBeLessThanOrEqual(8);
    expect(await cache.get(key(0))).toBeDefined();
    expect(await cache.get(key(1))).toBeUndefined();
  });

  test('counts what was in it before', async () => {
    for (let index = 0; index < 9; index++)
      await folderCache(folder, { clock }).put(key(index), Buffer.alloc(100));
    await folderCache(folder, { clock, maxBytes: 500 }).put(key(9), Buffer.alloc(100));
    expect((await files()).length).toBeLessThanOrEqual(4);
  });

  test('that cannot be written to costs nothing but time', async () => {
    await writeFile(join(folder, 'file'), '');
    const cache = folderCache(join(folder, 'file'), { clock });
    await cache.put(key(1), Buffer.from('one'));
    expect(await cache.get(key(1))).toBeUndefined();
  });

  test('below a file system that takes none costs nothing but time', async () => {
    const cache = folderCache('/proc/lading/layers', { clock });
    await cache.put(key(1), Buffer.from('one'));
    expect(await cache.get(key(1))).toBeUndefined();
  });

  test('leaves no half files', async () => {
    const cache = folderCache(folder, { clock });
    await Promise.all(Array.from({ length: 20 }, (_, index) => cache.put(key(3), Buffer.alloc(1000, index))));
    expect(await files()).toHaveLength(1);
    expect(new Set(await cache.get(key(3))).size).toBe(1);
  });
});

describe('layers', () => {
  const layer = fileLayer({ 'var/lib/dpkg/status': dpkgStatus('libc6') });
  const image = makeImage({ layers: [layer] });

  async function origins(): Promise<string[]> {
    const { store } = await stored(image);
    const events: CatalogueEvent[] = [];
    const bom = await catalogue(store, image.descriptor.digest, {
      cache: folderCache(folder, { clock }),
      onEvent: (event) => events.push(event),
    });
    expect(bom.packages).toHaveLength(1);
    return events.flatMap((event) => (event.type === 'layer:done' ? [event.origin] : []));
  }

  test('are read once', async () => {
    expect(await origins()).toEqual(['read']);
    expect(await origins()).toEqual(['cache']);
  });

  test('whose facts are torn or foreign are read again, and kept anew', async () => {
    await origins();
    const [path] = await files();
    for (const content of ['', 'hello', Buffer.alloc(100)]) {
      await writeFile(path!, content);
      expect(await origins()).toEqual(['read']);
      expect(await origins()).toEqual(['cache']);
    }
  });

  test('are read when the facts may not be', async () => {
    await origins();
    const [path] = await files();
    await chmod(path!, 0);
    // Root may read everything.
    expect(await origins()).toEqual([process.getuid?.() === 0 ? 'cache' : 'read']);
  });
});
