import { Buffer } from 'node:buffer';
import type { Chance } from './chance.ts';

const block = 512;
type Format = 'v7' | 'ustar' | 'star' | 'gnu';
type Put = (header: Buffer) => void;

/** A tar archive such as no honest program writes: all formats and their extensions, right, nearly right, damaged, cut off. */
export function oddArchive(chance: Chance): Buffer {
  const parts: Buffer[] = [];
  for (let items = chance.below(7); items >= 0; items--) parts.push(...item(chance));
  parts.push(Buffer.alloc(block * chance.pick([0, 1, 2, 2, 2, 3])));
  if (chance.once(6)) parts.push(...entry(chance, {}));
  if (chance.once(8)) parts.push(chance.bytes(chance.below(700)));
  let archive: Buffer = Buffer.concat(parts);
  for (let times = chance.pick([0, 0, 0, 0, 1, 1, 2]); times > 0; times--) archive = mutated(chance, archive);
  return archive;
}

function item(chance: Chance): Buffer[] {
  switch (chance.below(12)) {
    case 0:
      return longName(chance);
    case 1:
    case 2:
      return [...paxHeader(chance, commonRecords(chance)), ...entry(chance, {})];
    case 3:
      return paxHeader(chance, commonRecords(chance), chance.pick(['g', 'x']));
    case 4:
      return oldSparse(chance);
    case 5:
      return paxSparse(chance);
    case 6:
      return [...longName(chance), ...paxHeader(chance, commonRecords(chance)), ...entry(chance, {})];
    case 7:
      return chance.wrong(1)
        ? [Buffer.alloc(block)]
        : [...longName(chance), ...paxHeader(chance, commonRecords(chance), 'g'), ...entry(chance, {})];
    default:
      return entry(chance, {});
  }
}

interface Wanted {
  readonly type?: string;
  readonly format?: Format;
  readonly name?: string;
  readonly body?: Buffer;
  /** Of the content, where the body has more in front of it. */
  readonly edit?: Put;
}

function entry(chance: Chance, wanted: Wanted): Buffer[] {
  const type =
    wanted.type ??
    chance.pick([
      '0',
      '0',
      '0',
      '\0',
      '\0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      'V',
      '\xff',
      ...(chance.wrong(1) ? ['S'] : []),
    ]);
  const claimed = chance.pick([0, 0, 1, 5, 511, 512, 513, 1500]);
  // Links and folders may claim a content; that they have none is what readers disagree on.
  const body = wanted.body ?? chance.bytes(/[1-6]/.test(type) && !chance.wrong(2) ? 0 : claimed);
  const header = Buffer.alloc(block);
  const format = wanted.format ?? chance.pick(['v7', 'ustar', 'ustar', 'star', 'gnu', 'gnu']);
  header.write(wanted.name ?? anyName(chance), 0, 100, 'latin1');
  number(chance, header, 100, 8, chance.pick([0o644, 0o755, 0]));
  for (const at of [108, 116]) number(chance, header, at, 8, chance.below(70_000));
  number(chance, header, 136, 12, 1_700_000_000);
  header.write(type, 156, 1, 'latin1');
  if (!chance.once(3)) header.write(anyName(chance), 157, 100, 'latin1');
  magic(chance, header, format);
  if (chance.wrong(10)) number(chance, header, 124, 12, chance.below(3000));
  else number(chance, header, 124, 12, wanted.body === undefined ? claimed : body.length);
  wanted.edit?.(header);
  checksum(chance, header);
  return [header, body, Buffer.alloc((block - (body.length % block)) % block)];
}

function magic(chance: Chance, header: Buffer, format: Format): void {
  if (format === 'v7') return;
  if (format === 'gnu') header.write('ustar  \0', 257, 'latin1');
  else header.write('ustar\x0000', 257, 'latin1');
  if (format === 'star') header.write('tar\0', 508, 'latin1');
  if (chance.once(5)) for (const at of [329, 337]) number(chance, header, at, 8, chance.below(300));
  if (chance.once(4)) header.write(anyName(chance), 345, chance.pick([155, 131, 12]), 'latin1');
  if (format === 'star' && chance.once(2))
    for (const at of [476, 488]) number(chance, header, at, 12, 1_600_000_000);
  if (chance.once(10)) number(chance, header, chance.pick([345, 357, 476, 488]), 12, 1_600_000_000);
}

function anyName(chance: Chance): string {
  const name = chance.pick([
    'a',
    'a',
    'dir/',
    'b/c',
    'long/'.repeat(30),
    'x'.repeat(100),
    '',
    '../up',
    '/root',
    'caf\xc3\xa9',
    '\xff\xfe',
    'nul\0behind',
    'wh/.wh.x',
    'line\nfeed',
    ' ',
  ]);
  return chance.once(6) ? `${name}${chance.below(10)}` : name;
}

