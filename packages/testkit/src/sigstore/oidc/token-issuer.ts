import { createHash, randomBytes, verify } from 'node:crypto';
import type { Claims } from '../fulcio/claims.ts';
import { jsonAnswer, RefusedRequest, type Service } from '../http/service.ts';
import { generateKeys, type KeyPair, signWith, spkiOf } from '../pki/key.ts';

const validSeconds = 600;

/** An OIDC provider that says whatever the test wants to hear. */
export class TokenIssuer {
  readonly url: string;
  readonly #clock: () => Date;
  #keys: KeyPair | undefined;

  constructor(url: string, clock: () => Date) {
    this.url = url;
    this.#clock = clock;
  }

  /**
   * A signed JWT (RS256). Without claims it is that of a person with a verified e-mail address, for Sigstore, valid for ten minutes; a claim that is
   * given as `undefined` is left out. Any `iss` will do: Fulcio here takes this issuer's key for each.
   */
  token(claims: Claims = {}): string {
    const now = Math.floor(this.#clock().getTime() / 1000);
    const person = { email: 'someone@example.com', email_verified: true };
    const payload = {
      iss: this.url,
      sub: 'someone',
      aud: 'sigstore',
      iat: now,
      nbf: now,
      exp: now + validSeconds,
      jti: randomBytes(8).toString('hex'),
      ...(claims.sub === undefined && person),
      ...claims,
    };
    const { privateKey } = this.#signingKeys();
    const head = { alg: 'RS256', typ: 'JWT', kid: this.#keyId() };
    const signed = [head, payload].map((part) => base64url(JSON.stringify(part))).join('.');
    return `${signed}.${signWith(privateKey, Buffer.from(signed)).toString('base64url')}`;
  }

  /** The claims of a token that this issuer signed for Sigstore and that is valid now. @throws {RefusedRequest} 400. */
  verify(token: string): Claims {
    const [head = '', payload = '', signature = ''] = token.split('.');
    const signed = Buffer.from(`${head}.${payload}`);
    const refuse = (why: string): never => {
      throw new RefusedRequest(400, `There was an error processing the identity token: ${why}`);
    };
    const isOurs = verify(
      'sha256',
      signed,
      this.#signingKeys().publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!isOurs) refuse('its signature does not hold');
    const claims: Record<string, unknown> = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (![claims.aud].flat().includes('sigstore')) refuse('it is not for the audience sigstore');
    const now = this.#clock().getTime() / 1000;
    if (typeof claims.exp !== 'number' || claims.exp <= now) refuse('it has expired');
    if (typeof claims.nbf === 'number' && claims.nbf > now + 60) refuse('it is not valid yet');
    return claims;
  }

  /** OpenID Connect Discovery 1.0 and the keys. */
  readonly service: Service = ({ method, path }) => {
    if (method === 'GET' && path === '/.well-known/openid-configuration')
      return jsonAnswer(200, this.#configuration());
    if (method === 'GET' && path === '/keys') return jsonAnswer(200, { keys: [this.#publicJwk()] });
    throw new RefusedRequest(404, 'no such page');
  };

  #configuration(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/auth`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  #publicJwk(): object {
    const jwk = this.#signingKeys().publicKey.export({ format: 'jwk' });
    return { ...jwk, kid: this.#keyId(), alg: 'RS256', use: 'sig' };
  }

  #keyId(): string {
    return createHash('sha256').update(spkiOf(this.#signingKeys().publicKey)).digest('base64url');
  }

  /** Made when it is first needed: an RSA key takes longer than all the others together. */
  #signingKeys(): KeyPair {
    this.#keys ??= generateKeys('RSA');
    return this.#keys;
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
