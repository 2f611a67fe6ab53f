import { randomUUID } from 'node:crypto';
import type { ProxiedRequest } from './request.ts';

/** Basic authentication in front of a registry. */
export interface BasicAuth {
  readonly type: 'basic';
  /** Name to password. */
  readonly users: Readonly<Record<string, string>>;
}

/** What a client asks a token for: one `repository:NAME:ACTIONS` of a scope. */
export interface AccessRequest {
  /** Nothing for an anonymous client. */
  readonly user: string | undefined;
  readonly repository: string;
  readonly action: string;
}

/** A token service in front of a registry: a token opens exactly the scopes it was given for. */
export interface BearerAuth {
  readonly type: 'bearer';
  readonly users?: Readonly<Record<string, string>> | undefined;
  /** Identity (refresh) tokens and whose they are; taken by `grant_type=refresh_token`. */
  readonly identityTokens?: Readonly<Record<string, string>> | undefined;
  /** What each client may do. Default: users everything, anonymous clients nothing. */
  readonly allow?: ((access: AccessRequest) => boolean) | undefined;
  /** Default 300. */
  readonly expiresInSeconds?: number | undefined;
  /** A request for several scopes is refused. Default false. */
  readonly singleScope?: boolean | undefined;
  /** A request of which any part is not allowed is refused as a whole, instead of getting a token for the rest. Default false. */
  readonly allOrNothing?: boolean | undefined;
  /** POST with OAuth2 is answered; else 404, as by services that only know GET. Default true. */
  readonly oauth?: boolean | undefined;
  /** The member of the answer that holds the token. Default `token`. */
  readonly tokenField?: 'token' | 'access_token' | undefined;
  /** `expires_in` is left out of the answer, which then means 60 seconds. Default false. */
  readonly omitExpiry?: boolean | undefined;
  /** The realm of the challenge. Default: `/token` at the proxy, as a whole address. */
  readonly realm?: string | undefined;
}

export type ProxyAuth = BasicAuth | BearerAuth;

/** What the guard says of a request: let it through, or this challenge. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly challenge: string };

interface Grant {
  readonly scopes: ReadonlySet<string>;
  readonly expiresAt: number;
}

interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Checks who may do what, and hands out tokens. */
export class Guard {
  readonly #auth: ProxyAuth;
  readonly #realm: string;
  readonly #now: () => number;
  readonly #grants = new Map<string, Grant>();

  /** `now` in milliseconds, for the expiry of tokens. */
  constructor(auth: ProxyAuth, proxyUrl: string, now: () => number) {
    this.#auth = auth;
    this.#realm = (auth.type === 'bearer' ? auth.realm : undefined) ?? `${proxyUrl}/token`;
    this.#now = now;
  }

  /** Forgets every token that was given so far. */
  revokeAll(): void {
    this.#grants.clear();
  }

