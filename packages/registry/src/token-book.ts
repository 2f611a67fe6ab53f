import type { Clock } from './clock.ts';
import type { Credential } from './credential.ts';
import { RegistryError } from './errors.ts';
import { Expectations } from './expectations.ts';
import type { Send } from './http.ts';
import { coversScopes } from './scopes.ts';
import { untilSettled } from './shared-wait.ts';
import { fetchToken, type Token } from './token.ts';

/** Milliseconds a token server has for its answer. */
const tokenTimeoutMs = 30_000;

/** Where the tokens of a registry come from. */
export interface TokenSource {
  /** The registry, as people name it. */
  readonly host: string;
  readonly realm: URL;
  readonly service: string | undefined;
}

export interface TokenBookOptions {
  readonly clock: Clock;
  /** For token requests: the layers below, without authentication. */
  readonly send: Send;
  /** Ends token requests, which belong to no single caller. */
  readonly signal: AbortSignal;
}

/** The tokens of one registry: found again while they last, asked for once by all who want the same, in batches where more is expected. */
export class TokenBook {
  readonly expectations: Expectations = new Expectations();
  readonly #options: TokenBookOptions;
  readonly #tokens = new Map<string, readonly Token[]>();
  readonly #asking = new Map<string, Promise<Token>>();

  constructor(options: TokenBookOptions) {
    this.#options = options;
  }

  /** A token that is good for these scopes. */
  find(credential: Credential | undefined, scopes: readonly string[]): Token | undefined {
    return this.#living(credential).find((token) => coversScopes(token.scopes, scopes));
  }

  /** Asks for a token: for the batch that the scopes belong to, or for them alone when there is none or it is refused. */
  async obtain(
    source: TokenSource,
    credential: Credential | undefined,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const batch = this.expectations.batchFor(scopes);
    if (batch === undefined) return untilSettled(this.#ask(source, credential, scopes), signal);
    try {
      return await untilSettled(this.#ask(source, credential, batch), signal);
    } catch (error) {
      signal?.throwIfAborted();
      const status = (error as RegistryError).status ?? 0;
      if (status < 400 || status === 429 || status >= 500) throw error;
      this.expectations.refuse(batch);
      return untilSettled(this.#ask(source, credential, scopes), signal);
    }
  }

  /** Gives up a token that was refused; without one, all tokens of a credential. */
  forget(credential: Credential | undefined, token?: Token): void {
    const kept = token === undefined ? [] : this.#living(credential).filter((known) => known !== token);
    this.#tokens.set(keyOf(credential), kept);
  }

  /** One request for all who want the same token at the same time. */
  #ask(source: TokenSource, credential: Credential | undefined, scopes: readonly string[]): Promise<Token> {
    const key = `${keyOf(credential)} ${scopes.join(' ')}`;
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#fetch(source, credential, scopes).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  async #fetch(
    source: TokenSource,
    credential: Credential | undefined,
    scopes: readonly string[],
  ): Promise<Token> {
    const { send, clock, signal } = this.#options;
    const timeout = AbortSignal.timeout(tokenTimeoutMs);
    try {
      const wanted = { ...source, scopes, credential, signal: AbortSignal.any([signal, timeout]) };
      const token = await fetchToken(send, clock, wanted);
      this.#tokens.set(keyOf(credential), [...this.#living(credential), token]);
      return token;
    } catch (error) {
      throw error === timeout.reason ? tooSlow(source) : error;
    }
  }

  #living(credential: Credential | undefined): readonly Token[] {
    const now = this.#options.clock.monotonic();
    return (this.#tokens.get(keyOf(credential)) ?? []).filter((token) => token.expiresAt > now);
  }
}

/** Tokens of different users are kept apart. */
function keyOf(credential: Credential | undefined): string {
  return credential === undefined ? '' : `${credential.kind} ${credential.username} ${credential.source}`;
}

function tooSlow({ host, realm }: TokenSource): RegistryError {
  return new RegistryError(
    'ERR_LADING_UNREACHABLE',
    `${realm.host}, the token server of ${host}, gave no answer within ${tokenTimeoutMs / 1000} s`,
    { retryable: true },
  );
}
