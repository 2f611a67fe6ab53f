import type { Buffer } from 'node:buffer';
import type { FileHead, Probe } from '../cataloguer.ts';
import type { Json } from '../json.ts';
import { wholeFile } from '../whole-file.ts';

/** Bytes. The package databases of large systems have 20 to 30 MiB. */
const maxDatabaseBytes: number = 64 * 1024 * 1024;

/** Facts of a database that is there and cannot be read. Not the same as none: what it lists is missing from the BOM. */
export type Unreadable = { readonly unreadable: string };

/** Reads a package database. Where that fails, its facts say so. */
export function databaseFile(file: FileHead, read: (content: Buffer) => Json | undefined): Probe {
  if (file.size > maxDatabaseBytes) {
    const facts: Unreadable = { unreadable: `it is larger than ${maxDatabaseBytes / 1024 / 1024} MiB` };
    return { write: () => undefined, end: () => facts };
  }
  const whole = wholeFile(maxDatabaseBytes, read);
  const facts: Unreadable = { unreadable: 'it is damaged' };
  return { write: whole.write, end: () => whole.end() ?? facts };
}

/** True for a text in which something stands, and nothing of what every package has. */
export function isForeign(text: string, field: RegExp): boolean {
  return text.trim() !== '' && !field.test(text);
}

export function isUnreadable(facts: Json): facts is Unreadable {
  return typeof facts === 'object' && facts !== null && 'unreadable' in facts;
}

/**
 * The root of the file system that a file belongs to, by where it lies in it: `''`, or with a slash behind for a system inside
 * the image (`opt/rootfs/`). Nothing when it lies elsewhere. `place` is a pattern without anchors.
 */
export function rootPattern(place: string): RegExp {
  // Lazy, so that `usr/lib/apk` is a place in the root and not `lib/apk` of a system in `usr`.
  return new RegExp(`^((?:.*?/)??)${place}$`);
}
