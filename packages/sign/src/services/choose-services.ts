import { LadingError } from '@lading/oci';
import type { ServiceSelector, SigstoreService } from './signing-config.ts';

export interface ServiceChoice {
  /** For messages: `transparency log`. */
  readonly kind: string;
  readonly selector: ServiceSelector;
  /** The versions of its API that are spoken. */
  readonly versions: readonly number[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Services in the order in which they are to be asked, until `needed` of them have done their part. */
export interface ChosenServices {
  readonly services: readonly SigstoreService[];
  readonly needed: number;
}

/**
 * Chooses among services as signing configs demand (protobuf-specs, sigstore_trustroot.proto): the highest version that is spoken, valid now, of
 * each operator the newest alone. For `ANY` and `EXACT` the order is by chance, and those beyond what is needed stand in when one fails.
 * @throws {LadingError} `ERR_LADING_SIGNING_CONFIG` when there are some, and not enough that can be used
 */
export function chooseServices(all: readonly SigstoreService[], choice: ServiceChoice): ChosenServices {
  if (all.length === 0) return { services: [], needed: 0 };
  const usable = usableServices(all, choice);
  const { selector, kind } = choice;
  const needed = selector === 'ALL' ? usable.length : selector === 'ANY' ? 1 : selector.exact;
  if (usable.length === 0 || usable.length < needed) {
    throw new LadingError(
      'ERR_LADING_SIGNING_CONFIG',
      `the signing config has ${usable.length} usable ${kind} of ${all.length}, and ${Math.max(1, needed)} must take part`,
      {
        hint: `usable are those that are valid now, of API version ${choice.versions.join(' or ')}, one of each operator`,
      },
    );
  }
  return { services: selector === 'ALL' ? usable : shuffled(usable, choice.random), needed };
}

/** Those of the highest version that is spoken: one of each operator, the newest first. */
export function usableServices(
  all: readonly SigstoreService[],
  { versions, now }: Pick<ServiceChoice, 'versions' | 'now'>,
): readonly SigstoreService[] {
  const spoken = all.filter((service) => versions.includes(service.majorApiVersion) && isValid(service, now));
  const highest = Math.max(...spoken.map(({ majorApiVersion }) => majorApiVersion));
  const operators = new Set<string>();
  return spoken
    .filter(({ majorApiVersion }) => majorApiVersion === highest)
    .toSorted((a, b) => startOf(b) - startOf(a))
    .filter(({ operator }) => !operators.has(operator) && operators.add(operator));
}

function isValid({ validFor: { start, end } }: SigstoreService, now: number): boolean {
  return (start === undefined || start.getTime() <= now) && (end === undefined || now <= end.getTime());
}

function startOf({ validFor }: SigstoreService): number {
  return validFor.start?.getTime() ?? 0;
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
