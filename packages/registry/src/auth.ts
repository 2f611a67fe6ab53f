import { parseChallenges } from './challenge.ts';
import type { Clock } from './clock.ts';
import type { Credential, CredentialProvider } from './credential.ts';
import { RegistryError } from './errors.ts';
import { type Expectation, Expectations } from './expectations.ts';
import type { HttpRequest, HttpResponse, Send } from './http.ts';
import { coversScopes, mergeScopes } from './scopes.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';
import { resolveHop } from './url-policy.ts';

/** How a registry wants to be asked. */
type Scheme =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined };

interface HostAuth {
  scheme: Scheme | undefined;
  /** The first request to a registry finds out how it wants to be asked; others wait for it rather than be refused as well. */
  probe: Promise<void> | undefined;
  pinged: boolean;
  readonly expectations: Expectations;
  readonly tokens: Map<string, readonly Token[]>;
  readonly asking: Map<string, Promise<Token>>;
}

/** What one attempt at a request was sent with. */
interface Attempt {
  readonly authorization: string | undefined;
  readonly token?: Token | undefined;
  /** False when the token was in use before: it may have expired, and a new one may do. */
  readonly fresh: boolean;
}

export interface AuthOptions {
  readonly credentials: CredentialProvider | undefined;
  readonly clock: Clock;
  /** For token requests: the layers below, without authentication. */
  readonly send: Send;
  /** Ends token requests, which belong to no single caller. */
  readonly signal: AbortSignal;
}

/** Attempts at one request: without credentials, with an old token, with a new one, with a wider one. */
const maxAttempts = 5;
/** Milliseconds a token server has for its answer. */
const tokenTimeoutMs = 30_000;

/**
 * Authenticates requests to registries: anonymous, basic and bearer, learnt from the registry's own challenge.
 *
 * Credentials go to the registry's origin and to the token server that it names, and nowhere else.
 */
export class Authenticator {
  readonly #options: AuthOptions;
  readonly #hosts = new Map<string, HostAuth>();

  constructor(options: AuthOptions) {
    this.#options = options;
  }

  /** Tells which scopes will be wanted, so that they come in one token. */
  expect(origin: string, expectation: Expectation): void {
    this.#host(origin).expectations.add(expectation);
  }

  layer(next: Send): Send {
    return async (request) => {
      if (request.url.origin !== request.origin) return next(request);
      const host = this.#host(request.origin);
      if (host.scheme !== undefined) return this.#send(request, host, next);
      if (host.probe !== undefined) {
        await untilSettled(host.probe, request.signal);
        return this.#send(request, host, next);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      host.probe = promise;
      try {
        return await this.#send(request, host, next, resolve);
      } finally {
        resolve();
        host.probe = undefined;
      }
    };
  }

  async #send(request: HttpRequest, host: HostAuth, next: Send, learnt?: () => void): Promise<HttpResponse> {
    let credential = await this.#credential(request);
    let scopes = request.scopes ?? [];
    let renewed = false;
    for (let round = 1; ; round++) {
      const attempt = await this.#authorize(request, host, credential, scopes);
      const response = await next(withAuthorization(request, attempt.authorization));
      const seen: HttpResponse = {
        ...response,
        credentialSource: attempt.authorization && credential && String(credential),
      };
      if (response.status !== 401) host.scheme ??= { kind: 'none' };
      if (round === maxAttempts) return seen;

      if (!renewed && credential !== undefined && (await saysExpired(response))) {
        renewed = true;
        credential = await this.#credential(request, true);
        if (credential !== undefined) host.tokens.delete(keyOf(credential));
      } else {
        const wider = await this.#react(request, host, response, attempt, credential, scopes, next);
        if (wider === undefined) return seen;
        scopes = wider;
      }
      learnt?.();
      await response.body.discard();
    }
  }

