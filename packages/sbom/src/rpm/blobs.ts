import type { Buffer } from 'node:buffer';

/** The headers that a database holds; `isWhole` is false when a part of it could not be read. */
export interface Blobs {
  readonly blobs: readonly Buffer[];
  readonly isWhole: boolean;
}
