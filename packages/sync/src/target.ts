import { type Digest, type Platform, parsePlatform } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import { parseDuration, type SyncEntry } from './entry.ts';
import { at, entryError } from './errors.ts';
import type { Location, PlanContext } from './plan-types.ts';
import { type CompiledFilter, compileTagFilter } from './tag-filter.ts';

/** An entry whose texts have been read. */
export interface PreparedEntry {
  readonly entry: SyncEntry;
  readonly index: number;
  readonly source: Location;
  readonly destination: Location;
  readonly platforms: readonly Platform[];
  readonly minAgeMs: number | undefined;
  readonly filter: CompiledFilter | undefined;
}

/** A tag or digest of a store, and how plans name it. */
export interface Place {
  readonly store: ContentStore;
  readonly name: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** One destination tag that is to be kept equal to one source. */
export interface Target {
  readonly of: PreparedEntry;
  readonly source: Place;
  readonly destination: Place & { readonly tag: string };
}

/**
 * Reads the texts of an entry and opens its places.
 * @throws {LadingError} `ERR_LADING_ENTRY`, `ERR_LADING_TAG_FILTER`, `ERR_LADING_PLATFORM`, or what `open` throws.
 */
export async function prepare(entry: SyncEntry, index: number, context: PlanContext): Promise<PreparedEntry> {
  const { signal } = context;
  const source = await at('source', signal, async () => context.open(entry.source, 'source'));
  const destination = await at('destination', signal, async () =>
    context.open(entry.destination, 'destination'),
  );
  if (destination.digest !== undefined) {
    throw entryError('a destination has a tag and no digest', 'What is copied has its own digest.');
  }
  if (entry.tags !== undefined) checkRepositories(entry, source, destination);
  else if (entry.prune !== undefined) {
    throw entryError('"prune" needs "tags"', 'Only a repository can have tags that are no longer wanted.');
  }
  const minAge = entry.tags?.minAge ?? entry.minAge;
  const minAgeMs = minAge === undefined ? undefined : parseDuration(minAge);
  if (minAge !== undefined && minAgeMs === undefined) {
    throw entryError(`${JSON.stringify(minAge)} is not a length of time`, 'It is written like 36h or 7d.');
  }
  return {
    entry,
    index,
    source,
    destination,
    platforms: (entry.platforms ?? []).map(parsePlatform),
    minAgeMs,
    filter: entry.tags && compileTagFilter(entry.tags),
  };
}

function checkRepositories(entry: SyncEntry, source: Location, destination: Location): void {
  if (source.tag !== undefined || source.digest !== undefined || destination.tag !== undefined) {
    throw entryError(
      'with "tags", source and destination are repositories',
      'Leave the tag out of both, or leave out "tags".',
    );
  }
  if (source.store.name === destination.store.name) throw sameOnBothSides(entry.source);
}

/** The target of an entry without tag filter. */
export function singleTarget(of: PreparedEntry): Target {
  const { source, destination } = of;
  const tag = source.tag ?? (source.digest === undefined ? 'latest' : undefined);
  const target = {
    of,
    source: place(source.store, tag, source.digest),
    destination: tagged(destination.store, destination.tag ?? 'latest'),
  };
  if (target.source.name === target.destination.name) throw sameOnBothSides(target.source.name);
  return target;
}

/** The target of one selected tag. */
export function tagTarget(of: PreparedEntry, tag: string): Target {
  return {
    of,
    source: place(of.source.store, tag),
    destination: tagged(of.destination.store, tag),
  };
}

/** How plans and locks name a tag. */
export function nameOf(store: ContentStore, tag: string): string {
  return `${store.name}:${tag}`;
}

function place(store: ContentStore, tag?: string, digest?: Digest): Place {
  const name = `${store.name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return { store, name, tag, digest };
}

function tagged(store: ContentStore, tag: string): Place & { readonly tag: string } {
  return { store, tag, name: nameOf(store, tag) };
}

function sameOnBothSides(name: string): Error {
  return entryError(`source and destination are the same: ${name}`);
}