  check(request: ProxiedRequest, authorization: string | undefined): Verdict {
    if (this.#auth.type === 'basic') {
      const known = userOf(authorization, this.#auth.users) !== undefined;
      return known ? { ok: true } : { ok: false, challenge: this.challenge(request) };
    }
    const grant = this.#grants.get(/^bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
    const valid = grant !== undefined && grant.expiresAt > this.#now();
    const needed = neededScopes(request);
    if (valid && needed.every((scope) => grant.scopes.has(scope))) return { ok: true };
    return { ok: false, challenge: this.challenge(request, valid ? 'insufficient_scope' : undefined) };
  }

  challenge(request: ProxiedRequest, error?: string): string {
    if (this.#auth.type === 'basic') return 'Basic realm="registry"';
    const scopes = joinScopes(neededScopes(request));
    return [
      `Bearer realm="${this.#realm}"`,
      'service="registry"',
      ...(scopes === '' ? [] : [`scope="${scopes}"`]),
      ...(error === undefined ? [] : [`error="${error}"`]),
    ].join(',');
  }

  /** Answers a request to the token endpoint, by GET or (OAuth2) POST. */
  issue(method: string, parameters: URLSearchParams, authorization: string | undefined): TokenAnswer {
    if (this.#auth.type === 'basic' || (method === 'POST' && this.#auth.oauth === false)) {
      return { status: 404, body: {} };
    }
    const auth = this.#auth;
    const credentials = method === 'POST' ? oauthCredentials(parameters) : authorization;
    const user =
      userOf(credentials, auth.users ?? {}) ?? auth.identityTokens?.[parameters.get('refresh_token') ?? ''];
    const offered = credentials !== undefined || parameters.has('refresh_token');
    if (offered && user === undefined) return refusal(401, 'the credentials are wrong');

    const asked = parameters
      .getAll('scope')
      .flatMap((scope) => scope.split(' '))
      .filter(Boolean);
    if (auth.singleScope && asked.length > 1) return refusal(400, 'only one scope at a time');
    const wanted = asked.flatMap(splitScope);
    const allow = auth.allow ?? (({ user }: AccessRequest): boolean => user !== undefined);
    const granted = wanted.filter((access) => allow({ user, ...access }));
    if (auth.allOrNothing && granted.length < wanted.length) return refusal(403, 'a scope is not allowed');

    const seconds = auth.omitExpiry ? 60 : (auth.expiresInSeconds ?? 300);
    const token = randomUUID();
    this.#grants.set(token, {
      scopes: new Set(granted.map(({ repository, action }) => `${repository}:${action}`)),
      expiresAt: this.#now() + seconds * 1000,
    });
    const expiry = auth.omitExpiry ? {} : { expires_in: seconds };
    return { status: 200, body: { [auth.tokenField ?? 'token']: token, ...expiry } };
  }
}

/** The `repository:action` pairs that a request needs. A mount needs to read where it mounts from. */
function neededScopes(request: ProxiedRequest): readonly string[] {
  const { repository, method } = request;
  if (repository === undefined) return [];
  if (method === 'GET' || method === 'HEAD') {
    return request.kind === 'upload' ? [`${repository}:pull`, `${repository}:push`] : [`${repository}:pull`];
  }
  if (method === 'DELETE' && request.kind !== 'upload') return [`${repository}:delete`];
  const from = new URLSearchParams(request.path.split('?')[1]).get('from');
  return [`${repository}:pull`, `${repository}:push`, ...(from === null ? [] : [`${from}:pull`])];
}

function joinScopes(pairs: readonly string[]): string {
  const actions = new Map<string, string[]>();
  for (const pair of pairs) {
    const [repository = '', action = ''] = pair.split(':');
    actions.set(repository, [...(actions.get(repository) ?? []), action]);
  }
  return [...actions].map(([repository, list]) => `repository:${repository}:${list.join(',')}`).join(' ');
}

function splitScope(scope: string): readonly { readonly repository: string; readonly action: string }[] {
  const match = /^repository:(?<repository>[^:]+):(?<actions>.+)$/.exec(scope);
  const { repository = '', actions = '' } = match?.groups ?? {};
  return actions
    .split(',')
    .filter(Boolean)
    .map((action) => ({ repository, action }));
}

/** The user whose name and password a Basic `Authorization` header holds, when they are right. */
function userOf(
  authorization: string | undefined,
  users: Readonly<Record<string, string>>,
): string | undefined {
  const encoded = /^basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const plain = Buffer.from(encoded, 'base64').toString();
  const colon = plain.indexOf(':');
  const user = plain.slice(0, colon);
  return Object.hasOwn(users, user) && users[user] === plain.slice(colon + 1) ? user : undefined;
}

function oauthCredentials(parameters: URLSearchParams): string | undefined {
  if (parameters.get('grant_type') !== 'password') return undefined;
  const pair = `${parameters.get('username')}:${parameters.get('password')}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function refusal(status: number, message: string): TokenAnswer {
  return { status, body: { errors: [{ code: status === 401 ? 'UNAUTHORIZED' : 'DENIED', message }] } };
}
