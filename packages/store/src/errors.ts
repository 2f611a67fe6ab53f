import { type Descriptor, isLadingError, LadingError } from '@lading/oci';

/** The codes that `@lading/store` throws beside those of `@lading/oci`. */
export type StoreErrorCode =
  /** No such tag, manifest or blob. */
  | 'ERR_LADING_NOT_FOUND'
  /** An OCI layout, archive or folder is not what it says it is. */
  | 'ERR_LADING_LAYOUT'
  /** The store cannot do what was asked of it (read-only archive, no deletes). */
  | 'ERR_LADING_UNSUPPORTED'
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
    super(
      known?.code ?? 'ERR_LADING_COPY',
      `${origin}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { hint: known?.hint, cause },
    );
    this.name = 'CopyError';
    this.origin = origin;
    this.descriptor = descriptor;
  }
}

/** @returns the error for a tag, manifest or blob that is not there. */
export function notFound(store: string, what: string, cause?: unknown): LadingError<'ERR_LADING_NOT_FOUND'> {
  return new LadingError('ERR_LADING_NOT_FOUND', `${store} has no ${what}`, { cause });
}
