import { entryError } from './errors.ts';
import type { Target } from './target.ts';

/** A target that can be carried out, and what has to be carried out before it. */
export interface OrderedTarget {
  readonly target: Target;
  /** The target whose destination is this one's source. */
  readonly after?: Target | undefined;
}

export interface Order {
  /** Each after the one that it depends on. */
  readonly ordered: readonly OrderedTarget[];
  readonly rejected: readonly { readonly target: Target; readonly error: Error }[];
}

/**
 * Finds out which targets depend on each other: one's source may be another's destination, as when a tag is promoted.
 * Of two targets with one destination the second is rejected; so are those that wait for each other.
 */
export function arrange(targets: readonly Target[]): Order {
  const rejected: { target: Target; error: Error }[] = [];
  const byDestination = new Map<string, Target>();
  for (const target of targets) {
    const { name } = target.destination;
    const other = byDestination.get(name);
    if (other === undefined) byDestination.set(name, target);
    else {
      const error = entryError(
        `${name} is already the destination of ${other.source.name}`,
        'Give each source a destination of its own.',
      );
      rejected.push({ target, error });
    }
  }

  const before = ({ source }: Target): Target | undefined =>
    source.digest === undefined ? byDestination.get(source.name) : undefined;
  const depths = new Map<Target, number>();
  for (const target of byDestination.values()) measure(target, before, depths);

  const ordered: OrderedTarget[] = [];
  for (const target of byDestination.values()) {
    if (depths.get(target) === inCycle) {
      const error = entryError(
        `${target.destination.name} is, by way of other entries, its own source`,
        'Break the circle of entries.',
      );
      rejected.push({ target, error });
    } else ordered.push({ target, after: before(target) });
  }
  ordered.sort((a, b) => depths.get(a.target)! - depths.get(b.target)!);
  return { ordered, rejected };
}

const inCycle = Number.POSITIVE_INFINITY;

/** Each target depends on one other at most, so following the chain finds its length, or that it has no end. */
function measure(
  start: Target,
  before: (target: Target) => Target | undefined,
  depths: Map<Target, number>,
): void {
  const chain: Target[] = [];
  const passed = new Set<Target>();
  let next: Target | undefined = start;
  while (next !== undefined && !depths.has(next) && !passed.has(next)) {
    passed.add(next);
    chain.push(next);
    next = before(next);
  }
  let depth = next === undefined ? -1 : (depths.get(next) ?? inCycle);
  for (const target of chain.reverse()) {
    depth += 1;
    depths.set(target, depth);
  }
}
