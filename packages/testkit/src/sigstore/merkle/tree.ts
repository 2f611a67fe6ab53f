import { createHash } from 'node:crypto';

/** An append-only Merkle tree (RFC 6962 2.1), in memory. */
export class MerkleTree {
  /** The hashes of the complete subtrees, by height: `#levels[0]` are the leaves. */
  readonly #levels: Buffer[][] = [[]];

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  /** Appends a leaf; gives its index. */
  append(data: Uint8Array): number {
    const index = this.size;
    this.#put(0, leafHash(data));
    return index;
  }

  root(size: number = this.size): Buffer {
    return size === 0 ? createHash('sha256').digest() : this.#hash(0, size);
  }

  /** The audit path of a leaf in the tree of that size (RFC 6962 2.1.1). */
  inclusionProof(index: number, size: number = this.size): readonly Buffer[] {
    return this.#path(index, 0, size);
  }

  /** The hashes of complete subtrees of a height, as tiles hold them. */
  level(height: number): readonly Buffer[] {
    return this.#levels[height] ?? [];
  }

  #put(height: number, hash: Buffer): void {
    this.#levels[height] ??= [];
    const level = this.#levels[height];
    level.push(hash);
    const left = level.at(-2);
    if (level.length % 2 === 0 && left !== undefined) this.#put(height + 1, nodeHash(left, hash));
  }

  #hash(start: number, size: number): Buffer {
    const complete = Number.isInteger(Math.log2(size)) && this.#levels[Math.log2(size)]?.[start / size];
    if (complete) return complete;
    const left = largestPowerBelow(size);
    return nodeHash(this.#hash(start, left), this.#hash(start + left, size - left));
  }

  #path(index: number, start: number, size: number): Buffer[] {
    if (size <= 1) return [];
    const left = largestPowerBelow(size);
    return index < left
      ? [...this.#path(index, start, left), this.#hash(start + left, size - left)]
      : [...this.#path(index - left, start + left, size - left), this.#hash(start, left)];
  }
}

export function leafHash(data: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(data).digest();
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

function largestPowerBelow(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}
