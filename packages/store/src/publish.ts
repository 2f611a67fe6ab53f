import { type Descriptor, isLadingError } from '@lading/oci';
import type { ContentStore, StoreOptions } from './content-store.ts';
import { asCopyError } from './errors.ts';

/**
 * Points a tag of the destination at a manifest whose content is there already. An immutable tag that has this very digest is fine.
 *
 * @returns false when the tag had the digest before, as far as the destination tells.
 * @throws {CopyError} `ERR_LADING_IMMUTABLE_TAG`: the tag has another digest and may not be moved.
 */
export async function publish(
  destination: ContentStore,
  manifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array },
  tag: string,
  options: StoreOptions = {},
): Promise<{ readonly changed: boolean }> {
  try {
    return { changed: await putTag(destination, manifest.descriptor, manifest.bytes, tag, options) };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw asCopyError('destination', error, manifest.descriptor);
  }
}

/** `publish` with the destination's own errors. */
export async function putTag(
  destination: ContentStore,
  descriptor: Descriptor,
  bytes: Uint8Array,
  tag: string,
  options: StoreOptions,
): Promise<boolean> {
  try {
    await destination.publish(descriptor, bytes, tag, options);
    return true;
  } catch (error) {
    if (!isLadingError(error) || error.code !== 'ERR_LADING_IMMUTABLE_TAG') throw error;
    const held = await destination.resolve(tag, options);
    if (held.digest !== descriptor.digest) throw error;
    return false;
  }
}
