import { at, entryError } from './errors.ts';
import type { PlanContext, TagSelection } from './plan-types.ts';
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
  const verdicts = of.filter.select(tags, (tag) => isAged(of, tag, context));
  const targets = [...verdicts].flatMap(([tag, verdict]) =>
    verdict === 'selected' || verdict === 'too-young' ? [tagTarget(of, tag)] : [],
  );
  const selection = { index: of.index, source: of.source.store.name, verdicts };
  context.onEvent?.({ type: 'tags:listed', selection });
  return { targets, selection };
}

/** All tags of a store, bounded. */
export function listTags(
  store: PreparedEntry['source']['store'],
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
