import type { Descriptor } from './descriptor.ts';
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestHex } from './digest.ts';
import { describeManifest, type Manifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';

/** The tag that lists a subject's referrers where a registry has no referrers API (distribution-spec, Referrers Tag Schema). */
export function referrersTag(subject: Digest): string {
  const algorithm = digestAlgorithm(subject).slice(0, 32);
  return `${algorithm}-${digestHex(subject).slice(0, 64)}`;
}

/**
 * How a referrer stands in a list of referrers: its `artifactType` (or its config's media type) and its annotations are pulled up
 * (distribution-spec, Listing Referrers and Pushing Manifests with Subject).
 */
export function describeReferrer(manifest: Manifest, algorithm: DigestAlgorithm = 'sha256'): Descriptor {
  const artifactType =
    manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config.mediaType : undefined);
  return {
    ...describeManifest(manifest, algorithm),
    ...(artifactType !== undefined && { artifactType }),
    ...(manifest.annotations !== undefined && { annotations: manifest.annotations }),
  };
}

/** The list with a referrer added at its end, or the same list when it is in already. */
export function addReferrer(list: readonly Descriptor[], referrer: Descriptor): readonly Descriptor[] {
  return list.some((known) => known.digest === referrer.digest) ? list : [...list, referrer];
}

/** The list without a referrer, or the same list when it was not in. */
export function removeReferrer(list: readonly Descriptor[], digest: Digest): readonly Descriptor[] {
  return list.some((known) => known.digest === digest)
    ? list.filter((known) => known.digest !== digest)
    : list;
}

/** The bytes of a list of referrers: an image index, as the API answers it and as the fallback tag holds it. */
export function referrersIndex(list: readonly Descriptor[]): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: list }),
  );
}
