import type { FileHandle } from 'node:fs/promises';
import { LadingError } from '@lading/oci';

/** Where the content of a file stands in an archive. Bytes. */
export interface TarEntry {
  readonly offset: number;
  readonly size: number;
}

const blockBytes = 512;
/** Bounds on archives that someone else made: a layout of 10,000 images stays within. */
const limits = { maxEntries: 1_000_000, maxNameBytes: 65_536 } as const;

/**
 * Where each file of a tar archive stands, found by going from header to header: the contents are not read.
 * Knows ustar, GNU's long names, pax paths and sizes, and links within the archive. Names have no leading `./` or `/`.
 *
 * @throws {LadingError} `ERR_LADING_LAYOUT`: it is compressed, cut off, or no archive.
 */
export async function indexTar(handle: FileHandle, name: string): Promise<ReadonlyMap<string, TarEntry>> {
  const { size: end } = await handle.stat();
  const files = new Map<string, TarEntry>();
  const links = new Map<string, string>();
  const problem = (why: string, hint?: string): LadingError =>
    new LadingError('ERR_LADING_LAYOUT', `${name}: ${why}`, { hint });

  const read = async (offset: number, size: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, offset);
    if (bytesRead < size) throw problem('the archive is cut off');
    return buffer;
  };

  /** What pax and GNU headers say about the entry that follows them. */
  let next: Partial<Record<'path' | 'linkpath' | 'size', string>> = {};
  let position = 0;
  for (let count = 0; position < end; count++) {
    const header = await read(position, blockBytes);
    if (header.every((byte) => byte === 0)) break;
    if (!hasChecksum(header)) throw problem(...notAnArchive(header, position));
    if (count >= limits.maxEntries) throw problem(`the archive has more than ${limits.maxEntries} entries`);

    const type = String.fromCharCode(header[156]!);
    const offset = position + blockBytes;
    const size = next.size === undefined ? numberAt(header, 124, 12) : Number(next.size);
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > end)
      throw problem('the archive is cut off');
    position = offset + Math.ceil(size / blockBytes) * blockBytes;

    if (type === 'x' || type === 'L' || type === 'K') {
      if (size > limits.maxNameBytes) throw problem('an entry has a name that is too long');
      const text = await read(offset, size);
      if (type === 'x') next = { ...next, ...paxRecords(text) };
      else next = { ...next, [type === 'L' ? 'path' : 'linkpath']: textAt(text, 0, size) };
      continue;
    }
    if (type === 'g') continue;
    const path = normalized(next.path ?? nameOf(header));
    if (type === '0' || type === '\0' || type === '7') files.set(path, { offset, size });
    // A hard link names its target from the archive's root, a symbolic one from its own folder.
    const link = next.linkpath ?? textAt(header, 157, 100);
    if (type === '1') links.set(path, normalized(link));
    if (type === '2') links.set(path, normalized(`${path}/../${link}`));
    next = {};
  }
  if (position === 0) throw problem('it is empty');
  for (const [path, link] of links) {
    const target = files.get(link);
    if (target !== undefined) files.set(path, target);
  }
  return files;
}

function notAnArchive(header: Buffer, position: number): [why: string, hint?: string] {
  if (position > 0) return ['the archive is damaged: a header has a wrong checksum'];
  const magic = header.subarray(0, 4).toString('hex');
  if (magic.startsWith('1f8b'))
    return ['the archive is compressed with gzip', 'Unpack it first, with gunzip.'];
  if (magic === '28b52ffd') return ['the archive is compressed with zstd', 'Unpack it first, with unzstd.'];
  return ['it is no tar archive'];
}

function hasChecksum(header: Buffer): boolean {
  let sum = 0;
  // The checksum's own field counts as spaces.
  for (let index = 0; index < blockBytes; index++) sum += index >= 148 && index < 156 ? 32 : header[index]!;
  return sum === numberAt(header, 148, 8);
}

function nameOf(header: Buffer): string {
  const name = textAt(header, 0, 100);
  // GNU archives have other things where ustar has the prefix.
  const prefix = header.subarray(257, 263).toString('latin1') === 'ustar\0' ? textAt(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textAt(bytes: Buffer, start: number, size: number): string {
  const field = bytes.subarray(start, start + size);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? size : end).toString('utf8');
}

function numberAt(header: Buffer, start: number, size: number): number {
  // Large numbers are written in binary, marked by the first bit.
  if ((header[start]! & 0x80) !== 0) return Number(header.readBigUInt64BE(start + size - 8));
  const text = textAt(header, start, size).trim();
  return text === '' ? 0 : Number.parseInt(text, 8);
}

/** Records of a pax header: `length key=value` and a line feed each, the length counting itself. */
function paxRecords(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let start = 0; start < bytes.byteLength; ) {
    const space = bytes.indexOf(0x20, start);
    const length = Number.parseInt(bytes.subarray(start, space).toString('latin1'), 10);
    if (space < 0 || !(length > 0)) break;
    const record = bytes.subarray(space + 1, start + length - 1).toString('utf8');
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (key === 'path' || key === 'linkpath' || key === 'size') records[key] = record.slice(equals + 1);
    start += length;
  }
  return records;
}

function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
