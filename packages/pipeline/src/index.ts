export type { TrustOf } from './admission.ts';
export type { SignatureResult } from './image-signing.ts';
export type { Notice, NoticeCode } from './notice.ts';
export { Pipeline, type PipelineConfig } from './pipeline.ts';
export type {
  ApplyingEvent,
  PipelineEvent,
  PipelineOptions,
  PipelineReport,
  PipelineResult,
  PlanningEvent,
  SbomOptions,
} from './pipeline-types.ts';
export { registryStores } from './registry-stores.ts';
export {
  type PipelineReportDocument,
  pipelineReportDocument,
  type SbomResultDocument,
  type SignatureDocument,
  sbomResultDocument,
  signatureDocument,
} from './report.ts';
export { runPipeline } from './run-pipeline.ts';
export type { AttachedSbom, MadeSbom, SbomResult } from './sbom-result.ts';
export type { SigningOptions } from './signing.ts';
export { transparencyOf } from './transparency.ts';
export { type Listing, type VerifiedListings, verifiedListingsIn } from './verified-listings.ts';