  /** Learns from a refusal. @returns the scopes to try with, or nothing when the answer stands. */
  async #react(
    request: HttpRequest,
    host: HostAuth,
    response: HttpResponse,
    attempt: Attempt,
    credential: Credential | undefined,
    scopes: readonly string[],
    next: Send,
  ): Promise<readonly string[] | undefined> {
    if (response.status !== 401 && response.status !== 403) return undefined;
    const challenges = parseChallenges(response.headers.all('www-authenticate'));
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (response.status === 403 && bearer?.parameters.error !== 'insufficient_scope') return undefined;

    if (attempt.token !== undefined) {
      this.#forget(host, attempt.token, credential);
      const wider = mergeScopes(
        scopes,
        bearer?.parameters.scope?.split(' ').filter((scope) => scope.includes(':')) ?? [],
      );
      // A batch may have been granted in part; an old token may have expired; a new one for just this is refused for good.
      const partOfBatch = attempt.token.scopes.length > scopes.length;
      if (partOfBatch) host.expectations.refuse(attempt.token.scopes);
      return partOfBatch || !attempt.fresh || !coversScopes(scopes, wider) ? wider : undefined;
    }
    if (attempt.authorization !== undefined) return undefined;

    const scheme = await this.#schemeOf(request, host, response, next);
    if (scheme === undefined || (scheme.kind === 'basic' && credential === undefined)) return undefined;
    host.scheme = scheme;
    return scopes;
  }

  async #schemeOf(
    request: HttpRequest,
    host: HostAuth,
    response: HttpResponse,
    next: Send,
  ): Promise<Scheme | undefined> {
    let answer = response;
    if (response.headers.all('www-authenticate').length === 0 && !host.pinged) {
      host.pinged = true;
      // Some registries (gcr.io) show their challenge only here.
      answer = await next({
        method: 'GET',
        url: new URL('/v2/', request.origin),
        host: request.host,
        origin: request.origin,
        signal: request.signal,
      });
      await answer.body.discard();
    }
    const challenges = parseChallenges(answer.headers.all('www-authenticate'));
    const bearer = challenges.find(
      ({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined,
    );
    if (bearer !== undefined) {
      const realm = resolveHop('realm', answer.url, bearer.parameters.realm!);
      return { kind: 'bearer', realm, service: bearer.parameters.service };
    }
    return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
  }

  async #authorize(
    request: HttpRequest,
    host: HostAuth,
    credential: Credential | undefined,
    scopes: readonly string[],
  ): Promise<Attempt> {
    const { scheme } = host;
    if (scheme === undefined || scheme.kind === 'none') return { authorization: undefined, fresh: true };
    if (credential?.kind === 'registry-token')
      return { authorization: `Bearer ${credential.reveal()}`, fresh: true };
    if (scheme.kind === 'basic') {
      return { authorization: credential && basicAuthorization(credential), fresh: true };
    }
    const now = this.#options.clock.monotonic();
    const known = (host.tokens.get(keyOf(credential)) ?? []).find(
      (token) => token.expiresAt > now && coversScopes(token.scopes, scopes),
    );
    if (known !== undefined) return { authorization: `Bearer ${known.value}`, token: known, fresh: false };
    const token = await this.#obtain(request, host, scheme, credential, scopes);
    return { authorization: `Bearer ${token.value}`, token, fresh: true };
  }

  async #obtain(
    request: HttpRequest,
    host: HostAuth,
    scheme: Extract<Scheme, { kind: 'bearer' }>,
    credential: Credential | undefined,
    scopes: readonly string[],
  ): Promise<Token> {
    const batch = host.expectations.batchFor(scopes);
    if (batch === undefined) return this.#ask(request, host, scheme, credential, scopes);
    try {
      return await this.#ask(request, host, scheme, credential, batch);
    } catch (error) {
      request.signal?.throwIfAborted();
      const status = (error as RegistryError).status ?? 0;
      if (status < 400 || status === 429 || status >= 500) throw error;
      host.expectations.refuse(batch);
      return this.#ask(request, host, scheme, credential, scopes);
    }
  }

  /** One request for all who want the same token at the same time. */
  #ask(
    request: HttpRequest,
    host: HostAuth,
    scheme: Extract<Scheme, { kind: 'bearer' }>,
    credential: Credential | undefined,
    scopes: readonly string[],
  ): Promise<Token> {
    const key = `${keyOf(credential)} ${scopes.join(' ')}`;
    let asking = host.asking.get(key);
    if (asking === undefined) {
      const { send, clock, signal } = this.#options;
      const timeout = AbortSignal.timeout(tokenTimeoutMs);
      asking = fetchToken(send, clock, {
        host: request.host,
        realm: scheme.realm,
        service: scheme.service,
        scopes,
        credential,
        signal: AbortSignal.any([signal, timeout]),
      })
        .then(
          (token) => {
            host.tokens.set(keyOf(credential), [...this.#living(host, credential), token]);
            return token;
          },
          (error: unknown) => {
            throw error === timeout.reason ? tokenTimeout(request.host, scheme.realm) : error;
          },
        )
        .finally(() => host.asking.delete(key));
      host.asking.set(key, asking);
    }
    return untilSettled(asking, request.signal);
  }

  #living(host: HostAuth, credential: Credential | undefined): readonly Token[] {
    const now = this.#options.clock.monotonic();
    return (host.tokens.get(keyOf(credential)) ?? []).filter((token) => token.expiresAt > now);
  }

  #forget(host: HostAuth, token: Token, credential: Credential | undefined): void {
    host.tokens.set(
      keyOf(credential),
      this.#living(host, credential).filter((known) => known !== token),
    );
  }

  #credential(request: HttpRequest, fresh = false): Promise<Credential | undefined> {
    const repository = /^repository:(.+):[^:]+$/.exec(request.scopes?.[0] ?? '')?.[1];
    const { credentials } = this.#options;
    return (
      credentials?.({ host: request.host, repository, fresh, signal: request.signal }) ??
      Promise.resolve(undefined)
    );
  }

  #host(origin: string): HostAuth {
    let host = this.#hosts.get(origin);
    if (host === undefined) {
      host = {
        scheme: undefined,
        probe: undefined,
        pinged: false,
        expectations: new Expectations(),
        tokens: new Map(),
        asking: new Map(),
      };
      this.#hosts.set(origin, host);
    }
    return host;
  }
}

function tokenTimeout(host: string, realm: URL): RegistryError {
  return new RegistryError(
    'ERR_LADING_UNREACHABLE',
    `${realm.host}, the token server of ${host}, gave no answer within ${tokenTimeoutMs / 1000} s`,
    { retryable: true },
  );
}

/** Tokens of different users are kept apart. */
function keyOf(credential: Credential | undefined): string {
  return credential === undefined ? '' : `${credential.kind} ${credential.username} ${credential.source}`;
}

function withAuthorization(request: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization } };
}

/** ECR answers an expired password with 400 or 403, and says so only in words. */
async function saysExpired(response: HttpResponse): Promise<boolean> {
  if (response.status !== 400 && response.status !== 403) return false;
  return /authorization token has expired/i.test(await response.body.text());
}

/** Waits for what others wait for as well: the own signal ends only the own waiting. */
async function untilSettled<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
