import { createHash } from 'node:crypto';

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: bigint;
  readonly size: bigint;
  readonly hashes: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether a leaf is in the Merkle tree of a root hash (RFC 9162, 2.1.3.2). */
export function isIncluded({ leaf, index, size, hashes, root }: InclusionClaim): boolean {
  if (index < 0n || index >= size) return false;
  let node = index;
  let last = size - 1n;
  let hash = digest(0, leaf);
  for (const sibling of hashes) {
    if (last === 0n || sibling.byteLength !== 32) return false;
    if (node % 2n === 1n || node === last) {
      hash = digest(1, sibling, hash);
      // At the right edge a node without a sibling goes up as it is.
      while (node % 2n === 0n && node !== 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else {
      hash = digest(1, hash, sibling);
    }
    node /= 2n;
    last /= 2n;
  }
  return last === 0n && hash.equals(root);
}

function digest(prefix: 0 | 1, ...parts: readonly Uint8Array[]) {
  const hash = createHash('sha256').update(Uint8Array.of(prefix));
  for (const part of parts) hash.update(part);
  return hash.digest();
}
