/** Runs tasks with a bound on how many run at once. */
export interface Limiter {
  /** Runs `task` when a slot is free: of those that wait the one with the highest `priority` first, then the oldest. */
  run<T>(task: () => Promise<T>, priority?: number): Promise<T>;
}

interface Waiting {
  readonly priority: number;
  readonly start: () => void;
  readonly fail: (reason: unknown) => void;
}

/** @param signal Once it aborts nothing starts any more: what waits is rejected with its reason. */
export function createLimiter(slots: number, signal?: AbortSignal | undefined): Limiter {
  let free = Math.max(1, slots);
  const waiting: Waiting[] = [];
  const giveUp = (): void => {
    for (const { fail } of waiting.splice(0)) fail(signal?.reason);
  };

  return {
    async run(task, priority = 0) {
      signal?.throwIfAborted();
      if (free === 0) {
        // Listened to only while something waits: a signal that outlives the limiter would keep it for good.
        if (waiting.length === 0) signal?.addEventListener('abort', giveUp, { once: true });
        await new Promise<void>((start, fail) => insert(waiting, { priority, start, fail }));
      } else {
        free--;
      }
      try {
        return await task();
      } finally {
        const next = waiting.pop();
        if (next === undefined) free++;
        else {
          if (waiting.length === 0) signal?.removeEventListener('abort', giveUp);
          next.start();
        }
      }
    },
  };
}

/** Keeps the list in the order in which it is popped: the last is the next. */
function insert(waiting: Waiting[], item: Waiting): void {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (waiting[middle]!.priority < item.priority) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, item);
}
