/** Bytes of standard base64; nothing when it is not the one way of writing them (Node's own decoder skips what it does not know). */
export function strictBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
