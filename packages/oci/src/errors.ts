/** What every error of a lading package carries beside its message. */
export interface LadingErrorOptions {
  /** One sentence: what to do next. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

const brand = Symbol.for('lading.error');

/**
 * The base of all errors that lading packages throw on purpose.
 *
 * Match on `code`, never on `instanceof`: two copies of a package may be loaded at once.
 */
export class LadingError<Code extends string = string> extends Error {
  /** `ERR_LADING_*`; never renamed within a major version. */
  readonly code: Code;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: LadingErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LadingError';
    this.code = code;
    this.hint = options.hint;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a `LadingError` of any loaded copy of this package. */
export function isLadingError(error: unknown): error is LadingError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** The codes that `@lading/oci` throws. */
export type OciErrorCode =
  | 'ERR_LADING_REFERENCE'
  | 'ERR_LADING_DIGEST'
  | 'ERR_LADING_MANIFEST'
  | 'ERR_LADING_PLATFORM'
  | 'ERR_LADING_CONTENT_MISMATCH';
