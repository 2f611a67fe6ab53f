import { Buffer } from 'node:buffer';

/** Numbers by chance that come again with the same seed (a linear congruence of 32 bits, shuffled as xorshift does). */
export class Chance {
  #state: number;
  /** How seldom something is made wrong: an archive with errors in it is not read far. */
  readonly #care: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    this.#care = this.pick([Number.POSITIVE_INFINITY, 20, 4]);
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % end;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** True less than once in so many times. */
  wrong(times: number): boolean {
    return this.#care < Number.POSITIVE_INFINITY && this.once(times * this.#care);
  }

  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.below(256)));
  }
}
