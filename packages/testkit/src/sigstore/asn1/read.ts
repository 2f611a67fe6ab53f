/** One element as it was read. */
export interface Asn1Element {
  readonly tag: number;
  /** Without tag and length. */
  readonly content: Buffer;
  /** With tag and length. */
  readonly bytes: Buffer;
}

/** The elements that stand one after another, for example in a SEQUENCE. @throws {RangeError} when they are not DER. */
function readElements(bytes: Uint8Array): readonly Asn1Element[] {
  const all = Buffer.from(bytes);
  const found: Asn1Element[] = [];
  for (let position = 0; position < all.byteLength; ) {
    const element = readElement(all.subarray(position));
    found.push(element);
    position += element.bytes.byteLength;
  }
  return found;
}

/** The first element. @throws {RangeError} when there is none. */
function readElement(bytes: Uint8Array): Asn1Element {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [tag, first] = all;
  if (tag === undefined || first === undefined) throw new RangeError('the element has no tag and length');
  const long = first < 0x80 ? 0 : first & 0x7f;
  if (long > 4 || (first === 0x80 && long === 0) || all.byteLength < 2 + long) {
    throw new RangeError('the length of the element cannot be read');
  }
  const length = long === 0 ? first : all.readUIntBE(2, long);
  const start = 2 + long;
  if (all.byteLength < start + length) throw new RangeError('the element is cut off');
  return { tag, content: all.subarray(start, start + length), bytes: all.subarray(0, start + length) };
}

/** What stands in a SEQUENCE. */
export function readSequence(bytes: Uint8Array): readonly Asn1Element[] {
  const element = readElement(bytes);
  if (element.tag !== 0x30) throw new RangeError('a SEQUENCE was expected');
  return readElements(element.content);
}

/** An OBJECT IDENTIFIER's dotted form. */
export function dottedOid({ tag, content }: Asn1Element): string {
  if (tag !== 0x06) throw new RangeError('an OBJECT IDENTIFIER was expected');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}
