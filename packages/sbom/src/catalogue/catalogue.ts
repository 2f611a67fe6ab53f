import type { Descriptor, Platform } from '@lading/oci';
import type { ContentStore, StoreOptions } from '@lading/store';
import type { Bom } from '../bom.ts';
import type { LayerCache } from '../cache/layer-cache.ts';
import type { Cataloguer } from '../cataloguer.ts';
import type { LayerLimits } from '../layer/limits.ts';
import { foldLayers } from '../tree/fold-layers.ts';
import { assemble } from './assemble.ts';
import { defaultCataloguers } from './cataloguers.ts';
import { notAnImage } from './image-config.ts';
import { type LayerOrigin, LayerReader } from './layer-reader.ts';
import { findImages, type Image, type Images, imageOf, onlyImages, readImage } from './read-image.ts';
import { readLayers } from './read-layers.ts';
import { removedPackages } from './removed.ts';

/** What `catalogue` tells while it runs. */
export type CatalogueEvent =
  | { readonly type: 'image:start'; readonly image: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly type: 'layer:done'; readonly layer: Descriptor; readonly origin: LayerOrigin };

export interface CatalogueOptions {
  /** How the image is called in its BOM. Default: the store's name. */
  readonly name?: string | undefined;
  /** Of an index with several images: which one. */
  readonly platform?: Platform | undefined;
  /** Default {@link defaultCataloguers}. */
  readonly cataloguers?: readonly Cataloguer[] | undefined;
  /** What is known of layers from other runs; see `folderCache`. */
  readonly cache?: LayerCache | undefined;
  /** Bounds on each layer. */
  readonly limits?: Partial<LayerLimits> | undefined;
  /** Read layers that were made for lazy pulling by their table of contents. Default: whole. */
  readonly lazy?: boolean | undefined;
  /** In place of `cataloguers`, `cache`, `limits` and `lazy`: shared by the images of one run, so that a layer is read once. */
  readonly reader?: LayerReader | undefined;
  /** Also the packages that upper layers take away, with the property `lading.removedInLayer`. */
  readonly allLayers?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: CatalogueEvent) => void) | undefined;
}

/**
 * Tells what is in an image: packages, licences, dependencies, and which layer brought them. Its layers are read as streams, each once;
 * nothing is unpacked to disk, and nothing of them is kept in memory but what they tell.
 *
 * @param reference A tag or a digest in the store.
 * @throws {LadingError} `ERR_LADING_NOT_AN_IMAGE`; `ERR_LADING_PLATFORM`: of an index with several images, `platform` names none;
 * `ERR_LADING_LAYER`, `ERR_LADING_LAYER_LIMIT`, `ERR_LADING_CONTENT_MISMATCH`: a layer that is damaged, made to do harm, or another one; what the store throws
 */
export async function catalogue(
  store: ContentStore,
  reference: string,
  options: CatalogueOptions = {},
): Promise<Bom> {
  const { signal, platform } = options;
  const images = await findImages(store, reference, { signal });
  const image = await readImage(store, imageOf(images, platform), { signal });
  return catalogueImage(store, image, options);
}

/** What an index holds: a BOM of its own that names its images, and one for each of them. */
export interface CataloguedImages {
  /** Of what the reference names: of an index the thin one, else the same as the only one of `images`. */
  readonly root: Bom;
  readonly images: readonly Bom[];
}

/**
 * Catalogues all images of an index, or the only one there is. Layers that they share are read once. What else stands in an index is left out.
 * @throws as {@link catalogue} does
 */
export async function catalogueAll(
  store: ContentStore,
  reference: string,
  options: Omit<CatalogueOptions, 'platform'> = {},
): Promise<CataloguedImages> {
  const shared = { ...options, reader: readerOf(options) };
  const found = await onlyImages(store, reference, { signal: options.signal });
  const images: Bom[] = [];
  for (const image of await readImages(store, found, options)) {
    images.push(await catalogueImage(store, image, shared));
  }
  const [only] = images;
  if (only !== undefined && !found.isIndex) return { root: only, images };
  const subjects = images.map(({ subject }) => subject);
  return { root: indexBom(options.name ?? store.name, found.root, subjects), images };
}

/**
 * The thin BOM of an index: which images it names. None of their layers is read.
 * @throws {LadingError} `ERR_LADING_NOT_AN_IMAGE`: there is no image in it; what the store throws
 */
export async function catalogueIndex(
  store: ContentStore,
  reference: string,
  options: Pick<CatalogueOptions, 'name' | 'signal'> = {},
): Promise<Bom> {
  const name = options.name ?? store.name;
  const found = await onlyImages(store, reference, { signal: options.signal });
  const images = await readImages(store, found, options);
  return indexBom(
    name,
    found.root,
    images.map((image) => subjectOf(name, image)),
  );
}

async function readImages(
  store: ContentStore,
  { images, root }: Images,
  options: StoreOptions,
): Promise<readonly Image[]> {
  if (images.length === 0) throw notAnImage(`${store.name}@${root.digest} is an artifact`);
  const read: Image[] = [];
  for (const image of images) read.push(await readImage(store, image, { signal: options.signal }));
  return read;
}

function readerOf(options: CatalogueOptions): LayerReader {
  const { reader, cataloguers = defaultCataloguers, cache, limits, lazy } = options;
  return reader ?? new LayerReader({ cataloguers, cache, limits, lazy });
}

/**
 * Catalogues an image that was read with `onlyImages` and `readImage`: no manifest and no config is asked for again.
 * @throws as {@link catalogue} does
 */
export async function catalogueImage(
  store: ContentStore,
  image: Image,
  options: Omit<CatalogueOptions, 'platform'> = {},
): Promise<Bom> {
  const reader = readerOf(options);
  const { signal, onEvent } = options;
  onEvent?.({
    type: 'image:start',
    image: image.descriptor,
    layers: image.layers.map(({ descriptor }) => descriptor),
  });
  const { layers, notes } = await readLayers(store, image, reader, {
    signal,
    onLayer: (layer, origin) => onEvent?.({ type: 'layer:done', layer, origin }),
  });
  const subject = subjectOf(options.name ?? store.name, image);
  const tree = foldLayers(layers);
  const contents = assemble(tree, reader.cataloguers, subject.layers);
  const removed = options.allLayers
    ? removedPackages(tree, contents, reader.cataloguers, subject.layers)
    : undefined;
  return {
    subject,
    ...contents,
    packages: [...contents.packages, ...(removed?.packages ?? [])],
    notes: [...notes, ...contents.notes, ...(removed?.notes ?? [])],
  };
}

/** An image as the BOM of its index names it. */
export function subjectOf(name: string, { descriptor, platform, created, layers }: Image): Bom['subject'] {
  return {
    name,
    descriptor,
    platform,
    created,
    layers: layers.map(({ descriptor: { digest, size }, diffId, createdBy }) => ({
      digest,
      diffId,
      size,
      createdBy,
    })),
  };
}

/**
 * The thin BOM of an index whose images have been read.
 * @param images What the BOMs of its images say of them; see `subjectOf`.
 */
export function indexBom(name: string, root: Descriptor, images: readonly Bom['subject'][]): Bom {
  const created = images.flatMap((image) => image.created ?? []).sort((a, b) => b.getTime() - a.getTime());
  return {
    // An index has no time of its own; it was made after the last of its images.
    subject: { name, descriptor: root, created: created[0], layers: [] },
    variants: images.map(({ name: own, descriptor, platform }) => ({ name: own, descriptor, platform })),
    packages: [],
    dependencies: [],
    notes: [],
  };
}
