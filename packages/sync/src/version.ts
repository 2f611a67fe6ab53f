/** A version as tags write it: `1`, `v1.2`, `1.2.3`, `1.2-alpine`, `1.2.3-rc.1`, `10.0.17763.1`. */
export interface TagVersion {
  /** At least one; what a tag leaves out counts as 0. */
  readonly numbers: readonly number[];
  /** What follows a `-` or `+` and makes the version come before the plain one, for example `rc.1`. */
  readonly prerelease: string;
  /** What follows a `-` or `+` otherwise, for example `alpine`: another build of the same version. */
  readonly variant: string;
}

const versionPattern = /^v?([0-9]+(?:\.[0-9]+){0,5})(?:[-+_](.+))?$/i;
/** Words that people put before a release; every other suffix names a variant. */
const prereleasePattern =
  /^(?:alpha|beta|rc|pre|preview|dev|snapshot|nightly|canary|edge|milestone|m|a|b)(?:[.-]?[0-9].*)?$/i;

/** Reads a tag as a version, or gives nothing when it is none. */
export function parseTagVersion(tag: string): TagVersion | undefined {
  const [, dotted, suffix = ''] = versionPattern.exec(tag) ?? [];
  if (dotted === undefined) return undefined;
  const numbers = dotted.split('.').map(Number);
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  return prereleasePattern.test(suffix)
    ? { numbers, prerelease: suffix, variant: '' }
    : { numbers, prerelease: '', variant: suffix };
}

/** Negative when `a` is the lower version. */
export function compareVersions(a: TagVersion, b: TagVersion): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let position = 0; position < length; position++) {
    const difference = (a.numbers[position] ?? 0) - (b.numbers[position] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.prerelease !== b.prerelease) {
    if (a.prerelease === '') return 1;
    if (b.prerelease === '') return -1;
    return naturally(a.prerelease, b.prerelease);
  }
  // Of one version the more exact tag is the higher one (3.17.0 after 3.17), then the plain build.
  if (a.numbers.length !== b.numbers.length) return a.numbers.length - b.numbers.length;
  if (a.variant === b.variant) return 0;
  if (a.variant === '') return 1;
  return b.variant === '' ? -1 : naturally(a.variant, b.variant);
}

/** The version as node-semver writes it: three numbers and the prerelease, without the variant. */
export function toSemver({ numbers: [major = 0, minor = 0, patch = 0], prerelease }: TagVersion): string {
  const identifiers = prerelease
    .split(/[^0-9A-Za-z-]+/)
    .filter((part) => part !== '')
    .map((part) => (/^[0-9]+$/.test(part) ? String(Number(part)) : part));
  return `${major}.${minor}.${patch}${identifiers.length === 0 ? '' : `-${identifiers.join('.')}`}`;
}

/** `rc2` before `rc10`: runs of digits compare as numbers. */
function naturally(a: string, b: string): number {
  const parts = /[0-9]+|[^0-9]+/g;
  const left = a.match(parts) ?? [];
  const right = b.match(parts) ?? [];
  for (let position = 0; position < Math.min(left.length, right.length); position++) {
    const [x, y] = [left[position]!, right[position]!];
    if (x === y) continue;
    const difference = Number(x) - Number(y);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
