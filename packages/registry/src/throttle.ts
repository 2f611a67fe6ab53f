import type { Clock } from './clock.ts';
import type { HostState, HostStates } from './host-state.ts';
import type { HttpRequest, Send } from './http.ts';

/** Requests in flight at once to one server, reads and writes counted apart, unless its options say otherwise. */
const defaultConcurrency = 16;
/** What one server may be asked at most. */
export interface ThrottleLimits {
  readonly concurrency?: number | undefined;
  /** Requests per second. */
  readonly rateLimit?: number | undefined;
}

/** Answers in good order after which a halved limit grows by one again. */
const recoverAfter = 20;

/** Lets a bounded number of holders in; halves the bound when the server complains and lets it grow back slowly. */
export class Gate {
  readonly #ceiling: number;
  readonly #waiting: (() => void)[] = [];
  #limit: number;
  #held = 0;
  #calm = 0;

  constructor(limit: number) {
    this.#ceiling = limit;
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  async enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#held < this.#limit) {
      this.#held++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const place = this.#waiting.indexOf(resolve);
      // Let in at the same moment: then the caller has it, and gives it back.
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      reject(signal!.reason);
    };
    this.#waiting.push(resolve);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  leave(): void {
    this.#held--;
    while (this.#held < this.#limit && this.#waiting.length > 0) {
      this.#held++;
      this.#waiting.shift()!();
    }
  }

  /** The server said 429. */
  halve(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#calm = 0;
  }

  /** The server answered in good order. */
  recover(): void {
    if (this.#limit === this.#ceiling || ++this.#calm < recoverAfter) return;
    this.#limit++;
    this.#calm = 0;
  }
}

/**
 * Bounds the requests in flight per server, and holds all of them back while the server has asked for a pause.
 *
 * A read holds its place until the headers are there; its body is bounded by who consumes it. Writes have places of their own: a write waits for
 * the read that feeds it, so with shared places two copies within one registry could wait for each other.
 */
export function throttle(
  states: HostStates,
  clock: Clock,
  limitsOf: (host: string) => ThrottleLimits,
  next: Send,
): Send {
  const gates = new Map<string, Gate>();
  const gateOf = (host: string, kind: 'read' | 'write'): Gate => {
    const key = `${kind} ${host}`;
    const gate = gates.get(key) ?? new Gate(limitsOf(host).concurrency ?? defaultConcurrency);
    gates.set(key, gate);
    return gate;
  };
  return async (request) => {
    const { host } = request.url;
    const state = states.of(host);
    const gate = gateOf(host, isWrite(request) ? 'write' : 'read');
    await gate.enter(request.signal);
    try {
      for (;;) {
        if (state.stopped !== undefined) throw state.stopped;
        const wait = state.pausedUntil - clock.monotonic();
        if (wait <= 0) break;
        await clock.sleep(wait, request.signal);
      }
      await keepRate(state, clock, limitsOf(host).rateLimit, request.signal);
      const response = await next(request);
      if (response.status === 429) gate.halve();
      else if (response.status < 500) gate.recover();
      return response;
    } finally {
      gate.leave();
    }
  };
}

/** Starts requests no closer together than the rate allows. */
async function keepRate(
  state: HostState,
  clock: Clock,
  rateLimit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (rateLimit === undefined) return;
  const now = clock.monotonic();
  const start = Math.max(now, state.nextStart);
  state.nextStart = start + 1000 / rateLimit;
  if (start > now) await clock.sleep(start - now, signal);
}

function isWrite({ body, relay }: HttpRequest): boolean {
  return body !== undefined || (relay !== undefined && relay !== 'source');
}
