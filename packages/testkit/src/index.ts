export { type ConformanceKind, conformanceImages } from './image/conformance.ts';
export { type DistributionOptions, makeDistribution } from './image/distribution.ts';
export {
  type ArtifactOptions,
  type ImageOptions,
  type IndexOptions,
  type ManifestFormat,
  type ManifestOptions,
  makeArtifact,
  makeImage,
  makeIndex,
  makeReferrer,
  type TestContent,
  type TestImage,
  withReferrers,
} from './image/image.ts';
export {
  type Compression,
  fileLayer,
  foreignLayer,
  type LayerOptions,
  randomBytesOf,
  randomLayer,
  rawLayer,
  type TestLayer,
} from './image/layer.ts';
export { writeLayout } from './image/layout.ts';
export { type PushImageOptions, pushImage } from './image/push.ts';
export { type LayerFile, tarOf } from './image/tar.ts';
export type { Answer, Fault, FaultAction, HeaderEdits, When } from './proxy/fault.ts';
export { faults } from './proxy/faults.ts';
export { type ProxyOptions, type RegistryProxy, startProxy } from './proxy/proxy.ts';
export type { ProxiedRequest, RequestKind } from './proxy/request.ts';
export type { AccessRequest, BasicAuth, BearerAuth, ProxyAuth } from './proxy/token-service.ts';
