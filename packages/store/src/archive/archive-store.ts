import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { streamOf } from '../content.ts';
import { notFound } from '../errors.ts';
import type { LayoutFiles } from '../layout/layout-files.ts';
import { type LayoutOptions, type LocalStore, layoutStore } from '../layout/layout-store.ts';
import { isAbandoned, ownName } from '../layout/owner.ts';
import { type NamedFiles, overlay } from './overlay.ts';
import { openTar, type TarFiles } from './tar-files.ts';
import { type TarContent, writeTar } from './write-tar.ts';

/** A store in one file. It is written whole, by `finish` or at the end of an `await using`, when something was published. */
export interface ArchiveStore extends LocalStore {
  /** Writes what was published to the file, in one step. The same content gives the same bytes. */
  finish(): Promise<void>;
  /** `finish`, and lets go of everything. Content that was pushed and not published is dropped. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface OpenArchiveOptions {
  /** Begin with nothing when there is no such file. Default: that is an error. */
  readonly create?: boolean | undefined;
  /** Never write. */
  readonly readOnly?: boolean | undefined;
}

/** What one kind of archive has of its own. */
export interface ArchiveFormat extends Pick<LayoutOptions, 'nameEntry'> {
  /** The archive's files as those of a layout. */
  view(tar: TarFiles): Promise<NamedFiles>;
  /** Files beside those of the layout. */
  extras(store: LocalStore, files: LayoutFiles): Promise<ReadonlyMap<string, Uint8Array>>;
}

const nothing: NamedFiles = {
  names: [],
  size: async () => undefined,
  read: async () => undefined,
  stream: async () => streamOf([]),
};

/** Opens an archive of some kind; changes are kept in a folder beside it until they are written. */
export async function openArchive(
  name: string,
  file: string,
  format: ArchiveFormat,
  { create = false, readOnly = false }: OpenArchiveOptions,
): Promise<ArchiveStore> {
  const present = await exists(file);
  if (!present && (!create || readOnly)) throw notFound(name, 'file');
  if (!readOnly) await removeAbandoned(file);
  const tar = present ? await openTar(file, name) : undefined;
  const below = tar === undefined ? nothing : await viewOrClose(tar, format);
  const directory = `${file}.lading-${ownName()}`;
  const files = overlay(below, directory);
  const store = layoutStore(name, files, {
    nameEntry: format.nameEntry,
    ...(!readOnly && { writable: files }),
  });
  let written = 0;

  const finish = async (): Promise<void> => {
    const { changes } = files;
    if (changes === written) return;
    const made = [...(await format.extras(store, files))].map(
      ([path, bytes]): TarContent => ({
        name: path,
        size: bytes.byteLength,
        open: async () => streamOf([bytes]),
      }),
    );
    const paths = (await files.list()).filter((path) => !made.some(({ name }) => name === path));
    const stored = paths.map(
      async (path): Promise<TarContent> => ({
        name: path,
        size: (await files.size(path))!,
        open: () => files.stream(path, {}),
      }),
    );
    const contents = [...made, ...(await Promise.all(stored))];
    await writeTar(
      file,
      contents.sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    written = changes;
  };

  return {
    ...store,
    finish,
    async [Symbol.asyncDispose]() {
      try {
        await finish();
      } finally {
        await tar?.close();
        await files.discard();
      }
    },
  };
}

async function viewOrClose(tar: TarFiles, format: ArchiveFormat): Promise<NamedFiles> {
  try {
    return await format.view(tar);
  } catch (error) {
    await tar.close();
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}

/** Removes what killed processes of this machine left beside the file. */
async function removeAbandoned(file: string): Promise<void> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.lading-`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !isAbandoned(name.slice(prefix.length))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
