import { compare } from '../compare.ts';

/** Below zero when the first is the older one; zero where both are the same version in other words. */
type Order = (a: string, b: string) => number;

export interface Scheme {
  isVersion(text: string): boolean;
  readonly order: Order;
}

/** More than real versions have. What is longer is not looked into. Characters. */
export const maxLength = 256;

/** Digits of any length, as numbers. */
export function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || compare(left, right);
}

/** Lists member by member; where one ends, `end` says what its end is worth against the other's next member. */
export function compareLists<Part>(
  a: readonly Part[],
  b: readonly Part[],
  order: (a: Part, b: Part) => number,
  end: (next: Part) => number = () => -1,
): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const left = a[index];
    const right = b[index];
    const result = left === undefined ? end(right!) : right === undefined ? -end(left) : order(left, right);
    if (result !== 0) return result;
  }
  return 0;
}

export const numbers: Scheme = {
  isVersion: (text) => text.length <= maxLength && /^v?\d+(?:\.\d+)*$/.test(text),
  order: (a, b) =>
    compareLists(a.replace('v', '').split('.'), b.replace('v', '').split('.'), compareDigits, (next) =>
      compareDigits('', next),
    ),
};
