import { setTimeout as wait } from 'node:timers/promises';

/** Time as the registry client sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never jumps. Token lifetimes and pauses are measured with it. */
  monotonic(): number;
  /** Milliseconds since 1970. Read only where a server names a date and sent none of its own. */
  wall(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's time. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => performance.timeOrigin + performance.now(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
