import type { ConfigIssue } from './issue.ts';

/** Columns of a source line that are shown; longer ones are cut around what is wrong. */
const width = 120;

/**
 * An issue as people read it: where, the code, what, and the lines around it with what is wrong underlined.
 *
 * ```text
 * config.yaml:4:5  ERR_LADING_CONFIG  unknown key "destnation"
 *    2 │ sync:
 *    3 │   - source: docker.io/alpine:3.17.3
 *  > 4 │     destnation: ghcr.io/acme/alpine:3.17.3
 *      │     ^^^^^^^^^^ did you mean "destination"?
 * ```
 */
export function renderConfigIssue(issue: ConfigIssue): string {
  const head = `${printable(issue.file)}:${issue.line}:${issue.column}  ERR_LADING_CONFIG  ${printable(issue.message)}`;
  if (issue.context.length === 0)
    return issue.hint === undefined ? head : `${head}\n  ${printable(issue.hint)}`;

  const last = issue.context.at(-1) ?? '';
  const start = cutAt(issue.column, last.length);
  const digits = String(issue.line).length;
  const lines = issue.context.map((text, position) => {
    const number = issue.line - issue.context.length + 1 + position;
    const mark = number === issue.line ? ' > ' : '   ';
    return `${mark}${String(number).padStart(digits)} │ ${window(text, start)}`.trimEnd();
  });
  const indent = ' '.repeat(issue.column - 1 - start + (start > 0 ? 1 : 0));
  const room = Math.max(1, last.length - issue.column + 1);
  const carets = '^'.repeat(Math.max(1, Math.min(issue.length, room, width - 20)));
  const hint = issue.hint === undefined ? '' : ` ${printable(issue.hint)}`;
  return [head, ...lines, `   ${' '.repeat(digits)} │ ${indent}${carets}${hint}`].join('\n');
}

/** Where the shown part of a long line starts, so that the column is well inside. */
function cutAt(column: number, length: number): number {
  return length <= width || column < width - 20 ? 0 : column - 20;
}

function window(text: string, start: number): string {
  const end = start + width;
  return printable(`${start > 0 ? '…' : ''}${text.slice(start, end)}${text.length > end ? '…' : ''}`);
}

/** Tabs become one blank so that carets stay below their letters; control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
