import {
  annotateManifest,
  type Descriptor,
  formatPlatform,
  LadingError,
  manifestLimits,
  matchesPlatform,
  mediaTypes,
  type Platform,
  parseManifest,
  subsetIndex,
} from '@lading/oci';
import { readAll } from './content.ts';
import type { ContentStore, StoreOptions } from './content-store.ts';
import type { ReadManifest } from './copy-read.ts';

/** Options that make the destination's root differ from the source's. */
export interface RewriteOptions {
  readonly platforms?: readonly Platform[] | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** True when the root at the destination cannot be told from the source's digest alone. */
export function rewrites({ platforms, annotations }: RewriteOptions): boolean {
  return (platforms?.length ?? 0) > 0 || Object.keys(annotations ?? {}).length > 0;
}

/**
 * The root that a source's root becomes at the destination: a pure function of its bytes and the options.
 * Platforms make a dense index of an index; an image is one platform already and stays as it is. Annotations are added to either.
 * @throws {LadingError} `ERR_LADING_PLATFORM`: the index has no such platform.
 */
export function destinationRoot(root: ReadManifest, options: RewriteOptions): ReadManifest {
  const { platforms = [], annotations = {} } = options;
  const { manifest } = root;
  const annotated = Object.keys(annotations).length > 0;
  const subset = manifest.kind === 'index' && platforms.length > 0;
  if (!annotated && !subset) return root;
  const { bytes, descriptor } = subset
    ? subsetIndex(manifest, { platforms, annotations })
    : annotateManifest(manifest, annotations);
  return { descriptor, manifest: parseManifest(bytes, descriptor.mediaType) };
}

/**
 * Checks that an image runs on all the platforms asked for, by its config. What is no image (an artifact) has no platform to check.
 * @throws {LadingError} `ERR_LADING_PLATFORM`
 */
export async function checkImagePlatform(
  store: ContentStore,
  { manifest }: ReadManifest,
  platforms: readonly Platform[],
  options: StoreOptions,
): Promise<void> {
  if (manifest.kind !== 'image' || platforms.length === 0 || !isImageConfig(manifest.config)) return;
  const config = await readAll(await store.fetch(manifest.config, options), manifestLimits.maxBytes);
  const offered = platformOf(config);
  const missing = platforms.find((wanted) => !matchesPlatform(wanted, offered));
  if (missing === undefined) return;
  throw new LadingError('ERR_LADING_PLATFORM', `the image has no platform ${formatPlatform(missing)}`, {
    hint: `It is an image for ${formatPlatform(offered)} alone.`,
  });
}

/** @throws {LadingError} `ERR_LADING_MANIFEST` */
function platformOf(config: Uint8Array): Platform {
  try {
    const {
      os = '',
      architecture = '',
      variant,
    } = JSON.parse(new TextDecoder().decode(config)) as Partial<Platform>;
    return { os, architecture, ...(variant !== undefined && { variant }) };
  } catch (cause) {
    throw new LadingError('ERR_LADING_MANIFEST', "the image's config is not JSON", { cause });
  }
}

function isImageConfig({ mediaType }: Descriptor): boolean {
  return mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig;
}
