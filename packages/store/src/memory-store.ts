import {
  type Descriptor,
  type Digest,
  describeReferrer,
  digestAlgorithm,
  isDigest,
  isManifestMediaType,
  type Manifest,
  parseManifest,
  verifyContent,
} from '@lading/oci';
import { readAll, streamOf } from './content.ts';
import type { ContentStore } from './content-store.ts';
import { notFound } from './errors.ts';

/** A store in memory: for tests, and for small content on its way elsewhere. Holds blobs whole. */
export function memoryStore(name = 'memory'): ContentStore {
  const blobs = new Map<Digest, Uint8Array>();
  const manifests = new Map<Digest, { readonly descriptor: Descriptor; readonly manifest: Manifest }>();
  const tagged = new Map<string, Digest>();

  const contentOf = (target: Descriptor): Uint8Array | undefined =>
    isManifestMediaType(target.mediaType)
      ? manifests.get(target.digest)?.manifest.bytes
      : blobs.get(target.digest);

  const keep = (expected: Descriptor, bytes: Uint8Array): void => {
    verifyContent(expected, bytes);
    if (!isManifestMediaType(expected.mediaType)) {
      blobs.set(expected.digest, bytes);
      return;
    }
    const { mediaType, digest, size } = expected;
    const manifest = parseManifest(bytes, mediaType);
    manifests.set(digest, { descriptor: { mediaType, digest, size }, manifest });
  };

  const find = (reference: string): { readonly descriptor: Descriptor; readonly manifest: Manifest } => {
    const digest = isDigest(reference) ? reference : tagged.get(reference);
    const found = digest && manifests.get(digest);
    if (!found) throw notFound(name, `manifest ${reference}`);
    return found;
  };

  return {
    name,
    async resolve(reference, { signal } = {}) {
      signal?.throwIfAborted();
      return find(reference).descriptor;
    },
    async load(reference, { signal } = {}) {
      signal?.throwIfAborted();
      const { descriptor, manifest } = find(reference);
      return { descriptor, bytes: manifest.bytes };
    },
    async fetch(target, { offset = 0, length, signal } = {}) {
      signal?.throwIfAborted();
      const bytes = contentOf(target);
      if (bytes === undefined) throw notFound(name, target.digest);
      if (offset === 0 && length === undefined) verifyContent(target, bytes);
      return streamOf([bytes.subarray(offset, length === undefined ? undefined : offset + length)]);
    },
    async exists(target, { signal } = {}) {
      signal?.throwIfAborted();
      return contentOf(target) !== undefined;
    },
    async push(expected, content, { signal, onProgress } = {}) {
      signal?.throwIfAborted();
      if (contentOf(expected) !== undefined) return 'existed';
      keep(expected, await readAll(await content.open({ signal }), expected.size));
      onProgress?.(expected.size);
      return 'uploaded';
    },
    async publish(manifest, bytes, tag, { signal } = {}) {
      signal?.throwIfAborted();
      keep(manifest, Uint8Array.from(bytes));
      if (!isDigest(tag)) tagged.set(tag, manifest.digest);
    },
    async *referrers(subject, { artifactType, signal } = {}) {
      for (const [digest, { manifest }] of [...manifests]) {
        signal?.throwIfAborted();
        if (manifest.subject?.digest !== subject.digest) continue;
        const referrer = describeReferrer(manifest, digestAlgorithm(digest));
        if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer;
      }
    },
    async *tags({ signal } = {}) {
      signal?.throwIfAborted();
      yield* [...tagged.keys()].sort();
    },
    async delete(reference, { signal } = {}) {
      signal?.throwIfAborted();
      const { descriptor } = find(reference);
      if (!isDigest(reference)) {
        tagged.delete(reference);
        return;
      }
      manifests.delete(descriptor.digest);
      for (const [tag, digest] of tagged) if (digest === descriptor.digest) tagged.delete(tag);
    },
    async updateTag(tag, change, { signal } = {}) {
      for (;;) {
        signal?.throwIfAborted();
        const digest = tagged.get(tag);
        const held = digest && manifests.get(digest);
        const next = await change(held && { descriptor: held.descriptor, bytes: held.manifest.bytes });
        if (next === undefined) return;
        // Another one was faster while `change` thought.
        if (tagged.get(tag) !== digest) continue;
        if (next === 'delete') {
          tagged.delete(tag);
          return;
        }
        keep(next.descriptor, Uint8Array.from(next.bytes));
        tagged.set(tag, next.descriptor.digest);
        return;
      }
    },
    async isEmpty() {
      return blobs.size === 0 && manifests.size === 0;
    },
  };
}
