import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readWholeBody } from '../http/body.ts';
import { replyJson } from '../http/exchange.ts';
import { Fault } from '../http/fault.ts';
import { type AccountOptions, Accounts } from './accounts.ts';
import type { Authority, Permission } from './authority.ts';
import { covers, formatScope, parseScopes, type Scopes } from './scopes.ts';

/** Tokens from an endpoint of the registry's own at `/token`, as large registries do it (distribution, Token Authentication). */
export interface BearerAuthOptions extends AccountOptions {
  readonly type: 'bearer';
  /** The name under which the endpoint knows the registry. */
  readonly service?: string | undefined;
  /** Milliseconds that an access token is good for. */
  readonly tokenLifetimeMs?: number | undefined;
  /** Where clients find the endpoint, when a proxy stands in front; without it, at the host that they came to. */
  readonly tokenUrl?: string | undefined;
}

/** What a token says. Refresh tokens have no end: the key that signs them dies with the server. */
interface Claims {
  readonly kind: 'access' | 'refresh';
  readonly user?: string | undefined;
  readonly scopes?: Scopes;
  readonly expires?: number;
}

/** Bytes of a token request's form. */
const maxFormBytes = 64 * 1024;
const defaultLifetimeMs = 300_000;

export function bearerAuthority(options: BearerAuthOptions, clock: () => number): Authority {
  const { service = 'registry', tokenLifetimeMs = defaultLifetimeMs } = options;
  const accounts = new Accounts(options);
  const tokens = new TokenSigner<Claims>();

  const challenge = (request: IncomingMessage, wanted: Permission | undefined, error?: string): Fault => {
    const realm = options.tokenUrl ?? `http://${request.headers.host?.replace(/["\\]/g, '')}/token`;
    const scope = wanted && `,scope="${formatScope(wanted)}"`;
    const why = error && `,error="${error}"`;
    return new Fault('UNAUTHORIZED', error ?? 'a token is needed', {
      headers: {
        'WWW-Authenticate': `Bearer realm="${realm}",service="${service}"${scope ?? ''}${why ?? ''}`,
      },
    });
  };

  return {
    admit(request, permission) {
      const { authorization } = request.headers;
      if (authorization === undefined) throw challenge(request, permission);
      const [, token = ''] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
      const claims = tokens.read(token);
      if (claims?.kind !== 'access' || clock() >= (claims.expires ?? 0)) {
        throw challenge(request, permission, 'invalid_token');
      }
      const may = (wanted: Permission): boolean => covers(claims.scopes ?? [], wanted);
      if (permission && !may(permission)) throw challenge(request, permission, 'insufficient_scope');
      return { user: claims.user, may };
    },

    async issueToken(request, response) {
      const { user, scopes, refresh } = await readTokenRequest(request, accounts, tokens);
      const now = clock();
      const granted = scopes.filter((wanted) => accounts.may(user, wanted));
      const token = tokens.sign({ kind: 'access', user, scopes: granted, expires: now + tokenLifetimeMs });
      replyToken(response, {
        token,
        access_token: token,
        expires_in: Math.ceil(tokenLifetimeMs / 1000),
        issued_at: new Date(now).toISOString(),
        ...(refresh && user !== undefined && { refresh_token: tokens.sign({ kind: 'refresh', user }) }),
      });
    },
  };
}

interface TokenRequest {
  readonly user: string | undefined;
  readonly scopes: Scopes;
  /** A refresh token is asked for as well. */
  readonly refresh: boolean;
}

/** GET with basic credentials or none; POST with a form, as in OAuth 2. */
async function readTokenRequest(
  request: IncomingMessage,
  accounts: Accounts,
  tokens: TokenSigner<Claims>,
): Promise<TokenRequest> {
  if (request.method === 'GET') {
    const { authorization } = request.headers;
    const user = authorization === undefined ? undefined : accounts.userOf(authorization);
    if (authorization !== undefined && user === undefined) throw refused();
    const query = new URL(request.url ?? '', 'http://registry').searchParams;
    return {
      user,
      scopes: parseScopes(query.getAll('scope')),
      refresh: query.get('offline_token') === 'true',
    };
  }
  if (request.method !== 'POST') throw new Fault('UNSUPPORTED', 'tokens are had by GET and POST');
  const form = new URLSearchParams((await readWholeBody(request, maxFormBytes)).toString());
  const user = userOfForm(form, accounts, tokens);
  if (user === undefined) throw refused();
  return { user, scopes: parseScopes(form.getAll('scope')), refresh: form.get('access_type') === 'offline' };
}

function userOfForm(
  form: URLSearchParams,
  accounts: Accounts,
  tokens: TokenSigner<Claims>,
): string | undefined {
  if (form.get('grant_type') === 'refresh_token') {
    const claims = tokens.read(form.get('refresh_token') ?? '');
    return claims?.kind === 'refresh' ? claims.user : undefined;
  }
  const user = form.get('username') ?? '';
  const right = form.get('grant_type') === 'password' && accounts.check(user, form.get('password') ?? '');
  return right ? user : undefined;
}

function refused(): Fault {
  return new Fault('UNAUTHORIZED', 'the credentials are not right');
}

function replyToken(response: ServerResponse, token: object): void {
  replyJson(response, 200, token, { 'Cache-Control': 'no-store' });
}

/** Signs claims with a key that only this object has. */
class TokenSigner<Claims> {
  readonly #key = randomBytes(32);

  sign(claims: Claims): string {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${payload}.${this.#mac(payload).toString('base64url')}`;
  }

  /** The claims of a token that was signed here. */
  read(token: string): Claims | undefined {
    const [payload = '', mac = ''] = token.split('.');
    const [expected, given] = [this.#mac(payload), Buffer.from(mac, 'base64url')];
    if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) return undefined;
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#key).update(payload).digest();
  }
}
