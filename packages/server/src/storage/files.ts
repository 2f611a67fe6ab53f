import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** True for the error of a file or folder that is not there. */
function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What a promise gives, or `undefined` when the file it is about is not there. */
export async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A file's text, or `undefined` when there is none. */
export function readText(path: string): Promise<string | undefined> {
  return ifThere(readFile(path, 'utf8'));
}

/** The names in a folder, none when there is no folder; names that a sweep is looking at are left out. */
export async function listNames(folder: string): Promise<string[]> {
  const names = (await ifThere(readdir(folder))) ?? [];
  return names.filter((name) => !name.endsWith(sweptSuffix));
}

/** Makes the entries of a folder survive a power cut: what was renamed into it, what was removed. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder with its parents, and makes that last. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Moves a finished file to its place, over what was there. A reader sees the old file or the new one, never a part;
 * after this has returned a power cut does not take it back.
 */
export async function placeDurably(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await makeFolder(dirname(path));
    await rename(temporary, path);
  }
  await syncFolder(dirname(path));
}

/** Writes a small file as a whole: to `scratch` first, which must be on the same file system. */
export async function writeDurably(scratch: string, path: string, data: string | Uint8Array): Promise<void> {
  const temporary = join(scratch, randomUUID());
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await placeDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes a file for good. False when there was none. */
export async function removeDurably(path: string): Promise<boolean> {
  return (await removeAllDurably(dirname(path), [basename(path)])) === 1;
}

/** Removes files of a folder for good; gives how many there were. */
export async function removeAllDurably(folder: string, names: readonly string[]): Promise<number> {
  const removed = await someAtATime(names, (name) => ifThere(unlink(join(folder, name)).then(() => true)));
  const count = removed.filter(Boolean).length;
  if (count > 0) await ifThere(syncFolder(folder));
  return count;
}

/** Files that are worked on at a time: enough to keep the thread pool busy, far fewer than a process may have open. */
const batchSize = 32;

/** Does the same with each of many files; the results are in the order of the names. */
export async function someAtATime<T>(
  names: readonly string[],
  task: (name: string) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let start = 0; start < names.length; start += batchSize) {
    results.push(...(await Promise.all(names.slice(start, start + batchSize).map(task))));
  }
  return results;
}

/**
 * Says that a file is in use as of now, by its modification time; false when it is not there.
 *
 * Claims are how writers and the garbage collector agree without a lock, across processes: a file claimed later than the collector's cutoff is
 * not removed (see `removeUnclaimed`), and a claim of a file that is already gone fails, so that its absence is told to the client.
 */
export async function claim(path: string, now: number): Promise<boolean> {
  return (await ifThere(utimes(path, now / 1000, now / 1000).then(() => true))) === true;
}

const sweptSuffix = '~';

/**
 * Removes a file that nobody has claimed since `cutoff`; true when it did.
 *
 * Taken out of sight first and looked at again: a claim made before that is then seen and the file put back, a later one fails.
 * A path that ends in `~` is one that a sweep was killed over (see `settleSwept`).
 */
export async function removeUnclaimed(path: string, cutoff: number): Promise<boolean> {
  const place = path.endsWith(sweptSuffix) ? path.slice(0, -1) : path;
  const swept = place + sweptSuffix;
  if (place === path) {
    const found = await ifThere(stat(path));
    if (found === undefined || found.mtimeMs > cutoff) return false;
    if ((await ifThere(rename(path, swept).then(() => true))) === undefined) return false;
  }
  const taken = await ifThere(stat(swept));
  const unclaimed = taken !== undefined && taken.mtimeMs <= cutoff;
  if (taken && !unclaimed) await ifThere(link(swept, place)).catch(ignoreExisting);
  const removed = await ifThere(unlink(swept).then(() => true));
  return unclaimed && removed === true;
}

/** Decides over what killed sweeps have left in a folder. */
export async function settleSwept(folder: string, cutoff: number): Promise<void> {
  for (const name of (await ifThere(readdir(folder))) ?? []) {
    if (name.endsWith(sweptSuffix)) await removeUnclaimed(join(folder, name), cutoff);
  }
}

/** The same content may have come anew while its old copy was out of sight. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
