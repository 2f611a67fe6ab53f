import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Descriptor } from '@lading/oci';
import { TarReader } from '../tar/reader.ts';
import { parseTocEntries, type TocEntry } from './toc-entries.ts';

/** A part of a stored layer. What comes must be neither shorter nor longer. */
export type FetchRange = (offset: number, length: number) => Promise<ReadableStream<Uint8Array>>;

/** The table of contents that some layers have at their end, so that single files can be fetched. */
export interface Toc {
  readonly packing: 'gzip' | 'zstd';
  readonly entries: readonly TocEntry[];
  /** Where the table begins, and so the files end. Bytes. */
  readonly offset: number;
  /** Of the table as it stands in the layer: eStargz has it as a file. Bytes. */
  readonly size: number;
}

/** Packed and unpacked. There are about 400 bytes for a file. */
const maxTocBytes = 32 * 2 ** 20;
const tocName = 'stargz.index.json';
const estargzDigest = 'containerd.io/snapshot/stargz/toc.digest';
/** By podman and by buildkit; the older names have no `github`. */
const zstdPrefixes = ['io.github.containers.zstd-chunked.', 'io.containers.zstd-chunked.'] as const;
const footerBytes = 51;
/** Of what stands behind a chunk in its member. Bytes. */
const maxBehindBytes = 16 * 2 ** 20;

/** True for a layer that says that it has a table of contents, in what its manifest says of it. */
export function hasToc({ annotations = {} }: Descriptor): boolean {
  return (
    estargzDigest in annotations || zstdPrefixes.some((prefix) => `${prefix}manifest-checksum` in annotations)
  );
}

/**
 * Reads the table of contents of an eStargz or zstd:chunked layer, and holds it against the digest that the manifest has.
 * @throws when anything about it is not as it should be
 * @see https://github.com/containerd/stargz-snapshotter/blob/v0.18.2/docs/estargz.md
 */
export async function readToc(fetchRange: FetchRange, descriptor: Descriptor): Promise<Toc> {
  const { annotations = {} } = descriptor;
  for (const prefix of zstdPrefixes) {
    const checksum = annotations[`${prefix}manifest-checksum`];
    const position = annotations[`${prefix}manifest-position`];
    if (checksum !== undefined && position !== undefined)
      return zstdToc(fetchRange, descriptor, checksum, position);
  }
  return gzipToc(fetchRange, descriptor, annotations[estargzDigest]);
}

/** The bytes of one range. */
export async function rangeOf(fetchRange: FetchRange, offset: number, length: number): Promise<Buffer> {
  const reader = (await fetchRange(offset, length)).getReader();
  const bytes = Buffer.alloc(length);
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      // A server that knows no ranges sends all there is.
      if (filled + value.byteLength > length) throw new Error('more came than the range that was asked for');
      bytes.set(value, filled);
      filled += value.byteLength;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (filled < length) throw new Error('less came than the range that was asked for');
  return bytes;
}

/** `OFFSET:PACKED:UNPACKED:TYPE`; the checksum is of the packed table. */
async function zstdToc(
  fetchRange: FetchRange,
  { size }: Descriptor,
  checksum: string,
  position: string,
): Promise<Toc> {
  const match = /^(\d{1,15}):(\d{1,15}):(\d{1,15}):1$/.exec(position);
  const [offset, length, unpacked] = (match ?? []).slice(1).map(Number);
  if (
    offset === undefined ||
    length === undefined ||
    unpacked === undefined ||
    offset + length > size ||
    Math.max(length, unpacked) > maxTocBytes
  )
    throw new Error('the position of the table of contents is none');
  const packed = await rangeOf(fetchRange, offset, length);
  checkDigest(packed, checksum);
  const json = zstdDecompressSync(packed, { maxOutputLength: unpacked });
  return { packing: 'zstd', entries: parseTocEntries(json), offset, size: json.byteLength };
}

/** A footer, an empty gzip member, says where the last member begins: an archive with the table as its only file. */
async function gzipToc(
  fetchRange: FetchRange,
  { size }: Descriptor,
  digest: string | undefined,
): Promise<Toc> {
  const footer = await rangeOf(fetchRange, size - footerBytes, footerBytes);
  const match = /^SG..([0-9a-f]{16})STARGZ$/s.exec(footer.toString('latin1', 12, 38));
  const offset = Number.parseInt(match?.[1] ?? '', 16);
  const length = size - footerBytes - offset;
  if (footer.readUInt32BE(0) !== 0x1f8b0804 || !(length > 0 && length <= maxTocBytes))
    throw new Error('the footer is none');
  const tar = gunzipSync(await rangeOf(fetchRange, offset, length), { maxOutputLength: maxTocBytes });
  let json: Buffer | undefined;
  const reader = new TarReader(({ name, size: bytes }) => {
    if (name !== tocName || json !== undefined)
      throw new Error('the last member has something else than the table');
    const content = Buffer.alloc(Math.min(bytes, tar.byteLength));
    json = content;
    let filled = 0;
    return {
      write: (chunk) => {
        content.set(chunk, filled);
        filled += chunk.byteLength;
      },
      end: () => undefined,
    };
  });
  reader.write(tar);
  reader.end();
  if (json === undefined) throw new Error('the last member has no table');
  checkDigest(json, digest);
  return { packing: 'gzip', entries: parseTocEntries(json), offset, size: json.byteLength };
}

export function checkDigest(bytes: Uint8Array, expected: string | undefined): void {
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== expected)
    throw new Error('the digest is another one');
}

/** The first `length` bytes that a member or frame holds, which may have more behind them. */
export function unpackStart(packing: Toc['packing'], bytes: Buffer, length: number): Buffer {
  // Headers of entries without content may follow in the same member.
  const options = { maxOutputLength: length + maxBehindBytes };
  const unpacked =
    packing === 'gzip'
      ? gunzipSync(bytes, { ...options, finishFlush: constants.Z_SYNC_FLUSH })
      : zstdDecompressSync(bytes, options);
  if (unpacked.byteLength < length) throw new Error('a chunk is too short');
  return unpacked.subarray(0, length);
}
