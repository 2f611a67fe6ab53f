import { Buffer } from 'node:buffer';
import { type Descriptor, digestOf, mediaTypes } from '@lading/oci';
import { bundleMediaType } from './bundle.ts';

/** The config of manifests that need none (image-spec, manifest.md, Guidance for an Empty Descriptor). */
export const emptyConfig: { readonly bytes: Uint8Array; readonly descriptor: Descriptor } = {
  bytes: Buffer.from('{}'),
  descriptor: { mediaType: mediaTypes.ociEmpty, digest: digestOf(Buffer.from('{}')), size: 2 },
};

/** Only a help to readers who choose among many: what a bundle says is what is signed in it. */
export const predicateTypeAnnotation = 'dev.sigstore.bundle.predicateType';

export interface BundleManifestOptions {
  readonly subject: Descriptor;
  readonly bundle: Uint8Array;
  readonly predicateType: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** The manifest by which a bundle refers to an image (cosign, specs/BUNDLE_SPEC.md). */
export function bundleManifest({
  subject,
  bundle,
  predicateType,
  createdAt,
}: BundleManifestOptions): Uint8Array {
  const { mediaType, digest, size } = subject;
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: bundleMediaType,
      config: emptyConfig.descriptor,
      layers: [{ mediaType: bundleMediaType, digest: digestOf(bundle), size: bundle.byteLength }],
      subject: { mediaType, digest, size },
      annotations: {
        'org.opencontainers.image.created': new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
        'dev.sigstore.bundle.content': 'dsse-envelope',
        [predicateTypeAnnotation]: predicateType,
      },
    }),
  );
}
