import { isLoopbackHost } from '@lading/oci';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from './clock.ts';
import { cryptoRandom } from './random.ts';
import { retryAfterMs } from './retry-after.ts';
import { ServiceError, type ServiceErrorCode } from './service-error.ts';
import { failure, unreachable } from './service-failure.ts';

/** How services are reached. */
export interface ServiceOptions {
  /** undici's: what goes through a proxy, or trusts an authority of one's own. Default: undici's own. */
  readonly dispatcher?: Dispatcher | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to 1, for what must not happen everywhere at once, and to choose among services. Default: the machine's. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds for one try, the answer's last byte included. Rekor v2 answers when the entry is in the tree, after seconds. Default 30 000. */
  readonly timeoutMs?: number | undefined;
  /** `host:port` that may be asked without TLS. Loopback hosts always may. */
  readonly plainHttp?: readonly string[] | undefined;
  readonly userAgent?: string | undefined;
}

export interface ServiceRequest {
  /** For people: `Fulcio`, `Rekor`. */
  readonly service: string;
  /** The code of errors. Default `ERR_LADING_SIGSTORE_SERVICE`. */
  readonly code?: ServiceErrorCode | undefined;
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** What must show in no error, though the server says it. */
  readonly secrets?: readonly string[] | undefined;
  /** Bytes that are read of the answer. Default 1 MiB. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ServiceResponse {
  readonly status: number;
  /** The first field of a name, in lower case. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

/** Times a request is sent in all. */
const attempts = 3;
/** First back-off, doubled with each further attempt. */
const baseDelayMs = 500;
/** The longest `Retry-After` that is waited for. */
const maxWaitMs = 60_000;
const defaultTimeoutMs = 30_000;
const defaultLimit = 1024 * 1024;

/**
 * Sends a small request to a service and reads the whole answer, whatever its status. Redirects are not followed: nobody but the service
 * that was named gets what is sent.
 * @throws {ServiceError} with the code of the request when there is no answer after three tries, or too large a one
 */
export async function askService(
  request: ServiceRequest,
  options: ServiceOptions = {},
): Promise<ServiceResponse> {
  const { clock = systemClock, random = cryptoRandom } = options;
  refusePlainHttp(request, options.plainHttp ?? []);
  for (let attempt = 1; ; attempt++) {
    let wait = baseDelayMs * 2 ** (attempt - 1) * (0.5 + 0.5 * random());
    try {
      const response = await sendOnce(request, options);
      if (!isPassing(response.status) || attempt === attempts) return response;
      const asked = retryAfterMs(response.header('retry-after'), response.header('date'), clock.wall());
      if (asked !== undefined && asked > maxWaitMs) return response;
      wait = Math.max(wait, asked ?? 0);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (attempt === attempts || error instanceof ServiceError) {
        throw unreachable(request, error);
      }
    }
    await clock.sleep(wait, request.signal);
  }
}

/** A status that another try may change. */
function isPassing(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** A token or a signature that is on its way must not be readable on the way. */
function refusePlainHttp(request: ServiceRequest, plainHttp: readonly string[]): void {
  const { url } = request;
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && (isLoopbackHost(url.host) || plainHttp.includes(url.host))) return;
  throw failure(request, 'is to be asked without TLS', {
    hint: `use https, or allow plain http for ${url.host}`,
  });
}

async function sendOnce(request: ServiceRequest, options: ServiceOptions): Promise<ServiceResponse> {
  // Loaded when something is asked: those who sign with a key and no log never need it.
  const { request: send } = await import('./undici-request.ts');
  const { method, url, headers, body, limit = defaultLimit } = request;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  const response = await send(url, {
    method,
    headers: {
      'user-agent': options.userAgent ?? 'lading',
      // Bytes are counted as they come: what is packed could be a thousand times as large.
      'accept-encoding': 'identity',
      ...headers,
    },
    body: body ?? null,
    signal,
    ...(options.dispatcher !== undefined && { dispatcher: options.dispatcher }),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throw failure(request, `answered with more than the ${limit} bytes that are taken`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode,
    header: (name) => [response.headers[name]].flat()[0],
    body: Buffer.concat(chunks),
  };
}
