/// <reference path="./undici-parts.d.ts" />
import type { Dispatcher } from 'undici';
import undiciRequest from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { type HttpRequest, type HttpResponse, ResponseBody, ResponseHeaders, type Send } from './http.ts';

/** How the connections to one server are made. */
export interface ConnectionOptions {
  /** False skips the check of the server's certificate. */
  readonly verifyTls?: boolean | undefined;
  /** Certificate authorities, PEM, instead of the system's. */
  readonly ca?: string | undefined;
  /** The proxy to go through, for example `http://proxy:3128`. */
  readonly proxy?: string | undefined;
}

/** Limits on waiting, in milliseconds. There is none on a whole transfer: a large layer over a slow line may take its hours. */
export const timeouts = {
  connect: 15_000,
  /** Until the first byte of an answer to what was sent. Long: registries move a finished upload to its place before they answer. */
  headers: 300_000,
  /** Until the first byte of an answer to a question. */
  answer: 30_000,
  /** Between two pieces of a body. */
  idle: 60_000,
} as const;

/** One pool of connections per server. */
export class Pools {
  readonly #pools = new Map<string, Promise<Dispatcher>>();
  readonly #connectionOf: (url: URL) => ConnectionOptions;

  constructor(connectionOf: (url: URL) => ConnectionOptions) {
    this.#connectionOf = connectionOf;
  }

  readonly send: Send = async (request) => {
    const pool = await this.#poolOf(request.url);
    const { statusCode, headers, body } = await undiciRequest.call(pool, requestOptions(request));
    return {
      status: statusCode,
      headers: new ResponseHeaders(headers),
      url: request.url,
      body: new ResponseBody(body),
    } satisfies HttpResponse;
  };

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.allSettled(pools.map(async (pool) => (await pool).destroy()));
  }

  #poolOf(url: URL): Promise<Dispatcher> {
    let pool = this.#pools.get(url.origin);
    if (pool === undefined) {
      pool = openPool(url.origin, this.#connectionOf(url));
      this.#pools.set(url.origin, pool);
    }
    return pool;
  }
}

async function openPool(origin: string, connection: ConnectionOptions): Promise<Dispatcher> {
  const connect = {
    timeout: timeouts.connect,
    ...(connection.verifyTls === false && { rejectUnauthorized: false }),
    ...(connection.ca !== undefined && { ca: connection.ca }),
  };
  const options = {
    // One connection for all streams of HTTP/2 shares one window: large blobs crawl, and one GOAWAY ends them all.
    allowH2: false,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.idle,
    // No pipelining: a slow blob must not hold up the answer behind it.
    pipelining: 1,
  };
  if (connection.proxy === undefined) return new Pool(origin, { ...options, connect });
  const { ProxyAgent } = await import('./proxy-agent.ts');
  return new ProxyAgent({ uri: connection.proxy, ...options, requestTls: connect });
}

function requestOptions(request: HttpRequest): Dispatcher.RequestOptions {
  const { method, url, headers, body, signal } = request;
  const bytes = body instanceof Uint8Array ? body : undefined;
  const stream =
    body === undefined || bytes !== undefined ? undefined : (body as Exclude<typeof body, Uint8Array>);
  const size = bytes?.byteLength ?? stream?.size;
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...headers, ...(size !== undefined && { 'content-length': String(size) }) },
    body: stream === undefined || stream.size === 0 ? (bytes ?? null) : (stream.open() as never),
    ...(body === undefined && { headersTimeout: timeouts.answer }),
    // undici closes the connection after a HEAD unless told otherwise, for servers that answer one with a body. Such an answer breaks the next
    // one, which is asked for again; a connection for each HEAD would make every no-op twice as slow.
    ...(method === 'HEAD' && { reset: false }),
    ...(signal !== undefined && { signal }),
  };
}
