import type { Bom, Evidence } from '../bom.ts';

/** Finds layers by the digests of their content: a document has few of them, and points to them a hundred thousand times. */
export class LayerPlaces {
  readonly #indexes: Map<string, number> = new Map();
  readonly #layers: Bom['subject']['layers'];

  static readonly #known: WeakMap<Bom['subject']['layers'], LayerPlaces> = new WeakMap();

  /** Those of one list of layers, made once. */
  static of(layers: Bom['subject']['layers']): LayerPlaces {
    const known = LayerPlaces.#known.get(layers) ?? new LayerPlaces(layers);
    LayerPlaces.#known.set(layers, known);
    return known;
  }

  constructor(layers: Bom['subject']['layers']) {
    this.#layers = layers;
    layers.forEach(({ diffId }, index) => {
      if (!this.#indexes.has(diffId)) this.#indexes.set(diffId, index);
    });
  }

  /** A place in the image; its path has no slash in front. */
  evidence(path: string, cataloguer: string, diffId: unknown): Evidence {
    const index = typeof diffId === 'string' ? this.#indexes.get(diffId) : undefined;
    const plain = path.replace(/^(?:\.?\/)+/, '');
    if (index === undefined) return { path: plain, cataloguer };
    return { path: plain, layer: { index, diffId: this.#layers[index]!.diffId }, cataloguer };
  }
}
