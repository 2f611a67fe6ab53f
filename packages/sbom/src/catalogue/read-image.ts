import {
  type Descriptor,
  formatPlatform,
  type ImageIndex,
  type ImageManifest,
  isIndexMediaType,
  isManifestMediaType,
  LadingError,
  manifestLimits,
  matchesPlatform,
  mediaTypes,
  type Platform,
  parseManifest,
} from '@lading/oci';
import { type ContentStore, fetchManifest, loadManifest, readAll, type StoreOptions } from '@lading/store';
import { type ImageConfig, notAnImage, parseImageConfig } from './image-config.ts';

/** One image of one platform, as its manifest and config describe it. */
export interface Image extends ImageConfig {
  readonly descriptor: Descriptor;
}

/** An image with its manifest's place in the index that named it. */
export interface ImageManifestAt {
  readonly descriptor: Descriptor;
  /** As the index has it; of an image that stands alone only its config tells. */
  readonly platform?: Platform | undefined;
  readonly manifest: () => Promise<ImageManifest>;
}

/** What a reference leads to: an image, or an index with its images. */
export interface Images {
  readonly root: Descriptor;
  readonly isIndex: boolean;
  readonly images: readonly ImageManifestAt[];
}

/** Indexes that are read for one reference. */
const maxIndexes = 100;
/** Images of one reference. The largest indexes that people run images of have some forty. */
const maxImages = 1000;
/** Of the manifests of all of them, which are held at once. Bytes. */
const maxManifestBytes = 64 * 2 ** 20;

/**
 * Finds the images that a reference stands for. Attestations in an index, its artifacts, and images that stand in it twice are left out.
 * @throws what the store throws; `ERR_LADING_MANIFEST`
 */
export async function findImages(
  store: ContentStore,
  reference: string,
  options: StoreOptions,
): Promise<Images> {
  const { descriptor, bytes } = await loadManifest(store, reference, options);
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.kind === 'image') {
    return { root: descriptor, isIndex: false, images: [{ descriptor, manifest: async () => manifest }] };
  }
  const found = new Map<string, ImageManifestAt>();
  let indexes = 0;
  const visit = async (index: ImageIndex, depth: number): Promise<void> => {
    indexes++;
    if (depth > manifestLimits.maxDepth || indexes > maxIndexes)
      throw tooLarge(descriptor, 'too many indexes');
    for (const child of index.manifests) {
      if (!isManifestMediaType(child.mediaType) || isStranger(child) || found.has(child.digest)) continue;
      const read = async () => parseManifest(await fetchManifest(store, child, options), child.mediaType);
      if (isIndexMediaType(child.mediaType)) {
        const nested = await read();
        if (nested.kind === 'index') await visit(nested, depth + 1);
        continue;
      }
      const { platform } = child;
      const manifest = async () => (await read()) as ImageManifest;
      if (found.size === maxImages) throw tooLarge(descriptor, `more than ${maxImages} images`);
      found.set(child.digest, { descriptor: child, manifest, ...(platform !== undefined && { platform }) });
    }
  };
  await visit(manifest, 0);
  return { root: descriptor, isIndex: true, images: [...found.values()] };
}

/**
 * As {@link findImages}, with all manifests read and everything left out that is no image: `images` is empty for an artifact.
 * Artifacts of all kinds stand in indexes, and not all of them say so there.
 */
export async function onlyImages(
  store: ContentStore,
  reference: string,
  options: StoreOptions,
): Promise<Images> {
  const found = await findImages(store, reference, options);
  const images: ImageManifestAt[] = [];
  let bytes = 0;
  for (const image of found.images) {
    bytes += image.descriptor.size;
    if (bytes > maxManifestBytes)
      throw tooLarge(found.root, `manifests of more than ${maxManifestBytes} bytes`);
    const manifest = await image.manifest();
    if (isImageConfig(manifest.config)) images.push({ ...image, manifest: async () => manifest });
  }
  return { ...found, images };
}

function tooLarge({ digest }: Descriptor, what: string): LadingError<'ERR_LADING_MANIFEST'> {
  return new LadingError('ERR_LADING_MANIFEST', `the index ${digest} has ${what} in it`);
}

function isImageConfig({ mediaType }: Descriptor): boolean {
  return mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig;
}

/** What buildkit puts beside its images, and artifacts that say what they are. */
function isStranger({ platform, artifactType }: Descriptor): boolean {
  return platform?.os === 'unknown' || (artifactType !== undefined && artifactType !== mediaTypes.ociConfig);
}

/**
 * The image of a platform; without one, the only image.
 * @throws {LadingError} `ERR_LADING_PLATFORM`: there is none, or there are several and none is asked for.
 */
export function imageOf({ images, isIndex }: Images, platform: Platform | undefined): ImageManifestAt {
  // What one image alone runs on, its config tells, which is looked at when it is read.
  if (!isIndex) return images[0]!;
  const offered = images.map((image) => (image.platform ? formatPlatform(image.platform) : 'unknown'));
  const hint = `It has: ${offered.slice(0, 20).join(', ') || 'no image'}.`;
  if (platform === undefined) {
    if (images.length === 1) return images[0]!;
    throw new LadingError(
      'ERR_LADING_PLATFORM',
      `the index has ${images.length} images, and no platform is named`,
      {
        hint,
      },
    );
  }
  const image = images.find((one) => one.platform !== undefined && matchesPlatform(platform, one.platform));
  if (image !== undefined) return image;
  throw new LadingError('ERR_LADING_PLATFORM', `the index has no image for ${formatPlatform(platform)}`, {
    hint,
  });
}

/**
 * Reads an image's config.
 * @throws {LadingError} `ERR_LADING_NOT_AN_IMAGE`: it is something else; what the store throws
 */
export async function readImage(
  store: ContentStore,
  { descriptor, platform, manifest }: ImageManifestAt,
  options: StoreOptions,
): Promise<Image> {
  const { config, layers, artifactType } = await manifest();
  const name = `${store.name}@${descriptor.digest}`;
  if (!isImageConfig(config)) throw notAnImage(`${name} is of the type ${artifactType ?? config.mediaType}`);
  const { maxBytes } = manifestLimits;
  if (config.size > maxBytes) throw notAnImage(`${name} has a config of more than ${maxBytes} bytes`);
  const bytes = await readAll(await store.fetch(config, options), config.size);
  const read = parseImageConfig(bytes, layers, name);
  return { descriptor, ...read, platform: read.platform ?? platform };
}
