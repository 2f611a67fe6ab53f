/** Bounds on a layer that anybody may have made. */
export interface LayerLimits {
  /** Of the uncompressed layer. Bytes. */
  readonly maxBytes: number;
  /** How many times larger than its compressed form a layer may be, once it is larger than `ratioFromBytes`. */
  readonly maxRatio: number;
  /** Bytes. */
  readonly ratioFromBytes: number;
  /** Files, folders and links, with the folders that only stand in paths. */
  readonly maxEntries: number;
  readonly maxLinks: number;
  /** Files whose facts are kept. */
  readonly maxFiles: number;
  /** Of all that is kept: paths, what links lead to, facts as JSON. Letters. */
  readonly maxFactsSize: number;
  /** Zeros that a sparse file may have for each cataloguer to read. Bytes. */
  readonly maxHoles: number;
}

export const layerLimits: LayerLimits = Object.freeze({
  maxBytes: 256 * 2 ** 30,
  // gzip reaches 1030 with zeros; real layers stay below 20, and disk images with large holes are seldom above 100.
  maxRatio: 200,
  ratioFromBytes: 2 ** 30,
  // 11 to 22 bytes of memory each, half as much again while the table grows, and 20 for the facts. Images of 3 million files exist.
  maxEntries: 8_000_000,
  maxLinks: 2_000_000,
  maxFiles: 1_000_000,
  maxFactsSize: 128 * 2 ** 20,
  maxHoles: 64 * 2 ** 20,
});
