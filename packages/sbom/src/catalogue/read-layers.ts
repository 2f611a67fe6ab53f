import {
  type Descriptor,
  isForeignLayerMediaType,
  isLadingError,
  LadingError,
  type OciErrorCode,
} from '@lading/oci';
import { type ContentStore, forEachOf, isNotFound } from '@lading/store';
import type { BomNote } from '../bom.ts';
import { compare } from '../compare.ts';
import type { LayerErrorCode } from '../layer/errors.ts';
import type { LayerFacts } from '../layer/facts.ts';
import { LayerEntries } from '../layer/layer-entries.ts';
import { tooMuch } from '../layer/layer-state.ts';
import type { ImageLayer } from './image-config.ts';
import type { LayerOrigin, LayerReader } from './layer-reader.ts';
import type { Image } from './read-image.ts';

export interface ReadLayersOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onLayer?: ((layer: Descriptor, origin: LayerOrigin) => void) | undefined;
}

/** Layers of one image read at once: two cores are busy with two. Each may hold the largest file that a cataloguer reads whole. */
const layersAtOnce = 3;
/** What Linux's overlayfs takes; more do not run, and putting files on each other costs files times layers. */
const maxLayers = 500;

/**
 * Reads all layers of an image, the facts of none of them twice.
 * @returns facts from the bottom up, and what has to be known of how they came about
 * @throws what `reader` throws, with the image and the layer that it is about
 */
export async function readLayers(
  store: ContentStore,
  image: Image,
  reader: LayerReader,
  options: ReadLayersOptions,
): Promise<{ readonly layers: LayerFacts[]; readonly notes: BomNote[] }> {
  const { layers } = image;
  const { cataloguers, limits } = reader;
  if (layers.length > maxLayers) {
    throw new LadingError<LayerErrorCode>(
      'ERR_LADING_LAYER_LIMIT',
      `${store.name}@${image.descriptor.digest} has ${layers.length} layers, more than the ${maxLayers} that can run`,
    );
  }
  // When one cannot be read the others need not be.
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const facts: LayerFacts[] = new Array<LayerFacts>(layers.length);
  const missing: BomNote[] = [];
  let size = 0;
  const readOne = async ([index, layer]: readonly [number, ImageLayer]): Promise<void> => {
    try {
      const read = await reader.facts(store, layer, { signal });
      size += read.size;
      if (size > limits.maxFactsSize)
        throw tooMuch(`with those above it, more than ${limits.maxFactsSize} letters to keep`);
      facts[index] = read.facts;
      options.onLayer?.(layer.descriptor, read.origin);
    } catch (error) {
      signal.throwIfAborted();
      const note = leftOut(layer, index, error);
      if (note === undefined) {
        failed.abort(ofLayer(error, store, image, index));
        throw failed.signal.reason;
      }
      facts[index] = new LayerEntries(cataloguers, limits).facts(layer.diffId, []);
      missing.push(note);
    }
  };
  // From the top, as what changes most often lies there.
  await forEachOf([...layers.entries()].reverse(), layersAtOnce, readOne, signal);
  const told = facts.flatMap(({ notes }, index) =>
    notes.map(({ code, message }) => ({ code, message: `layer ${index + 1}: ${message}` })),
  );
  return { layers: facts, notes: [...missing.sort((a, b) => compare(a.message, b.message)), ...told] };
}

/** What `readLayer` says knows nothing of images; what stores say names what they were asked for. */
const layerCodes: ReadonlySet<string> = new Set<LayerErrorCode | OciErrorCode>([
  'ERR_LADING_LAYER',
  'ERR_LADING_LAYER_LIMIT',
  'ERR_LADING_CONTENT_MISMATCH',
]);

function ofLayer(
  error: unknown,
  { name }: ContentStore,
  { descriptor, layers }: Image,
  index: number,
): unknown {
  if (!isLadingError(error) || !layerCodes.has(error.code)) return error;
  const { code, message, hint } = error;
  const which = `layer ${index + 1} of ${layers.length} (${layers[index]!.descriptor.digest})`;
  return new LadingError(code, `${name}@${descriptor.digest}, ${which}: ${message}`, { hint, cause: error });
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
