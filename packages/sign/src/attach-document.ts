import { Buffer } from 'node:buffer';
import { type Descriptor, digestOf, mediaTypes } from '@lading/oci';
import { bytesSource, type ContentStore, type StoreOptions } from '@lading/store';
import { emptyConfig } from './formats/bundle-manifest.ts';

/**
 * Attaches a document to an image as it is: an artifact that refers to the image, so that it stays as long as the image does and can be found
 * without us. Nobody vouches for it. The same document is attached once, however often.
 *
 * @param subject The image by digest.
 * @returns the artifact's manifest
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage
 */
export async function attachDocument(
  store: ContentStore,
  subject: Descriptor,
  mediaType: string,
  bytes: Uint8Array,
  { signal }: StoreOptions = {},
): Promise<Descriptor> {
  const blob: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  const { digest, size } = subject;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: mediaType,
      config: emptyConfig.descriptor,
      layers: [blob],
      subject: { mediaType: subject.mediaType, digest, size },
    }),
  );
  await store.push(emptyConfig.descriptor, bytesSource(emptyConfig.bytes), { signal });
  await store.push(blob, bytesSource(bytes), { signal });
  const descriptor: Descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(manifest),
    size: manifest.byteLength,
    artifactType: mediaType,
  };
  await store.push(descriptor, bytesSource(manifest), { signal });
  return descriptor;
}
