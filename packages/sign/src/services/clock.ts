import { setTimeout as wait } from 'node:timers/promises';

/** Time as the clients of services see it; tests bring their own. Fits the clock of `@lading/registry`. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never jumps. How long a certificate is still good is measured with it. */
  monotonic(): number;
  /** Milliseconds since 1970. */
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
