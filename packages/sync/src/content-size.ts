import {
  type Descriptor,
  type Digest,
  isForeignLayerMediaType,
  isManifestMediaType,
  type Manifest,
  manifestLimits,
} from '@lading/oci';
import type { ContentStore, ReadManifest } from '@lading/store';
import { forEachOf } from '@lading/store';

/** What an image is made of. Sizes in bytes. */
export interface Content {
  readonly blobs: ReadonlyMap<Digest, number>;
  readonly manifestBytes: number;
}

/** Manifests of one image read at once. */
const concurrency = 4;
/** Blobs of one image that are counted; beyond it the copy refuses the image anyway. */
const maxBlobs = 100_000;

/** Adds up what a manifest points at, reading what is below it. */
export async function contentOf(
  root: ReadManifest,
  read: (target: Descriptor) => Promise<ReadManifest>,
): Promise<Content> {
  const blobs = new Map<Digest, number>();
  const visited = new Set<Digest>();
  let manifestBytes = 0;

  const visit = async ({ descriptor, manifest }: ReadManifest, depth: number): Promise<void> => {
    visited.add(descriptor.digest);
    manifestBytes += manifest.bytes.byteLength;
    const below = manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers];
    for (const { digest, size, mediaType } of below) {
      if (isManifestMediaType(mediaType) || isForeignLayerMediaType(mediaType)) continue;
      if (blobs.size < maxBlobs) blobs.set(digest, size);
    }
    // The copy refuses what is nested deeper, and says so.
    if (manifest.kind !== 'index' || depth > manifestLimits.maxDepth) return;
    const children = manifest.manifests.filter(
      (child) => isManifestMediaType(child.mediaType) && !visited.has(child.digest),
    );
    for (const { digest } of children) visited.add(digest);
    await forEachOf(children, concurrency, async (child) => visit(await read(child), depth + 1));
  };

  await visit(root, 0);
  return { blobs, manifestBytes };
}

/** How many platforms an image offers. Attestations that buildkit adds to an index are none. */
export function platformsOf(manifest: Manifest): number {
  if (manifest.kind === 'image') return 1;
  return manifest.manifests.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown')
    .length;
}

/** Tells what of an image's content has to move, given what was planned before it: a blob moves once to each host. */
export class MoveEstimate {
  readonly #planned = new Map<unknown, Set<Digest>>();

  add(
    content: Content,
    source: ContentStore,
    destination: ContentStore,
  ): { readonly bytesToMove: number; readonly bytesMounted: number } {
    const place = destination.mount?.host ?? destination;
    const known = this.#planned.get(place) ?? new Set<Digest>();
    this.#planned.set(place, known);
    const sameHost = source.mount !== undefined && source.mount.host === destination.mount?.host;
    let bytesToMove = content.manifestBytes;
    let bytesMounted = 0;
    for (const [digest, size] of content.blobs) {
      if (sameHost || known.has(digest)) bytesMounted += size;
      else bytesToMove += size;
      known.add(digest);
    }
    return { bytesToMove, bytesMounted };
  }
}
