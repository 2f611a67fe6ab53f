import type { Bom, Dependency } from '../bom.ts';
import { compare } from '../compare.ts';

/** The id of the image itself in dependencies. */
export const rootId = 'root';

/**
 * Dependencies with a root: those that are there, and, where nothing says what the image itself needs, edges from it to each
 * package that no other one leads to. Readers that walk from the root then come to everything. Sorted, each once, none to what is not there.
 */
export function rootedDependencies(bom: Bom): readonly Dependency[] {
  const ids = new Set(bom.packages.map(({ id }) => id));
  const targets = new Map<string, Set<string>>();
  for (const { from, to } of bom.dependencies) {
    if ((from !== rootId && !ids.has(from)) || !ids.has(to) || from === to) continue;
    const there = targets.get(from);
    if (there === undefined) targets.set(from, new Set([to]));
    else there.add(to);
  }
  if (!targets.has(rootId) && ids.size > 0) targets.set(rootId, new Set(startingPoints(ids, targets)));
  return [...targets]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([from, to]) => [...to].sort(compare).map((id) => ({ from, to: id })));
}

/** From where one gets to all packages: those that nobody needs, then one of each circle that is still left. */
function startingPoints(
  ids: ReadonlySet<string>,
  targets: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const needed = new Set<string>();
  for (const to of targets.values()) for (const id of to) needed.add(id);
  const sorted = [...ids].sort(compare);
  const reached = new Set<string>();
  const starts: string[] = [];
  const startAt = (id: string): void => {
    starts.push(id);
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      for (const to of targets.get(next) ?? []) open.push(to);
    }
  };
  for (const id of sorted) if (!needed.has(id)) startAt(id);
  for (const id of sorted) if (!reached.has(id)) startAt(id);
  return starts;
}
