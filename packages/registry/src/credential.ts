/** What a secret is: a password, an OAuth2 refresh token (docker's "identity token"), or a ready bearer token. */
export type CredentialKind = 'password' | 'identity-token' | 'registry-token';

/** A user and a secret. The secret shows in no log, JSON or inspection; only `reveal` gives it. */
export class Credential {
  readonly kind: CredentialKind;
  readonly username: string;
  /** Where it comes from, for messages: `GITHUB_TOKEN`, `~/.docker/config.json`. */
  readonly source: string;
  readonly #secret: string;

  constructor(kind: CredentialKind, username: string, secret: string, source: string) {
    this.kind = kind;
    this.username = username;
    this.source = source;
    this.#secret = secret;
  }

  reveal(): string {
    return this.#secret;
  }

  /** As messages name it: `user "bob", from GITHUB_TOKEN`. */
  toString(): string {
    return this.username === ''
      ? `a token, from ${this.source}`
      : `user "${this.username}", from ${this.source}`;
  }

  toJSON(): { readonly kind: CredentialKind; readonly username: string; readonly source: string } {
    return { kind: this.kind, username: this.username, source: this.source };
  }
}

export interface CredentialQuery {
  /** As people name it: `docker.io`, `localhost:5000`. */
  readonly host: string;
  /** Absent for what belongs to no repository, such as the catalogue. */
  readonly repository?: string | undefined;
  /** True when the registry said that the last answer has expired: ask the helper again. */
  readonly fresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Finds the credentials for a repository; nothing means anonymous. */
export type CredentialProvider = (query: CredentialQuery) => Promise<Credential | undefined>;
