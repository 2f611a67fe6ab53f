import { type Digest, LadingError } from '@lading/oci';
import { openDockerArchive } from './archive/docker-archive.ts';
import { openOciArchive } from './archive/oci-archive.ts';
import { notFound } from './errors.ts';
import { tagOf } from './layout/layout-index.ts';
import type { LocalStore } from './layout/layout-store.ts';
import { openLayout } from './layout/open-layout.ts';
import type { LocalLocation } from './location.ts';

export interface OpenLocalStoreOptions {
  /** `read` opens what is there; `write` makes it where it is not. */
  readonly access: 'read' | 'write';
}

/** A store, and what a location names in it. Archives are written when it is disposed of. */
export interface OpenedLocation {
  readonly store: LocalStore;
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
  const store: LocalStore = await open(location.path, options);
  const named = location.kind === 'docker-archive' ? location.reference : (location.digest ?? location.tag);
  try {
    return { store, reference: named ?? (access === 'write' ? 'latest' : await onlyImage(store)) };
  } catch (error) {
    await store[Symbol.asyncDispose]();
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
