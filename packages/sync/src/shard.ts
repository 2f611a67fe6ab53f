import { createHash } from 'node:crypto';
import { entryError } from './errors.ts';

/**
 * The part of the entries that falls to shard `index` of `count` (`1` of `4` to `4` of `4`). An entry's destination decides alone,
 * so that every machine with the same config comes to the same parts, and an added entry moves no other.
 * @throws {LadingError} `ERR_LADING_ENTRY`
 */
export function shard<T extends { readonly destination: string }>(
  entries: readonly T[],
  index: number,
  count: number,
): readonly T[] {
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 1 || index > count) {
    throw entryError(`there is no shard ${index} of ${count}`, 'Shards are counted from 1, for example 1/4.');
  }
  return entries.filter(({ destination }) => hashOf(destination) % count === index - 1);
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}
