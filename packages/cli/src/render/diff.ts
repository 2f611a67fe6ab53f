import type { Paint } from '../paint.ts';

/** What was there is red, what is there now green, as everybody knows it from diffs. */
export function renderDiff(lines: readonly string[], paint: Paint): string[] {
  return lines.map((line) => {
    if (/^\s*\+ /.test(line)) return paint('good', line);
    if (/^\s*- /.test(line)) return paint('bad', line);
    return line;
  });
}
