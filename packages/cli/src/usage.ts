import { LadingError } from '@lading/oci';

/** @returns the error for a command line that lading does not understand; exit code 3. */
export function usageError(message: string, hint?: string, cause?: unknown): LadingError<'ERR_LADING_USAGE'> {
  return new LadingError('ERR_LADING_USAGE', message, { hint, cause });
}
