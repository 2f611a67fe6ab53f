import { Buffer } from 'node:buffer';
import type { TarHead, TarType } from '../tar/reader.ts';

/** An entry of a table of contents, or a further chunk of the file before it. Names are bytes, each a letter of latin1. */
export interface TocEntry {
  readonly type: TarType | 'chunk';
  readonly name: string;
  readonly link: string;
  /** Of the content. Bytes. */
  readonly size: number;
  readonly mode: number;
  readonly redirect: string | undefined;
  /** Of the whole content. */
  readonly digest: string | undefined;
  readonly chunk: {
    /** In the stored layer; 0 when there is no content. Bytes. */
    readonly offset: number;
    /** Where the stored chunk ends, when it is told. */
    readonly end: number | undefined;
    /** In what is stored there, once it is unpacked. Bytes. */
    readonly inner: number;
    /** In the file. Bytes. */
    readonly start: number;
    /** 0: up to the end of the file. Bytes. */
    readonly size: number;
    readonly digest: string | undefined;
    readonly isZeros: boolean;
  };
}

const types: Readonly<Record<string, TocEntry['type']>> = {
  dir: 'directory',
  reg: 'file',
  symlink: 'symlink',
  hardlink: 'hardlink',
  char: 'other',
  block: 'other',
  fifo: 'other',
  chunk: 'chunk',
};

/** Small ones are many in little room. */
const maxTocEntries = 500_000;

/** @throws when one of them is not as it should be */
export function parseTocEntries(json: Buffer): TocEntry[] {
  const { version, entries } = JSON.parse(json.toString('utf8')) as { version?: unknown; entries?: unknown };
  if (version !== 1 || !Array.isArray(entries) || entries.length > maxTocEntries)
    throw new Error('the table of contents is none');
  const parsed = entries.map((entry: unknown) => parseEntry(entry as Readonly<Record<string, unknown>>));
  for (const [index, { type }] of parsed.entries()) {
    const before = parsed[index - 1]?.type;
    if (type === 'chunk' && before !== 'file' && before !== 'chunk')
      throw new Error('a chunk belongs to no file');
  }
  return parsed;
}

function parseEntry(entry: Readonly<Record<string, unknown>>): TocEntry {
  const text = (key: string): string => {
    const value = entry[key] ?? '';
    // Bytes that are no UTF-8 were lost on the way into JSON.
    if (typeof value !== 'string' || value.includes('\ufffd') || value.includes('\0'))
      throw new Error(`${key} is no name`);
    return value;
  };
  const number = (key: string): number => {
    const value = entry[key] ?? 0;
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error(`${key} is no size`);
    return value as number;
  };
  const type = types[text('type')];
  if (type === undefined) throw new Error('an entry has an unknown type');
  const redirect = (entry.xattrs as Readonly<Record<string, unknown>> | undefined)?.[
    'trusted.overlay.redirect'
  ];
  return {
    type,
    name: bytesOf(text('name')),
    link: bytesOf(text('linkName')),
    size: number('size'),
    mode: number('mode'),
    redirect: redirect === undefined ? undefined : String(redirect),
    digest: text('digest') || undefined,
    chunk: {
      offset: number('offset'),
      end: number('endOffset') || undefined,
      inner: number('innerOffset'),
      start: number('chunkOffset'),
      size: number('chunkSize'),
      digest: text('chunkDigest') || undefined,
      isZeros: text('chunkType') === 'zeros',
    },
  };
}

/** As an archive would have it. */
export function headOf(
  type: TarType,
  { name, link, size, mode, redirect }: TocEntry,
  holes: number,
): TarHead {
  return { type, name, link, size: type === 'file' ? size : 0, holes, mode, redirect, position: 0 };
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
