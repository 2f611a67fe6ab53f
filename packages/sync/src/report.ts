import { isLadingError } from '@lading/oci';
import type { ImageResult, SyncOutcome, SyncReport } from './apply-types.ts';
import type { Plan, PlanAction, PlannedImage, Reason } from './plan-types.ts';

/** A failure as documents carry it. */
export interface FailureDocument {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly origin?: 'source' | 'destination' | undefined;
}

/** One image of a plan, for machines. */
export interface PlannedImageDocument {
  readonly source: string;
  readonly destination: string;
  readonly action: PlanAction;
  readonly digest?: string | undefined;
  readonly previous?: string | undefined;
  readonly platforms?: number | undefined;
  readonly bytesToMove: number;
  readonly bytesMounted: number;
  readonly reason?: Reason | undefined;
  readonly error?: FailureDocument | undefined;
}

/** A plan, for machines: what `lading plan --json` prints. */
export interface PlanDocument {
  readonly schemaVersion: 1;
  readonly images: readonly PlannedImageDocument[];
  /** How many tags of each filtered repository got which verdict. */
  readonly tags: readonly { readonly source: string; readonly verdicts: Readonly<Record<string, number>> }[];
  readonly totals: Readonly<Record<PlanAction, number>> & {
    readonly bytesToMove: number;
    readonly bytesMounted: number;
  };
}

/** One image of a report, for machines. */
export interface ImageResultDocument {
  readonly source: string;
  readonly destination: string;
  readonly outcome: SyncOutcome;
  readonly digest?: string | undefined;
  readonly previous?: string | undefined;
  readonly bytesMoved: number;
  readonly bytesMounted: number;
  readonly durationMs: number;
  readonly reason?: Reason | undefined;
  readonly error?: FailureDocument | undefined;
}

/** A report, for machines: what `lading sync --json` prints. */
export interface ReportDocument {
  readonly schemaVersion: 1;
  readonly interrupted: boolean;
  readonly images: readonly ImageResultDocument[];
  readonly totals: Readonly<Record<SyncOutcome, number>> & {
    readonly bytesMoved: number;
    readonly bytesMounted: number;
    readonly durationMs: number;
  };
}

/** How many images a plan has of each action. */
export function countActions(plan: Plan): Record<PlanAction, number> {
  const counts = { create: 0, update: 0, same: 0, complete: 0, retag: 0, blocked: 0, failed: 0, prune: 0 };
  for (const { action } of plan.images) counts[action] += 1;
  return counts;
}

/** How many images a report has of each outcome. */
export function countOutcomes(report: SyncReport): Record<SyncOutcome, number> {
  const counts = {
    created: 0,
    updated: 0,
    retagged: 0,
    completed: 0,
    same: 0,
    pruned: 0,
    kept: 0,
    blocked: 0,
    failed: 0,
    interrupted: 0,
  };
  for (const { outcome } of report.results) counts[outcome] += 1;
  return counts;
}

/** True when `apply` would write something. */
export function hasChanges(plan: Plan): boolean {
  return plan.images.some(
    ({ action, reason }) =>
      action === 'create' ||
      action === 'update' ||
      action === 'retag' ||
      action === 'complete' ||
      (action === 'prune' && reason?.code !== 'report-only'),
  );
}

export function planDocument(plan: Plan): PlanDocument {
  return {
    schemaVersion: 1,
    images: plan.images.map(plannedImageDocument),
    tags: plan.selections.map(({ source, verdicts }) => ({ source, verdicts: tally(verdicts.values()) })),
    totals: {
      ...countActions(plan),
      bytesToMove: plan.images.reduce((total, { bytesToMove }) => total + bytesToMove, 0),
      bytesMounted: plan.images.reduce((total, { bytesMounted }) => total + bytesMounted, 0),
    },
  };
}

export function reportDocument(report: SyncReport): ReportDocument {
  const { interrupted, bytesMoved, bytesMounted, durationMs } = report;
  return {
    schemaVersion: 1,
    interrupted,
    images: report.results.map(imageResultDocument),
    totals: { ...countOutcomes(report), bytesMoved, bytesMounted, durationMs },
  };
}

function plannedImageDocument(image: PlannedImage): PlannedImageDocument {
  const { source, destination, action, digest, previous, platforms, bytesToMove, bytesMounted, reason } =
    image;
  const error = failureDocument(image.error);
  return {
    source,
    destination,
    action,
    digest,
    previous,
    platforms,
    bytesToMove,
    bytesMounted,
    reason,
    error,
  };
}

function imageResultDocument({ image, ...result }: ImageResult): ImageResultDocument {
  const { outcome, digest, bytesMoved, bytesMounted, durationMs, reason } = result;
  const { source, destination, previous } = image;
  const error = failureDocument(result.error);
  return {
    source,
    destination,
    outcome,
    digest,
    previous,
    bytesMoved,
    bytesMounted,
    durationMs,
    reason,
    error,
  };
}

function failureDocument(error: unknown): FailureDocument | undefined {
  if (error === undefined) return undefined;
  if (!isLadingError(error)) return { code: 'ERR_LADING_UNEXPECTED', message: String(error) };
  const origin = 'origin' in error ? (error.origin as FailureDocument['origin']) : undefined;
  return { code: error.code, message: error.message, hint: error.hint, origin };
}

function tally(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
