import { type Descriptor, isLadingError, LadingError } from '@lading/oci';

/** The codes that `@lading/store` throws beside those of `@lading/oci`. */
export type StoreErrorCode =
  /** No such tag, manifest or blob. */
  | 'ERR_LADING_NOT_FOUND'
  /** An OCI layout, archive or folder is not what it says it is. */
  | 'ERR_LADING_LAYOUT'
  /** The store cannot do what was asked of it (read-only archive, no deletes). */
  | 'ERR_LADING_UNSUPPORTED'
  /** The tag exists with another digest and may not be moved. */
  | 'ERR_LADING_IMMUTABLE_TAG'
  /** A failure that is no `LadingError` itself (a socket, a disk), on one side of a copy. */
  | 'ERR_LADING_COPY'
  /** The tap of a blob was read too slowly; the copy itself went on. */
  | 'ERR_LADING_TAP_LAGGED';

/** Which side of a copy failed. */
export type CopyOrigin = 'source' | 'destination';

/** A failed copy: the code of what failed, which side it was, and at which content. The store's own error is the `cause`. */
export class CopyError extends LadingError {
  readonly origin: CopyOrigin;
  readonly descriptor: Descriptor | undefined;

  constructor(origin: CopyOrigin, cause: unknown, descriptor?: Descriptor) {
    const known = isLadingError(cause) ? cause : undefined;
    super(known?.code ?? 'ERR_LADING_COPY', `${origin}: ${messageOf(cause)}`, { hint: known?.hint, cause });
    this.name = 'CopyError';
    this.origin = origin;
    this.descriptor = descriptor;
  }
}

/** Longest chain of causes that is looked through: stores wrap an error once or twice. */
const maxCauses = 8;

/**
 * The failure of work at one side of a copy. A destination that reads from a failing source fails with the source's error,
 * bare or as a cause: that one names the side already.
 */
export function asCopyError(origin: CopyOrigin, error: unknown, descriptor?: Descriptor): CopyError {
  let cause = error;
  for (let depth = 0; depth < maxCauses && isLadingError(cause); depth++) {
    if ('origin' in cause) return cause as CopyError;
    cause = cause.cause;
  }
  return new CopyError(origin, error, descriptor);
}

/** @returns the error for a tag, manifest or blob that is not there. */
export function notFound(store: string, what: string, cause?: unknown): LadingError<'ERR_LADING_NOT_FOUND'> {
  return new LadingError('ERR_LADING_NOT_FOUND', `${store} has no ${what}`, { cause });
}

/** True for the error of a tag, manifest or blob that is not there. */
export function isNotFound(error: unknown): boolean {
  return isLadingError(error) && error.code === 'ERR_LADING_NOT_FOUND';
}

/** The text of anything that was thrown. `instanceof Error` is no question to ask: errors come from other realms, too. */
export function messageOf(error: unknown): string {
  const message: unknown =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message);
}
