import { Buffer } from 'node:buffer';
import { type Descriptor, digestOf, type Manifest, mediaTypes } from '@lading/oci';

/** A manifest of cosign's `.sig` or `.att`, and its config. */
export interface LegacyManifest {
  readonly bytes: Uint8Array;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
}

/** As Go writes a time that was never set: cosign's images have no time of their own, so that equal signatures are equal images. */
const noTime = '0001-01-01T00:00:00Z';

/**
 * The manifest with these layers in place of its own; what else stands in it stays. Registries and old readers want a config like an image's,
 * with the digest of each layer.
 */
export function legacyManifest(current: Manifest | undefined, layers: readonly Descriptor[]): LegacyManifest {
  const bytes = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: noTime,
      history: layers.map(() => ({ created: noTime })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  );
  const descriptor = { mediaType: mediaTypes.ociConfig, size: bytes.byteLength, digest: digestOf(bytes) };
  const kept = current === undefined ? {} : (JSON.parse(Buffer.from(current.bytes).toString()) as object);
  return {
    config: { bytes, descriptor },
    bytes: Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        ...kept,
        config: descriptor,
        layers,
      }),
    ),
  };
}
