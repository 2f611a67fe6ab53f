import { alignColumns, cutTo } from '../render/columns.ts';
import { formatBytes } from '../render/quantities.ts';
import type { Transfer } from './transfer.ts';

/** The lines of images in work: never more than the terminal has, never longer than it is wide. */
export function renderFrame(
  transfers: readonly Transfer[],
  size: { readonly columns: number; readonly rows: number },
  now: number,
): string[] {
  // One row stays free for the line that comes next, one for what does not fit.
  const room = Math.max(1, size.rows - 2);
  const shown = transfers.slice(0, room);
  const lines = alignColumns(
    shown.map((transfer) => [`  ▸ ${transfer.name}`, transfer.describe(now)]),
    Math.floor(size.columns * 0.6),
  ).map((row) => cutTo(size.columns - 1, row.join('  ')));
  const more = transfers.length - shown.length;
  return more === 0 ? lines : [...lines, cutTo(size.columns - 1, `    and ${more} more`)];
}

/** What a log says when nothing has ended for a while. */
export function renderHeartbeat(transfers: readonly Transfer[], done: number, now: number): string {
  const bytes = transfers.reduce((sum, transfer) => sum + transfer.bytes, 0);
  const [first] = transfers;
  const one = first === undefined ? '' : `: ${first.name} ${first.describe(now)}`;
  const more =
    transfers.length > 1 ? `, and ${transfers.length - 1} more (${formatBytes(bytes)} in all)` : '';
  return `  … ${done} done, ${transfers.length} in work${one}${more}`;
}
