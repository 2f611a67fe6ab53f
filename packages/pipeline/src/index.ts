export type { TrustOf } from './admission.ts';
export type { SignatureResult, SigningNotice } from './image-signing.ts';
export { Pipeline, type PipelineConfig } from './pipeline.ts';
export type {
  ApplyingEvent,
  PipelineEvent,
  PipelineOptions,
  PipelineReport,
  PipelineResult,
  PlanningEvent,
} from './pipeline-types.ts';
export { registryStores } from './registry-stores.ts';
export {
  type PipelineReportDocument,
  pipelineReportDocument,
  type SignatureDocument,
  signatureDocument,
} from './report.ts';
export { runPipeline } from './run-pipeline.ts';
export type { SigningOptions } from './signing.ts';
export { transparencyOf } from './transparency.ts';
export { type Listing, type VerifiedListings, verifiedListingsIn } from './verified-listings.ts';
