import { LadingError, type LadingErrorOptions } from '@lading/oci';

/** The codes that `@lading/registry` throws beside those of `@lading/oci` and `@lading/store`. */
export type RegistryErrorCode =
  /** No such repository, tag, manifest or blob; or none that these credentials may see. */
  | 'ERR_LADING_NOT_FOUND'
  /** 401: credentials are missing or wrong. */
  | 'ERR_LADING_UNAUTHORIZED'
  /** 403: the credentials are known and may not do this. */
  | 'ERR_LADING_DENIED'
  /** 429, longer than we wait for, or a used up pull quota. */
  | 'ERR_LADING_RATE_LIMITED'
  /** DNS, connection, TLS or a time limit. */
  | 'ERR_LADING_UNREACHABLE'
  /** Any other refusal. */
  | 'ERR_LADING_REGISTRY'
  /** The registry does not offer what was asked of it (deletes, for example). */
  | 'ERR_LADING_UNSUPPORTED'
  /** The tag exists with another digest and the registry does not let it move. */
  | 'ERR_LADING_IMMUTABLE_TAG'
  /** A server sent us where we do not go. */
  | 'ERR_LADING_URL_POLICY'
  /** A manifest, token or list is longer than its limit. */
  | 'ERR_LADING_TOO_LARGE'
  /** A referrer was pushed, and other writers keep removing it from the list under its subject's tag. */
  | 'ERR_LADING_REFERRER_LOST'
  /** A referrer was pushed, and the tag that should list it cannot be written. */
  | 'ERR_LADING_REFERRER_UNLISTED'
  /** A credential file or helper is not what it should be. */
  | 'ERR_LADING_CREDENTIALS'
  /** The client was closed while something was under way. */
  | 'ERR_LADING_CLOSED';

/** One entry of a registry's error document (distribution-spec, Error Codes). */
export interface SpecError {
  readonly code: string;
  readonly message: string;
}

/** What is known of the request that failed. */
export interface RegistryErrorOptions extends LadingErrorOptions {
  readonly method?: string | undefined;
  /** Redacted. */
  readonly url?: string | undefined;
  readonly status?: number | undefined;
  readonly errors?: readonly SpecError[] | undefined;
  readonly requestId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly credentialsSource?: string | undefined;
}

/** A request that a registry, or the way to it, did not fulfil. Carries no secret: it may be logged whole. */
export class RegistryError extends LadingError<RegistryErrorCode> {
  readonly method: string | undefined;
  /** Without credentials and signed query values. */
  readonly url: string | undefined;
  readonly status: number | undefined;
  /** The server's own words. */
  readonly errors: readonly SpecError[];
  /** The codes of `errors`: `copy` of `@lading/store` finds out by them that content was lost, and sends it again. */
  readonly codes: readonly string[];
  /** How the server's operators find this request. */
  readonly requestId: string | undefined;
  /** True when the same request may succeed later. */
  readonly retryable: boolean;
  /** Which credentials were used, for example `user "bob", from GITHUB_TOKEN`; `undefined` when none. */
  readonly credentialsSource: string | undefined;

  constructor(code: RegistryErrorCode, message: string, options: RegistryErrorOptions = {}) {
    super(code, message, options);
    this.name = 'RegistryError';
    this.method = options.method;
    this.url = options.url;
    this.status = options.status;
    this.errors = options.errors ?? [];
    this.codes = this.errors.map(({ code }) => code);
    this.requestId = options.requestId;
    this.retryable = options.retryable ?? false;
    this.credentialsSource = options.credentialsSource;
  }
}
