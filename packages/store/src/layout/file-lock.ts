import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreOptions } from '../content-store.ts';
import { isAbandoned, ownName } from './owner.ts';

/** How often a lock that someone has is looked at again. */
const pollMs = 20;
/** A lock is held for one write of a small file; one that stays this long was left by a machine that is gone. */
const staleMs = 10_000;

/**
 * Runs `work` while this process alone has the lock file at `path`. A lock that a killed process left is taken over.
 * `work` gets a question to ask right before it commits: a process that was stopped for long may have lost its lock.
 */
export async function withFileLock<T>(
  path: string,
  work: (isHeld: () => Promise<boolean>) => Promise<T>,
  { signal }: StoreOptions,
): Promise<T> {
  const own = ownName();
  await acquire(path, own, signal);
  const isHeld = async (): Promise<boolean> => (await holderOf(path)) === own;
  try {
    return await work(isHeld);
  } finally {
    if (await isHeld()) await rm(path, { force: true });
  }
}

async function acquire(path: string, own: string, signal: AbortSignal | undefined): Promise<void> {
  let seen: string | undefined;
  let waitedMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await writeFile(path, own, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(path);
    if (holder === undefined) continue;
    if (holder !== seen) waitedMs = 0;
    seen = holder;
    if (isAbandoned(holder) || waitedMs >= staleMs) await breakLock(path, holder, own);
    else await sleep(pollMs, undefined, { signal }).catch(() => {});
    waitedMs += pollMs;
  }
}

async function breakLock(path: string, holder: string, own: string): Promise<void> {
  const aside = `${path}.${own}`;
  try {
    await rename(path, aside);
  } catch {
    // Another one that waits was quicker.
    return;
  }
  // Between look and rename someone may have broken the old lock and taken a new one: give it back.
  if ((await holderOf(aside)) !== holder) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
