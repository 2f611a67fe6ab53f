/** Distinguished Encoding Rules (X.690): every function gives one complete element. */

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.byteLength), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = minimalBytes(BigInt(length));
  return Buffer.concat([Uint8Array.of(0x80 | bytes.byteLength), bytes]);
}

function minimalBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, ...parts);
}

/** A SET OF: its elements are sorted, as DER wants them. */
export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return element(0x31, ...parts.toSorted((a, b) => Buffer.compare(a, b)));
}

/** Not below zero. Bytes are taken as an unsigned number, so that serial numbers and nonces of any size pass. */
export function integer(value: number | bigint | Uint8Array): Buffer {
  const number = value instanceof Uint8Array ? BigInt(`0x0${Buffer.from(value).toString('hex')}`) : value;
  const bytes = minimalBytes(BigInt(number));
  return element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes);
}

export function boolean(value: boolean): Buffer {
  return element(0x01, Uint8Array.of(value ? 0xff : 0));
}

export function nothing(): Buffer {
  return element(0x05);
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift(0x80 | (left % 128));
  }
  return digits;
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes);
}

/** `unused`: how many of the last byte's bits do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(0x03, Uint8Array.of(unused), bytes);
}

export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

/** To the second. */
export function generalizedTime(time: Date): Buffer {
  return element(0x18, Buffer.from(`${digitsOf(time)}Z`));
}

/** As RFC 5280 4.1.2.5 wants it in certificates: UTCTime to the end of 2049, then GeneralizedTime. */
export function certificateTime(time: Date): Buffer {
  if (time.getUTCFullYear() >= 2050) return generalizedTime(time);
  return element(0x17, Buffer.from(`${digitsOf(time).slice(2)}Z`));
}

function digitsOf(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:T]/g, '');
}

/** A context-specific tag around a whole element. */
export function explicit(number: number, content: Uint8Array): Buffer {
  return element(0xa0 | number, content);
}

/** A context-specific tag in the place of a primitive element's own. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return element(0x80 | number, content);
}

/** A context-specific tag in the place of the tag of a SET or SEQUENCE. */
export function implicitConstructed(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return element(0xa0 | number, ...parts);
}
