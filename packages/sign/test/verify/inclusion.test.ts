import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { isIncluded } from '../../src/verify/inclusion.ts';

function hash(prefix: number, ...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([Uint8Array.of(prefix), ...parts]))
    .digest();
}

/** Root and path as RFC 6962 2.1 defines them, by recursion. */
function split(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return hash(0, leaves[0]!);
  const left = split(leaves.length);
  return hash(1, rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

function pathOf(index: number, leaves: readonly Buffer[]): readonly Buffer[] {
  if (leaves.length === 1) return [];
  const left = split(leaves.length);
  return index < left
    ? [...pathOf(index, leaves.slice(0, left)), rootOf(leaves.slice(left))]
    : [...pathOf(index - left, leaves.slice(left)), rootOf(leaves.slice(0, left))];
}

test('a leaf is proven at its own place, in the tree of its own size, and nowhere else', () => {
  const all = Array.from({ length: 20 }, (_, index) => Buffer.from(`leaf ${index}`));
  for (let count = 1; count <= all.length; count += 1) {
    const leaves = all.slice(0, count);
    const root = rootOf(leaves);
    leaves.forEach((leaf, at) => {
      const hashes = pathOf(at, leaves);
      for (let size = 0; size <= 22; size += 1) {
        for (const index of [-1, 0, at - 1, at, at + 1, size - 1, size]) {
          // The last leaf stands at the edge: its path is the same for some other sizes, which the checkpoint tells apart.
          const proven = isIncluded({ leaf, index: BigInt(index), size: BigInt(size), hashes, root });
          if (index === at && size === count) expect(proven).toBe(true);
          else if (proven) expect({ turns: turnsOf(index, size) }).toEqual({ turns: turnsOf(at, count) });
        }
      }
      const claim = { leaf, index: BigInt(at), size: BigInt(count), hashes, root };
      expect(isIncluded({ ...claim, hashes: [...hashes, Buffer.alloc(32)] })).toBe(false);
      expect(isIncluded({ ...claim, hashes: hashes.slice(1) })).toBe(count === 1);
      expect(isIncluded({ ...claim, leaf: Buffer.from('other') })).toBe(false);
      // An inner node is no leaf.
      if (count > 1) expect(isIncluded({ ...claim, leaf: Buffer.concat(hashes.slice(0, 2)) })).toBe(false);
    });
  }
});

/** On which side each hash of a path stands: what a proof is made of. */
function turnsOf(index: number, size: number): string {
  if (size <= 1) return '';
  const left = split(size);
  return index < left ? `${turnsOf(index, left)}R` : `${turnsOf(index - left, size - left)}L`;
}
