import { LadingError, type LadingErrorOptions } from '@lading/oci';

export type ServiceErrorCode = 'ERR_LADING_SIGSTORE_SERVICE' | 'ERR_LADING_TOKEN';

export interface ServiceErrorOptions extends LadingErrorOptions {
  /** What was asked, for people: `Fulcio`, `Rekor`, `the timestamp authority`, `GitHub Actions`. */
  readonly service: string;
  /** Without user, password, query and fragment. */
  readonly url: string;
  /** The HTTP status, when there was an answer. */
  readonly status?: number | undefined;
}

/** A service of Sigstore, or one that gives identity tokens, cannot be reached, refuses, or answers what makes no sense. */
export class ServiceError extends LadingError<ServiceErrorCode> {
  readonly service: string;
  readonly url: string;
  readonly status: number | undefined;

  constructor(code: ServiceErrorCode, message: string, options: ServiceErrorOptions) {
    super(code, message, options);
    this.name = 'ServiceError';
    this.service = options.service;
    this.url = options.url;
    this.status = options.status;
  }
}
