import { getRandomValues } from 'node:crypto';

/** From 0 to 1, 1 not included. */
export function cryptoRandom(): number {
  return getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
