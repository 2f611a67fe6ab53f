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
  ContentSource,
  ContentStore,
  FetchOptions,
  LoadedManifest,
  PushOptions,
  PushOutcome,
  StoreOptions,
} from './content-store.ts';
export type { CopyOrigin, StoreErrorCode } from './errors.ts';
export { CopyError, notFound } from './errors.ts';
