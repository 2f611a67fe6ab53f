/** How much of somebody's SBOM is read. What is beyond ends in `ERR_LADING_SBOM`. */
export interface SbomLimits {
  /** Of the document, in bytes; of one given as text, in characters. */
  readonly maxBytes: number;
  /** Objects, lists, elements within each other. Real documents have a dozen. */
  readonly maxDepth: number;
  /** Values of JSON; tags and attributes of XML. A package of a large catalogue has a hundred. */
  readonly maxValues: number;
  /** Components of CycloneDX: a short one of a document is a larger one in memory. */
  readonly maxPackages: number;
}

/** What the heap that Node.js has by default suffices for: more than 100,000 packages with all that is known of them. */
export const sbomLimits: SbomLimits = Object.freeze({
  maxBytes: 256 * 1024 * 1024,
  maxDepth: 256,
  maxValues: 16_000_000,
  maxPackages: 500_000,
});
