import { Buffer } from 'node:buffer';
import type { Descriptor } from './descriptor.ts';
import { type Digest, digestAlgorithm, digestHex, digestOf } from './digest.ts';
import type { Manifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';

/** The tags under which cosign 2 keeps what belongs to a digest: signature, attestations, SBOM. */
export function cosignTags(subject: Digest): readonly string[] {
  const base = `${digestAlgorithm(subject)}-${digestHex(subject)}`;
  return ['sig', 'att', 'sbom'].map((suffix) => `${base}.${suffix}`);
}

/** A manifest of cosign's `.sig` or `.att`, and its config. */
export interface CosignManifest {
  readonly bytes: Uint8Array;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
}

/** As Go writes a time that was never set: cosign's images have no time of their own, so that equal signatures are equal images. */
const noTime = '0001-01-01T00:00:00Z';

/**
 * The manifest with these layers in place of its own; what else stands in it stays. Registries and old readers want a config like an image's,
 * with the digest of each layer.
 */
export function cosignManifest(current: Manifest | undefined, layers: readonly Descriptor[]): CosignManifest {
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

/**
 * The same signature or attestation. Payloads are equal for everyone who signs the same image, so what speaks for them (the signature, a
 * certificate, a log entry, all annotations) has to be equal, too.
 */
export function isSameCosignLayer(a: Descriptor, b: Descriptor): boolean {
  const [left, right] = [a.annotations ?? {}, b.annotations ?? {}];
  const keys = Object.keys(left);
  return (
    a.digest === b.digest &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => left[key] === right[key])
  );
}
