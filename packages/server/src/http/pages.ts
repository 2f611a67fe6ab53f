import { Fault } from './fault.ts';

export interface Page {
  readonly entries: readonly string[];
  /** The query of the next page; absent on the last one. */
  readonly next?: string;
}

/**
 * One page of a sorted list, by the `n` and `last` of a query (distribution-spec, Listing Tags).
 * @throws {Fault} `UNSUPPORTED`, status 400: `n` is not a number
 */
export function pageOf(sorted: readonly string[], query: URLSearchParams, maxEntries: number): Page {
  const asked = query.get('n');
  if (asked !== null && !/^[0-9]{1,15}$/.test(asked)) {
    throw new Fault('UNSUPPORTED', 'n must be a number of entries', { status: 400 });
  }
  const count = Math.min(asked === null ? maxEntries : Number(asked), maxEntries);
  const last = query.get('last');
  const start = last === null ? 0 : firstAfter(sorted, last);
  const entries = sorted.slice(start, start + count);
  const end = entries.at(-1);
  if (end === undefined || start + count >= sorted.length) return { entries };
  return { entries, next: new URLSearchParams({ n: String(count), last: end }).toString() };
}

/** The position of the first entry greater than `last`, which itself need not be in the list any more. */
export function firstAfter(sorted: readonly string[], last: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > last) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The `Link` header to a next page (RFC 8288). */
export function nextLink(path: string, query: string): string {
  return `<${path}?${query}>; rel="next"`;
}