/** A number as good programs write it, or as others do. */
function number(chance: Chance, header: Buffer, at: number, size: number, value: number): void {
  const octal = value.toString(8);
  header.fill(0, at, at + size);
  switch (chance.below(24)) {
    case 0:
      header.write(octal.padStart(size, '0'), at, size);
      break;
    case 1:
      header.write(` ${octal} `, at, size);
      break;
    case 2:
      header.write(`${octal}\0 9`, at, size);
      break;
    case 3:
    case 4:
      binary(header, at, size, BigInt(value));
      break;
    case 5:
      if (!chance.wrong(1)) header.write(octal, at, size);
      else if (chance.once(2)) binary(header, at, size, -BigInt(value) - 1n);
      else header.write(chance.pick(['8', '-1', '+1', '0x1', '1_0', '1 1', '\0\x001', '']), at, size);
      break;
    case 6:
      if (!chance.wrong(1)) break; // nothing but NULs
      chance.bytes(size).copy(header, at);
      if (chance.once(2)) header[at] = 0x80;
      if (chance.once(4)) header.fill(chance.pick([0x80, 0xff]), at, at + size);
      break;
    default:
      header.write(`${octal.padStart(size - 1, '0')}\0`, at, size);
  }
}

function binary(header: Buffer, at: number, size: number, value: bigint): void {
  for (let index = at + size - 1, left = value; index >= at; index--, left >>= 8n)
    header[index] = Number(left & 0xffn);
  header[at] = value < 0n ? 0xff : header[at]! | 0x80;
}

function checksum(chance: Chance, header: Buffer): void {
  header.fill(' ', 148, 156);
  let sum = 0;
  const isSigned = chance.once(12);
  for (const byte of header) sum += isSigned ? (byte << 24) >> 24 : byte;
  if (chance.wrong(8)) sum++;
  header.write(
    chance.pick([
      `${sum.toString(8).padStart(6, '0')}\0 `,
      `${sum.toString(8)}\0`,
      sum.toString(8).padStart(8, '0'),
    ]),
    148,
    8,
  );
}

function longName(chance: Chance): Buffer[] {
  const name = chance.pick([
    'n'.repeat(300),
    'slash/',
    `${'deep/'.repeat(120)}end`,
    '',
    'a\0b',
    '\xff'.repeat(120),
  ]);
  const body = Buffer.from(name + chance.pick(['\0', '\0', '', '\0\0rest']), 'latin1');
  const header = { format: chance.pick<Format>(['gnu', 'gnu', 'ustar', 'v7']), name: '././@LongLink', body };
  return entry(chance, { ...header, type: chance.pick(['L', 'L', 'K']) });
}

type Records = readonly (readonly [key: string, value: string])[];

function paxHeader(chance: Chance, records: Records, type = 'x'): Buffer[] {
  let text = '';
  for (const [key, value] of records) {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length;
    while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
    if (chance.wrong(8)) length += chance.pick([-1, 1, 1000, -length, -length + 4]);
    text += `${chance.wrong(4) ? chance.pick(['+', '0', ' ', '-']) : ''}${length}${rest}`;
  }
  return entry(chance, {
    type,
    format: chance.pick<Format>(['ustar', 'ustar', 'gnu', 'v7']),
    body: Buffer.from(text, 'latin1'),
  });
}

const numbers = [
  '0',
  '1',
  '5',
  '600',
  '-1',
  '+2',
  '',
  'x',
  '1.5',
  '007',
  '1e3',
  '99999999999999999999',
  '9223372036854775807',
  ' 1',
  '1_0',
];
const times = [
  '0',
  '1.5',
  '-1.5',
  '1.',
  '.5',
  '1.x',
  '1.123456789123',
  '',
  '-',
  '1.2.3',
  '0000000000000000000001',
];

function commonRecords(chance: Chance): Records {
  const make: (() => readonly [string, string])[] = [
    () => ['path', anyName(chance)],
    () => ['path', `${'p'.repeat(200)}${chance.pick(['', '/'])}`],
    () => ['linkpath', anyName(chance)],
    () => ['size', chance.pick(chance.wrong(1) ? numbers : ['', '0'])],
    () => [
      chance.pick(['uid', 'gid']),
      chance.pick(chance.wrong(1) ? numbers : ['', '5', '+2', '-1', '007']),
    ],
    () => [
      chance.pick(['atime', 'mtime', 'ctime']),
      chance.pick(chance.wrong(1) ? times : ['0', '1.5', '-1.5', '1.', '']),
    ],
    () => [chance.pick(['uname', 'gname']), anyName(chance)],
    () => [
      chance.pick([
        'comment',
        'SCHILY.xattr.user.a',
        'k e y',
        ...(chance.wrong(1) ? ['a\0b', '', 'uname'] : []),
      ]),
      anyName(chance),
    ],
    () => [
      `GNU.sparse.${chance.pick(['major', 'minor', 'name', 'map', 'size', 'realsize', 'numblocks', 'offset', 'numbytes'])}`,
      chance.pick([...numbers, '0,1', anyName(chance)]),
    ],
  ];
  return Array.from({ length: chance.below(4) }, () => chance.pick(make.slice(0, chance.wrong(1) ? 9 : 8))());
}

