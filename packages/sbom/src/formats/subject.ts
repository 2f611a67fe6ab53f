import { type Descriptor, isManifestMediaType, type Platform } from '@lading/oci';
import { encodePurl } from '../purl/purl.ts';

/** The media type of a subject that is a folder and no image. */
export const folderType = 'inode/directory';

export function isFolder({ mediaType }: Descriptor): boolean {
  return mediaType === folderType;
}

/** True for what is in a registry. Else it is a folder, or what somebody's document tells of without saying what that is. */
export function isImage({ mediaType }: Descriptor): boolean {
  return isManifestMediaType(mediaType);
}

/** The purl of an image; what is none has none. */
export function imagePurlOf(image: {
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly platform?: Platform | undefined;
}): string | undefined {
  const { name, descriptor, platform } = image;
  if (!isImage(descriptor)) return undefined;
  const qualifiers = new Map<string, string>();
  // A file or folder has a name that is in no registry.
  if (name.includes('/')) qualifiers.set('repository_url', name);
  if (platform !== undefined) qualifiers.set('arch', platform.architecture);
  return encodePurl({
    type: 'oci',
    name: name.split('/').at(-1) ?? '',
    version: descriptor.digest,
    qualifiers,
  });
}
