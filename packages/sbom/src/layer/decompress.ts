import { Buffer } from 'node:buffer';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { LadingError } from '@lading/oci';
import type { LayerErrorCode } from './errors.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** How a layer is packed. */
export type LayerCompression = 'none' | 'gzip' | 'zstd';

/** Of the buffers that are unpacked to: twice as fast as with the default of 16 KiB. */
export const unpackedBytes: number = 256 * 1024;
const layerType =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar)(?:[+.](?:gzip|zstd))?$/;
const strangers: readonly (readonly [magic: string, name: string])[] = [
  ['425a68', 'bzip2'],
  ['fd377a585a', 'xz'],
  ['04224d18', 'lz4'],
  ['68737173', 'squashfs'],
];

/** How many bytes {@link compressionOf} wants to see. */
export const magicBytes = 5;

/** True for what may be a layer that can be read; its bytes tell the rest. */
export function isLayerMediaType(mediaType: string): boolean {
  return layerType.test(mediaType);
}

/**
 * Refuses what is no layer that could be read: an encrypted one, a file system image, a thing of another kind.
 * @throws {LadingError} `ERR_LADING_LAYER_TYPE`
 */
export function checkLayerType(mediaType: string): void {
  if (isLayerMediaType(mediaType)) return;
  throw new LadingError<LayerErrorCode>(
    'ERR_LADING_LAYER_TYPE',
    `a layer of the type ${JSON.stringify(mediaType.slice(0, 160))} is not read`,
    { hint: 'Layers are tar archives, plain or packed with gzip or zstd, and not encrypted.' },
  );
}

/**
 * How a layer is packed, by its first bytes: container engines go by them, too, and not by its media type, which is wrong in
 * images that work. That the right thing came out is what the layer's diffID says.
 *
 * @throws {LadingError} `ERR_LADING_LAYER_TYPE`: packed with something else.
 */
export function compressionOf(start: Uint8Array): LayerCompression {
  const hex = Buffer.from(start.subarray(0, magicBytes)).toString('hex');
  if (hex.startsWith('1f8b08')) return 'gzip';
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return 'zstd';
  const stranger = strangers.find(([magic]) => hex.startsWith(magic));
  if (stranger === undefined) return 'none';
  throw new LadingError<LayerErrorCode>('ERR_LADING_LAYER_TYPE', `the layer is packed with ${stranger[1]}`, {
    hint: 'Layers are tar archives, plain or packed with gzip or zstd.',
  });
}

/** What unpacks a layer, and how its bytes have to be cut for that. */
export function decompressor(compression: 'gzip' | 'zstd'): {
  readonly transform: Transform;
  readonly cut: (chunk: Uint8Array) => Iterable<Uint8Array>;
} {
  if (compression === 'gzip')
    return { transform: createGunzip({ chunkSize: unpackedBytes }), cut: (chunk) => [chunk] };
  const frames = new ZstdFrames();
  return { transform: createZstdDecompress({ chunkSize: unpackedBytes }), cut: (chunk) => frames.cut(chunk) };
}
