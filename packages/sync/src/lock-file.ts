import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { formatLock, type Lock, parseLock } from './lock.ts';

/**
 * Reads a lock file; nothing when there is none.
 * @throws {LadingError} `ERR_LADING_LOCK`
 */
export async function readLock(path: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseLock(text);
}

/** Writes a lock file in one step: readers, and whoever comes after a crash, find the old one or the new one, whole. */
export async function writeLock(path: string, lock: Lock): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(formatLock(lock));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The file that one shard of a run writes, for `mergeLocks` to take in: `lading.lock.3`. */
export function shardLockPath(path: string, index: number): string {
  return `${path}.${index}`;
}
