import type { HttpRequest, HttpResponse, Method, RequestBody, Send } from './http.ts';
import type { HostMemory } from './quirks.ts';
import type { RetryPolicy } from './retry.ts';
import { repositoryScope, type ScopeAction } from './scopes.ts';

/** One request of a verb: a path below the registry, or the URL that a server named. */
export interface Call {
  readonly method: Method;
  readonly path: string | URL;
  readonly actions: readonly ScopeAction[];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | RequestBody | undefined;
  /** Instead of the repository's own scope. */
  readonly scopes?: readonly string[] | undefined;
  /** Repositories beside this one that must be readable, for mounts. */
  readonly alsoPull?: readonly string[] | undefined;
  readonly retry?: boolean | undefined;
  readonly bodyLimit?: number | undefined;
  /** True for what is still to be said after the caller has given up. */
  readonly outlives?: boolean | undefined;
  readonly redirect?: HttpRequest['redirect'];
  readonly relay?: HttpRequest['relay'];
  readonly signal?: AbortSignal | undefined;
}

/** What the verbs need of one repository: how to send, and what is remembered of its host. */
export interface Session {
  /** As people name it. */
  readonly host: string;
  readonly origin: string;
  readonly repository: string;
  readonly memory: HostMemory;
  readonly policy: RetryPolicy;
  /** True when connections of our own may be made to the host: no proxy stands between. */
  readonly relay: boolean;
  readonly call: (call: Call) => Promise<HttpResponse>;
  /** The request that a call becomes, for error messages. */
  readonly describe: (call: Call) => HttpRequest;
}

/** Binds the verbs' calls to a registry and a repository. */
export function openSession(
  about: Pick<Session, 'host' | 'origin' | 'repository' | 'memory' | 'policy' | 'relay'>,
  send: Send,
  userAgent: string,
  closed: AbortSignal,
): Session {
  const describe = (call: Call): HttpRequest => ({
    method: call.method,
    url:
      typeof call.path === 'string'
        ? new URL(`/v2/${about.repository}/${call.path}`, about.origin)
        : call.path,
    // Compressed on the way, bytes would hash to something else.
    headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...call.headers },
    body: call.body,
    host: about.host,
    origin: about.origin,
    scopes: call.scopes ?? [
      repositoryScope(about.repository, call.actions),
      ...(call.alsoPull ?? []).map((repository) => repositoryScope(repository, ['pull'])),
    ],
    retry: call.retry,
    bodyLimit: call.bodyLimit,
    redirect: call.redirect,
    relay: call.relay,
    signal:
      call.signal === undefined
        ? closed
        : call.outlives === true
          ? call.signal
          : AbortSignal.any([call.signal, closed]),
  });
  return { ...about, describe, call: (call) => send(describe(call)) };
}
