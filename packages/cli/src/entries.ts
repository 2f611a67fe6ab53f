import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Config, positionOf, type SyncEntry } from '@lading/config';
import { LadingError } from '@lading/oci';
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
import { openProgress, type Progress } from './progress/progress.ts';
import type { PositionOf } from './render/plan.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** What the commands over config.yaml start from. */
export interface Entries {
  readonly config: Config;
  readonly entries: readonly SyncEntry[];
  readonly positionOf: PositionOf;
  readonly places: Places;
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
  warnUnsigned(config, folder, invocation);
  const lockFile = join(folder, 'lading.lock');
  return {
    config,
    entries,
    lockFile,
    lock: await readLock(lockFile),
    places: await openPlaces(invocation, config),
    positionOf: positions(config),
  };
}

/** Says that images are not signed where everything else looks as if they were; `sign` itself has its notice. */
function warnUnsigned({ sign }: Config, folder: string, { context, output }: Invocation): void {
  if (sign !== undefined) return;
  const why = existsSync(join(folder, 'cosign.pub'))
    ? 'cosign.pub stands beside the configuration'
    : context.env.COSIGN_PRIVATE_KEY && 'COSIGN_PRIVATE_KEY is set';
  if (why) output.warn(`images are not signed: ${why}, and this version of lading cannot sign yet`);
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

/** The context of a plan over these entries: one that is carried out, or one that is only looked at. */
export function planContext(
  { config, entries, places, lock }: Entries,
  { options, context }: Invocation,
  purpose: 'write' | 'rehearse',
  progress: Progress,
): PlanContext {
  places.expect(entries, purpose);
  const guarded = new Set<unknown>(config.sync.filter(({ verify }) => verify !== undefined));
  return {
    admit: guarded.size === 0 ? undefined : async (entry) => refuseUnverified(guarded.has(entry)),
    open: (text, role) => places.open(text, role === 'source' ? 'read' : purpose),
    clock: context.now,
    lock: lock ?? (options.locked ? emptyLock : undefined),
    locked: options.locked,
    concurrency: options.concurrency,
    signal: context.signal,
    onEvent(event) {
      if (event.type === 'entry:planned')
        progress.status(`looking at ${event.done} of ${event.total} images`);
    },
  };
}

/** A plan that nobody carries out; while it is made, what is looked at is shown. */
export async function rehearse(entries: Entries, invocation: Invocation): Promise<Plan> {
  using progress = openProgress(invocation.context, invocation.options);
  return await plan(entries.entries, planContext(entries, invocation, 'rehearse', progress));
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

/** Closed by default: an entry that asks for a valid signature is not copied by a version that cannot check one. */
function refuseUnverified(isGuarded: boolean): void {
  if (!isGuarded) return;
  throw new LadingError('ERR_LADING_UNSUPPORTED', 'this version of lading cannot check signatures yet', {
    hint: 'take verify out of the entry only if it may enter unverified',
  });
}

function withoutTag(destination: string): string {
  return destination.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}
