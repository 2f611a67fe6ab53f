import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  emptyLock,
  type Lock,
  mergeLocks,
  planExitCode,
  readLock,
  shardLockPath,
  writeLock,
} from '@lading/sync';
import { openEntries, rehearse } from '../entries.ts';
import { describeFailure } from '../failure.ts';
import { alignColumns } from '../render/columns.ts';
import { renderFailure } from '../render/failure.ts';
import { count, shortDigest } from '../render/quantities.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { options, output } = invocation;
  const opened = await openEntries(invocation);
  await using places = opened.places;
  const shards = options.shard === undefined ? await shardLocks(opened.lockFile) : [];
  const known = mergeLocks([opened.lock ?? emptyLock, ...(await Promise.all(shards.map(readLockOrNone)))]);
  const planned = await rehearse({ ...opened, lock: known }, invocation);
  const lock = planned.lock ?? known;

  const file =
    options.shard === undefined ? opened.lockFile : shardLockPath(opened.lockFile, options.shard.index);
  if (!options.dryRun) {
    await writeLock(file, lock);
    for (const shard of shards) await rm(shard);
  }
  const changes = changesBetween(opened.lock ?? emptyLock, lock);
  output.document({ file, images: Object.fromEntries(lock.images), changes, requests: places.requests() });
  const rows = changes.map(({ source, previous, digest }) => [
    `  ${output.paintResult('change', previous === undefined ? '+' : '~')} ${source}`,
    previous === undefined ? shortDigest(digest) : `${shortDigest(previous)} → ${shortDigest(digest)}`,
  ]);
  for (const row of alignColumns(rows)) output.result(row.join('  '));
  const written = options.dryRun ? 'not written (dry run)' : basename(file);
  output.result(`${count(lock.images.size, 'tag')} locked · ${changes.length} changed · ${written}`);

  for (const { action, error, source } of planned.images) {
    if (action !== 'failed') continue;
    for (const line of renderFailure(describeFailure(error), output.paint, source)) output.warn(line);
  }
  return planExitCode(planned);
};

/** What the shards of a run have written beside the lock. */
async function shardLocks(lockFile: string): Promise<readonly string[]> {
  const prefix = `${basename(lockFile)}.`;
  const names = await readdir(dirname(lockFile));
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => join(dirname(lockFile), name));
}

async function readLockOrNone(file: string): Promise<Lock> {
  return (await readLock(file)) ?? emptyLock;
}

function changesBetween(before: Lock, after: Lock) {
  return [...after.images].flatMap(([source, { digest }]) => {
    const previous = before.images.get(source)?.digest;
    return previous === digest ? [] : [{ source, previous, digest }];
  });
}
