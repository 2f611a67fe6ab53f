import type { Context } from '../context.ts';
import { cutTo } from '../render/columns.ts';
import { renderFrame } from './frame.ts';
import type { InWork, ProgressView } from './progress.ts';

/** Often enough to look alive, seldom enough to cost nothing. */
const redrawMs = 100;

/** For terminals: the images in work are redrawn in place below the lines of those that are done. */
export function terminalProgress(context: Context, inWork: InWork): ProgressView {
  const { stderr } = context;
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const erase = (): string => (drawn === 0 ? '' : `\x1b[${drawn}A\x1b[0J`);
  const draw = (above: readonly string[]): void => {
    const size = { columns: stderr.columns ?? 80, rows: stderr.rows ?? 24 };
    const images = renderFrame(inWork.transfers(), size, context.now());
    const status = inWork.status();
    const frame = images.length > 0 || status === '' ? images : [cutTo(size.columns - 1, `  ▸ ${status}`)];
    const before = erase();
    drawn = frame.length;
    // One write for all of it, so that no half frame is ever seen.
    stderr.write(before + [...above, ...frame].map((line) => `${line}\n`).join(''));
  };
  const tick = (): void => {
    timer = undefined;
    draw([]);
    // Rates and waiting times change without events.
    if (inWork.transfers().length > 0) schedule();
  };
  const schedule = (): void => {
    timer ??= setTimeout(tick, redrawMs).unref();
  };
  return {
    changed: schedule,
    print: draw,
    warn: draw,
    [Symbol.dispose]() {
      clearTimeout(timer);
      stderr.write(erase());
      drawn = 0;
    },
  };
}
