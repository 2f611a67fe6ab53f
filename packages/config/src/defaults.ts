import { buildKeys, syncKeys } from './schema.ts';
import type { BuildEntry, EntryDefaults, SyncEntry } from './types.ts';

/** Gives every entry the default keys that it does not set itself. A key is taken or left as a whole: nothing is merged inside of it. */
export function mergeDefaults(
  sync: readonly SyncEntry[],
  build: readonly BuildEntry[],
  defaults: EntryDefaults,
): { readonly sync: readonly SyncEntry[]; readonly build: readonly BuildEntry[] } {
  const forSync = pick(defaults, syncKeys);
  const forBuild = pick(defaults, buildKeys);
  return {
    sync: isEmpty(forSync) ? sync : sync.map((entry) => ({ ...forSync, ...entry })),
    build: isEmpty(forBuild) ? build : build.map((entry) => ({ ...forBuild, ...entry })),
  };
}

function pick(defaults: EntryDefaults, keys: ReadonlySet<string>): EntryDefaults {
  return Object.fromEntries(Object.entries(defaults).filter(([key]) => keys.has(key)));
}

function isEmpty(defaults: EntryDefaults): boolean {
  return Object.keys(defaults).length === 0;
}
