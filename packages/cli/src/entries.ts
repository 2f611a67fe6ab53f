import { dirname, join, resolve } from 'node:path';
import { type Config, positionOf, type SyncEntry } from '@lading/config';
import {
  emptyLock,
  formatLock,
  type Lock,
  type Plan,
  type PlanContext,
  plan,
  readLock,
  shard,
  shardLockPath,
  writeLock,
} from '@lading/sync';
import picomatch from 'picomatch';
import { configFile, loadConfiguration } from './configuration.ts';
import { openPlaces, type Places } from './places.ts';
import { openProgress } from './progress/progress.ts';
import type { PositionOf } from './render/plan.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** What the commands over config.yaml start from. */
export interface Entries {
  readonly config: Config;
  readonly entries: readonly SyncEntry[];
  readonly positionOf: PositionOf;
  readonly places: Places;
  /** Of the configuration; paths in it start there. */
  readonly folder: string;
  /** Of `lading.lock`, beside the configuration. */
  readonly lockFile: string;
  /** Nothing when none is kept. */
  readonly lock: Lock | undefined;
}

/** Loads the configuration, the entries that `--only` and `--shard` leave, and the lock beside it. */
export async function openEntries(invocation: Invocation): Promise<Entries> {
  const config = await loadConfiguration(invocation);
  const entries = selectEntries(config.sync, invocation);
  const folder = dirname(resolve(invocation.context.cwd, configFile(invocation)));
  const lockFile = join(folder, 'lading.lock');
  return {
    config,
    entries,
    folder,
    lockFile,
    lock: await readLock(lockFile),
    places: await openPlaces(invocation, config),
    positionOf: positions(config),
  };
}

/** Finds entries in their file by identity, whatever was left out before them. */
function positions(config: Config): PositionOf {
  let indexes: ReadonlyMap<unknown, number> | undefined;
  return ({ entry }) => {
    indexes ??= new Map(config.sync.map((own, index) => [own, index]));
    const index = indexes.get(entry);
    return index === undefined ? undefined : positionOf(config, ['sync', index]);
  };
}

/** A plan for its digests alone: nobody carries it out, so nothing has to be let in or signed. While it is made, what is looked at is shown. */
export async function rehearse(entries: Entries, invocation: Invocation): Promise<Plan> {
  const { context, options } = invocation;
  using progress = openProgress(context, options);
  return await plan(entries.entries, {
    ...lookingAt(entries, invocation, 'rehearse'),
    onEvent(event) {
      if (event.type === 'entry:planned') progress.status(describeLook(event));
    },
  });
}

/** How the entries are looked at: to be carried out, or to be looked at alone. */
export function lookingAt(
  { entries, places, lock }: Entries,
  { options, context }: Invocation,
  purpose: 'write' | 'rehearse',
): PlanContext {
  places.expect(entries, purpose);
  return {
    open: (text, role) => places.open(text, role === 'source' ? 'read' : purpose),
    clock: context.now,
    lock: lock ?? (options.locked ? emptyLock : undefined),
    locked: options.locked,
    concurrency: options.concurrency,
    signal: context.signal,
  };
}

export function describeLook({ done, total }: { readonly done: number; readonly total: number }): string {
  return `looking at ${done} of ${total} images`;
}

/** Keeps what a plan has seen, where a lock is kept: ages count from the first sight, also of what was blocked. */
export async function saveLock(
  { lock, lockFile }: Entries,
  plan: Plan,
  { options }: Invocation,
): Promise<void> {
  if (lock === undefined || plan.lock === undefined || options.locked) return;
  if (formatLock(plan.lock) === formatLock(lock)) return;
  await writeLock(
    options.shard === undefined ? lockFile : shardLockPath(lockFile, options.shard.index),
    plan.lock,
  );
}

function selectEntries(all: readonly SyncEntry[], { options }: Invocation): readonly SyncEntry[] {
  const { only, shard: part } = options;
  let entries = all;
  if (only !== undefined) {
    // As in a shell's case: a star means any characters, slashes too.
    const matches = picomatch(only, { bash: true, dot: true });
    entries = all.filter(({ destination }) => matches(destination) || matches(withoutTag(destination)));
    if (entries.length === 0) {
      throw usageError(
        `no destination matches ${JSON.stringify(only)}`,
        all.length > 0 ? `The first one is ${all[0]!.destination}.` : 'There is nothing under sync.',
      );
    }
  }
  return part === undefined ? entries : shard(entries, part.index, part.count);
}

function withoutTag(destination: string): string {
  return destination.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}
