import { stat } from 'node:fs/promises';
import { LadingError } from '@lading/oci';
import type { Bom } from '../bom.ts';
import { assemble } from '../catalogue/assemble.ts';
import { defaultCataloguers } from '../catalogue/cataloguers.ts';
import type { CatalogueErrorCode } from '../catalogue/errors.ts';
import type { Cataloguer } from '../cataloguer.ts';
import { type LayerLimits, layerLimits } from '../layer/limits.ts';
import { foldLayers } from '../tree/fold-layers.ts';
import { readFolder } from './read-folder.ts';
import { codeOf } from './walk-folder.ts';

export interface CatalogueFolderOptions {
  /** How the folder is called in its BOM. Default: its path. */
  readonly name?: string | undefined;
  /** Default {@link defaultCataloguers}. */
  readonly cataloguers?: readonly Cataloguer[] | undefined;
  readonly limits?: Partial<LayerLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how many files there are so far. */
  readonly onProgress?: ((files: number) => void) | undefined;
}

/**
 * Tells what is installed in a folder that holds a root file system, an unpacked image, or a project: as {@link catalogue} does of an image,
 * without layers. Reads nothing but regular files, follows no symbolic links out of it, and stays on its file system. What cannot be read stands
 * in the notes. Its digest is one of what was found, so that the same folder gives the same BOM wherever it lies.
 *
 * @throws {LadingError} `ERR_LADING_FOLDER`: there is none, or it cannot be read; `ERR_LADING_LAYER_LIMIT`
 */
export async function catalogueFolder(path: string, options: CatalogueFolderOptions = {}): Promise<Bom> {
  const { name = path, cataloguers = defaultCataloguers, signal, onProgress } = options;
  const limits = { ...layerLimits, ...options.limits };
  signal?.throwIfAborted();
  await checkFolder(path);
  const { facts, size } = await readFolder(path, { cataloguers, limits, signal, onProgress }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw noFolder(path, `cannot be read (${codeOf(error)})`, error);
    },
  );
  const contents = assemble(foldLayers([facts]), cataloguers, []);
  return {
    subject: {
      name,
      descriptor: { mediaType: 'inode/directory', digest: facts.diffId, size },
      layers: [],
    },
    ...contents,
    notes: [...facts.notes, ...contents.notes],
  };
}

async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    const code = codeOf(error);
    throw noFolder(path, code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`, error);
  });
  if (!found.isDirectory()) throw noFolder(path, 'is no folder');
}

function noFolder(path: string, why: string, cause?: unknown): LadingError<CatalogueErrorCode> {
  return new LadingError<CatalogueErrorCode>('ERR_LADING_FOLDER', `the folder ${path} ${why}`, { cause });
}
