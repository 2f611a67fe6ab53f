import {
  type Descriptor,
  formatPlatform,
  type ImageManifest,
  LadingError,
  manifestLimits,
  matchesPlatform,
  type Platform,
  parseManifest,
  selectPlatforms,
} from '@lading/oci';
import {
  type ContentStore,
  fetchManifest,
  type LoadedManifest,
  loadManifest,
  type StoreOptions,
} from '@lading/store';

/** A manifest or index; with a platform, the manifest of that platform. */
export async function loadPlatform(
  store: ContentStore,
  reference: string,
  platform: Platform | undefined,
  options: StoreOptions,
): Promise<LoadedManifest> {
  let loaded = await loadManifest(store, reference, options);
  if (platform === undefined) return loaded;
  for (let depth = 0; depth < manifestLimits.maxDepth; depth++) {
    const manifest = parseManifest(loaded.bytes, loaded.descriptor.mediaType);
    if (manifest.kind === 'image') return loaded;
    const child = selectPlatforms(manifest, [platform]).find(
      (candidate) => candidate.platform !== undefined && matchesPlatform(platform, candidate.platform),
    );
    loaded = await loadChild(store, child!, options);
  }
  throw new LadingError('ERR_LADING_MANIFEST', 'the index is nested too deeply');
}

/**
 * The manifest of one platform's image; no platform needs to be named when there is one only.
 * @throws {LadingError} `ERR_LADING_PLATFORM`: there are several, and the hint lists them.
 */
export async function loadImage(
  store: ContentStore,
  reference: string,
  platform: Platform | undefined,
  options: StoreOptions,
): Promise<ImageManifest> {
  let loaded = await loadPlatform(store, reference, platform, options);
  for (let depth = 0; depth < manifestLimits.maxDepth; depth++) {
    const manifest = parseManifest(loaded.bytes, loaded.descriptor.mediaType);
    if (manifest.kind === 'image') return manifest;
    // Attestations of buildkit stand in the index as images of the platform unknown/unknown.
    const children = manifest.manifests.filter((child) => child.platform?.os !== 'unknown');
    if (children.length !== 1) throw ambiguous(children);
    loaded = await loadChild(store, children[0]!, options);
  }
  throw new LadingError('ERR_LADING_MANIFEST', 'the index is nested too deeply');
}

async function loadChild(
  store: ContentStore,
  child: Descriptor,
  options: StoreOptions,
): Promise<LoadedManifest> {
  return { descriptor: child, bytes: await fetchManifest(store, child, options) };
}

function ambiguous(children: readonly Descriptor[]): LadingError<'ERR_LADING_PLATFORM'> {
  const platforms = new Set(children.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : [])));
  return new LadingError('ERR_LADING_PLATFORM', `the image has ${children.length} platforms`, {
    hint: `Choose one with --platform: ${[...platforms].slice(0, 20).join(', ')}.`,
  });
}
