import { channel } from 'node:diagnostics_channel';
import type { Method, Send } from './http.ts';
import { redactUrl } from './redact.ts';

/** One request on the wire, retries, token requests and redirects counted each. Published on the diagnostics channel `lading:request`. */
export interface RequestEvent {
  readonly phase: 'start' | 'end';
  /** The same for the start and the end of one request. */
  readonly id: number;
  readonly method: Method;
  /** Redacted. */
  readonly url: string;
  /** The server that is asked, with its port. */
  readonly host: string;
  /** The registry on whose behalf, as people name it. */
  readonly registry: string;
  /** At the end, unless the request failed without an answer. */
  readonly status?: number | undefined;
  /** At the end: until the headers were there. */
  readonly durationMs?: number | undefined;
  /** At the end of a request without an answer: the failure's code or message. */
  readonly error?: string | undefined;
}

const requests = channel('lading:request');
let lastId = 0;

/** Tells of every request that goes out. */
export function observe(
  monotonic: () => number,
  onRequest: ((event: RequestEvent) => void) | undefined,
  next: Send,
): Send {
  const tell = (event: RequestEvent): void => {
    onRequest?.(event);
    if (requests.hasSubscribers) requests.publish(event);
  };
  return async (request) => {
    if (onRequest === undefined && !requests.hasSubscribers) return next(request);
    const about = {
      id: ++lastId,
      method: request.method,
      url: redactUrl(request.url),
      host: request.url.host,
      registry: request.host,
    };
    const start = monotonic();
    tell({ phase: 'start', ...about });
    try {
      const response = await next(request);
      tell({ phase: 'end', ...about, status: response.status, durationMs: monotonic() - start });
      return response;
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      tell({ phase: 'end', ...about, durationMs: monotonic() - start, error: code ?? message ?? 'failed' });
      throw error;
    }
  };
}
