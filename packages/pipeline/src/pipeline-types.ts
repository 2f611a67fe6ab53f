import type { SyncEntry } from '@lading/config';
import type { LayerCache, Tool } from '@lading/sbom';
import type { CopyEvent, TransferLedger } from '@lading/store';
import type {
  ImageResult,
  Lock,
  Plan,
  PlanContext,
  PlannedImage,
  SyncOutcome,
  SyncReport,
  TagSelection,
} from '@lading/sync';
import type { TrustOf } from './admission.ts';
import type { SignatureResult } from './image-signing.ts';
import type { Notice } from './notice.ts';
import type { MadeSbom, SbomResult } from './sbom-result.ts';
import type { SigningOptions } from './signing.ts';
import type { VerifiedListings } from './verified-listings.ts';

/** What a pipeline needs beside its configuration. Everything that it knows of the world comes in here. */
export interface PipelineOptions extends SigningOptions {
  /** Opens what an entry names; see `registryStores`. */
  readonly stores: PlanContext['open'];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Whom to believe, for entries with `verify`. Left out, none of these is let in. */
  readonly trust?: TrustOf | undefined;
  /** Which signatures need not be verified again; see `verifiedListingsIn`. */
  readonly verified?: VerifiedListings | undefined;
  /** What SBOMs are made with. Left out, a configuration with `sbom` cannot be run. */
  readonly sbom?: SbomOptions | undefined;
  /** As it was read; see `@lading/sync`. */
  readonly lock?: Lock | undefined;
  readonly locked?: boolean | undefined;
  /** Images in work at once. Default 8. */
  readonly concurrency?: number | undefined;
  /** Blobs in flight at once for each image. Default 4. */
  readonly blobConcurrency?: number | undefined;
  readonly ledger?: TransferLedger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How images are catalogued. */
export interface SbomOptions {
  /** How the SBOMs name who made them. */
  readonly tool: Tool;
  /** When the SBOMs are said to be made. Default: when each image was, so that the same image gives the same bytes. */
  readonly timestamp?: Date | undefined;
  /** What is known of layers from other runs; see `folderCache` of `@lading/sbom`. */
  readonly cache?: LayerCache | undefined;
  /** Keeps the SBOMs of entries with `sbom.artifactName` as files. */
  readonly keep?: ((made: MadeSbom, artifactName: string) => Promise<void>) | undefined;
}

/** What became of one image, and of its signature and SBOMs when it got some. */
export interface PipelineResult extends ImageResult {
  /** Also of an image that failed afterwards: then its tag is as it was. */
  readonly sbom?: SbomResult | undefined;
  /** Also of an image that failed afterwards: then its tag is as it was. */
  readonly signature?: SignatureResult | undefined;
}

export interface PipelineReport extends SyncReport {
  readonly results: readonly PipelineResult[];
}

/** What happens, in the order in which it does. */
export type PipelineEvent = PlanningEvent | ApplyingEvent;

type NoticeEvent = { readonly type: 'notice' } & Notice;

export type PlanningEvent =
  /** The tags of a repository were listed and filtered. */
  | { readonly type: 'tags:listed'; readonly selection: TagSelection }
  | {
      readonly type: 'entry:planned';
      readonly entry: SyncEntry;
      readonly image: PlannedImage;
      readonly done: number;
      readonly total: number;
    }
  | NoticeEvent
  /** Nothing has been written up to here, and nothing is before the next event is asked for. */
  | { readonly type: 'run:planned'; readonly plan: Plan };

export type ApplyingEvent =
  | NoticeEvent
  | { readonly type: 'entry:start'; readonly entry: SyncEntry; readonly image: PlannedImage }
  | {
      readonly type: 'entry:progress';
      readonly entry: SyncEntry;
      readonly image: PlannedImage;
      readonly event: CopyEvent;
    }
  /** Everything is at the destination by digest, and is catalogued now. */
  | { readonly type: 'entry:cataloguing'; readonly entry: SyncEntry; readonly image: PlannedImage }
  /** Everything is at the destination by digest, and is signed now. */
  | { readonly type: 'entry:signing'; readonly entry: SyncEntry; readonly image: PlannedImage }
  | {
      readonly type: 'entry:done';
      readonly entry: SyncEntry;
      readonly outcome: SyncOutcome;
      readonly result: PipelineResult;
    }
  /** The last one. */
  | { readonly type: 'run:done'; readonly report: PipelineReport };
