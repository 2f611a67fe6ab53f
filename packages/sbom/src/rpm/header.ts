import type { Buffer } from 'node:buffer';
import type { InstalledPackage } from '../os/installed-package.ts';
import type { PathJoiner } from '../os/paths.ts';

/** rpmtag.h. */
const tags = {
  SIGMD5: 261,
  SHA256HEADER: 273,
  NAME: 1000,
  VERSION: 1001,
  RELEASE: 1002,
  EPOCH: 1003,
  SUMMARY: 1004,
  VENDOR: 1011,
  LICENSE: 1014,
  PACKAGER: 1015,
  URL: 1020,
  ARCH: 1022,
  FILEMODES: 1030,
  FILEFLAGS: 1037,
  SOURCERPM: 1044,
  PROVIDENAME: 1047,
  REQUIRENAME: 1049,
  DIRINDEXES: 1116,
  BASENAMES: 1117,
  DIRNAMES: 1118,
  MODULARITYLABEL: 5096,
} as const;

const types = { int16: 3, int32: 4, string: 6, binary: 7, stringArray: 8, i18nString: 9 } as const;

const entryLength = 16;

/** What rpm itself takes at most (header.c). */
const maxEntries = 0xffff;

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/** Reads values by tag, of those only that have the type they should have. */
interface Header {
  string(tag: number): string | undefined;
  strings(tag: number): readonly string[];
  numbers(tag: number): readonly number[];
  binary(tag: number): string | undefined;
}

/**
 * The package that a header in an rpm database tells of. Nothing when it is damaged, and for `gpg-pubkey`, which is how rpm
 * stores keys.
 */
export function parseRpmHeader(blob: Buffer, join: PathJoiner): InstalledPackage | undefined {
  const header = openHeader(blob);
  const name = header?.string(tags.NAME);
  const version = header?.string(tags.VERSION);
  if (header === undefined || !name || version === undefined || name === 'gpg-pubkey') return undefined;
  const release = header.string(tags.RELEASE);
  const [epoch] = header.numbers(tags.EPOCH);
  const license = header.string(tags.LICENSE);
  const md5 = header.binary(tags.SIGMD5);
  const headerHash = header.string(tags.SHA256HEADER);
  return {
    name,
    version: release === undefined ? version : `${version}-${release}`,
    arch: said(header.string(tags.ARCH)),
    epoch,
    ...(said(license) !== undefined && { licenses: [license!] }),
    description: said(header.string(tags.SUMMARY)),
    homepage: said(header.string(tags.URL)),
    supplier: said(header.string(tags.VENDOR)) ?? said(header.string(tags.PACKAGER)),
    ...sourceOf(header.string(tags.SOURCERPM), epoch),
    ...(md5?.length === 32 && { hashes: [{ algorithm: 'MD5', value: md5 }] }),
    ...(headerHash !== undefined && { properties: { 'rpm.sha256header': headerHash } }),
    // `rpmlib()` is what rpm itself has to be able to; conditions in parentheses are not looked into.
    needs: [...new Set(header.strings(tags.REQUIRENAME))]
      .filter((need) => need !== '' && !need.startsWith('rpmlib(') && !need.startsWith('('))
      .map((need) => [need]),
    provides: [...new Set(header.strings(tags.PROVIDENAME))],
    files: filesOf(header, join),
    ...modularityOf(said(header.string(tags.MODULARITYLABEL))),
  };
}

/** Of `acme-1.2-3.src.rpm`: what it was built from; its epoch is that of the package. */
export function sourceOf(
  file: string | undefined,
  epoch: number | undefined,
): Pick<InstalledPackage, 'source' | 'upstream'> {
  const match = /^(.+)-([^-]+)-([^-]+)\.(?:no)?src\.rpm$/.exec(file ?? '');
  if (file === undefined || match === null) return {};
  const [, name = '', version, release] = match;
  return { source: { name, version, release, epoch }, upstream: file };
}

/** How syft and how trivy call it in a purl. */
function modularityOf(label: string | undefined): Pick<InstalledPackage, 'qualifiers'> {
  return label === undefined ? {} : { qualifiers: { modularitylabel: label, rpmmod: label } };
}

function said(value: string | undefined): string | undefined {
  return value === '' || value === '(none)' ? undefined : value;
}

/** Without folders, and without ghosts, which belong to a package and are not in it. */
function filesOf(header: Header, join: PathJoiner): string[] {
  const folders = header.strings(tags.DIRNAMES);
  const indexes = header.numbers(tags.DIRINDEXES);
  const modes = header.numbers(tags.FILEMODES);
  const flags = header.numbers(tags.FILEFLAGS);
  const files: string[] = [];
  for (const [index, base] of header.strings(tags.BASENAMES).entries()) {
    const folder = folders[indexes[index] ?? -1];
    const isFolder = ((modes[index] ?? 0) & 0o170000) === 0o040000;
    const isGhost = ((flags[index] ?? 0) & 0x40) !== 0;
    const path = folder === undefined || isFolder || isGhost ? undefined : join(folder, base);
    if (path !== undefined) files.push(path.replace(/^\/+/, ''));
  }
  return files;
}

/**
 * A header as databases store it: the number of entries and the length of the data, both 32 bits and big-endian, the entries (tag, type,
 * offset, count), the data (rpm's docs, "Header format"; without the magic that it has in files).
 */
function openHeader(blob: Buffer): Header | undefined {
  if (blob.length < 8) return undefined;
  const entryCount = blob.readUInt32BE(0);
  const dataLength = blob.readUInt32BE(4);
  const dataStart = 8 + entryCount * entryLength;
  if (entryCount > maxEntries || dataStart + dataLength > blob.length) return undefined;
  const data = blob.subarray(dataStart, dataStart + dataLength);
  const entries = new Map<number, Entry>();
  for (let at = 8; at < dataStart; at += entryLength) {
    const entry = {
      type: blob.readUInt32BE(at + 4),
      offset: blob.readUInt32BE(at + 8),
      count: blob.readUInt32BE(at + 12),
    };
    if (entry.offset < data.length) entries.set(blob.readUInt32BE(at), entry);
  }
  return {
    string(tag) {
      const entry = entries.get(tag);
      const isString = entry?.type === types.string || entry?.type === types.i18nString;
      // Of an internationalized string, the first is the one without a language.
      return isString ? stringsAt(data, entry.offset, 1)[0] : undefined;
    },
    strings(tag) {
      const entry = entries.get(tag);
      return entry?.type === types.stringArray ? stringsAt(data, entry.offset, entry.count) : [];
    },
    numbers(tag) {
      const entry = entries.get(tag);
      const width = entry?.type === types.int32 ? 4 : entry?.type === types.int16 ? 2 : 0;
      if (entry === undefined || width === 0) return [];
      const count = Math.min(entry.count, Math.floor((data.length - entry.offset) / width));
      return Array.from({ length: count }, (_, index) =>
        width === 4
          ? data.readUInt32BE(entry.offset + index * 4)
          : data.readUInt16BE(entry.offset + index * 2),
      );
    },
    binary(tag) {
      const entry = entries.get(tag);
      if (entry?.type !== types.binary) return undefined;
      return data.subarray(entry.offset, entry.offset + entry.count).toString('hex');
    },
  };
}

/** As many strings as there are, each with a zero behind. */
function stringsAt(data: Buffer, offset: number, count: number): string[] {
  const strings: string[] = [];
  let start = offset;
  while (strings.length < count && start < data.length) {
    const end = data.indexOf(0, start);
    if (end === -1) break;
    strings.push(data.toString('utf8', start, end));
    start = end + 1;
  }
  return strings;
}
