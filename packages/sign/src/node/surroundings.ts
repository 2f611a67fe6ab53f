import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyServices } from '../keys/open.ts';
import { serviceError } from '../kms/service-error.ts';

/** What is looked into for key services; files are read when they are needed. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Paths start where the process's do. */
  readonly readText: (path: string, signal: AbortSignal | undefined) => Promise<string>;
  readonly connection: Pick<KeyServices, 'dispatcher' | 'now'>;
}

/** Bytes of a file with a key, credentials or a token that are read: one more than the longest that is taken. */
const maxFileSize = 65_537;

/** The bytes of a file, as far as a key, credentials or a token can go. */
export async function readBeginning(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(maxFileSize);
    let length = 0;
    while (length < maxFileSize) {
      signal?.throwIfAborted();
      // Without a position: a key may come through a pipe, as of a shell's <(…).
      const { bytesRead } = await file.read(buffer, length, maxFileSize - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** A file's text, or nothing when there is none. */
export async function readIfThere(
  { readText }: Pick<Surroundings, 'readText'>,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return await readText(path, signal);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * The text of a file that a setting names.
 * @param setting for people: `AZURE_FEDERATED_TOKEN_FILE`
 * @throws {LadingError} `ERR_LADING_KEY_SERVICE`
 */
export async function readNamed(
  { readText }: Pick<Surroundings, 'readText'>,
  path: string,
  setting: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return (await readText(path, signal)).trim();
  } catch (cause) {
    signal?.throwIfAborted();
    const { code = 'unknown' } = cause as { code?: string };
    throw serviceError(`${path}, which ${setting} names, cannot be read: ${code}`, { cause });
  }
}

/** A path below the user's folder. */
export function atHome({ home }: Pick<Surroundings, 'home'>, ...parts: readonly string[]): string {
  return join(home, ...parts);
}
