export type { ArchiveStore, OpenArchiveOptions } from './archive/archive-store.ts';
export type { OpenDockerArchiveOptions } from './archive/docker-archive.ts';
export { openDockerArchive } from './archive/docker-archive.ts';
export { openOciArchive } from './archive/oci-archive.ts';
export {
  bytesSource,
  embeddedContent,
  fetchManifest,
  loadManifest,
  readAll,
  storeSource,
  streamOf,
  verifying,
} from './content.ts';
export type {
  ChangeTag,
  ContentSource,
  ContentStore,
  FetchOptions,
  LoadedManifest,
  PushOptions,
  PushOutcome,
  StoreOptions,
  TagChange,
} from './content-store.ts';
export { copy, transfer } from './copy.ts';
export type { ReadManifest } from './copy-read.ts';
export type { RewriteOptions } from './copy-root.ts';
export { checkImagePlatform, destinationRoot, rewrites } from './copy-root.ts';
export type {
  BlobTap,
  CopyEvent,
  CopyHooks,
  CopyNotice,
  CopyOptions,
  CopyResult,
  CopyStores,
  TransferOptions,
  TransferOutcome,
  TransferResult,
} from './copy-types.ts';
export type { CopyOrigin, StoreErrorCode } from './errors.ts';
export { CopyError, isNotFound, notFound } from './errors.ts';
export { forEachOf } from './for-each-of.ts';
export { givingAway, isGivenAway } from './given-away.ts';
export type { LocalStore } from './layout/layout-store.ts';
export type { OpenLayoutOptions } from './layout/open-layout.ts';
export { openLayout } from './layout/open-layout.ts';
export type { LedgerClaim, TransferLedger } from './ledger.ts';
export { createLedger } from './ledger.ts';
export type { Limiter } from './limiter.ts';
export { createLimiter } from './limiter.ts';
export type { OpenedLocation, OpenLocalStoreOptions } from './local-store.ts';
export { openLocalStore } from './local-store.ts';
export type { LocalLocation, Location } from './location.ts';
export { parseLocation } from './location.ts';
export { memoryStore } from './memory-store.ts';
export { publish } from './publish.ts';
export type { TapAttempt } from './tap.ts';
