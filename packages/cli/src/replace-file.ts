import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LadingError } from '@lading/oci';

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'Name a file in a folder that is there.',
  ENOTDIR: 'Name a file in a folder that is there.',
};

/**
 * Writes a file in one step: who looks finds the former one or all of the new one, also when the disk gets full or somebody ends the process.
 * A device or a pipe is written to as it is.
 * @throws {LadingError} `ERR_LADING_SYSTEM`: it cannot be written
 */
export async function replaceFile(
  path: string,
  content: Iterable<string | Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await replace(path, content, signal);
  } catch (cause) {
    const { code = '', syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw cause;
    throw new LadingError('ERR_LADING_SYSTEM', `${path} cannot be written (${code})`, {
      hint: hints[code],
      cause,
    });
  }
}

async function replace(
  path: string,
  content: Iterable<string | Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const former = await stat(path).catch(() => undefined);
  if (former !== undefined && !former.isFile()) {
    await write(path, content, { flags: 'w' }, signal);
    return;
  }
  // A link stays one.
  const target = former === undefined ? path : await realpath(path);
  const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomUUID()}.tmp`);
  try {
    await write(temporary, content, { flags: 'wx', flush: true, mode: former?.mode }, signal);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function write(
  path: string,
  content: Iterable<string | Uint8Array>,
  options: NonNullable<Parameters<typeof createWriteStream>[1]>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pipeline(Readable.from(content), createWriteStream(path, options), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
