import { LadingError } from '@lading/oci';
import { checkLayout, layoutFile } from '../layout/open-layout.ts';
import {
  type ArchiveFormat,
  type ArchiveStore,
  type OpenArchiveOptions,
  openArchive,
} from './archive-store.ts';

/**
 * Opens an OCI layout in a tar archive. It is read in place, without unpacking, and written whole at the end.
 *
 * @throws {LadingError} `ERR_LADING_NOT_FOUND`: no such file; `ERR_LADING_LAYOUT`: compressed, damaged, or something else.
 */
export async function openOciArchive(file: string, options: OpenArchiveOptions = {}): Promise<ArchiveStore> {
  const name = `oci-archive:${file}`;
  const format: ArchiveFormat = {
    async view(tar) {
      if (await checkLayout(tar, name)) return tar;
      throw new LadingError('ERR_LADING_LAYOUT', `${name} has no OCI layout in it`, {
        hint: 'An archive that docker has saved is opened as docker-archive:FILE.',
      });
    },
    extras: async () => new Map([['oci-layout', layoutFile]]),
  };
  return openArchive(name, file, format, options);
}
