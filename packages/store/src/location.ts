import { type Digest, isTag, LadingError, parseDigest, parseReference, type Reference } from '@lading/oci';
import { openDockerArchive } from './archive/docker-archive.ts';
import { openOciArchive } from './archive/oci-archive.ts';
import type { ContentStore } from './content-store.ts';
import { notFound } from './errors.ts';
import { tagOf } from './layout/layout-index.ts';
import type { LocalStore } from './layout/layout-store.ts';
import { openLayout } from './layout/open-layout.ts';

/** A file or folder of this machine that holds images. */
export type LocalLocation =
  | {
      readonly kind: 'oci' | 'oci-archive';
      readonly path: string;
      readonly tag?: string;
      readonly digest?: Digest;
    }
  | {
      readonly kind: 'docker-archive';
      readonly path: string;
      /** A tag or a whole reference, as docker names images. */
      readonly reference?: string;
    };

/** Where an image is: at a registry, or on this machine. */
export type Location = { readonly kind: 'registry'; readonly reference: Reference } | LocalLocation;

/**
 * Reads `oci:DIR[:TAG|@DIGEST]`, `oci-archive:FILE[:TAG|@DIGEST]`, `docker-archive:FILE[:REFERENCE]`, or a reference of a registry.
 * Paths may have colons as long as what follows the last one is no tag; the path of a docker archive ends at its first.
 *
 * @throws {LadingError} `ERR_LADING_REFERENCE`, `ERR_LADING_DIGEST`
 */
export function parseLocation(text: string): Location {
  const [, kind, rest = ''] = /^(oci|oci-archive|docker-archive):(.*)$/s.exec(text) ?? [];
  if (kind === undefined) return { kind: 'registry', reference: parseReference(text) };
  const location = kind === 'docker-archive' ? parseDockerArchive(rest) : parseLayout(kind as 'oci', rest);
  if (location.path !== '') return location;
  throw new LadingError('ERR_LADING_REFERENCE', `${JSON.stringify(text)} names no file or folder`, {
    hint: `Write ${kind}:PATH.`,
  });
}

function parseLayout(kind: 'oci' | 'oci-archive', rest: string): LocalLocation {
  const at = /@(?=sha(?:256|512):[^/]*$)/.exec(rest)?.index;
  if (at !== undefined) return { kind, path: rest.slice(0, at), digest: parseDigest(rest.slice(at + 1)) };
  const colon = rest.lastIndexOf(':');
  const tag = rest.slice(colon + 1);
  return colon >= 0 && isTag(tag) ? { kind, path: rest.slice(0, colon), tag } : { kind, path: rest };
}

function parseDockerArchive(rest: string): LocalLocation {
  const kind = 'docker-archive';
  // A drive letter is no path.
  const colon = rest.indexOf(':', /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0);
  if (colon < 0) return { kind, path: rest };
  const reference = rest.slice(colon + 1);
  if (!isTag(reference)) parseReference(reference);
  return { kind, path: rest.slice(0, colon), reference };
}

export interface OpenLocalStoreOptions {
  /** `read` opens what is there; `write` makes it where it is not. */
  readonly access: 'read' | 'write';
}

/** A store, and what a location names in it. Archives are written when it is disposed of. */
export interface OpenedLocation {
  readonly store: LocalStore & Pick<ContentStore, typeof Symbol.asyncDispose>;
  /** What to give `copy`. To be read: the tag or digest asked for, or the only image there is. To be written: the tag, or `latest`. */
  readonly reference: string;
}

/**
 * Opens the store that a location is in.
 *
 * @throws {LadingError} `ERR_LADING_NOT_FOUND`: it is not there, or it holds several images and none is named; `ERR_LADING_LAYOUT`: it is something else.
 */
export async function openLocalStore(
  location: LocalLocation,
  { access }: OpenLocalStoreOptions,
): Promise<OpenedLocation> {
  const options = access === 'write' ? { create: true } : { readOnly: true };
  const open = { oci: openLayout, 'oci-archive': openOciArchive, 'docker-archive': openDockerArchive }[
    location.kind
  ];
  const store: OpenedLocation['store'] = await open(location.path, options);
  const named = location.kind === 'docker-archive' ? location.reference : (location.digest ?? location.tag);
  try {
    return { store, reference: named ?? (access === 'write' ? 'latest' : await onlyImage(store)) };
  } catch (error) {
    await store[Symbol.asyncDispose]?.();
    throw error;
  }
}

/** Tags made of a digest name what belongs to an image: lists of referrers, cosign's signatures. */
const digestTag = /^sha(?:256|512)-[0-9a-f]{64,128}(?:\.[a-z]+)?$/;

/** The image that is meant when none is named: the only one with a name, or the only one at all. */
async function onlyImage(store: LocalStore): Promise<Digest> {
  const entries = await store.entries();
  const named = entries.filter((entry) => {
    const tag = tagOf(entry);
    return tag !== undefined && !digestTag.test(tag);
  });
  const digests = new Set((named.length > 0 ? named : entries).map((entry) => entry.digest));
  const [digest] = digests;
  if (digest !== undefined && digests.size === 1) return digest;
  if (digest === undefined) throw notFound(store.name, 'image in it');
  throw new LadingError(
    'ERR_LADING_NOT_FOUND',
    `${store.name} holds ${digests.size} images, and none of them is named`,
    {
      hint: `Name one: ${named.slice(0, 10).map(tagOf).join(', ')}.`,
    },
  );
}
