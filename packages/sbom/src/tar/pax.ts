import { decimal } from './numbers.ts';

/** Records by key; keys and values are bytes, each a letter of latin1. An empty value means that there is none. */
export type PaxRecords = ReadonlyMap<string, string>;

const textKeys = new Set(['path', 'linkpath', 'uname', 'gname']);
const numberKeys = ['uid', 'gid', 'size'] as const;
const timeKeys = ['atime', 'mtime', 'ctime'] as const;

/**
 * The records of a pax header: `length key=value` and a line feed each, the length counting itself.
 * The offsets and lengths of sparse format 0.0, whose keys come again and again, are put together as format 0.1 has them.
 *
 * @returns nothing when a record does not hold.
 */
export function parsePax(text: string): PaxRecords | undefined {
  const records = new Map<string, string>();
  const map: string[] = [];
  for (let start = 0; start < text.length; ) {
    const space = text.indexOf(' ', start);
    const length = space < 0 ? undefined : decimal(text.slice(start, space));
    if (length === undefined || length < 5n) return undefined;
    const end = start + Number(length);
    if (end > text.length || end <= space + 1 || text[end - 1] !== '\n') return undefined;
    const equals = text.indexOf('=', space + 1);
    if (equals < 0 || equals >= end - 1 || equals === space + 1) return undefined;
    const key = text.slice(space + 1, equals);
    const value = text.slice(equals + 1, end - 1);
    if ((textKeys.has(key) ? value : key).includes('\0')) return undefined;
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      const wanted = map.length % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes';
      if (key !== wanted || value.includes(',')) return undefined;
      map.push(value);
    } else records.set(key, value);
    start = end;
  }
  if (map.length > 0) records.set('GNU.sparse.map', map.join(','));
  return records;
}

/** Numbers and times must be such even where nobody reads them: Go's reader refuses the entry otherwise. */
export function hasSoundNumbers(records: PaxRecords): boolean {
  const isSound = (key: string, test: (value: string) => boolean): boolean => {
    const value = records.get(key) ?? '';
    return value === '' || test(value);
  };
  return (
    numberKeys.every((key) => isSound(key, (value) => decimal(value) !== undefined)) &&
    timeKeys.every((key) => isSound(key, isTime))
  );
}

function isTime(value: string): boolean {
  const dot = value.indexOf('.');
  const seconds = dot < 0 ? value : value.slice(0, dot);
  return decimal(seconds) !== undefined && (dot < 0 || /^[0-9]*$/.test(value.slice(dot + 1)));
}
