import {
  type Descriptor,
  type DigestAlgorithm,
  digestOf,
  formatPlatform,
  mediaTypes,
  type Platform,
  parsePlatform,
} from '@lading/oci';
import { fileLayer, rawLayer, type TestLayer } from './layer.ts';
import { fixedTime } from './tar.ts';

/** Bytes and the descriptor that names them. */
export interface TestContent {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image, index or artifact with all that belongs to it. */
export interface TestImage {
  /** The root, as an index or a subject field would name it. */
  readonly descriptor: Descriptor;
  /** Each blob once, in push order: configs before layers. */
  readonly blobs: readonly TestContent[];
  /** Each manifest once, in push order: children before their index, the root, then its referrers. */
  readonly manifests: readonly TestContent[];
}

/** The formats of manifests and configs. */
export type ManifestFormat = 'oci' | 'docker';

export interface ManifestOptions {
  /** Default `oci`. */
  readonly mediaTypes?: ManifestFormat | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** The algorithm of every digest in it. Default `sha256`. */
  readonly algorithm?: DigestAlgorithm | undefined;
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
  /** More members of the manifest document; they win over the usual ones, and `undefined` leaves a member out. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

export interface ImageOptions extends ManifestOptions {
  /** `os/architecture[/variant]`. Default `linux/amd64`. */
  readonly platform?: string | undefined;
  /** Default: one layer with one small file that names the platform. */
  readonly layers?: readonly TestLayer[] | undefined;
  /** More members of the image's config document, for example `{ config: { Cmd: ['/bin/sh'] } }`. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Puts the content of config and layers into their descriptors' `data` fields too. */
  readonly embedData?: boolean | undefined;
}

/** An image for one platform: a real config, real layers, a manifest. Nothing in it depends on time or chance. */
export function makeImage(options: ImageOptions = {}): TestImage {
  const platform = parsePlatform(options.platform ?? 'linux/amd64');
  const layers = options.layers ?? [fileLayer({ 'etc/platform': `${formatPlatform(platform)}\n` })];
  const created = new Date(fixedTime * 1000).toISOString();
  const config = {
    created,
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((_, index) => ({ created, created_by: `layer ${index + 1}` })),
    ...options.config,
  };
  const format = options.mediaTypes ?? 'oci';
  const configType = format === 'docker' ? mediaTypes.dockerConfig : mediaTypes.ociConfig;
  return assemble(jsonBytes(config), configType, layers, platform, options);
}

export interface ArtifactOptions extends Omit<ManifestOptions, 'mediaTypes' | 'artifactType'> {
  readonly embedData?: boolean | undefined;
  /** Default: one text blob. An empty list gives the empty blob that image-spec asks for in its place. */
  readonly layers?: readonly TestLayer[] | undefined;
}

/** An artifact: an image manifest with an `artifactType` and the empty config (image-spec, manifest.md, Guidelines for Artifact Usage). */
export function makeArtifact(artifactType: string, options: ArtifactOptions = {}): TestImage {
  const given = options.layers ?? [rawLayer(`an artifact of type ${artifactType}\n`, 'text/plain')];
  const layers = given.length > 0 ? given : [rawLayer('{}', mediaTypes.ociEmpty)];
  return assemble(Buffer.from('{}'), mediaTypes.ociEmpty, layers, undefined, { ...options, artifactType });
}

/** An artifact that refers to `subject`: a signature, an SBOM, an attestation. */
export function makeReferrer(
  subject: TestImage | Descriptor,
  artifactType: string,
  options: Omit<ArtifactOptions, 'subject'> = {},
): TestImage {
  const { mediaType, digest, size } = 'manifests' in subject ? subject.descriptor : subject;
  return makeArtifact(artifactType, { ...options, subject: { mediaType, digest, size } });
}

/** The image with its referrers, to be pushed together. */
export function withReferrers(image: TestImage, ...referrers: readonly TestImage[]): TestImage {
  return { ...image, ...merge([image, ...referrers]) };
}

export interface IndexOptions extends ManifestOptions {
  /** Images that the index lists and that are not pushed with it: the index is sparse. */
  readonly missing?: readonly TestImage[] | undefined;
}

/** An index over images, artifacts or other indexes. */
export function makeIndex(children: readonly TestImage[], options: IndexOptions = {}): TestImage {
  const listed = [...children, ...(options.missing ?? [])].map((child) => child.descriptor);
  const mediaType = options.mediaTypes === 'docker' ? mediaTypes.dockerList : mediaTypes.ociIndex;
  const root = manifestContent({ mediaType, manifests: listed }, options);
  const { blobs, manifests } = merge(children);
  return { descriptor: root.descriptor, blobs, manifests: [...manifests, root] };
}

function assemble(
  configBytes: Uint8Array,
  configType: string,
  layers: readonly TestLayer[],
  platform: Platform | undefined,
  options: ManifestOptions & { readonly embedData?: boolean | undefined },
): TestImage {
  const format = options.mediaTypes ?? 'oci';
  const contents = layers.map((layer) => ({
    bytes: layer.bytes,
    descriptor: describe(layer.bytes, layer.mediaType ?? layerMediaType(layer, format), options, {
      ...(layer.annotations && { annotations: layer.annotations }),
      ...(layer.urls && { urls: layer.urls }),
    }),
  }));
  const config = { bytes: configBytes, descriptor: describe(configBytes, configType, options) };
  const mediaType = format === 'docker' ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const root = manifestContent(
    { mediaType, config: config.descriptor, layers: contents.map((layer) => layer.descriptor) },
    options,
  );
  const held = contents.filter((layer) => layer.descriptor.urls === undefined);
  return {
    descriptor: platform === undefined ? root.descriptor : { ...root.descriptor, platform },
    blobs: unique([config, ...held]),
    manifests: [root],
  };
}

function manifestContent(
  body: { readonly mediaType: string } & Readonly<Record<string, unknown>>,
  options: ManifestOptions,
): TestContent {
  const { mediaType, ...rest } = body;
  const { artifactType, subject, annotations } = options;
  const bytes = jsonBytes({
    schemaVersion: 2,
    mediaType,
    artifactType,
    ...rest,
    subject,
    annotations,
    ...options.fields,
  });
  const descriptor = describe(bytes, mediaType, { algorithm: options.algorithm });
  return { bytes, descriptor: artifactType === undefined ? descriptor : { ...descriptor, artifactType } };
}

function describe(
  bytes: Uint8Array,
  mediaType: string,
  options: { readonly algorithm?: DigestAlgorithm | undefined; readonly embedData?: boolean | undefined },
  more: Partial<Descriptor> = {},
): Descriptor {
  return {
    mediaType,
    digest: digestOf(bytes, options.algorithm),
    size: bytes.byteLength,
    ...more,
    ...(options.embedData && { data: Buffer.from(bytes).toString('base64') }),
  };
}

function layerMediaType(layer: TestLayer, format: ManifestFormat): string {
  if (format === 'docker' && layer.compression === 'gzip') return mediaTypes.dockerLayerGzip;
  return { gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd, none: mediaTypes.ociLayer }[
    layer.compression
  ];
}

function merge(images: readonly TestImage[]): Pick<TestImage, 'blobs' | 'manifests'> {
  return {
    blobs: unique(images.flatMap((image) => image.blobs)),
    manifests: unique(images.flatMap((image) => image.manifests)),
  };
}

function unique(contents: readonly TestContent[]): readonly TestContent[] {
  return [...new Map(contents.map((content) => [content.descriptor.digest, content])).values()];
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
