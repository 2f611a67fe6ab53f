import type { Descriptor } from '@lading/oci';
import type { ContentStore, StoreOptions } from '@lading/store';
import { type Artifact, artifactsOf } from './artifacts.ts';
import { subjectsOf } from './subjects.ts';
import type { TrustPolicy } from './verify/types.ts';
import { removeWritten } from './write.ts';

/** Which artifacts: all of what is given has to be so. */
export interface ArtifactSelection {
  readonly kinds?: readonly Artifact['kind'][] | undefined;
  /** A URI; only attestations have one. */
  readonly predicateType?: string | undefined;
  /** Verifiably by one of these. */
  readonly by?: TrustPolicy | undefined;
  /** Made before this moment, milliseconds since 1970. What does not say when it was made is kept. */
  readonly before?: number | undefined;
}

export interface CleanOptions extends ArtifactSelection, StoreOptions {
  /** Also of what an index lists. */
  readonly recursive?: boolean | undefined;
  /** Where signatures are kept. Default: beside the image. */
  readonly signatures?: ContentStore | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface CleanedImage {
  readonly subject: Descriptor;
  readonly removed: readonly Artifact[];
  readonly kept: readonly Artifact[];
}

/**
 * Takes away what is attached to an image, and never the image.
 * @throws what the store throws; `ERR_LADING_UNSUPPORTED` when it cannot delete
 */
export async function clean(
  store: ContentStore,
  image: Descriptor,
  options: CleanOptions,
): Promise<readonly CleanedImage[]> {
  const { by, signatures = store, dryRun, signal } = options;
  const cleaned: CleanedImage[] = [];
  const subjects = await subjectsOf(store, image, options);
  const images = new Set<string>([image, ...subjects].map(({ digest }) => digest));
  for (const subject of subjects) {
    const artifacts = await artifactsOf(store, subject, { policy: by, signatures, signal });
    const { removed = [], kept = [] } = Object.groupBy(artifacts, (artifact) =>
      isSelected(artifact, options) && !isLeftAlone(artifact, images) ? 'removed' : 'kept',
    );
    if (!dryRun) await remove(signatures, removed, signal);
    cleaned.push({ subject, removed, kept });
  }
  return cleaned;
}

function isSelected(artifact: Artifact, { kinds, predicateType, by, before }: ArtifactSelection): boolean {
  if (kinds !== undefined && !kinds.includes(artifact.kind)) return false;
  if (predicateType !== undefined && artifact.predicateType !== predicateType) return false;
  if (by !== undefined && !(artifact.verified !== undefined && 'kind' in artifact.verified)) return false;
  return before === undefined || (artifact.created !== undefined && artifact.created.getTime() < before);
}

/** An image that a broken copy has put under one of cosign's tags, and whatever else is there that holds no signatures. */
function isLeftAlone({ manifest, tag, location }: Artifact, images: ReadonlySet<string>): boolean {
  return images.has(manifest.digest) || (tag !== undefined && location?.blob.digest === manifest.digest);
}

async function remove(
  store: ContentStore,
  artifacts: readonly Artifact[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const locations = artifacts.map(
    ({ manifest, location }) =>
      // What has no layers to choose from goes whole.
      location ?? { format: 'bundle' as const, manifest: manifest.digest, layer: 0, blob: manifest },
  );
  await removeWritten(store, locations, { signal });
}
