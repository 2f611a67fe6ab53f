import type { ContentStore } from '@lading/store';
import { at, entryError } from './errors.ts';
import type { PlanContext, TagSelection } from './plan-types.ts';
import type { CompiledFilter, TagVerdict } from './tag-filter.ts';
import { nameOf, type PreparedEntry, singleTarget, type Target, tagTarget } from './target.ts';

/** Most tags of one repository that are looked at; far more than any known one has. */
const maxTags = 250_000;

/** The destination tags that one entry stands for. */
export interface Expansion {
  readonly targets: readonly Target[];
  readonly selection?: TagSelection | undefined;
}

/**
 * Lists and filters the tags of a repository; a plain entry is one target.
 * @throws {CopyError} of the source's listing.
 */
export async function expand(of: PreparedEntry, context: PlanContext): Promise<Expansion> {
  if (of.filter === undefined) return { targets: [singleTarget(of)] };
  const tags = await listTags(of.source.store, 'source', context.signal);
  const verdicts = judgeTags(of, of.filter, tags, context);
  const targets = [...verdicts].flatMap(([tag, verdict]) =>
    verdict === 'selected' || verdict === 'too-young' ? [tagTarget(of, tag)] : [],
  );
  const selection = { index: of.index, source: of.source.store.name, verdicts };
  context.onEvent?.({ type: 'tags:listed', selection });
  return { targets, selection };
}

/** With `locked`, tags that came after the lock must not push out those that it has. */
function judgeTags(
  of: PreparedEntry,
  filter: CompiledFilter,
  tags: readonly string[],
  context: PlanContext,
): ReadonlyMap<string, TagVerdict> {
  const isLocked = (tag: string): boolean => context.lock?.images.has(nameOf(of.source.store, tag)) === true;
  const offered = context.locked === true ? tags.filter(isLocked) : tags;
  const verdicts = new Map(filter.select(offered, (tag) => isAged(of, tag, context)));
  for (const tag of tags) {
    if (verdicts.has(tag)) continue;
    const verdict = filter.judge(tag);
    verdicts.set(tag, verdict === 'selected' ? 'not-locked' : verdict);
  }
  return verdicts;
}

/** All tags of a store, bounded. */
export function listTags(
  store: ContentStore,
  origin: 'source' | 'destination',
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  return at(origin, signal, async () => {
    if (store.tags === undefined) throw entryError(`${store.name} cannot list its tags`);
    const tags: string[] = [];
    for await (const tag of store.tags({ signal })) {
      if (tags.length === maxTags) throw entryError(`${store.name} has more than ${maxTags} tags`);
      tags.push(tag);
    }
    return tags;
  });
}

/** Whether the lock has known what the tag points at for long enough. */
function isAged({ minAgeMs, source }: PreparedEntry, tag: string, { lock, clock }: PlanContext): boolean {
  if (minAgeMs === undefined) return true;
  const known = lock?.images.get(nameOf(source.store, tag));
  return known !== undefined && Date.parse(known.firstSeen) + minAgeMs <= clock();
}
