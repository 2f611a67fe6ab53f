import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LayerCache } from './layer-cache.ts';

export interface FolderCacheOptions {
  /** Milliseconds since 1970: what was used last is dropped last. */
  readonly clock: () => number;
  /** Of all files together. Default 1 GiB. Bytes. */
  readonly maxBytes?: number | undefined;
}

const defaultMaxBytes = 2 ** 30;
/** Of one file. Bytes. */
const maxFileBytes = 64 * 2 ** 20;
/** How much of `maxBytes` is left when there is too much: making room is not worth while for each file. */
const roomFactor = 0.8;
const suffix = '.facts';

/**
 * A cache in a folder, a file for each layer, written by rename and without a lock: any number of processes may use it at once, and
 * it may be deleted at any time. What cannot be written is not kept, which is no failure. Whoever can write into the folder is trusted.
 */
export function folderCache(folder: string, options: FolderCacheOptions): LayerCache {
  const { clock, maxBytes = defaultMaxBytes } = options;
  const fileOf = (key: string): string => join(folder, key.slice(0, 2), `${key}${suffix}`);
  /** Bytes in the folder, as far as this process knows; counted when it writes for the first time. */
  let size: number | undefined;
  return {
    async get(key) {
      const path = fileOf(key);
      const content = await readFileUpTo(path, maxFileBytes);
      if (content !== undefined) {
        const now = new Date(clock());
        await utimes(path, now, now).catch(() => undefined);
      }
      return content;
    },
    async put(key, content) {
      if (content.byteLength > Math.min(maxFileBytes, maxBytes)) return;
      try {
        await replaceFile(fileOf(key), content, new Date(clock()));
        size = (size ?? (await sizeOf(folder)) - content.byteLength) + content.byteLength;
        if (size > maxBytes) size = await makeRoom(folder, maxBytes * roomFactor);
      } catch {
        // Without a cache everything is done all the same, only slower.
      }
    },
  };
}

async function readFileUpTo(path: string, limit: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path);
    return (await file.stat()).size > limit ? undefined : await file.readFile();
  } catch {
    return undefined;
  }
}

/** As `mkdir -p`. Node's own tries for ever where a file system has no room for folders and says that there is no parent, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch((second: NodeJS.ErrnoException) => {
      if (second.code !== 'EEXIST') throw second;
    });
  }
}

/** In one step: readers find nothing, or all of it. */
async function replaceFile(path: string, content: Uint8Array, usedAt: Date): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await makeFolder(dirname(path));
  try {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(content);
    await file.utimes(usedAt, usedAt);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

interface CachedFile {
  readonly path: string;
  readonly size: number;
  readonly usedAt: number;
}

/** What other processes have begun to write counts, too: one that was killed leaves it behind. */
async function filesIn(folder: string): Promise<CachedFile[]> {
  const files: CachedFile[] = [];
  for (const shelf of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(shelf)) continue;
    for (const name of await readdir(join(folder, shelf)).catch(() => [])) {
      const path = join(folder, shelf, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) files.push({ path, size: found.size, usedAt: found.mtimeMs });
    }
  }
  return files;
}

async function sizeOf(folder: string): Promise<number> {
  return (await filesIn(folder)).reduce((sum, file) => sum + file.size, 0);
}

/** Deletes what was not used for longest. Returns what is left. */
async function makeRoom(folder: string, wanted: number): Promise<number> {
  const files = (await filesIn(folder)).sort((a, b) => a.usedAt - b.usedAt);
  let size = files.reduce((sum, file) => sum + file.size, 0);
  for (const file of files) {
    if (size <= wanted) break;
    await rm(file.path, { force: true });
    size -= file.size;
  }
  return size;
}
