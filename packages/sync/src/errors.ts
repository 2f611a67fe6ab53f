import { isLadingError, LadingError } from '@lading/oci';
import { CopyError } from '@lading/store';

/** The codes that `@lading/sync` throws, or puts into plans and reports, beside those of `@lading/oci` and of the stores. */
export type SyncErrorCode =
  /** An entry that cannot be carried out: a wrong option, a destination that is taken, a cycle. */
  | 'ERR_LADING_ENTRY'
  /** A tag filter that cannot be read. */
  | 'ERR_LADING_TAG_FILTER'
  /** `lading.lock` is not what it should be, or lacks a tag that was to be taken from it. */
  | 'ERR_LADING_LOCK';

/** @returns the error of an entry that cannot be carried out. */
export function entryError(message: string, hint?: string): LadingError<'ERR_LADING_ENTRY'> {
  return new LadingError('ERR_LADING_ENTRY', message, { hint });
}

/** Does work at one side; its failure says which side it was. An abort stays what it is. */
export async function at<T>(
  origin: 'source' | 'destination',
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (isLadingError(error) && 'origin' in error) throw error;
    throw new CopyError(origin, error);
  }
}
