import type { Context } from '../context.ts';
import { renderHeartbeat } from './frame.ts';
import type { InWork, ProgressView } from './progress.ts';

/** A CI that hears nothing for minutes takes a job for dead; a person wonders sooner. */
const silenceMs = 15_000;

/** For logs: a line per image when it is done, and a sign of life after a while of silence. */
export function plainProgress(context: Context, inWork: InWork): ProgressView {
  const beat = (): void => {
    const transfers = inWork.transfers();
    const status = inWork.status();
    if (transfers.length > 0) {
      context.stderr.write(`${renderHeartbeat(transfers, inWork.done(), context.now())}\n`);
    } else if (status !== '') context.stderr.write(`  … ${status}\n`);
  };
  const timer = setInterval(beat, silenceMs).unref();
  const print = (lines: readonly string[]): void => {
    for (const line of lines) context.stderr.write(`${line}\n`);
    timer.refresh();
  };
  return {
    changed: () => undefined,
    print,
    warn: print,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
