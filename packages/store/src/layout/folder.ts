import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentVerifier } from '@lading/oci';
import { withFileLock } from './file-lock.ts';
import { fileStream } from './file-stream.ts';
import { checkReadSize, type WritableLayoutFiles } from './layout-files.ts';
import { isAbandoned, ownName } from './owner.ts';

/** How files are called while they grow: beside the blobs, so that renaming is atomic, and not among them. */
const ingestPrefix = '.ingest-';

/** The files of a layout in a folder. Whatever happens to the process, each file is whole or not there. */
export function folder(directory: string): WritableLayoutFiles {
  /** Those of this process take turns here, so that the lock file is only asked for when it is free. */
  let turn: Promise<unknown> = Promise.resolve();

  return {
    async size(path) {
      return (await orAbsent(stat(join(directory, path))))?.size;
    },

    read: (path) => orAbsent(readWhole(join(directory, path))),

    async stream(path, options) {
      const handle = await open(join(directory, path));
      return fileStream(handle, 0, (await handle.stat()).size, options);
    },

    async write(path, expected, content, { signal, onProgress }) {
      await atomically(directory, path, async (temporary) => {
        const handle = await open(temporary, 'wx');
        try {
          const verifier = new ContentVerifier(expected);
          const stream = await content.open({ signal });
          await writeFile(
            handle,
            (async function* () {
              for await (const chunk of stream) {
                signal?.throwIfAborted();
                verifier.update(chunk);
                yield chunk;
                onProgress?.(verifier.seen);
              }
            })(),
          );
          verifier.finish();
          await handle.sync();
        } finally {
          await handle.close();
        }
      });
    },

    update(path, change, options) {
      const alone = async (isHeld: () => Promise<boolean>): Promise<boolean> => {
        const bytes = change(await orAbsent(readWhole(join(directory, path))));
        return atomically(directory, path, (temporary) => writeSynced(temporary, bytes), isHeld);
      };
      const run = turn.then(async () => {
        while (!(await withFileLock(join(directory, `.${path}.lock`), alone, options)));
      });
      turn = run.catch(() => {});
      return run;
    },

    remove: (path) => rm(join(directory, path), { force: true }),
  };
}

/** Removes what killed processes of this machine left half written. */
export async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(ingestPrefix) || !isAbandoned(name.slice(ingestPrefix.length))) continue;
    await rm(join(directory, name), { force: true });
  }
}

async function atomically(
  directory: string,
  path: string,
  fill: (temporary: string) => Promise<void>,
  confirm: () => Promise<boolean> = async () => true,
): Promise<boolean> {
  const temporary = join(directory, `${ingestPrefix}${ownName()}`);
  const target = join(directory, path);
  try {
    await fill(temporary);
    if (!(await confirm())) return false;
    await mkdir(dirname(target), { recursive: true });
    await rename(temporary, target);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  checkReadSize((await stat(path)).size, path);
  return readFile(path);
}

async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    return undefined;
  }
}
