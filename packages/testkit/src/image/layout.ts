import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Descriptor, digestAlgorithm, digestHex } from '@lading/oci';
import type { TestImage } from './image.ts';

const refName = 'org.opencontainers.image.ref.name';

interface LayoutIndex {
  readonly schemaVersion: 2;
  readonly manifests: readonly Descriptor[];
}

/**
 * Writes an image into an OCI layout folder (image-spec, image-layout.md) under `tag`. The folder may hold others already;
 * one of the same tag is no longer listed.
 */
export async function writeLayout(directory: string, image: TestImage, tag: string): Promise<void> {
  for (const { descriptor, bytes } of [...image.blobs, ...image.manifests]) {
    const folder = join(directory, 'blobs', digestAlgorithm(descriptor.digest));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, digestHex(descriptor.digest)), bytes);
  }
  const others = (await readIndex(directory)).manifests.filter(
    (entry) => entry.annotations?.[refName] !== tag,
  );
  const index: LayoutIndex = {
    schemaVersion: 2,
    manifests: [...others, { ...image.descriptor, annotations: { [refName]: tag } }],
  };
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

async function readIndex(directory: string): Promise<LayoutIndex> {
  try {
    return JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as LayoutIndex;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { schemaVersion: 2, manifests: [] };
  }
}
