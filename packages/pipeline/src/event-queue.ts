import type { PipelineEvent } from './pipeline-types.ts';

/** Events beyond it that wait for a slow reader are told without the bytes in between. */
const roomForProgress = 1000;

/** Events on their way from who makes them to who reads them, at his own pace. */
export class EventQueue {
  #waiting: PipelineEvent[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  push(event: PipelineEvent): void {
    // The next one says how many bytes it is in all.
    const isProgress = event.type === 'entry:progress' && event.event.type === 'blob:progress';
    if (isProgress && this.#waiting.length >= roomForProgress) return;
    this.#waiting.push(event);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Everything that is pushed until the queue is closed. For one reader. */
  async *drain(): AsyncGenerator<PipelineEvent, void, undefined> {
    for (;;) {
      const events = this.#waiting;
      this.#waiting = [];
      yield* events;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
