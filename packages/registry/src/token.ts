import type { Clock } from './clock.ts';
import type { Credential } from './credential.ts';
import { RegistryError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { HttpRequest, HttpResponse, Send } from './http.ts';
import { redactUrl } from './redact.ts';

/** A bearer token and what it was asked for. */
export interface Token {
  readonly value: string;
  readonly scopes: readonly string[];
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

export interface TokenRequest {
  /** The registry on whose behalf, as people name it. */
  readonly host: string;
  /** The token server, passed by the URL policy. */
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  readonly signal: AbortSignal;
}

/** Bytes of a token server's answer. */
const tokenLimit = 65_536;
/** distribution's token specification: what a token lives when nothing else is said. */
const defaultLifetimeSeconds = 60;
/** A token is given up this long before its end, so that it does not expire on the way; never more than a tenth of its life. */
const expiryMarginMs = 10_000;

/**
 * Asks a token server for a bearer token (distribution, Token Authentication; OAuth2 for identity tokens).
 * @throws {RegistryError} with the token server's refusal
 */
export async function fetchToken(send: Send, clock: Clock, wanted: TokenRequest): Promise<Token> {
  const askedAt = clock.monotonic();
  let request =
    wanted.credential?.kind === 'identity-token'
      ? oauth2Request(wanted, wanted.credential)
      : getRequest(wanted);
  let response = await send(request);
  // Servers without OAuth2 say so in one of these ways and still take an identity token as a password.
  if (request.method === 'POST' && [401, 404, 405].includes(response.status)) {
    await response.body.discard();
    request = getRequest(wanted);
    response = await send(request);
  }
  if (response.status !== 200) {
    const source = wanted.credential === undefined ? undefined : String(wanted.credential);
    throw await failureOf(request, { ...response, credentialSource: source }, repositoriesOf(wanted.scopes));
  }
  return readToken(wanted, response, askedAt);
}

function getRequest(wanted: TokenRequest): HttpRequest {
  const url = new URL(wanted.realm);
  if (wanted.service !== undefined) url.searchParams.set('service', wanted.service);
  for (const scope of wanted.scopes) url.searchParams.append('scope', scope);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (wanted.credential !== undefined) headers.authorization = basicAuthorization(wanted.credential);
  return {
    method: 'GET',
    url,
    headers,
    host: wanted.host,
    origin: wanted.realm.origin,
    bodyLimit: tokenLimit,
    signal: wanted.signal,
  };
}

function oauth2Request(wanted: TokenRequest, credential: Credential): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'lading',
    refresh_token: credential.reveal(),
    scope: wanted.scopes.join(' '),
  });
  if (wanted.service !== undefined) form.set('service', wanted.service);
  return {
    method: 'POST',
    url: wanted.realm,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(form.toString()),
    host: wanted.host,
    origin: wanted.realm.origin,
    bodyLimit: tokenLimit,
    signal: wanted.signal,
  };
}

async function readToken(wanted: TokenRequest, response: HttpResponse, askedAt: number): Promise<Token> {
  const problem = (why: string): RegistryError =>
    new RegistryError('ERR_LADING_REGISTRY', `the token server of ${wanted.host} ${why}`, {
      url: redactUrl(response.url),
      status: response.status,
    });
  const text = Buffer.from(await response.body.bytes(tokenLimit)).toString('utf8');
  let document: { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  try {
    document = JSON.parse(text);
  } catch {
    throw problem('answered with something that is not JSON');
  }
  const value = [document?.token, document?.access_token].find(
    (field) => typeof field === 'string' && field !== '',
  );
  // A control character would break out of the header that carries the token.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw problem('gave no token');
  const seconds = Number(document?.expires_in);
  const lifetimeMs = (seconds > 0 ? seconds : defaultLifetimeSeconds) * 1000;
  // Measured from before the request, by a clock that does not jump; `issued_at` depends on the server's.
  const expiresAt = askedAt + lifetimeMs - Math.min(expiryMarginMs, lifetimeMs / 10);
  return { value, scopes: wanted.scopes, expiresAt };
}

/** The `Authorization` field for a user and a password. */
export function basicAuthorization(credential: Credential): string {
  // The user that docker's credential helpers name when the secret is a token.
  const username =
    credential.kind === 'identity-token' && credential.username === '' ? '<token>' : credential.username;
  return `Basic ${Buffer.from(`${username}:${credential.reveal()}`).toString('base64')}`;
}

function repositoriesOf(scopes: readonly string[]): string {
  return scopes.map((scope) => scope.replace(/^repository:(.*):[^:]*$/, '$1')).join(', ') || 'the registry';
}
