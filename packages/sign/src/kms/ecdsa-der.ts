/**
 * An ECDSA signature as everybody else writes it: SEQUENCE { r INTEGER, s INTEGER } in DER (RFC 3279, 2.2.3).
 * @param raw r and s one after the other, equally long, as JSON Web Signatures have them
 */
export function ecdsaDer(raw: Uint8Array): Uint8Array {
  const half = raw.byteLength / 2;
  return element(0x30, Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))]));
}

function integer(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.byteLength - 1 && value[start] === 0) start++;
  const digits = value.subarray(start);
  // A first bit that is set would make it negative.
  return element(
    0x02,
    (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : Buffer.from(digits),
  );
}

/** At most 255 bytes of content: P-521 has 139. */
function element(tag: number, content: Buffer): Buffer {
  const length = content.byteLength < 0x80 ? [content.byteLength] : [0x81, content.byteLength];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}
