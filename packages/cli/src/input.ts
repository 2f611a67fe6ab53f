import { createReadStream } from 'node:fs';
import type { Context } from './context.ts';
import { pathFrom } from './path-from.ts';
import { formatBytes } from './render/quantities.ts';
import { usageError } from './usage.ts';

export interface ReadInputOptions {
  /** For messages: `predicate`. */
  readonly what: string;
  /** Bytes. */
  readonly limit: number;
}

/**
 * A file that the command line names, or standard input for `-`, read whole.
 * @throws {LadingError} `ERR_LADING_USAGE` when it cannot be read or is too large
 */
export async function readInput(
  file: string,
  { cwd, stdin, signal }: Context,
  { what, limit }: ReadInputOptions,
): Promise<Uint8Array> {
  const source = file === '-' ? stdin : createReadStream(pathFrom(cwd, file));
  const stop = (): void => void source.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of source) {
      size += (chunk as Uint8Array).byteLength;
      if (size > limit) throw usageError(`the ${what} is larger than ${formatBytes(limit)}`);
      chunks.push(chunk as Uint8Array);
    }
  } catch (cause) {
    signal.throwIfAborted();
    const { code, syscall } = cause as { readonly code?: string; readonly syscall?: string };
    if (syscall === undefined) throw cause;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw usageError(`the ${what} ${file} ${why}`, undefined, cause);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}

/** Bytes of a file that is signed or verified: it is held in memory. */
export const maxBlob: number = 1024 * 1024 * 1024;
