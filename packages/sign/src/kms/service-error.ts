import { LadingError } from '@lading/oci';

export type ServiceError = LadingError<'ERR_LADING_KEY_SERVICE'>;

/** @returns the error for a key service that cannot be used or does not do what it is asked for. */
export function serviceError(
  message: string,
  options: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
): ServiceError {
  return new LadingError('ERR_LADING_KEY_SERVICE', message, options);
}
