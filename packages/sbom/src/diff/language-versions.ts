import { compare } from '../compare.ts';
import { compareDigits, compareLists, maxLength, numbers, type Scheme } from './version-scheme.ts';

/** Semantic Versioning 2.0.0, with the `v` of Go and the fourth number of NuGet. */
const semanticForm = /^v?(\d+(?:\.\d+){0,3})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

export const semantic: Scheme = {
  isVersion: (text) => text.length <= maxLength && semanticForm.test(text),
  order: (a, b) => {
    const [, numbersA = '', preA] = semanticForm.exec(a) ?? [];
    const [, numbersB = '', preB] = semanticForm.exec(b) ?? [];
    const order = numbers.order(numbersA, numbersB);
    if (order !== 0 || preA === preB) return order;
    if (preA === undefined || preB === undefined) return preA === undefined ? 1 : -1;
    return compareLists(preA.split('.'), preB.split('.'), (left, right) => {
      const isNumber = /^\d+$/.test(left);
      if (isNumber !== /^\d+$/.test(right)) return isNumber ? -1 : 1;
      return isNumber ? compareDigits(left, right) : compare(left, right);
    });
  },
};

/** Python (PEP 440), without the spellings that it only puts up with. */
const pythonForm =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:[-_.]?(?:post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i;

export const python: Scheme = {
  isVersion: (text) => text.length <= maxLength && pythonForm.test(text),
  order: (a, b) => {
    const left = pythonParts(a);
    const right = pythonParts(b);
    return (
      compareDigits(left.epoch, right.epoch) ||
      numbers.order(left.release, right.release) ||
      compareLists(left.rank, right.rank, compareRank) ||
      compare(left.local, right.local)
    );
  },
};

interface PythonParts {
  readonly epoch: string;
  readonly release: string;
  /** Pre-release, post-release, development release, each with its number. */
  readonly rank: readonly (readonly [rank: number, number: string])[];
  readonly local: string;
}

function pythonParts(text: string): PythonParts {
  const [, epoch = '', release = '', pre, preNumber = '', post, implicitPost, dev, local = ''] =
    pythonForm.exec(text.toLowerCase()) ?? [];
  const postNumber = post ?? implicitPost;
  // A development release of nothing else is before the pre-releases; a version without any is after them.
  const none = dev !== undefined && postNumber === undefined ? 0 : 4;
  const preRank = pre === undefined ? none : pre.startsWith('a') ? 1 : pre.startsWith('b') ? 2 : 3;
  return {
    epoch,
    release,
    rank: [
      [preRank, preNumber],
      [postNumber === undefined ? 0 : 1, postNumber ?? ''],
      [dev === undefined ? 1 : 0, dev ?? ''],
    ],
    local,
  };
}

function compareRank(
  [a, numberA]: readonly [number, string],
  [b, numberB]: readonly [number, string],
): number {
  return a - b || compareDigits(numberA, numberB);
}
