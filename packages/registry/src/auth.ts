import { parseChallenges } from './challenge.ts';
import type { Credential, CredentialProvider } from './credential.ts';
import type { Expectation } from './expectations.ts';
import type { HttpRequest, HttpResponse, Send } from './http.ts';
import { coversScopes, mergeScopes } from './scopes.ts';
import { untilSettled } from './shared-wait.ts';
import { basicAuthorization, type Token } from './token.ts';
import { TokenBook, type TokenBookOptions } from './token-book.ts';
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
  readonly tokens: TokenBook;
}

/** What one attempt at a request was sent with. */
interface Attempt {
  readonly authorization: string | undefined;
  readonly token?: Token | undefined;
  /** False when the token was in use before: it may have expired, and a new one may do. */
  readonly fresh: boolean;
}

export interface AuthOptions extends TokenBookOptions {
  readonly credentials: CredentialProvider | undefined;
}

/** Attempts at one request: without credentials, with an old token, with a new one, with a wider one. */
const maxAttempts = 5;

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
    this.#host(origin).tokens.expectations.add(expectation);
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
        host.tokens.forget(credential);
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
      host.tokens.forget(credential, attempt.token);
      const wider = mergeScopes(
        scopes,
        bearer?.parameters.scope?.split(' ').filter((scope) => scope.includes(':')) ?? [],
      );
      // A batch may have been granted in part; an old token may have expired; a new one for just this is refused for good.
      const partOfBatch = attempt.token.scopes.length > scopes.length;
      if (partOfBatch) host.tokens.expectations.refuse(attempt.token.scopes);
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
    const known = host.tokens.find(credential, scopes);
    if (known !== undefined) return { authorization: `Bearer ${known.value}`, token: known, fresh: false };
    const source = { host: request.host, realm: scheme.realm, service: scheme.service };
    const token = await host.tokens.obtain(source, credential, scopes, request.signal);
    return { authorization: `Bearer ${token.value}`, token, fresh: true };
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
        tokens: new TokenBook(this.#options),
      };
      this.#hosts.set(origin, host);
    }
    return host;
  }
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
