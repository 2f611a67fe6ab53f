import { Buffer } from 'node:buffer';
import {
  cosignManifest,
  type Descriptor,
  type Digest,
  describeManifest,
  digestOf,
  type ImageManifest,
  isSameCosignLayer,
  LadingError,
  mediaTypes,
  parseManifest,
} from '@lading/oci';
import { bytesSource, type ContentStore, isNotFound, type LoadedManifest, loadManifest } from '@lading/store';
import { attachmentTags } from './attachments.ts';
import { bundleBytes, bundleMediaType } from './formats/bundle.ts';
import { bundleManifest, emptyConfig } from './formats/bundle-manifest.ts';
import { legacyLayer, legacyMediaTypes } from './formats/legacy-layer.ts';
import type { SignatureLocation } from './found.ts';
import type { SignatureMaterial } from './material.ts';

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Attaches a bundle to an image. Where there is no referrers API the store keeps the list under the fallback tag. */
export async function writeBundle(
  store: ContentStore,
  subject: Descriptor,
  material: SignatureMaterial,
  options: WriteOptions & { readonly predicateType: string; readonly createdAt: number },
): Promise<SignatureLocation> {
  const { predicateType, createdAt, signal } = options;
  const bundle = bundleBytes(material);
  const blob = { mediaType: bundleMediaType, digest: digestOf(bundle), size: bundle.byteLength };
  const manifest = bundleManifest({ subject, bundle, predicateType, createdAt });
  const descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(manifest),
    size: manifest.byteLength,
    artifactType: bundleMediaType,
  };
  await Promise.all([
    store.push(emptyConfig.descriptor, bytesSource(emptyConfig.bytes), { signal }),
    store.push(blob, bytesSource(bundle), { signal }),
  ]);
  await store.push(descriptor, bytesSource(manifest), { signal });
  return { format: 'bundle', manifest: descriptor.digest, layer: 0, blob };
}

/** Adds a signature or attestation to those that are under cosign's tag, so that none of them gets lost when others write at the same time. */
export async function writeLegacy(
  store: ContentStore,
  subject: Descriptor,
  material: SignatureMaterial,
  options: WriteOptions & { readonly predicateType?: string | undefined },
): Promise<SignatureLocation> {
  const { predicateType, signal } = options;
  const tags = attachmentTags(subject);
  const tag = material.content.kind === 'message' ? tags.signatures : tags.attestations;
  const layer = legacyLayer(material, predicateType);
  await store.push(layer.descriptor, bytesSource(layer.bytes), { signal });
  const held = await updateLayers(
    store,
    tag,
    (layers) => (indexOf(layers, layer.descriptor) < 0 ? [...layers, layer.descriptor] : layers),
    options,
  );
  return {
    format: 'legacy',
    manifest: held.descriptor!.digest,
    tag,
    layer: indexOf(held.layers, layer.descriptor),
    blob: layer.descriptor,
  };
}

/** Takes signatures and attestations away again, and nothing else. What is gone already is fine. */
export async function removeWritten(
  store: ContentStore,
  locations: readonly SignatureLocation[],
  options: WriteOptions = {},
): Promise<void> {
  const untagged = Map.groupBy(
    locations.filter(({ tag }) => tag === undefined),
    ({ manifest }) => manifest,
  );
  for (const [manifest, unwanted] of untagged) await removeReferrer(store, manifest, unwanted, options);
  const byTag = Map.groupBy(
    locations.filter(({ tag }) => tag !== undefined),
    ({ tag }) => tag!,
  );
  for (const [tag, unwanted] of byTag) {
    const isUnwanted = isOneOf(unwanted);
    await updateLayers(
      store,
      tag,
      (layers) => (layers.some(isUnwanted) ? layers.filter((layer) => !isUnwanted(layer)) : layers),
      options,
    );
  }
}

function isOneOf(locations: readonly SignatureLocation[]): (layer: Descriptor) => boolean {
  return (layer) => locations.some(({ blob }) => isSameCosignLayer(blob, layer));
}

/** cosign 2 can write its own format as a referrer, and that may hold signatures of several: those that stay get a manifest of their own first. */
async function removeReferrer(
  store: ContentStore,
  digest: Digest,
  unwanted: readonly SignatureLocation[],
  { signal }: WriteOptions,
): Promise<void> {
  if (store.delete === undefined) {
    throw new LadingError('ERR_LADING_UNSUPPORTED', `${store.name} cannot delete anything`);
  }
  try {
    // A bundle is all that its manifest holds; and what could not be read can only go as a whole.
    const isWhole = unwanted.some(({ format, blob }) => format === 'bundle' || blob.digest === digest);
    if (!isWhole) await keepOthers(store, digest, isOneOf(unwanted), signal);
    await store.delete(digest, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function keepOthers(
  store: ContentStore,
  digest: Digest,
  isUnwanted: (layer: Descriptor) => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { descriptor, bytes } = await loadManifest(store, digest, { signal });
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.kind !== 'image' || manifest.layers.every(isUnwanted)) return;
  const layers = manifest.layers.filter((layer) => !isUnwanted(layer));
  const rest = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(bytes).toString()), layers }));
  const kept = describeManifest({ bytes: rest, mediaType: descriptor.mediaType });
  await store.push(kept, bytesSource(rest), { signal });
}

interface HeldLayers {
  /** Nothing when there is no such tag any more. */
  readonly descriptor: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
}

/** Changes the layers under a tag so that the change lasts. @returns what the tag holds then */
async function updateLayers(
  store: ContentStore,
  tag: string,
  change: (layers: readonly Descriptor[]) => readonly Descriptor[],
  { signal }: WriteOptions,
): Promise<HeldLayers> {
  if (store.updateTag === undefined) {
    throw new LadingError('ERR_LADING_UNSUPPORTED', `${store.name} cannot change what is under a tag`, {
      hint: 'Write bundles alone: --format bundle.',
    });
  }
  let held: HeldLayers | undefined;
  await store.updateTag(
    tag,
    async (current) => {
      const manifest = current && heldManifest(store, tag, current);
      const before = manifest?.layers ?? [];
      const layers = change(before);
      held = { descriptor: current?.descriptor, layers };
      if (layers === before) return undefined;
      // cosign says of a manifest without layers that it cannot be read, not that there is no signature.
      if (layers.length === 0) return 'delete';
      const { bytes, config } = cosignManifest(manifest, layers);
      await store.push(config.descriptor, bytesSource(config.bytes), { signal });
      const descriptor = {
        mediaType: mediaTypes.ociManifest,
        digest: digestOf(bytes),
        size: bytes.byteLength,
      };
      held = { descriptor, layers };
      return { descriptor, bytes };
    },
    { signal },
  );
  return held!;
}

/** What is under the tag, when it is what cosign keeps there; anything else is somebody's, and left alone. */
function heldManifest(
  store: ContentStore,
  tag: string,
  { descriptor, bytes }: LoadedManifest,
): ImageManifest {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const kinds: readonly string[] = Object.values(legacyMediaTypes);
  if (manifest.kind === 'image' && manifest.layers.every(({ mediaType }) => kinds.includes(mediaType)))
    return manifest;
  throw new LadingError(
    'ERR_LADING_ATTACHMENT',
    `${store.name}:${tag} holds something else than signatures or attestations`,
    {
      hint: 'Look at it with lading manifest, and move or delete the tag; or write bundles alone: --format bundle.',
    },
  );
}

function indexOf(layers: readonly Descriptor[], layer: Descriptor): number {
  return layers.findIndex((other) => isSameCosignLayer(other, layer));
}
