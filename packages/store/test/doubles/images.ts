import type { TestImage } from '@lading/testkit';
import { bytesSource, type ContentStore, readAll } from '../../src/index.ts';

/** Puts an image into a store, children first, and a tag on its root. */
export async function fill(store: ContentStore, image: TestImage, tag: string): Promise<void> {
  for (const { descriptor, bytes } of [...image.blobs, ...image.manifests]) {
    await store.push(descriptor, bytesSource(bytes));
  }
  const root = image.manifests.find(({ descriptor }) => descriptor.digest === image.descriptor.digest)!;
  await store.publish(root.descriptor, root.bytes, tag);
}

/** The digests of what a store lacks of an image, or has with other bytes. */
export async function missing(store: ContentStore, image: TestImage): Promise<readonly string[]> {
  const absent: string[] = [];
  for (const { descriptor, bytes } of [...image.blobs, ...image.manifests]) {
    const held =
      (await store.exists(descriptor)) && (await readAll(await store.fetch(descriptor), bytes.length));
    if (!held || Buffer.compare(held, bytes) !== 0) absent.push(descriptor.digest);
  }
  return absent;
}

/** What an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
