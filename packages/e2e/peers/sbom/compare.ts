import { type Explanation, explanations } from './explanations.ts';
import type { FoundThing } from './identity.ts';

export type Side = 'syft' | 'trivy' | 'lading';

/** A package that not all have. */
export interface Difference extends FoundThing {
  /** Who has it: `lading` alone, or those of the others that do while lading does not. */
  readonly has: readonly Side[];
  /** Why that is as it should be. */
  readonly reason?: string | undefined;
}

export interface Comparison {
  readonly image: string;
  /** Different packages that each finds. */
  readonly counts: Readonly<Record<Side, number>>;
  /** Found by lading and at least one of the others. */
  readonly both: number;
  readonly theirs: readonly Difference[];
  readonly ours: readonly Difference[];
}

/** Puts side by side what three programs find in one image. */
export function compare(
  image: string,
  found: Readonly<Record<Side, readonly FoundThing[]>>,
  reasons: readonly Explanation[] = explanations,
): Comparison {
  const sets = { syft: indexed(found.syft), trivy: indexed(found.trivy), lading: indexed(found.lading) };
  const others = new Map([...sets.trivy, ...sets.syft]);
  const known = reasons.filter((one) => one.image === undefined || one.image.test(image));
  /** What lading has in place of something of theirs, and why. */
  const inPlace = new Map<string, string>();

  const theirs = sorted(others.values())
    .filter(({ identity }) => !sets.lading.has(identity))
    .map((thing) => {
      const has = (['syft', 'trivy'] as const).filter((side) => sets[side].has(thing.identity));
      for (const one of known.filter((explanation) => fits(explanation, has, thing))) {
        const ours = one.ours && thing.identity.replace(one.is, one.ours);
        if (ours !== undefined && !sets.lading.has(ours)) continue;
        if (ours !== undefined) inPlace.set(ours, one.reason);
        return { ...thing, has, reason: one.reason };
      }
      return { ...thing, has };
    });
  const ours = sorted(sets.lading.values())
    .filter(({ identity }) => !others.has(identity))
    .map((thing) => {
      const has = ['lading'] as const;
      const reason =
        inPlace.get(thing.identity) ?? known.find((explanation) => fits(explanation, has, thing))?.reason;
      return { ...thing, has, reason };
    });
  return {
    image,
    counts: { syft: sets.syft.size, trivy: sets.trivy.size, lading: sets.lading.size },
    both: sets.lading.size - ours.length,
    theirs,
    ours,
  };
}

/** The differences that nothing explains. */
export function unexplained({ theirs, ours }: Comparison): readonly Difference[] {
  return [...theirs, ...ours].filter(({ reason }) => reason === undefined);
}

const fits = (explanation: Explanation, has: readonly Side[], { identity }: FoundThing): boolean =>
  has.every((side) => explanation.has.includes(side)) && explanation.is.test(identity);

const indexed = (found: readonly FoundThing[]): Map<string, FoundThing> =>
  new Map(found.map((thing) => [thing.identity, thing]));

const sorted = (things: Iterable<FoundThing>): FoundThing[] =>
  [...things].sort((a, b) => (a.identity < b.identity ? -1 : 1));
