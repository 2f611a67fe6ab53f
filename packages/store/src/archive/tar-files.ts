import { open } from 'node:fs/promises';
import { LadingError } from '@lading/oci';
import { readAll } from '../content.ts';
import { fileStream } from '../layout/file-stream.ts';
import { checkReadSize, type LayoutFiles } from '../layout/layout-files.ts';
import { indexTar } from './tar-index.ts';

/** An open archive, read in place. */
export interface TarFiles extends LayoutFiles {
  readonly names: readonly string[];
  close(): Promise<void>;
}

/** Opens a tar archive for random access. */
export async function openTar(file: string, name: string): Promise<TarFiles> {
  const handle = await open(file);
  try {
    const entries = await indexTar(handle, name);
    const files: TarFiles = {
      names: [...entries.keys()],
      size: async (path) => entries.get(path)?.size,
      async read(path) {
        const size = entries.get(path)?.size;
        if (size === undefined) return undefined;
        checkReadSize(size, `${name}: ${path}`);
        return readAll(await files.stream(path, {}), size);
      },
      async stream(path, options) {
        const entry = entries.get(path);
        if (entry === undefined) throw new LadingError('ERR_LADING_LAYOUT', `${name} has no file ${path}`);
        // The archive stays open for all streams at once.
        return fileStream(handle, entry.offset, entry.size, options, async () => {});
      },
      close: () => handle.close(),
    };
    return files;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
