import { createHash } from 'node:crypto';
import {
  type Descriptor,
  type Digest,
  digestOf,
  formatReference,
  isDigest,
  LadingError,
  manifestLimits,
  mediaTypes,
  parseReference,
} from '@lading/oci';
import { readAll, streamOf } from '../content.ts';
import { formatLayoutIndex, imageNameAnnotation, refNameAnnotation } from '../layout/layout-index.ts';
import { blobPath } from '../layout/layout-store.ts';
import { checkLayout } from '../layout/open-layout.ts';
import type { NamedFiles } from './overlay.ts';
import type { TarFiles } from './tar-files.ts';

interface SavedImage {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** A file of the layout that is made of the archive: bytes that are made here, or a file of the archive under another name. */
type Part = { readonly bytes: Uint8Array } | { readonly path: string };

/**
 * The images of a `docker save` archive as the files of an OCI layout. Archives that are one already (docker since 25) are taken as they are;
 * in others a manifest is made for each image.
 *
 * @throws {LadingError} `ERR_LADING_LAYOUT`
 */
export async function savedImages(tar: TarFiles, name: string): Promise<NamedFiles> {
  if (await checkLayout(tar, name)) return tar;
  const parts = new Map<string, Part>();
  const layers = new Map<string, Promise<Descriptor>>();
  const entries: Descriptor[] = [];

  for (const image of await readManifestJson(tar, name)) {
    const configBytes = await tar.read(image.Config);
    const diffIds = configBytes && diffIdsOf(configBytes);
    if (diffIds?.length !== image.Layers.length) {
      throw damaged(
        name,
        `the config ${image.Config} is missing or does not fit its ${image.Layers.length} layers`,
      );
    }
    const config = {
      mediaType: mediaTypes.ociConfig,
      digest: digestOf(configBytes!),
      size: configBytes!.byteLength,
    };
    parts.set(blobPath(config.digest), { path: image.Config });
    const described: Descriptor[] = [];
    for (const [position, path] of image.Layers.entries()) {
      const known = layers.get(path) ?? describeLayer(tar, name, path, diffIds![position]!);
      layers.set(path, known);
      const layer = await known;
      parts.set(blobPath(layer.digest), { path });
      described.push(layer);
    }
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: described };
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    const entry = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength };
    parts.set(blobPath(entry.digest), { bytes });
    const names = image.RepoTags.map((repoTag) => ({ ...entry, annotations: annotationsOf(repoTag) }));
    entries.push(...(names.length > 0 ? names : [entry]));
  }
  parts.set('index.json', { bytes: formatLayoutIndex({ manifests: entries }) });
  return partsOf(tar, parts);
}

function partsOf(tar: TarFiles, parts: ReadonlyMap<string, Part>): NamedFiles {
  return {
    names: [...parts.keys()],
    async size(path) {
      const part = parts.get(path);
      return part && ('bytes' in part ? part.bytes.byteLength : tar.size(part.path));
    },
    async read(path) {
      const part = parts.get(path);
      return part && ('bytes' in part ? part.bytes : tar.read(part.path));
    },
    async stream(path, options) {
      const part = parts.get(path);
      if (part !== undefined && 'path' in part) return tar.stream(part.path, options);
      const { offset = 0, length = Number.POSITIVE_INFINITY } = options;
      return streamOf(part === undefined ? [] : [part.bytes.subarray(offset, offset + length)]);
    },
  };
}

async function readManifestJson(tar: TarFiles, name: string): Promise<readonly SavedImage[]> {
  const bytes = await tar.read('manifest.json');
  if (bytes === undefined) throw damaged(name, 'it has neither "manifest.json" nor an OCI layout in it');
  let images: unknown;
  try {
    images = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw damaged(name, '"manifest.json" is not JSON', cause);
  }
  if (!Array.isArray(images)) throw damaged(name, '"manifest.json" is not a list of images');
  return images.map((image: Partial<Record<keyof SavedImage, unknown>> | null) => {
    const { Config, RepoTags, Layers } = image ?? {};
    if (typeof Config !== 'string' || !isTexts(Layers) || !(RepoTags == null || isTexts(RepoTags))) {
      throw damaged(name, '"manifest.json" is not a list of images');
    }
    return { Config, RepoTags: RepoTags ?? [], Layers };
  });
}

/**
 * Layers are plain archives as a rule, so that a layer's digest is its diffID, which the content is held against when it is read.
 * Some tools store them compressed: those are read once for their digest.
 */
async function describeLayer(tar: TarFiles, name: string, path: string, diffId: Digest): Promise<Descriptor> {
  const size = await tar.size(path);
  if (size === undefined) throw damaged(name, `the layer ${path} is missing`);
  const magic = Buffer.from(await readAll(await tar.stream(path, { length: 4 }), 4)).toString('hex');
  if (magic.startsWith('1f8b'))
    return { mediaType: mediaTypes.ociLayerGzip, digest: await hash(tar, path), size };
  if (magic === '28b52ffd')
    return { mediaType: mediaTypes.ociLayerZstd, digest: await hash(tar, path), size };
  return { mediaType: mediaTypes.ociLayer, digest: diffId, size };
}

async function hash(tar: TarFiles, path: string): Promise<Digest> {
  const sha256 = createHash('sha256');
  for await (const chunk of await tar.stream(path, {})) sha256.update(chunk);
  return `sha256:${sha256.digest('hex')}`;
}

function diffIdsOf(config: Uint8Array): readonly Digest[] | undefined {
  if (config.byteLength > manifestLimits.maxBytes) return undefined;
  try {
    const document = JSON.parse(new TextDecoder().decode(config)) as {
      rootfs?: { diff_ids?: unknown };
    } | null;
    const diffIds = document?.rootfs?.diff_ids ?? [];
    return Array.isArray(diffIds) && diffIds.every(isDigest) ? diffIds : undefined;
  } catch {
    return undefined;
  }
}

function annotationsOf(repoTag: string): Readonly<Record<string, string>> {
  try {
    const { tag = 'latest', ...rest } = parseReference(repoTag);
    return { [refNameAnnotation]: tag, [imageNameAnnotation]: formatReference({ ...rest, tag }) };
  } catch {
    return { [refNameAnnotation]: repoTag };
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function damaged(name: string, why: string, cause?: unknown): LadingError<'ERR_LADING_LAYOUT'> {
  return new LadingError('ERR_LADING_LAYOUT', `${name} is no archive that docker has saved: ${why}`, {
    cause,
  });
}
