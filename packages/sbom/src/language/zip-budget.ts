import type { Buffer } from 'node:buffer';
import { inflateRawSync } from 'node:zlib';
import type { Json } from '../json.ts';

/** Bounds on what is read of one archive with all archives inside of it. */
export interface ZipLimits {
  readonly maxEntries: number;
  /** Of all that is unpacked. Bytes. */
  readonly maxBytes: number;
  /** How much may be unpacked for each byte of the archive, and how much whatever its size. Archives of Java stay below 20. */
  readonly maxRatio: number;
  readonly freeBytes: number;
  /** In memory at one time, as archives stand in archives. Bytes. */
  readonly maxHeldBytes: number;
  /** Archives in archives in archives. */
  readonly maxDepth: number;
  /** Of what is found in them, as JSON. Characters. */
  readonly maxFacts: number;
}

export const zipLimits: ZipLimits = Object.freeze({
  maxEntries: 2_000_000,
  maxBytes: 2 ** 30,
  maxRatio: 100,
  freeBytes: 64 * 1024,
  maxHeldBytes: 128 * 2 ** 20,
  maxDepth: 16,
  maxFacts: 16 * 2 ** 20,
});

/** Something is not read on, as it would cost too much. */
export class ZipLimitError extends Error {}

/** What is left of the bounds. */
export class ZipBudget {
  readonly limits: ZipLimits;
  #read = 0;
  #entries = 0;
  #unpacked = 0;
  #held = 0;
  #facts = 0;

  constructor(limits: ZipLimits = zipLimits) {
    this.limits = limits;
  }

  /** Bytes of the archive came in. */
  read(bytes: number): void {
    this.#read += bytes;
  }

  entry(): void {
    if (++this.#entries > this.limits.maxEntries)
      throw new ZipLimitError(`it has more than ${this.limits.maxEntries} entries`);
  }

  /** Something was found that is kept. */
  found(facts: Json): void {
    this.#facts += JSON.stringify(facts).length;
    if (this.#facts > this.limits.maxFacts)
      throw new ZipLimitError('more is told in it than anybody can need');
  }

  /** Bytes are kept in memory; false when there is no room for them. */
  hold(bytes: number): boolean {
    if (this.#held + bytes > this.limits.maxHeldBytes) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }

  /** Unpacks what is deflated. Throws what zlib throws, also when it is more than `maxBytes` or than is left. */
  inflate(packed: Buffer, maxBytes: number): Buffer {
    const { maxRatio, freeBytes, maxBytes: maxAll, maxHeldBytes } = this.limits;
    const left = Math.min(maxAll, freeBytes + maxRatio * this.#read) - this.#unpacked;
    const limit = Math.min(left, maxBytes, maxHeldBytes - this.#held);
    if (limit <= 0) throw new ZipLimitError('it has more than may be unpacked');
    try {
      const content = inflateRawSync(packed, { maxOutputLength: limit });
      this.#unpacked += content.length;
      return content;
    } catch (error) {
      // What was unpacked in vain took its time, too.
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') this.#unpacked += limit;
      throw error;
    }
  }
}
