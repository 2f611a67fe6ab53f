import { LadingError } from '@lading/oci';
import type { Context } from './context.ts';
import { formatDuration } from './render/quantities.ts';

/** The context of a command that has only so much time; disposing it stops the clock. */
export function withTimeout(context: Context, limitMs: number | undefined): Context & Disposable {
  if (limitMs === undefined) return { ...context, [Symbol.dispose]: () => undefined };
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new LadingError('ERR_LADING_TIMEOUT', `not done after ${formatDuration(limitMs)}`, {
        hint: 'Give it more time with --timeout.',
      }),
    );
  }, limitMs);
  return {
    ...context,
    signal: AbortSignal.any([context.signal, controller.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
