import { mkdir, readdir } from 'node:fs/promises';
import { LadingError } from '@lading/oci';
import { notFound } from '../errors.ts';
import { folder, removeAbandoned } from './folder.ts';
import type { LayoutFiles } from './layout-files.ts';
import { formatLayoutIndex } from './layout-index.ts';
import { type LocalStore, layoutStore } from './layout-store.ts';

export interface OpenLayoutOptions {
  /** Make the folder, or fill an empty one. Default: what is no layout is an error. */
  readonly create?: boolean | undefined;
  /** Never write. */
  readonly readOnly?: boolean | undefined;
}

/**
 * Opens an OCI image layout folder. Several processes may write to it at once; one that is killed leaves it whole.
 *
 * @throws {LadingError} `ERR_LADING_NOT_FOUND`: there is nothing; `ERR_LADING_LAYOUT`: it is something else, or of another version.
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md}
 */
export async function openLayout(directory: string, options: OpenLayoutOptions = {}): Promise<LocalStore> {
  const { create = false, readOnly = false } = options;
  const name = `oci:${directory}`;
  const files = folder(directory);
  if (!(await checkLayout(files, name))) {
    // What starts with a dot is of no concern, and may be our own from a creation that was cut short.
    const isEmpty = (await namesIn(directory)).every((entry) => entry.startsWith('.'));
    // Another process may have made it between the two looks.
    if (!isEmpty && !(await checkLayout(files, name))) {
      throw new LadingError(
        'ERR_LADING_LAYOUT',
        `${directory} is no OCI layout: it has no file "oci-layout"`,
      );
    }
    if (isEmpty) {
      if (!create || readOnly) throw notFound(name, 'OCI layout');
      await createLayout(directory);
    }
  }
  if (readOnly) return layoutStore(name, files);
  await removeAbandoned(directory);
  return layoutStore(name, files, { writable: files });
}

/** Makes an empty layout, or leaves the one that another process has made meanwhile. */
async function createLayout(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files = folder(directory);
  await files.update('index.json', (bytes) => bytes ?? formatLayoutIndex({ manifests: [] }), {});
  await files.update('oci-layout', () => layoutFile, {});
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw cause;
    throw new LadingError('ERR_LADING_LAYOUT', `${directory} is no OCI layout: it is a file`, {
      hint: 'Archives are opened as oci-archive:FILE or docker-archive:FILE.',
      cause,
    });
  }
}

/** The only version of the format there is. */
export const layoutFile: Uint8Array = new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}');

/**
 * False when there is no layout at all.
 * @throws {LadingError} `ERR_LADING_LAYOUT`
 */
export async function checkLayout(files: LayoutFiles, name: string): Promise<boolean> {
  const bytes = await files.read('oci-layout');
  // Some tools leave the marker out; the index tells as well.
  if (bytes === undefined) return (await files.size('index.json')) !== undefined;
  let version: unknown;
  try {
    version = (JSON.parse(new TextDecoder().decode(bytes)) as { imageLayoutVersion?: unknown })
      .imageLayoutVersion;
  } catch (cause) {
    throw new LadingError('ERR_LADING_LAYOUT', `${name}: its file "oci-layout" is not JSON`, { cause });
  }
  if (typeof version === 'string' && version.startsWith('1.')) return true;
  throw new LadingError(
    'ERR_LADING_LAYOUT',
    `${name} is an OCI layout of the unknown version ${String(version)}`,
  );
}
