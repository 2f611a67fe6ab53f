import type { PackageType } from '../bom.ts';

/** Below zero when the first is the older one; zero where both are the same version in other words. */
type Order = (a: string, b: string) => number;

interface Scheme {
  isVersion(text: string): boolean;
  readonly order: Order;
}

/**
 * Which of two versions is the newer one, by the rules of the package's own manager; nothing where these are not known to us, or where
 * one of both is no version by them. Plain numbers with dots between them are ordered everywhere.
 */
export function orderOfVersions(type: PackageType, a: string, b: string): number | undefined {
  for (const scheme of [schemes.get(type), numbers]) {
    if (scheme?.isVersion(a) && scheme.isVersion(b)) return Math.sign(scheme.order(a, b));
  }
  return undefined;
}

/** An order for all that stands in version fields: the same in every run, and the one above where there is one. */
export function compareVersions(type: PackageType, a: string, b: string): number {
  const scheme = schemes.get(type) ?? numbers;
  const isVersion = scheme.isVersion(a);
  if (isVersion !== scheme.isVersion(b)) return isVersion ? 1 : -1;
  const order = isVersion ? scheme.order(a, b) : 0;
  return order || (a < b ? -1 : a > b ? 1 : 0);
}

/** More than real versions have. What is longer is not looked into. Characters. */
const maxLength = 256;

/** Digits of any length, as numbers. */
function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Lists member by member; where one ends, `end` says what its end is worth against the other's next member. */
function compareLists<Part>(
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

const numbers: Scheme = {
  isVersion: (text) => text.length <= maxLength && /^v?\d+(?:\.\d+)*$/.test(text),
  order: (a, b) =>
    compareLists(a.replace('v', '').split('.'), b.replace('v', '').split('.'), compareDigits, (next) =>
      compareDigits('', next),
    ),
};

/** `EPOCH:REST`, or the rest alone with no epoch, which is epoch 0. */
function withEpoch(text: string): [epoch: string, rest: string] {
  const [, epoch = '', rest = text] = /^(\d+):(.*)$/s.exec(text) ?? [];
  return [epoch, rest];
}

/** The version, and what stands behind its last hyphen. */
function withRevision(text: string): [version: string, revision: string] {
  const hyphen = text.lastIndexOf('-');
  return hyphen < 0 ? [text, ''] : [text.slice(0, hyphen), text.slice(hyphen + 1)];
}

/** Debian (deb-version(7)): text and digits in turns; a tilde before everything, even the end; letters before all other signs. */
const debian: Scheme = {
  isVersion: (text) => text.length <= maxLength && /^(?:\d+:)?[A-Za-z0-9.+~:-]+$/.test(text),
  order: (a, b) => {
    const [epochA, restA] = withEpoch(a);
    const [epochB, restB] = withEpoch(b);
    const [versionA, revisionA] = withRevision(restA);
    const [versionB, revisionB] = withRevision(restB);
    return (
      compareDigits(epochA, epochB) || debianPart(versionA, versionB) || debianPart(revisionA, revisionB)
    );
  },
};

function debianPart(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    [...text.matchAll(/(\D*)(\d*)/g)].map(([, words, digits]) => [words!, digits!] as const),
  );
  return compareLists(
    left!,
    right!,
    ([wordsA, digitsA], [wordsB, digitsB]) => debianWords(wordsA, wordsB) || compareDigits(digitsA, digitsB),
    ([words, digits]) => debianWords('', words) || compareDigits('', digits),
  );
}

function debianWords(a: string, b: string): number {
  const weight = (sign: string | undefined): number =>
    sign === undefined
      ? 0
      : sign === '~'
        ? -1
        : /[A-Za-z]/.test(sign)
          ? sign.charCodeAt(0)
          : sign.charCodeAt(0) + 256;
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const result = weight(a[index]) - weight(b[index]);
    if (result !== 0) return result;
  }
  return 0;
}

/** rpm and pacman (rpm-version(7), vercmp(8)): digits and letters in turns, all other signs only part them, but for `~` and `^`. */
const redHat: Scheme = {
  isVersion: (text) => text.length <= maxLength && /^[!-~]+$/.test(text),
  order: (a, b) => {
    const [epochA, restA] = withEpoch(a);
    const [epochB, restB] = withEpoch(b);
    const [versionA, releaseA] = withRevision(restA);
    const [versionB, releaseB] = withRevision(restB);
    return compareDigits(epochA, epochB) || rpmPart(versionA, versionB) || rpmPart(releaseA, releaseB);
  },
};

function rpmPart(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|[A-Za-z]+|[~^]/g) ?? []);
  return compareLists(left!, right!, rpmToken, (next) => (next === '~' ? 1 : -1));
}

function rpmToken(a: string, b: string): number {
  if (a === b) return 0;
  for (const sign of ['~', '^']) {
    if (a === sign) return -1;
    if (b === sign) return 1;
  }
  const isNumber = /^\d/.test(a);
  if (isNumber !== /^\d/.test(b)) return isNumber ? 1 : -1;
  return isNumber ? compareDigits(a, b) : compareText(a, b);
}

/** Alpine: numbers, a letter, suffixes of a known rank, a revision. */
const alpineForm =
  /^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?$/;
const alpineSuffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

const alpine: Scheme = {
  isVersion: (text) => text.length <= maxLength && alpineForm.test(text),
  order: (a, b) => {
    const [, numbersA = '', letterA = '', suffixesA = '', revisionA = ''] = alpineForm.exec(a) ?? [];
    const [, numbersB = '', letterB = '', suffixesB = '', revisionB = ''] = alpineForm.exec(b) ?? [];
    return (
      compareLists(numbersA.split('.'), numbersB.split('.'), compareDigits) ||
      compareText(letterA, letterB) ||
      compareLists(suffixesOf(suffixesA), suffixesOf(suffixesB), alpineSuffix, (next) =>
        alpineSuffix(['', ''], next),
      ) ||
      compareDigits(revisionA, revisionB)
    );
  },
};

type Suffix = readonly [name: string, number: string];

function suffixesOf(text: string): Suffix[] {
  return [...text.matchAll(/_([a-z]+)(\d*)/g)].map(([, name = '', number = '']) => [name, number]);
}

function alpineSuffix([nameA, numberA]: Suffix, [nameB, numberB]: Suffix): number {
  return alpineSuffixes.indexOf(nameA) - alpineSuffixes.indexOf(nameB) || compareDigits(numberA, numberB);
}

/** Semantic Versioning 2.0.0, with the `v` of Go and the fourth number of NuGet. */
const semanticForm = /^v?(\d+(?:\.\d+){0,3})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

const semantic: Scheme = {
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
      return isNumber ? compareDigits(left, right) : compareText(left, right);
    });
  },
};

/** Python (PEP 440), without the spellings that it only puts up with. */
const pythonForm =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:[-_.]?(?:post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i;

const python: Scheme = {
  isVersion: (text) => text.length <= maxLength && pythonForm.test(text),
  order: (a, b) => {
    const left = pythonParts(a);
    const right = pythonParts(b);
    return (
      compareDigits(left.epoch, right.epoch) ||
      numbers.order(left.release, right.release) ||
      compareLists(left.rank, right.rank, compareRank) ||
      compareText(left.local, right.local)
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

const schemes: ReadonlyMap<PackageType, Scheme> = new Map<PackageType, Scheme>([
  ['alpm', redHat],
  ['apk', alpine],
  ['cargo', semantic],
  ['deb', debian],
  ['golang', semantic],
  ['npm', semantic],
  ['nuget', semantic],
  ['opkg', debian],
  ['pypi', python],
  ['rpm', redHat],
]);
