import { compare } from '../compare.ts';
import { compareDigits, compareLists, maxLength, type Scheme } from './version-scheme.ts';

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
export const debian: Scheme = {
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
export const redHat: Scheme = {
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
  return isNumber ? compareDigits(a, b) : compare(a, b);
}

/** Alpine: numbers, a letter, suffixes of a known rank, a revision. */
const alpineForm =
  /^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?$/;
const alpineSuffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

export const alpine: Scheme = {
  isVersion: (text) => text.length <= maxLength && alpineForm.test(text),
  order: (a, b) => {
    const [, numbersA = '', letterA = '', suffixesA = '', revisionA = ''] = alpineForm.exec(a) ?? [];
    const [, numbersB = '', letterB = '', suffixesB = '', revisionB = ''] = alpineForm.exec(b) ?? [];
    return (
      compareLists(numbersA.split('.'), numbersB.split('.'), compareDigits) ||
      compare(letterA, letterB) ||
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
