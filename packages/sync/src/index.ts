export { apply } from './apply.ts';
export type {
  ApplyOptions,
  ImageResult,
  SyncEvent,
  SyncHooks,
  SyncOutcome,
  SyncReport,
} from './apply-types.ts';
export type { BackupValues } from './backup.ts';
export { backupLocation } from './backup.ts';
export type { Duration, SyncEntry, TagFilter } from './entry.ts';
export { parseDuration } from './entry.ts';
export type { SyncErrorCode } from './errors.ts';
export type { SyncExitCode } from './exit-code.ts';
export { planExitCode, syncExitCode } from './exit-code.ts';
export type { Lock, LockedImage } from './lock.ts';
export { emptyLock, formatLock, mergeLocks, parseLock } from './lock.ts';
export { readLock, shardLockPath, writeLock } from './lock-file.ts';
export { plan } from './plan.ts';
export type {
  ImageWork,
  Location,
  Plan,
  PlanAction,
  PlanContext,
  PlanEvent,
  PlannedImage,
  Reason,
  ReasonCode,
  TagSelection,
} from './plan-types.ts';
export type {
  FailureDocument,
  ImageResultDocument,
  PlanDocument,
  PlannedImageDocument,
  ReportDocument,
} from './report.ts';
export { countActions, countOutcomes, hasChanges, planDocument, reportDocument } from './report.ts';
export { shard } from './shard.ts';
export type { CompiledFilter, TagVerdict } from './tag-filter.ts';
export { compileTagFilter } from './tag-filter.ts';
export type { TagVersion } from './version.ts';
export { compareVersions, parseTagVersion } from './version.ts';
