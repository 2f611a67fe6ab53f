import { type Descriptor, LadingError } from '@lading/oci';
import type { ContentSource, FetchOptions, StoreOptions } from '../content-store.ts';

/** The files of an OCI layout, wherever they are. Paths are relative, with `/`. */
export interface LayoutFiles {
  /** Bytes; nothing when there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** A small file whole, or nothing. */
  read(path: string): Promise<Uint8Array | undefined>;
  stream(path: string, options: FetchOptions): Promise<ReadableStream<Uint8Array>>;
}

/** Files that can be written, too. */
export interface WritableLayoutFiles extends LayoutFiles {
  /** Writes a file whole or not at all, and only when the content is what is expected. */
  write(
    path: string,
    expected: Descriptor,
    content: ContentSource,
    options: StoreOptions & { readonly onProgress?: ((sentBytes: number) => void) | undefined },
  ): Promise<void>;
  /** Writes or replaces a small file, alone among all that write to this layout, in this process and others. */
  update(
    path: string,
    change: (bytes: Uint8Array | undefined) => Uint8Array,
    options: StoreOptions,
  ): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Bytes of what is read whole: indexes and configs. An `index.json` of 10,000 images has 3 MB. */
const maxReadBytes = 67_108_864;

/** @throws {LadingError} `ERR_LADING_LAYOUT` */
export function checkReadSize(size: number, what: string): void {
  if (size <= maxReadBytes) return;
  throw new LadingError(
    'ERR_LADING_LAYOUT',
    `${what} has ${size} bytes, more than the limit of ${maxReadBytes}`,
  );
}
