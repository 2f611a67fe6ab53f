export { type CosignManifest, cosignManifest, cosignTags, isSameCosignLayer } from './cosign.ts';
export type { Descriptor, Platform } from './descriptor.ts';
export type { Digest, DigestAlgorithm } from './digest.ts';
export {
  ContentVerifier,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  parseDigest,
  verifyContent,
} from './digest.ts';
export type { LadingErrorOptions, OciErrorCode } from './errors.ts';
export { isLadingError, LadingError } from './errors.ts';
export type { ImageIndex, ImageManifest, Manifest } from './manifest.ts';
export { describeManifest, manifestLimits, parseManifest, successors } from './manifest.ts';
export {
  bareMediaType,
  isForeignLayerMediaType,
  isIndexMediaType,
  isManifestMediaType,
  isSchema1MediaType,
  manifestMediaTypes,
  mediaTypes,
} from './media-types.ts';
export { formatPlatform, matchesPlatform, parsePlatform, samePlatform } from './platform.ts';
export type { Reference } from './reference.ts';
export {
  apiHost,
  dockerHub,
  formatReference,
  isLoopbackHost,
  isRepository,
  isTag,
  parseReference,
} from './reference.ts';
export {
  addReferrer,
  describeReferrer,
  referrersIndex,
  referrersTag,
  removeReferrer,
} from './referrers.ts';
export { escapeSteering, escapeSteeringInJson, printable } from './shown-text.ts';
export type { RewrittenManifest, SubsetOptions } from './subset.ts';
export { annotateManifest, selectPlatforms, sourceDigestAnnotation, subsetIndex } from './subset.ts';
