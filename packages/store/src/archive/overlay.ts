import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folder } from '../layout/folder.ts';
import type { LayoutFiles, WritableLayoutFiles } from '../layout/layout-files.ts';

/** Files whose names are known, by their paths in a layout. */
export interface NamedFiles extends LayoutFiles {
  readonly names: readonly string[];
}

/** Files of an archive with changes on top. */
export interface Overlay extends WritableLayoutFiles {
  /** How often `index.json` was changed. */
  readonly changes: number;
  /** The paths of all files as they are now. */
  list(): Promise<readonly string[]>;
  /** Removes what was put on top. */
  discard(): Promise<void>;
}

/** @param directory Where changes are kept until the archive is written; made by the first of them. */
export function overlay(below: NamedFiles, directory: string): Overlay {
  const above = folder(directory);
  const removed = new Set<string>();
  let changes = 0;
  const make = async (): Promise<void> => {
    await mkdir(directory, { recursive: true });
  };

  return {
    get changes() {
      return changes;
    },
    async size(path) {
      return (await above.size(path)) ?? (removed.has(path) ? undefined : below.size(path));
    },
    async read(path) {
      return (await above.read(path)) ?? (removed.has(path) ? undefined : below.read(path));
    },
    async stream(path, options) {
      const isAbove = (await above.size(path)) !== undefined;
      return (isAbove ? above : below).stream(path, options);
    },
    async write(path, expected, content, options) {
      await make();
      await above.write(path, expected, content, options);
    },
    async update(path, change, options) {
      await make();
      const before = await below.read(path);
      await above.update(path, (bytes) => change(bytes ?? before), options);
      changes++;
    },
    async remove(path) {
      removed.add(path);
      await above.remove(path);
    },
    async list() {
      const blobs = join(directory, 'blobs');
      const algorithms = await readdir(blobs).catch(() => []);
      const files = await Promise.all(
        algorithms.map(async (algorithm) =>
          (await readdir(join(blobs, algorithm))).map((hex) => `blobs/${algorithm}/${hex}`),
        ),
      );
      const kept = below.names.filter((path) => !removed.has(path));
      return [...new Set([...files.flat(), ...kept, 'index.json'])].sort();
    },
    discard: () => rm(directory, { recursive: true, force: true }),
  };
}