/** Regions, and how much data they want; now and then they overlap, go backwards or too far. */
function regions(
  chance: Chance,
  most: number,
): { readonly map: readonly (readonly [number, number])[]; readonly data: number; readonly size: number } {
  const map: [number, number][] = [];
  let at = 0;
  let data = 0;
  for (let count = chance.below(most + 1); count > 0; count--) {
    at += chance.below(700);
    const length = chance.pick([0, 1, 10, 512]);
    map.push([at, length]);
    at += length;
    data += length;
  }
  if (map.length > 0 && chance.wrong(2)) chance.pick(map)[0] += chance.pick([1, -1, 3000]);
  if (chance.once(8)) map.push([at, 0]);
  return {
    map,
    data: data + (chance.wrong(2) ? chance.pick([1, -1, 512]) : 0),
    size: at + chance.pick([0, 0, 1, 5000, ...(chance.wrong(1) ? [-1] : [])]),
  };
}

function oldSparse(chance: Chance): Buffer[] {
  const { map, data, size } = regions(chance, chance.pick([3, 4, 5, 26, 50]));
  const rest = map.slice(4);
  const extensions: Buffer[] = [];
  const put = (target: Buffer, start: number, list: readonly (readonly [number, number])[]): void => {
    for (const [index, [offset, length]] of list.entries()) {
      number(chance, target, start + 24 * index, 12, Math.max(0, offset));
      number(chance, target, start + 24 * index + 12, 12, Math.max(0, length));
    }
  };
  for (let from = 0; from < rest.length; from += 21) {
    const extension = Buffer.alloc(block);
    put(extension, 0, rest.slice(from, from + 21));
    if (from + 21 < rest.length) extension[504] = chance.pick([1, 255]);
    extensions.push(extension);
  }
  const [header, body, padding] = entry(chance, {
    type: 'S',
    format: chance.wrong(3) ? chance.pick<Format>(['star', 'ustar', 'v7']) : 'gnu',
    body: chance.bytes(Math.max(0, data)),
    edit: (target) => {
      put(target, 386, map.slice(0, 4));
      target[482] = extensions.length > 0 ? 1 : 0;
      number(chance, target, 483, 12, Math.max(0, size));
    },
  });
  return [header!, ...(chance.wrong(3) ? extensions.slice(1) : extensions), body!, padding!];
}

function paxSparse(chance: Chance): Buffer[] {
  const { map, data, size } = regions(chance, chance.pick([2, 5, 60]));
  const version = chance.pick(['0.0', '0.1', '0.1', '1.0', '1.0']);
  const records: [string, string][] = [];
  const put = (key: string, value: unknown): void => {
    if (!chance.wrong(3))
      records.push([`GNU.sparse.${key}`, chance.wrong(4) ? chance.pick(numbers) : String(value)]);
  };
  if (version === '1.0' || chance.once(2)) {
    put('major', version[0]);
    put('minor', version[2]);
  }
  put(version === '1.0' ? 'realsize' : chance.pick(['size', 'realsize']), size);
  if (version !== '0.0') put('name', anyName(chance));
  let front: Buffer = Buffer.alloc(0);
  if (version === '1.0') {
    const text = [map.length + (chance.wrong(3) ? chance.pick([1, -1, 900]) : 0), ...map.flat()].join('\n');
    front = Buffer.from(`${text}${chance.wrong(3) ? '' : '\n'}`);
    front = Buffer.concat([front, Buffer.alloc((block - (front.length % block)) % block)]);
  } else {
    put('numblocks', map.length);
    if (version === '0.1') put('map', map.flat().join(','));
    else
      for (const [offset, length] of map) {
        put('offset', offset);
        put('numbytes', length);
      }
  }
  const body = Buffer.concat([front, chance.bytes(Math.max(0, data))]);
  const type = chance.pick(['0', '0', '0', '\0', '7', ...(chance.wrong(1) ? ['5'] : [])]);
  return [
    ...paxHeader(chance, [...records, ...(chance.once(4) ? commonRecords(chance) : [])]),
    ...entry(chance, { type, body }),
  ];
}

function mutated(chance: Chance, archive: Buffer): Buffer {
  const blocks = Math.floor(archive.length / block);
  const at = block * chance.below(blocks + 1);
  switch (chance.below(7)) {
    case 0:
      return archive.subarray(0, chance.below(archive.length + 1));
    case 1:
      return Buffer.concat([archive.subarray(0, at), archive.subarray(at + block)]);
    case 2:
      return Buffer.concat([archive.subarray(0, at), archive.subarray(Math.max(0, at - block))]);
    case 3:
      return Buffer.concat([archive.subarray(0, at), Buffer.alloc(block), archive.subarray(at)]);
    default: {
      const changed = Buffer.from(archive);
      if (at + block > changed.length) return changed;
      const target = changed.subarray(at, at + block);
      for (let times = 1 + chance.below(3); times > 0; times--)
        target[chance.below(block)] = chance.pick([0, 0x30, 0x31, 0x20, 0x80, 0xff, chance.below(256)]);
      // Most would end at the checksum otherwise.
      if (!chance.once(4)) checksum(chance, target);
      return changed;
    }
  }
}
