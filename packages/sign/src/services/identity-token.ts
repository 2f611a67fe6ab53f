import { Buffer } from 'node:buffer';
import { LadingError } from '@lading/oci';

/** What an identity token says, as far as it is known here. Only Fulcio can tell whether it is true. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** An OIDC identity token. The token shows in no log, JSON or inspection; only `reveal` gives it. */
export class IdentityToken {
  readonly claims: TokenClaims;
  /** Where it comes from, for messages: `--identity-token`, `GitHub Actions`. */
  readonly source: string;
  readonly #jwt: string;

  constructor(jwt: string, claims: TokenClaims, source: string) {
    this.#jwt = jwt;
    this.claims = claims;
    this.source = source;
  }

  reveal(): string {
    return this.#jwt;
  }

  toString(): string {
    return `the identity token from ${this.source}`;
  }

  toJSON(): { readonly source: string } {
    return { source: this.source };
  }
}

export interface TokenSource {
  /**
   * A token that is good now.
   * @throws {LadingError} `ERR_LADING_TOKEN` when there is none, or it is not one to use
   */
  token(options?: { readonly signal?: AbortSignal | undefined }): Promise<IdentityToken>;
}

/** Bytes; tokens have up to a few thousand. */
const maxLength = 65_536;

/**
 * Reads a token (a JWT, RFC 7519); its signature is for Fulcio to check.
 * @throws {LadingError} `ERR_LADING_TOKEN`
 */
export function parseIdentityToken(text: string, source: string): IdentityToken {
  const jwt = text.trim();
  const [, payload] = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*$/.exec(jwt) ?? [];
  const claims = jwt.length > maxLength || payload === undefined ? undefined : claimsOf(payload);
  if (claims === undefined) {
    throw new LadingError('ERR_LADING_TOKEN', `what ${source} gives is no identity token`, {
      hint: 'an identity token is a JWT: three parts with dots between them',
    });
  }
  return new IdentityToken(jwt, claims, source);
}

/** The error of the parser would show a part of the token. */
function claimsOf(payload: string): TokenClaims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as TokenClaims) : undefined;
  } catch {
    return undefined;
  }
}

export interface TokenDemands {
  /** Whom the token has to be for. */
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Milliseconds that a clock may be wrong here: in doubt Fulcio decides. */
const tolerance = 60_000;

/**
 * Refuses a token that Fulcio would refuse, before it goes on the wire.
 * @throws {LadingError} `ERR_LADING_TOKEN`
 */
export function checkIdentityToken(token: IdentityToken, { audience, now }: TokenDemands): void {
  const { aud, exp } = token.claims;
  const audiences = [aud].flat();
  if (!audiences.includes(audience)) {
    const found = audiences.filter((name) => typeof name === 'string').map((name) => JSON.stringify(name));
    throw unusable(
      token,
      `is for ${found.length === 0 ? 'nobody' : found.join(', ')}, not for ${JSON.stringify(audience)}`,
      `ask the issuer for a token with the audience ${audience}`,
    );
  }
  if (typeof exp === 'number' && exp * 1000 + tolerance < now) {
    throw unusable(token, `has expired at ${timeOf(exp)}`, 'ask the issuer for a new one');
  }
  provableSubject(token);
}

/**
 * What the possession of a key is proven over: the e-mail address if there is one, else the subject (Fulcio, docs/oidc.md).
 * @throws {LadingError} `ERR_LADING_TOKEN`
 */
export function provableSubject(token: IdentityToken): string {
  const { email, email_verified: verified, sub } = token.claims;
  if (typeof email === 'string' && email !== '') {
    // Some issuers write it as a text.
    if (verified === true || verified === 'true') return email;
    throw unusable(
      token,
      'is for an e-mail address that its issuer has not verified',
      'verify the address with the issuer, or use another identity',
    );
  }
  if (typeof sub === 'string' && sub !== '') return sub;
  throw unusable(token, 'names nobody: it has neither sub nor email', 'use a token of another issuer');
}

function unusable(token: IdentityToken, what: string, hint: string): LadingError {
  return new LadingError('ERR_LADING_TOKEN', `${token} ${what}`, { hint });
}

function timeOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}
