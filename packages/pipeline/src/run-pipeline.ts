import { EventQueue } from './event-queue.ts';
import { Pipeline, type PipelineConfig } from './pipeline.ts';
import type { PipelineEvent, PipelineOptions } from './pipeline-types.ts';

/**
 * Brings every destination of a configuration up to date, and tells what happens. One that fails stops no other.
 *
 * It begins when the first event is asked for. Who stops listening (`break`) stops the run: what is in flight is cancelled, no tag is left half way.
 * An aborted signal ends the planning with its reason, and what comes after with a report in which the rest is `interrupted`.
 *
 * @throws {LadingError} `ERR_LADING_KEY`: the configuration wants signatures, and there is nobody who signs; nothing has been asked or written then.
 */
export async function* runPipeline(
  config: PipelineConfig,
  options: PipelineOptions,
): AsyncGenerator<PipelineEvent, void, undefined> {
  const end = new AbortController();
  const signal = options.signal === undefined ? end.signal : AbortSignal.any([options.signal, end.signal]);
  const pipeline = new Pipeline(config, { ...options, signal });

  const plan = yield* told(end, (onEvent) => pipeline.plan(onEvent));
  yield { type: 'run:planned', plan };
  const report = yield* told(end, (onEvent) => pipeline.apply(plan, onEvent));
  yield { type: 'run:done', report };
}

/** Hands on the events of some work while it is done; leaves nothing running behind. */
async function* told<T>(
  end: AbortController,
  work: (onEvent: (event: PipelineEvent) => void) => Promise<T>,
): AsyncGenerator<PipelineEvent, T, undefined> {
  const events = new EventQueue();
  const working = work((event) => events.push(event)).finally(() => events.close());
  // It may fail while the reader is busy; he is told below, when he has read what was before.
  working.catch(() => undefined);
  let listening = true;
  try {
    yield* events.drain();
    listening = false;
  } finally {
    if (listening) end.abort(new DOMException('nobody listens any more', 'AbortError'));
    await Promise.allSettled([working]);
  }
  return await working;
}
