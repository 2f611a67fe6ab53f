import { ContentVerifier, type Descriptor, LadingError, manifestLimits, verifyContent } from '@lading/oci';
import type { ContentSource, ContentStore, LoadedManifest, StoreOptions } from './content-store.ts';

/** Content that is in memory. */
export function bytesSource(bytes: Uint8Array): ContentSource {
  return { open: async ({ offset = 0 } = {}) => streamOf([bytes.subarray(offset)]) };
}

/** Content that another store holds; every `open` fetches it anew. */
export function storeSource(store: ContentStore, target: Descriptor): ContentSource {
  return { from: { store, target }, open: (options) => store.fetch(target, options) };
}

/** A stream of chunks that are in memory. */
export function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks.filter((chunk) => chunk.byteLength > 0)) as ReadableStream<Uint8Array>;
}

/**
 * Passes content through and verifies it. The last chunk is held back until size and digest are right,
 * so a consumer that sees the end has seen only right bytes.
 * Errors with `ERR_LADING_CONTENT_MISMATCH`.
 */
export function verifying(
  expected: Pick<Descriptor, 'digest' | 'size'>,
): TransformStream<Uint8Array, Uint8Array> {
  const verifier = new ContentVerifier(expected);
  let held: Uint8Array | undefined;
  return new TransformStream({
    transform(chunk, controller) {
      verifier.update(chunk);
      if (held !== undefined) controller.enqueue(held);
      held = chunk;
    },
    flush(controller) {
      verifier.finish();
      if (held !== undefined) controller.enqueue(held);
    },
  });
}

/**
 * Reads a stream whole, up to `limit` bytes.
 * @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH` when there is more; the stream is cancelled.
 */
export async function readAll(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > limit)
      throw new LadingError(
        'ERR_LADING_CONTENT_MISMATCH',
        `content is longer than the limit of ${limit} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A manifest by tag or digest, verified, in as few requests as the store can. */
export async function loadManifest(
  store: ContentStore,
  reference: string,
  options?: StoreOptions,
): Promise<LoadedManifest> {
  if (store.load !== undefined) return store.load(reference, options);
  const descriptor = await store.resolve(reference, options);
  return { descriptor, bytes: await fetchManifest(store, descriptor, options) };
}

/** The bytes of a manifest whose descriptor is known: from its `data` field when that is right, else from the store. */
export async function fetchManifest(
  store: ContentStore,
  target: Descriptor,
  options?: StoreOptions,
): Promise<Uint8Array> {
  if (target.size > manifestLimits.maxBytes) {
    throw new LadingError(
      'ERR_LADING_MANIFEST',
      `manifest ${target.digest} has ${target.size} bytes, more than the limit of ${manifestLimits.maxBytes}`,
    );
  }
  return embeddedContent(target) ?? readAll(await store.fetch(target, options), manifestLimits.maxBytes);
}

/** The content in a descriptor's `data` field (image-spec, descriptor.md, Embedded Content), or nothing when it has none or a wrong one. */
export function embeddedContent(target: Descriptor): Uint8Array | undefined {
  if (target.data === undefined) return undefined;
  const bytes = Buffer.from(target.data, 'base64');
  try {
    verifyContent(target, bytes);
  } catch {
    return undefined;
  }
  return bytes;
}
