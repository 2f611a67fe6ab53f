import { isLadingError, LadingError } from '@lading/oci';

/** The same error with the place of the command line that it is about: of two images, or two files, one is to blame. */
export function about(error: unknown, place: string, hint?: string): unknown {
  if (!isLadingError(error)) return error;
  return new LadingError(error.code, `${place}: ${error.message}`, {
    hint: hint ?? error.hint,
    cause: error,
  });
}
