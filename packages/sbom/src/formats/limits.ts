/** How much of somebody's SBOM is read. What is beyond ends in `ERR_LADING_SBOM`. */
export interface SbomLimits {
  /** Of the document, in bytes; of one given as text, in characters. */
  readonly maxBytes: number;
  /** Objects, lists, elements within each other. Real documents have a dozen. */
  readonly maxDepth: number;
  /** Values of JSON, elements and attributes of XML. A package of a large catalogue has a hundred. */
  readonly maxValues: number;
}

/** What a few hundred megabytes of memory suffice for: some 100,000 packages. */
export const sbomLimits: SbomLimits = Object.freeze({
  maxBytes: 256 * 1024 * 1024,
  maxDepth: 256,
  maxValues: 16_000_000,
});
