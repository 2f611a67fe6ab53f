import { isLoopbackHost } from '@lading/oci';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from './clock.ts';
import { cryptoRandom } from './random.ts';
import { quoted, scrub, shownUrl } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';
import { ServiceError } from './service-error.ts';

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
 * @throws {ServiceError} `ERR_LADING_SIGSTORE_SERVICE` when there is no answer after three tries, or too large a one
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
      if (attempt === attempts || (error as { code?: unknown }).code === 'ERR_LADING_SIGSTORE_SERVICE') {
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
function refusePlainHttp({ service, url }: ServiceRequest, plainHttp: readonly string[]): void {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && (isLoopbackHost(url.host) || plainHttp.includes(url.host))) return;
  throw new ServiceError('ERR_LADING_SIGSTORE_SERVICE', `${service} is to be asked without TLS`, {
    service,
    url: shownUrl(url),
    hint: `use https, or allow plain http for ${url.host}`,
  });
}

async function sendOnce(request: ServiceRequest, options: ServiceOptions): Promise<ServiceResponse> {
  // Loaded when something is asked: those who sign with a key and no log never need it.
  const { request: send } = await import('undici');
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
    if (size > limit) throw tooLarge(request, limit);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode,
    header: (name) => [response.headers[name]].flat()[0],
    body: Buffer.concat(chunks),
  };
}

function tooLarge({ service, url }: ServiceRequest, limit: number): ServiceError {
  return new ServiceError(
    'ERR_LADING_SIGSTORE_SERVICE',
    `${service} answered with more than the ${limit} bytes that are taken`,
    { service, url: shownUrl(url) },
  );
}

function unreachable(request: ServiceRequest, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const { service, url, secrets = [] } = request;
  const { code, message, name } = error as {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly name?: unknown;
  };
  const why =
    name === 'TimeoutError' ? 'there was no answer in time' : scrub(String(code ?? message), secrets);
  // The error of the socket may quote what was sent; its code is enough.
  return new ServiceError('ERR_LADING_SIGSTORE_SERVICE', `${service} cannot be reached: ${why}`, {
    service,
    url: shownUrl(url),
    hint: networkHint(String(code), url),
  });
}

function networkHint(code: string, url: URL): string {
  if (code === 'ECONNREFUSED') return `is something listening at ${url.host}?`;
  if (/^(?:CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) {
    return `give the authority that signed the certificate of ${url.host}`;
  }
  return `check the address ${shownUrl(url)}, the network and the proxy`;
}

/** The error for an answer that is none of those that a service gives when all is well. */
export function refused(
  { service, url, secrets = [] }: ServiceRequest,
  response: ServiceResponse,
  { code = 'ERR_LADING_SIGSTORE_SERVICE' as const, hint }: RefusalOptions = {},
): ServiceError {
  const words = serverWords(response, secrets);
  const { status } = response;
  return new ServiceError(
    code,
    `${service} answered ${status}${words === '' ? '' : `: ${JSON.stringify(words)}`}`,
    { service, url: shownUrl(url), status, hint: hint ?? statusHint(status) },
  );
}

export interface RefusalOptions {
  readonly code?: 'ERR_LADING_SIGSTORE_SERVICE' | 'ERR_LADING_TOKEN' | undefined;
  readonly hint?: string | undefined;
}

function statusHint(status: number): string | undefined {
  if (status >= 300 && status < 400)
    return 'it has moved, and redirects are not followed: name its new address';
  if (status === 404) return 'is this the address of such a service? the signing config names them';
  if (status === 413) return 'it takes nothing as large';
  if (status === 429) return 'it limits its rate: try again later';
  return status >= 500 ? 'it is a fault of the service: try again later' : undefined;
}

/** What the service says of its refusal, without the secrets; a page of HTML says nothing that the status does not. */
export function serverWords({ body, header }: ServiceResponse, secrets: readonly string[]): string {
  const text = Buffer.from(body).subarray(0, 65_536).toString('utf8').trim();
  if (text.startsWith('<') || header('content-type')?.includes('html') === true) return '';
  return quoted(messageOf(text) ?? text, secrets);
}

/** Rekor, Fulcio and the timestamp authority all say `{code, message}`. */
function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The error for an answer that says it is fine and is not what it should be. */
export function senseless(
  { service, url }: ServiceRequest,
  what: string,
  options: { readonly hint?: string | undefined } = {},
): ServiceError {
  return new ServiceError('ERR_LADING_SIGSTORE_SERVICE', `${service} answered something else: ${what}`, {
    service,
    url: shownUrl(url),
    hint: options.hint ?? 'is this the address of such a service? the signing config names them',
  });
}
