import {
  type Descriptor,
  formatReference,
  isTag,
  LadingError,
  mediaTypes,
  parseManifest,
  parseReference,
} from '@lading/oci';
import type { LayoutFiles } from '../layout/layout-files.ts';
import { imageNameAnnotation, refNameAnnotation } from '../layout/layout-index.ts';
import { blobPath, type LocalStore } from '../layout/layout-store.ts';
import { layoutFile } from '../layout/open-layout.ts';
import {
  type ArchiveFormat,
  type ArchiveStore,
  type OpenArchiveOptions,
  openArchive,
} from './archive-store.ts';
import { savedImages } from './docker-images.ts';

export interface OpenDockerArchiveOptions extends OpenArchiveOptions {
  /** The repository of tags that are published without one: `docker.io/library/alpine` makes `3.17` loadable as `alpine:3.17`. */
  readonly repository?: string | undefined;
}

/** One image in `manifest.json` of an archive that `docker load` takes. */
interface LoadableImage {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/**
 * Opens an archive of the kind that `docker save` writes and `docker load` reads.
 *
 * Archives of all ages of docker, podman and skopeo are read. Old ones have no manifests: each image gets one that is made from its config and
 * its layers as they are, always the same. What is written is an OCI layout with docker's `manifest.json` beside it, as docker does since version 25:
 * digests stay. It holds images for one platform each, named by tags or whole references.
 *
 * @throws {LadingError} `ERR_LADING_NOT_FOUND`, `ERR_LADING_LAYOUT`; `ERR_LADING_UNSUPPORTED` when an index or artifact is published.
 */
export async function openDockerArchive(
  file: string,
  options: OpenDockerArchiveOptions = {},
): Promise<ArchiveStore> {
  const name = `docker-archive:${file}`;
  const format: ArchiveFormat = {
    view: (tar) => savedImages(tar, name),
    nameEntry: (tag) => nameEntry(tag, options.repository),
    async extras(store, files) {
      const images = await loadableImages(store, files);
      return new Map([
        ['oci-layout', layoutFile],
        ['manifest.json', new TextEncoder().encode(JSON.stringify(images))],
      ]);
    },
  };
  // What is kept under changing tags are signatures: `docker load` would take them for images.
  const { updateTag: _, ...store } = await openArchive(name, file, format, options);
  return {
    ...store,
    async publish(manifest, bytes, tag, publishOptions) {
      checkLoadable(name, manifest, bytes);
      await store.publish(manifest, bytes, tag, publishOptions);
    },
  };
}

/** The annotations of an entry that is named by a tag or by a whole reference. */
function nameEntry(name: string, repository: string | undefined): Readonly<Record<string, string>> {
  if (isTag(name) && repository === undefined) return { [refNameAnnotation]: name };
  const { tag = 'latest', ...rest } = parseReference(isTag(name) ? `${repository}:${name}` : name);
  return { [refNameAnnotation]: tag, [imageNameAnnotation]: formatReference({ ...rest, tag }) };
}

function checkLoadable(name: string, manifest: Descriptor, bytes: Uint8Array): void {
  const parsed = parseManifest(bytes, manifest.mediaType);
  if (parsed.kind === 'image' && isImageConfig(parsed.config.mediaType)) return;
  const what = parsed.kind === 'index' ? 'an index' : 'an artifact';
  throw new LadingError(
    'ERR_LADING_UNSUPPORTED',
    `${name} cannot hold ${what}, only images for one platform`,
    {
      hint:
        parsed.kind === 'index'
          ? 'Copy the image of one platform, or write an oci-archive.'
          : 'Write an oci-archive.',
    },
  );
}

async function loadableImages(store: LocalStore, files: LayoutFiles): Promise<readonly LoadableImage[]> {
  const images = new Map<string, LoadableImage>();
  for (const { digest, mediaType, annotations } of await store.entries()) {
    const manifest = parseManifest((await files.read(blobPath(digest))) ?? new Uint8Array(), mediaType);
    if (manifest.kind === 'index' || !isImageConfig(manifest.config.mediaType)) continue;
    const name = annotations?.[imageNameAnnotation];
    const names = [...(images.get(digest)?.RepoTags ?? []), ...(name === undefined ? [] : [name])];
    images.set(digest, {
      Config: blobPath(manifest.config.digest),
      RepoTags: names.length === 0 ? null : names,
      Layers: manifest.layers.map((layer) => blobPath(layer.digest)),
    });
  }
  return [...images.values()];
}

function isImageConfig(mediaType: string): boolean {
  return mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig;
}
