import type { Clock } from './clock.ts';
import { RegistryError } from './errors.ts';
import { failureOf, restated, unreachable } from './failure.ts';
import type { HostStates } from './host-state.ts';
import { initialRetryBudget } from './host-state.ts';
import type { HttpRequest, HttpResponse, Send } from './http.ts';
import { parseQuota, quotaExhausted } from './quota.ts';
import { redactUrl } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';
import { isRetryableFailure, isRetryableStatus } from './retryable.ts';

export interface RetryOptions {
  /** Times a request is sent in all. Default 5. */
  readonly attempts?: number | undefined;
  /** The longest `Retry-After` that is waited for, in milliseconds; beyond it the request fails. Default 60 000. */
  readonly maxWaitMs?: number | undefined;
}

/** A server that does not exist, listen or answer seldom starts to: fewer tries, so that a dead host fails soon. */
const absentCodes =
  /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$/;
const absentAttempts = 3;

/** First back-off in milliseconds; doubled with each further attempt. */
const baseDelayMs = 250;
const maxDelayMs = 15_000;

/** Decides whether and when something is tried again, for the retry layer and for uploads that start anew. */
export class RetryPolicy {
  readonly attempts: number;
  readonly maxWaitMs: number;
  readonly clock: Clock;
  readonly states: HostStates;
  /** From 0 to 1, for what must not happen everywhere at once. */
  readonly random: () => number;

  constructor(states: HostStates, clock: Clock, random: () => number, options: RetryOptions = {}) {
    this.states = states;
    this.clock = clock;
    this.random = random;
    this.attempts = options.attempts ?? 5;
    this.maxWaitMs = options.maxWaitMs ?? 60_000;
  }

  /** Takes one retry from the server's budget and waits; false when there is none left. `attempt` counts from 1. */
  async again(host: string, attempt: number, limit: number, signal?: AbortSignal): Promise<boolean> {
    const state = this.states.of(host);
    if (attempt >= limit || state.retryBudget < 1 || state.stopped !== undefined) return false;
    state.retryBudget--;
    const ceiling = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
    // Full jitter above a floor: many entries that failed together do not come back together.
    await this.clock.sleep(ceiling * (0.5 + 0.5 * this.random()), signal);
    return true;
  }

  /** The limit on attempts after a network failure. */
  limitFor(error: unknown): number {
    const code = String((error as { code?: unknown }).code);
    return absentCodes.test(code) ? Math.min(absentAttempts, this.attempts) : this.attempts;
  }
}

/**
 * Retries what may be retried, pauses the whole host when it asks for it, and turns what is left of network failures into `RegistryError`s.
 * An answer that stays an error is given back as it is.
 */
export function retries(policy: RetryPolicy, next: Send): Send {
  return async (request) => {
    const host = request.url.host;
    const state = policy.states.of(host);
    for (let attempt = 1; ; attempt++) {
      let response: HttpResponse;
      try {
        response = await next(request);
        await readWhole(request, response);
      } catch (error) {
        request.signal?.throwIfAborted();
        const retryable = isRetryableFailure(error);
        const again =
          retryable &&
          request.retry !== false &&
          (await policy.again(host, attempt, policy.limitFor(error), request.signal));
        if (again) continue;
        throw unreachable(request, error, retryable);
      }
      state.quota = parseQuota(response.headers) ?? state.quota;
      if (!isRetryableStatus(response.status)) {
        state.retryBudget = Math.min(initialRetryBudget, state.retryBudget + 0.25);
        return response;
      }
      await heedPause(policy, request, response);
      if (request.retry === false || !(await policy.again(host, attempt, policy.attempts, request.signal))) {
        return response;
      }
      await response.body.discard();
    }
  };
}

/** Reads a small answer while it can still be asked for again. */
async function readWhole({ bodyLimit, method, url }: HttpRequest, response: HttpResponse): Promise<void> {
  if (bodyLimit === undefined || response.status !== 200) return;
  try {
    await response.body.bytes(bodyLimit);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_LADING_TOO_LARGE') throw error;
    throw new RegistryError(
      'ERR_LADING_TOO_LARGE',
      `${url.host} answered with more than the ${bodyLimit} bytes that are taken`,
      { method, url: redactUrl(url), status: response.status },
    );
  }
}

/** Pauses the host for as long as it asks, or fails when that is too long or its quota is used up. */
async function heedPause(policy: RetryPolicy, request: HttpRequest, response: HttpResponse): Promise<void> {
  const state = policy.states.of(request.url.host);
  if (response.status === 429) {
    state.stopped = await quotaExhausted(request, response, parseQuota(response.headers));
    if (state.stopped !== undefined) throw state.stopped;
  }
  if (response.status !== 429 && response.status !== 503) return;
  const { headers } = response;
  const wait = retryAfterMs(headers.get('retry-after'), headers.get('date'), policy.clock.wall());
  if (wait === undefined) return;
  if (wait > policy.maxWaitMs) {
    const failure = await failureOf(request, response);
    throw restated(
      failure,
      response.status === 429 ? 'ERR_LADING_RATE_LIMITED' : 'ERR_LADING_REGISTRY',
      `${failure.message}; it asks to wait ${Math.ceil(wait / 1000)} s, longer than the limit of ${Math.floor(policy.maxWaitMs / 1000)} s`,
      { retryable: true, hint: 'try again after that time, or raise the longest wait' },
    );
  }
  state.pausedUntil = Math.max(state.pausedUntil, policy.clock.monotonic() + wait);
}
