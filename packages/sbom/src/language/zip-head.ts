import type { Buffer } from 'node:buffer';

/** What stands in front of an entry of a zip archive (APPNOTE 6.3, 4.3.7). */
export interface ZipHead {
  readonly name: string;
  /** 0 stored, 8 deflated; others are rare. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Of what is stored. Nothing when that is only told behind it. Bytes. */
  readonly storedSize: number | undefined;
}

/** Bytes of a local header without its name and extra field. */
export const headBytes = 30;

/** How long a local header is with all its parts; nothing when it is none. `at` has {@link headBytes} behind it. */
export function headLength(window: Buffer, at: number): number | undefined {
  const nameLength = window.readUInt16LE(at + 26);
  // The version that is needed to unpack it is at most 6.3, methods go up to 99, and the name is never empty.
  if (window[at + 4]! > 63 || window.readUInt16LE(at + 8) > 99 || nameLength === 0) return undefined;
  return headBytes + nameLength + window.readUInt16LE(at + 28);
}

export function readHead(head: Buffer): ZipHead {
  const flags = head.readUInt16LE(6);
  const nameEnd = headBytes + head.readUInt16LE(26);
  const isToldBehind = (flags & 8) !== 0;
  const size = storedSize(head, nameEnd);
  return {
    name: nameOf(head.subarray(headBytes, nameEnd)),
    method: head.readUInt16LE(8),
    isEncrypted: (flags & 1) !== 0,
    storedSize: isToldBehind && size === 0 ? undefined : size,
  };
}

/** UTF-8, as many write it and forget the flag that says so; what is none can at least be told apart. */
function nameOf(bytes: Buffer): string {
  const name = bytes.toString('utf8');
  return name.includes('\uFFFD') ? bytes.toString('latin1') : name;
}

/** Sizes from 4 GiB on stand in the extra field (zip64): the uncompressed one first, where it is asked for, too. */
function storedSize(head: Buffer, nameEnd: number): number {
  const size = head.readUInt32LE(18);
  if (size !== 0xffffffff) return size;
  for (let at = nameEnd; at + 4 <= head.length; at += 4 + head.readUInt16LE(at + 2)) {
    if (head.readUInt16LE(at) !== 1) continue;
    const place = at + 4 + (head.readUInt32LE(22) === 0xffffffff ? 8 : 0);
    if (place + 8 <= head.length) return Number(head.readBigUInt64LE(place));
  }
  return size;
}
