import { type Descriptor, isDigest } from '@lading/oci';
import { type ContentStore, loadManifest } from '@lading/store';
import type { Places } from './places.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** An image that is signed or verified: by its digest, whatever it was named by. */
export interface Subject {
  readonly store: ContentStore;
  readonly descriptor: Descriptor;
  /** For people and programs: `ghcr.io/acme/app@sha256:…`. */
  readonly name: string;
  /** The tag it was named by. */
  readonly tag?: string | undefined;
}

/**
 * Resolves an image once: what is done to it afterwards is done to this digest, wherever the tag moves meanwhile. The digest is that of the
 * bytes, whatever the registry says of them.
 * @throws {LadingError} `ERR_LADING_USAGE` for a tag with `--strict`
 */
export async function openSubject(
  image: string,
  places: Places,
  { options, context }: Invocation,
  purpose: 'read' | 'change',
): Promise<Subject> {
  const { store, tag: named, digest } = await places.open(image, purpose);
  const reference = digest ?? named ?? (await onlyName(image, places, store));
  const tag = isDigest(reference) ? undefined : reference;
  if (options.strict && tag !== undefined) {
    throw usageError(
      `${image} does not say which digest`,
      'With --strict images are named by their digest: lading digest says it.',
    );
  }
  const { descriptor } = await loadManifest(store, reference, { signal: context.signal });
  return { store, descriptor, name: `${store.name}@${descriptor.digest}`, tag };
}

/** What an image is called that has no name on the command line: `latest`, or in a folder or archive the only one there is. */
async function onlyName(image: string, places: Places, store: ContentStore): Promise<string> {
  if (store.mount !== undefined) return 'latest';
  const { tag, digest } = await places.open(image, 'read');
  return digest ?? tag ?? 'latest';
}
