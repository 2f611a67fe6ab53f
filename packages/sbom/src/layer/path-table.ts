import { Buffer } from 'node:buffer';
import { highOf, lowOf, type PathKey } from './path-key.ts';

/** What stands at a path: something that can have others in it, or not. */
export type PathKind = 'folder' | 'other';

const startSlots = 1024;
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** In the place of a key that was taken out: no key is all zeros. */
const gone = 1;

/**
 * Which paths a layer has, in 8 bytes each: a hash table with open addresses, as a `Map` of strings takes ten times that. Where a
 * search begins and how far it steps come from different bits, so that nobody can make up names that are all in each other's way.
 */
export class PathTable {
  #slots = startSlots;
  /** Pairs of the high and the low half of a key; the lowest bit is set for a folder. */
  #words: Uint32Array = new Uint32Array(2 * startSlots);
  #size = 0;
  /** With those of keys that were taken out. */
  #usedSlots = 0;

  get size(): number {
    return this.#size;
  }

  get(key: PathKey): PathKind | undefined {
    const slot = this.#find(highOf(key), lowOf(key));
    const low = this.#words[slot + 1]!;
    if (this.#words[slot] === 0 && low === 0) return undefined;
    return (low & 1) === 1 ? 'folder' : 'other';
  }

  set(key: PathKey, kind: PathKind): void {
    if (this.#usedSlots * 4 >= this.#slots * 3) this.#grow();
    const [high, low] = [highOf(key), lowOf(key)];
    const slot = this.#find(high, low);
    if (this.#words[slot] === 0 && this.#words[slot + 1] === 0) {
      this.#size++;
      this.#usedSlots++;
    }
    this.#words[slot] = high;
    this.#words[slot + 1] = kind === 'folder' ? (low | 1) >>> 0 : low;
  }

  delete(key: PathKey): void {
    if (this.get(key) === undefined) return;
    const slot = this.#find(highOf(key), lowOf(key));
    this.#words[slot] = 0;
    this.#words[slot + 1] = gone;
    this.#size--;
  }

  /** All keys, sorted, 8 bytes each (big-endian). */
  toBytes(): Buffer {
    const keys = new BigUint64Array(this.#size);
    let count = 0;
    for (let slot = 0; slot < 2 * this.#slots; slot += 2) {
      const [high, low] = [this.#words[slot]!, this.#words[slot + 1]!];
      if (high !== 0 || low > gone) keys[count++] = (BigInt(high) << 32n) | BigInt(low);
    }
    keys.sort();
    // Typed arrays have the machine's byte order.
    const bytes = Buffer.from(keys.buffer);
    return isLittleEndian ? bytes.swap64() : bytes;
  }

  /** Where a key is, or where there is room for it. */
  #find(high: number, low: number): number {
    const mask = this.#slots - 1;
    const step = (low >>> 1) | 1;
    for (let index = high & mask; ; index = (index + step) & mask) {
      const slot = 2 * index;
      const [otherHigh, otherLow] = [this.#words[slot]!, this.#words[slot + 1]!];
      if (otherHigh === 0 && otherLow === 0) return slot;
      if (otherHigh === high && (otherLow & ~1) >>> 0 === low) return slot;
    }
  }

  #grow(): void {
    const old = this.#words;
    // After many were taken out there is room enough.
    if (this.#size * 2 >= this.#slots) this.#slots *= 2;
    this.#usedSlots = this.#size;
    this.#words = new Uint32Array(2 * this.#slots);
    for (let slot = 0; slot < old.length; slot += 2) {
      const [high, low] = [old[slot]!, old[slot + 1]!];
      if (high === 0 && low <= gone) continue;
      const target = this.#find(high, (low & ~1) >>> 0);
      this.#words[target] = high;
      this.#words[target + 1] = low;
    }
  }
}

/** Looks a key up in what {@link PathTable.toBytes} gave. */
export function kindAmong(bytes: Buffer, key: PathKey): PathKind | undefined {
  const [high, low] = [highOf(key), lowOf(key)];
  let start = 0;
  let end = Math.floor(bytes.byteLength / 8);
  while (start < end) {
    const middle = (start + end) >>> 1;
    const otherHigh = bytes.readUInt32BE(8 * middle);
    const word = bytes.readUInt32BE(8 * middle + 4);
    const otherLow = (word & ~1) >>> 0;
    if (otherHigh === high && otherLow === low) return (word & 1) === 1 ? 'folder' : 'other';
    if (otherHigh < high || (otherHigh === high && otherLow < low)) start = middle + 1;
    else end = middle;
  }
  return undefined;
}
