import { isTag, LadingError } from '@lading/oci';
import picomatch from 'picomatch';
import Range from 'semver/classes/range.js';
import type { TagFilter } from './entry.ts';
import { compareVersions, parseTagVersion, type TagVersion, toSemver } from './version.ts';

/** Why a tag is wanted or not. */
export type TagVerdict =
  | 'selected'
  /** No tag by the specification: `null`, a digest, an empty text. */
  | 'invalid'
  | 'not-included'
  | 'excluded'
  /** `semver` or `latest` is set, and the tag is no version. */
  | 'no-version'
  | 'out-of-range'
  /** Younger than `minAge`, or not known long enough to tell. It is looked at, recorded, and not copied yet. */
  | 'too-young'
  /** Beyond the `latest` newest. */
  | 'not-among-latest'
  /** The run takes what the lock has, and the lock does not have it. */
  | 'not-locked';

/** A filter that was read once and judges many tags. */
export interface CompiledFilter {
  /** The verdict of a tag alone, without `latest` and `minAge`: `selected` when it could be wanted. */
  judge(tag: string): TagVerdict;
  /**
   * The verdicts of all tags of a repository, in their order.
   * @param isAged Whether the lock has known the tag long enough.
   */
  select(tags: Iterable<string>, isAged: (tag: string) => boolean): ReadonlyMap<string, TagVerdict>;
}

/**
 * Reads a filter.
 * @throws {LadingError} `ERR_LADING_TAG_FILTER`
 */
export function compileTagFilter(filter: TagFilter): CompiledFilter {
  const included = filter.include === undefined ? () => true : anyOf(filter.include);
  const excluded = filter.exclude === undefined ? () => false : anyOf(filter.exclude);
  const inRange = filter.semver === undefined ? () => true : versionRange(filter.semver);
  const needsVersion = filter.semver !== undefined || filter.latest !== undefined;

  const judge = (tag: string): TagVerdict => {
    if (!isTag(tag)) return 'invalid';
    if (!included(tag)) return 'not-included';
    if (excluded(tag)) return 'excluded';
    if (!needsVersion) return 'selected';
    const version = parseTagVersion(tag);
    if (version === undefined) return 'no-version';
    return inRange(version) ? 'selected' : 'out-of-range';
  };

  return {
    judge,
    select(tags, isAged) {
      const verdicts = new Map<string, TagVerdict>();
      for (const tag of tags) verdicts.set(tag, judge(tag));
      const wanted = [...verdicts].flatMap(([tag, verdict]) => (verdict === 'selected' ? [tag] : []));
      const aged = wanted.filter(isAged);
      // The newest of those that are old enough are copied; newer ones wait, and replace them when they are.
      const copied = new Set(newest(aged, filter.latest));
      const waiting = new Set(newest(wanted, filter.latest));
      for (const tag of wanted) {
        if (copied.has(tag)) continue;
        verdicts.set(tag, waiting.has(tag) ? 'too-young' : 'not-among-latest');
      }
      return verdicts;
    },
  };
}

function newest(tags: readonly string[], count: number | undefined): readonly string[] {
  if (count === undefined || tags.length <= count) return tags;
  const versions = tags.map((tag) => ({ tag, version: parseTagVersion(tag)! }));
  versions.sort((a, b) => compareVersions(b.version, a.version) || (a.tag < b.tag ? -1 : 1));
  return versions.slice(0, count).map(({ tag }) => tag);
}

function anyOf(patterns: string | readonly string[]): (tag: string) => boolean {
  const tests = (typeof patterns === 'string' ? [patterns] : patterns).map(matcher);
  return (tag) => tests.some((matches) => matches(tag));
}

function matcher(pattern: string): (tag: string) => boolean {
  const expression = /^\/(.*)\/$/s.exec(pattern)?.[1];
  if (expression === undefined) return picomatch(pattern, { dot: true });
  try {
    const compiled = new RegExp(expression, 'u');
    return (tag) => compiled.test(tag);
  } catch (cause) {
    throw new LadingError(
      'ERR_LADING_TAG_FILTER',
      `invalid tag pattern ${pattern}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

function versionRange(text: string): (version: TagVersion) => boolean {
  try {
    const range = new Range(text);
    return (version) => range.test(toSemver(version));
  } catch (cause) {
    throw new LadingError('ERR_LADING_TAG_FILTER', `invalid version range ${JSON.stringify(text)}`, {
      hint: 'A range is written like ">=1.20 <2", "^3.1" or "1.x || 2.x".',
      cause,
    });
  }
}
