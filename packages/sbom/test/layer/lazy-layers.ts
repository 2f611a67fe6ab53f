import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Descriptor, Digest } from '@lading/oci';
import { type RawEntry, rawHeader, rawTar } from './archive.ts';

export type TocJson = { version: number; entries: Record<string, unknown>[] };

export interface LazyLayer {
  readonly blob: Buffer;
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

export interface LazyOptions {
  readonly packing?: 'gzip' | 'zstd';
  /** Larger files are cut. Bytes. */
  readonly chunkBytes?: number;
  /** Changes the table before it is written, and so before its digest is made. */
  readonly lie?: (toc: TocJson) => void;
}

const types: Readonly<Record<string, string>> = {
  '0': 'reg',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '5': 'dir',
};

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Makes a layer for lazy pulling: each chunk of a file is a gzip member or zstd frame of its own, and a table at the end tells where. */
export function lazyLayer(entries: readonly RawEntry[], options: LazyOptions = {}): LazyLayer {
  const { packing = 'gzip', chunkBytes = 1000, lie } = options;
  const pack = (part: Buffer): Buffer => (packing === 'gzip' ? gzipSync(part) : zstdCompressSync(part));
  const parts: Buffer[] = [];
  const plain: Buffer[] = [];
  const toc: TocJson = { version: 1, entries: [] };
  let offset = 0;
  const put = (part: Buffer): number => {
    const start = offset;
    const packed = pack(part);
    plain.push(part);
    parts.push(packed);
    offset += packed.byteLength;
    return start;
  };
  for (const entry of entries) {
    const body = Buffer.from(entry.body ?? '');
    put(rawHeader(entry));
    const about = {
      name: entry.name,
      type: types[entry.type ?? '0'],
      ...(entry.link !== undefined && { linkName: entry.link }),
      mode: entry.mode ?? 0o644,
      ...(body.byteLength > 0 && { size: body.byteLength, digest: sha256(body) }),
    };
    for (let start = 0; start === 0 || start < body.byteLength; start += chunkBytes) {
      const chunk = body.subarray(start, start + chunkBytes);
      const isLast = start + chunkBytes >= body.byteLength;
      const place = chunk.byteLength > 0 && {
        offset: put(chunk),
        chunkDigest: sha256(chunk),
        ...(packing === 'zstd' && { endOffset: offset }),
        ...(start > 0 && { chunkOffset: start }),
        ...(!isLast && { chunkSize: chunkBytes }),
      };
      toc.entries.push(start === 0 ? { ...about, ...place } : { name: entry.name, type: 'chunk', ...place });
    }
    if (body.byteLength % 512 > 0) put(Buffer.alloc(512 - (body.byteLength % 512)));
  }
  if (packing === 'zstd') put(Buffer.alloc(1024));
  lie?.(toc);
  const json = Buffer.from(JSON.stringify(toc));
  const end = packing === 'gzip' ? gzipEnd(json, offset) : zstdEnd(json, offset);
  if (packing === 'gzip') plain.push(end.plain);
  const blob = Buffer.concat([...parts, ...end.parts]);
  const mediaType = `application/vnd.oci.image.layer.v1.tar+${packing}`;
  const descriptor = { mediaType, digest: sha256(blob), size: blob.byteLength, annotations: end.annotations };
  return { blob, descriptor, diffId: sha256(Buffer.concat(plain)) };
}

interface End {
  readonly parts: readonly Buffer[];
  readonly plain: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

function gzipEnd(json: Buffer, offset: number): End {
  const tar = rawTar([{ name: 'stargz.index.json', body: json, mode: 0o444 }]);
  const extra = Buffer.from(`SG\x16\x00${offset.toString(16).padStart(16, '0')}STARGZ`, 'latin1');
  const footer = Buffer.concat([
    Buffer.from('1f8b08040000000000ff1a00', 'hex'),
    extra,
    Buffer.from('010000ffff0000000000000000', 'hex'), // an empty stored block, check and size
  ]);
  return {
    parts: [gzipSync(tar), footer],
    plain: tar,
    annotations: { 'containerd.io/snapshot/stargz/toc.digest': sha256(json) },
  };
}

function zstdEnd(json: Buffer, offset: number): End {
  const packed = zstdCompressSync(json);
  const footer = Buffer.alloc(40);
  footer.writeBigUInt64LE(BigInt(offset + 8), 0);
  footer.writeBigUInt64LE(BigInt(packed.byteLength), 8);
  footer.writeBigUInt64LE(BigInt(json.byteLength), 16);
  footer.writeBigUInt64LE(1n, 24);
  footer.write('GNUlInUx', 32, 'latin1');
  const prefix = 'io.github.containers.zstd-chunked';
  return {
    parts: [skippable(packed), skippable(footer)],
    plain: Buffer.alloc(0),
    annotations: {
      [`${prefix}.manifest-checksum`]: sha256(packed),
      [`${prefix}.manifest-position`]: `${offset + 8}:${packed.byteLength}:${json.byteLength}:1`,
    },
  };
}

function skippable(content: Buffer): Buffer {
  const head = Buffer.from('502a4d1800000000', 'hex');
  head.writeUInt32LE(content.byteLength, 4);
  return Buffer.concat([head, content]);
}
