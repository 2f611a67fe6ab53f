import { type Digest, isDigest, LadingError } from '@lading/oci';

/** What `lading.lock` knows of one source tag. */
export interface LockedImage {
  /** What the tag pointed at when it was last looked at. */
  readonly digest: Digest;
  /** When it was first seen to point there: ISO 8601, UTC, whole seconds. */
  readonly firstSeen: string;
}

/** `lading.lock`: what tags pointed at, and since when. */
export interface Lock {
  /** By source, as plans name it: `docker.io/library/alpine:3.17.3`. */
  readonly images: ReadonlyMap<string, LockedImage>;
  /** Images of tools, by the tool's name. */
  readonly tools: ReadonlyMap<string, string>;
}

export const emptyLock: Lock = { images: new Map(), tools: new Map() };

/** Most tags in one lock file. */
const maxImages = 1_000_000;

/**
 * Reads a lock file.
 * @throws {LadingError} `ERR_LADING_LOCK`
 */
export function parseLock(text: string): Lock {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw lockError('it is not JSON', cause);
  }
  if (!isRecord(document) || document.schemaVersion !== 1) throw lockError('it has no "schemaVersion": 1');
  const images = Object.entries(recordOf(document.images, 'images'));
  if (images.length > maxImages) throw lockError(`it has more than ${maxImages} images`);
  for (const [name, image] of images) {
    if (!isLockedImage(image)) throw lockError(`${JSON.stringify(name)} has no digest and firstSeen`);
  }
  const tools = Object.entries(recordOf(document.tools, 'tools'));
  if (!tools.every(([, image]) => typeof image === 'string'))
    throw lockError('"tools" holds more than texts');
  return {
    images: new Map(images as [string, LockedImage][]),
    tools: new Map(tools as [string, string][]),
  };
}

/** The text of a lock file: sorted, a line for each tag, so that a change reads well in a diff and merges without conflicts. */
export function formatLock(lock: Lock): string {
  const images = sorted(lock.images).map(
    ([name, { digest, firstSeen }]) => `${JSON.stringify(name)}: ${JSON.stringify({ digest, firstSeen })}`,
  );
  const tools = sorted(lock.tools).map(
    ([name, image]) => `${JSON.stringify(name)}: ${JSON.stringify(image)}`,
  );
  return `{\n  "schemaVersion": 1,\n  "images": ${block(images)},\n  "tools": ${block(tools)}\n}\n`;
}

/**
 * One lock of several, as the shards of a run write them. For one digest the first sight counts,
 * for a tag that was moved the newest one.
 */
export function mergeLocks(locks: Iterable<Lock>): Lock {
  const images = new Map<string, LockedImage>();
  const tools = new Map<string, string>();
  for (const lock of locks) {
    for (const [name, image] of lock.images) {
      const known = images.get(name);
      images.set(name, known === undefined ? image : newer(known, image));
    }
    for (const [name, image] of lock.tools) tools.set(name, image);
  }
  return { images, tools };
}

/** What is known of a tag once it was seen to point at a digest. The same object when that is no news. */
export function seen(known: LockedImage | undefined, digest: Digest, now: number): LockedImage {
  if (known?.digest === digest) return known;
  return { digest, firstSeen: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z') };
}

function newer(a: LockedImage, b: LockedImage): LockedImage {
  const [first, last] = Date.parse(a.firstSeen) <= Date.parse(b.firstSeen) ? [a, b] : [b, a];
  return a.digest === b.digest ? first : last;
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n    ${lines.join(',\n    ')}\n  }`;
}

function isLockedImage(value: unknown): value is LockedImage {
  return (
    isRecord(value) &&
    isDigest(value.digest) &&
    typeof value.firstSeen === 'string' &&
    !Number.isNaN(Date.parse(value.firstSeen))
  );
}

function recordOf(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw lockError(`"${name}" is no object`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lockError(why: string, cause?: unknown): LadingError<'ERR_LADING_LOCK'> {
  return new LadingError('ERR_LADING_LOCK', `invalid lading.lock: ${why}`, {
    hint: 'Restore it from version control, or delete it and run "lading lock".',
    cause,
  });
}
