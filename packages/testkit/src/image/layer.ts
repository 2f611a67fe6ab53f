import { createCipheriv, createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Digest, digestOf } from '@lading/oci';
import { type LayerFile, tarOf } from './tar.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** A layer before an image names it: its bytes as a registry holds them, and the digest of the tar inside. */
export interface TestLayer {
  readonly bytes: Uint8Array;
  readonly diffId: Digest;
  readonly compression: Compression;
  /** In place of the media type that follows from the compression. */
  readonly mediaType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Where the content comes from when registries do not hold it; such a layer is listed by an image and not pushed. */
  readonly urls?: readonly string[] | undefined;
}

export interface LayerOptions {
  /** Default `gzip`. */
  readonly compression?: Compression | undefined;
}

/** A layer with these files in a real tar archive. The same files give the same bytes (on one version of Node: its zlib decides them). */
export function fileLayer(files: Readonly<Record<string, LayerFile>>, options: LayerOptions = {}): TestLayer {
  const compression = options.compression ?? 'gzip';
  const tar = tarOf(files);
  return { bytes: compress(tar, compression), diffId: digestOf(tar), compression };
}

/** A layer with one file of `size` bytes that no compression makes smaller. Another `seed` gives another content. */
export function randomLayer(size: number, seed: number | string = 0, options: LayerOptions = {}): TestLayer {
  return fileLayer({ [`data/${seed}`]: randomBytesOf(size, seed) }, options);
}

/** A layer whose content stands elsewhere (image-spec, layer.md, Non-Distributable Layers). */
export function foreignLayer(
  files: Readonly<Record<string, LayerFile>>,
  urls: readonly string[],
  mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
): TestLayer {
  return { ...fileLayer(files), urls, mediaType };
}

/** A blob that is no archive: content of an artifact, or a layer of zero bytes. */
export function rawLayer(content: string | Uint8Array, mediaType: string): TestLayer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { bytes, diffId: digestOf(bytes), compression: 'none', mediaType };
}

/** The keystream of a cipher: as good as random, fast, and the same for the same seed. */
export function randomBytesOf(size: number, seed: number | string): Uint8Array {
  const key = createHash('sha256').update(String(seed)).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function compress(tar: Uint8Array, compression: Compression): Uint8Array {
  if (compression === 'none') return tar;
  if (compression === 'zstd') return zstdCompressSync(tar);
  const bytes = gzipSync(tar);
  bytes[9] = 255; // the operating system field of the header: "unknown" everywhere, as the bytes must not depend on it
  return bytes;
}
