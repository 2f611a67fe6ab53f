import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportImage } from '@lading/engine';
import { findEngine } from '@lading/engine/node';
import { type OpenedLocation, openLocalStore } from '@lading/store';
import type { Context } from './context.ts';

/**
 * An image of a container engine. Its archive is written to a file that only this user can read, and that has no name any more once it is open:
 * however this process ends, it leaves nothing behind from then on.
 * @throws {LadingError} what `findEngine` and `exportImage` throw
 */
export async function openEngineImage(name: string, context: Context): Promise<OpenedLocation> {
  const { env, home, signal } = context;
  const engine = await findEngine({ env, home });
  const path = join(env.TMPDIR || tmpdir(), `lading-${randomUUID()}.tar`);
  // The second Ctrl-C does not wait for anything.
  const remove = (): void => rmSync(path, { force: true });
  process.once('exit', remove);
  try {
    // Before anything is asked: an engine packs an image for minutes, and what is removed below has to be there by then.
    const file = await open(path, 'wx', 0o600);
    await pipeline(
      Readable.from(exportImage(engine, name, { signal }), { objectMode: false }),
      file.createWriteStream(),
      { signal },
    );
    const opened = await openLocalStore({ kind: 'docker-archive', path }, { access: 'read' });
    return { ...opened, store: { ...opened.store, name: `docker-daemon:${name}` } };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await rm(path, { force: true });
    process.off('exit', remove);
  }
}
