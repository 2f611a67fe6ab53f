import { hash } from 'node:crypto';

/**
 * What stands for a path where millions of them are kept: the first 8 bytes of a hash, each a letter of latin1. It grows from
 * folder to folder. Of a cryptographic hash, so that nobody finds a boring name that hides a package database.
 */
export type PathKey = string;

export const rootKey: PathKey = '\0'.repeat(8);

/** `generation` tells apart what stood in a folder before it was replaced, within one layer, from what came later. */
export function childKey(folder: PathKey, name: string, generation: number): PathKey {
  // Lone surrogates would all be hashed as the same letter.
  const exact = name.isWellFormed() ? name : `/${JSON.stringify(name)}`;
  return hash('sha256', `${folder}${generation}/${exact}`, 'binary').slice(0, 8);
}

/** The higher half of a key. */
export function highOf(key: PathKey): number {
  return wordAt(key, 0);
}

/** The lower half of a key, without the bit that tells folders from others. */
export function lowOf(key: PathKey): number {
  return (wordAt(key, 4) & ~1) >>> 0;
}

function wordAt(key: PathKey, at: number): number {
  return (
    ((key.charCodeAt(at) << 24) |
      (key.charCodeAt(at + 1) << 16) |
      (key.charCodeAt(at + 2) << 8) |
      key.charCodeAt(at + 3)) >>>
    0
  );
}
