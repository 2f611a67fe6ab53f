import { Buffer } from 'node:buffer';

/** One entry of an archive, written as it is told to, right or wrong. Names are bytes, each a letter of latin1. */
export interface RawEntry {
  readonly name: string;
  /** Default `0`, a file. */
  readonly type?: string;
  readonly link?: string;
  readonly body?: string | Uint8Array;
  /** In place of the body's. */
  readonly size?: number | Buffer;
  readonly mode?: number;
  readonly magic?: 'ustar' | 'gnu' | 'v7';
  /** Changes the block before its checksum is made. */
  readonly edit?: (block: Buffer) => void;
}

export function rawHeader(entry: RawEntry): Buffer {
  const block = Buffer.alloc(512);
  const body = Buffer.from(entry.body ?? '');
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(entry.name, 0, 100, 'latin1');
  block.write(octal(entry.mode ?? 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  const size = entry.size ?? body.byteLength;
  if (typeof size === 'number') block.write(octal(size, 11), 124);
  else size.copy(block, 124);
  block.write(octal(0, 11), 136);
  block.write(entry.type ?? '0', 156, 1, 'latin1');
  block.write(entry.link ?? '', 157, 100, 'latin1');
  if (entry.magic === 'gnu') block.write('ustar  \0', 257, 'latin1');
  else if (entry.magic !== 'v7') block.write('ustar\x0000', 257, 'latin1');
  entry.edit?.(block);
  block.write(' '.repeat(8), 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

export function rawTar(entries: readonly RawEntry[], trailer = 1024): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const body = Buffer.from(entry.body ?? '');
    parts.push(rawHeader(entry), body, Buffer.alloc((512 - (body.byteLength % 512)) % 512));
  }
  return Buffer.concat([...parts, Buffer.alloc(trailer)]);
}

export function pax(records: Readonly<Record<string, string>>, type = 'x'): RawEntry {
  const body = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return { name: 'pax', type, body: Buffer.from(body.join(''), 'latin1') };
}

export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}
