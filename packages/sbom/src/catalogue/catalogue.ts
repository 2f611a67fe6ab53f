import { type Descriptor, isForeignLayerMediaType, isLadingError, type Platform } from '@lading/oci';
import { type ContentStore, isNotFound, type StoreOptions } from '@lading/store';
import type { Bom, BomNote } from '../bom.ts';
import type { LayerCache } from '../cache/layer-cache.ts';
import type { Cataloguer } from '../cataloguer.ts';
import type { LayerFacts } from '../layer/facts.ts';
import type { LayerLimits } from '../layer/limits.ts';
import { foldLayers } from '../tree/fold-layers.ts';
import { assemble } from './assemble.ts';
import { defaultCataloguers } from './cataloguers.ts';
import { type ImageLayer, notAnImage } from './image-config.ts';
import { type LayerOrigin, LayerReader } from './layer-reader.ts';
import { findImages, type Image, type Images, imageOf, onlyImages, readImage } from './read-image.ts';
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
  /** In place of `cataloguers`, `cache` and `limits`: shared by the images of one run, so that a layer is read once. */
  readonly reader?: LayerReader | undefined;
  /** Also the packages that upper layers take away, with the property `lading.removedInLayer`. */
  readonly allLayers?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: CatalogueEvent) => void) | undefined;
}

/** Layers of one image read at once: two cores are busy with two. Each may hold the largest file that a cataloguer reads whole. */
const layersAtOnce = 3;

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
  return catalogueImage(store, image, options, readerOf(options));
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
  const reader = readerOf(options);
  const found = await onlyImages(store, reference, { signal: options.signal });
  const images: Bom[] = [];
  for (const image of await readImages(store, found, options)) {
    images.push(await catalogueImage(store, image, options, reader));
  }
  const [only] = images;
  if (only !== undefined && !found.isIndex) return { root: only, images };
  return { root: indexBom(options.name ?? store.name, found, images), images };
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
    found,
    images.map((image) => ({ subject: subjectOf(name, image) })),
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
  const { reader, cataloguers = defaultCataloguers, cache, limits } = options;
  return reader ?? new LayerReader({ cataloguers, cache, limits });
}

async function catalogueImage(
  store: ContentStore,
  image: Image,
  options: CatalogueOptions,
  reader: LayerReader,
): Promise<Bom> {
  options.onEvent?.({
    type: 'image:start',
    image: image.descriptor,
    layers: image.layers.map(({ descriptor }) => descriptor),
  });
  const { layers, notes } = await readLayers(store, image, options, reader);
  const subject = subjectOf(options.name ?? store.name, image);
  const tree = foldLayers(layers);
  const contents = assemble(tree, reader.cataloguers, subject.layers);
  const removed =
    options.allLayers === true ? removedPackages(tree, contents, reader.cataloguers, subject.layers) : [];
  return {
    subject,
    ...contents,
    packages: [...contents.packages, ...removed],
    notes: [...notes, ...contents.notes],
  };
}

function subjectOf(name: string, { descriptor, platform, created, layers }: Image): Bom['subject'] {
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

async function readLayers(
  store: ContentStore,
  { layers }: Image,
  options: CatalogueOptions,
  reader: LayerReader,
): Promise<{ readonly layers: LayerFacts[]; readonly notes: BomNote[] }> {
  const { onEvent } = options;
  // When one cannot be read the others need not be.
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const facts: LayerFacts[] = new Array<LayerFacts>(layers.length);
  const missing: BomNote[] = [];
  // From the top, as what changes most often lies there.
  const queue = [...layers.entries()].reverse().values();
  const work = async (): Promise<void> => {
    for (const [index, layer] of queue) {
      signal.throwIfAborted();
      try {
        const read = await reader.facts(store, layer, { signal });
        facts[index] = read.facts;
        onEvent?.({ type: 'layer:done', layer: layer.descriptor, origin: read.origin });
      } catch (error) {
        const note = leftOut(layer, index, error);
        if (note === undefined) throw error;
        facts[index] = nothingIn(layer, reader.cataloguers);
        missing.push(note);
      }
    }
  };
  let failure: unknown;
  const workers = Array.from({ length: Math.min(layersAtOnce, layers.length) }, async () => {
    try {
      await work();
    } catch (error) {
      failure ??= error;
      failed.abort(error);
    }
  });
  await Promise.all(workers);
  options.signal?.throwIfAborted();
  if (failure !== undefined) throw failure;
  const told = facts.flatMap(({ notes }, index) =>
    notes.map(({ code, message }) => ({ code, message: `layer ${index + 1}: ${message}` })),
  );
  return { layers: facts, notes: [...missing.sort((a, b) => (a.message < b.message ? -1 : 1)), ...told] };
}

/** A layer that cannot be read by anybody here leaves the rest of the image; the BOM says that it is missing. */
function leftOut({ descriptor }: ImageLayer, index: number, error: unknown): BomNote | undefined {
  const { mediaType, digest } = descriptor;
  if (isLadingError(error) && error.code === 'ERR_LADING_LAYER_TYPE')
    return { code: 'skipped', message: `layer ${index + 1} (${digest}) is left out: ${error.message}` };
  if (isForeignLayerMediaType(mediaType) && isNotFound(error))
    return { code: 'skipped', message: `layer ${index + 1} (${digest}) is not stored here and left out` };
  return undefined;
}

function nothingIn({ diffId }: ImageLayer, cataloguers: readonly Cataloguer[]): LayerFacts {
  return {
    version: 1,
    diffId,
    cataloguers: cataloguers.map(({ name, version }) => `${name}@${version}`).sort(),
    files: [],
    links: [],
    hardlinks: [],
    whiteouts: [],
    opaque: [],
    paths: '',
    replaced: [],
    notes: [],
  };
}

function indexBom(name: string, { root }: Images, images: readonly Pick<Bom, 'subject'>[]): Bom {
  const created = images
    .flatMap((bom) => bom.subject.created ?? [])
    .sort((a, b) => b.getTime() - a.getTime());
  return {
    // An index has no time of its own; it was made after the last of its images.
    subject: { name, descriptor: root, created: created[0], layers: [] },
    variants: images.map(({ subject }) => ({
      name: subject.name,
      descriptor: subject.descriptor,
      platform: subject.platform,
    })),
    packages: [],
    dependencies: [],
    notes: [],
  };
}
