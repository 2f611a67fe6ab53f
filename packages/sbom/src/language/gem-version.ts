/** Compares two versions as RubyGems does: part by part, letters (which make a version a preview) below numbers. */
export function compareGemVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const [a, b] = [left[place] ?? 0, right[place] ?? 0];
    if (a === b) continue;
    if (typeof a !== typeof b) return typeof a === 'string' ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return 0;
}

/** True when a version is one that `>= 1.0`, `~> 2.1` and the like ask for. */
export function satisfies(version: string, requirements: readonly string[]): boolean {
  return requirements.every((requirement) => {
    const match = /^\s*(~>|[<>!]?=?)\s*(\S+)\s*$/.exec(requirement);
    if (match === null) return true;
    const [, operator = '', asked = ''] = match;
    const order = compareGemVersions(version, asked);
    switch (operator) {
      case '!=':
        return order !== 0;
      case '>':
        return order > 0;
      case '<':
        return order < 0;
      case '>=':
        return order >= 0;
      case '<=':
        return order <= 0;
      case '~>':
        return order >= 0 && compareGemVersions(version, next(asked)) < 0;
      default:
        return order === 0;
    }
  });
}

/** What `~>` stops at: the last number is left away, and the one before it counted up. */
function next(version: string): string {
  const numbers = version.split('.');
  const letters = numbers.findIndex((part) => !/^\d+$/.test(part));
  const release = letters < 0 ? numbers : numbers.slice(0, Math.max(letters, 1));
  const kept = release.length > 1 ? release.slice(0, -1) : release;
  // Letters are below numbers, so that a preview of the next one is not asked for.
  return [...kept.slice(0, -1), String(Number.parseInt(kept.at(-1)!, 10) + 1), 'a'].join('.');
}

function partsOf(version: string): (number | string)[] {
  return (version.replaceAll('-', '.pre.').match(/\d+|[A-Za-z]+/g) ?? []).map((part) =>
    /^\d/.test(part) ? Number(part) : part,
  );
}
