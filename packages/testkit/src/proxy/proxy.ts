import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Exchange } from './exchange.ts';
import { type ArmedFault, applies, arm, type Fault, type When } from './fault.ts';
import type { ProxiedRequest, RequestRecord } from './request.ts';
import { Guard, type ProxyAuth } from './token-service.ts';

export interface ProxyOptions {
  /** The registry behind the proxy, for example `http://127.0.0.1:5000`. */
  readonly target: string;
  /** What goes wrong, in the order in which faults that hit the same request are played. */
  readonly script?: readonly Fault[] | undefined;
  /** Authentication that the proxy asks for; the registry behind it gets no credentials then. */
  readonly auth?: ProxyAuth | undefined;
  /** Milliseconds, for the expiry of tokens. Default: the process's monotonic clock. */
  readonly now?: (() => number) | undefined;
}

/** A running proxy on a loopback port. */
export interface RegistryProxy {
  /** For example `http://127.0.0.1:41873`. */
  readonly url: string;
  /** `HOST:PORT`, as it stands in an image reference. */
  readonly host: string;
  /** Every request so far, in the order of arrival, also those that are still being answered. */
  readonly requests: readonly ProxiedRequest[];
  /** The most requests that were open at the same time. */
  readonly peak: number;
  /** How many connections clients have opened. */
  readonly connections: number;
  /** How many requests came in, or how many of them `when` describes. */
  count(when?: Pick<When, 'kind' | 'method' | 'path' | 'authorization'>): number;
  /** Adds faults to the script while the proxy runs. */
  play(...faults: readonly Fault[]): void;
  /** Empties the script; `requests` are kept. */
  calm(): void;
  /** Forgets the requests so far; the script and its counts are kept. */
  forget(): void;
  /** Makes every token that was given out invalid. */
  revokeTokens(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a reverse proxy in front of any registry that counts requests and plays faults.
 *
 * It listens on 127.0.0.1, on a port of its own. Addresses of the registry in `Location`, `Link` and `WWW-Authenticate` are rewritten,
 * so that what follows comes through the proxy too.
 */
export async function startProxy(options: ProxyOptions): Promise<RegistryProxy> {
  const target = new URL(options.target);
  const agent = new Agent({ keepAlive: true });
  const forward = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const closing = new AbortController();
  const server = createServer();
  // Slow bytes and silence are faults to be played, not to be ended by the server's own limits.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  const { url, host } = await listen(server);
  const guard = options.auth && new Guard(options.auth, url, options.now ?? (() => performance.now()));

  let script: ArmedFault[] = (options.script ?? []).map(arm);
  const requests: RequestRecord[] = [];
  let [open, peak, connections] = [0, 0, 0];
  server.on('connection', () => {
    connections += 1;
  });
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    open += 1;
    peak = Math.max(peak, open);
    response.once('close', () => {
      open -= 1;
    });
    const exchange = new Exchange(incoming, response, {
      target,
      url,
      guard,
      signal: closing.signal,
      send: (to, request) => forward(to, { ...request, ...(target.protocol === 'http:' && { agent }) }),
    });
    requests.push(exchange.record);
    // Every fault sees every request, so that counts do not depend on what else is played.
    const struck = script.filter(({ strikes }) => strikes(exchange.record)).map(({ fault }) => fault.action);
    void exchange.run(struck);
  });

  const close = async (): Promise<void> => {
    if (closing.signal.aborted) return;
    closing.abort();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    agent.destroy();
    await closed;
  };
  return {
    url,
    host,
    requests,
    get peak() {
      return peak;
    },
    get connections() {
      return connections;
    },
    count: (when = {}) => requests.filter((request) => applies(when, request)).length,
    play: (...faults) => {
      script.push(...faults.map(arm));
    },
    calm: () => {
      script = [];
    },
    forget: () => {
      requests.length = 0;
    },
    revokeTokens: () => guard?.revokeAll(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(server: Server): Promise<{ readonly url: string; readonly host: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host };
}
