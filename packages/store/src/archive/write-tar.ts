import { once } from 'node:events';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { pack as createPack, type Pack } from 'tar-stream';
import { ownName } from '../layout/owner.ts';

/** A file on its way into an archive. */
export interface TarContent {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** Writes an archive that depends on names and contents alone: no times, no owners. The file is whole or not there. */
export async function writeTar(file: string, contents: readonly TarContent[]): Promise<void> {
  const temporary = `${file}.lading-${ownName()}`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      const pack = createPack();
      await Promise.all([writeFile(handle, pack as AsyncIterable<Uint8Array>), fill(pack, contents)]);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function fill(pack: Pack, contents: readonly TarContent[]): Promise<void> {
  try {
    for (const content of contents) await add(pack, content);
    pack.finalize();
  } catch (error) {
    pack.destroy(error as Error);
    throw error;
  }
}

async function add(pack: Pack, { name, size, open: openContent }: TarContent): Promise<void> {
  const content = await openContent();
  const ended = Promise.withResolvers<void>();
  const header = { name, size, mode: 0o644, mtime: new Date(0) };
  const entry = pack.entry(header, (error) => (error ? ended.reject(error) : ended.resolve()));
  // Told by the callback; an event that nobody hears would end the process.
  entry.on('error', () => {});
  ended.promise.catch(() => {});
  for await (const chunk of content) {
    // When the disk is full the archive ends, and there will be no "drain".
    if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), ended.promise]);
  }
  entry.end(undefined);
  await ended.promise;
}
