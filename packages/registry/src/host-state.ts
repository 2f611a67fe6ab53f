import type { RegistryError } from './errors.ts';

/** What is left of a pull quota, as Docker Hub says it in its headers. */
export interface PullQuota {
  readonly limit: number | undefined;
  readonly remaining: number;
  /** The time in which the quota counts. */
  readonly windowSeconds: number | undefined;
}

/** How one server fares in this run; shared by all requests to it. */
export interface HostState {
  /** Monotonic milliseconds before which nothing is sent: the server asked for a pause. */
  pausedUntil: number;
  /** Monotonic milliseconds at which the next request may start, where a rate is set. */
  nextStart: number;
  /** Set when nothing more is to be sent in this run. */
  stopped: RegistryError | undefined;
  /** Retries that are left; refilled by successes, so that a broken server is not hammered by hundreds of entries. */
  retryBudget: number;
  quota: PullQuota | undefined;
}

/** Retries that a server gets before any success. */
export const initialRetryBudget = 40;

/** The states of all servers met, by `host[:port]`. */
export class HostStates {
  readonly #states = new Map<string, HostState>();

  of(host: string): HostState {
    let state = this.#states.get(host);
    if (state === undefined) {
      state = {
        pausedUntil: 0,
        nextStart: 0,
        stopped: undefined,
        retryBudget: initialRetryBudget,
        quota: undefined,
      };
      this.#states.set(host, state);
    }
    return state;
  }
}
