/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const single = /^bytes=([0-9]*)-([0-9]*)$/;
const contentRange = /^(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})$/;

/**
 * What a `Range` header asks of content of `size` bytes (RFC 9110, 14.2).
 * @returns `undefined`: all of it (no header, another unit, several ranges); `'unsatisfiable'`: answer 416.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [whole, from, to] = single.exec(header ?? '') ?? [];
  if (whole === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

/** The `Content-Range` of an upload's chunk, which has neither a unit nor a total (distribution-spec, Pushing a blob in chunks). */
export function parseContentRange(header: string): ByteRange | undefined {
  const [whole, start, end] = contentRange.exec(header) ?? [];
  if (whole === undefined || Number(start) > Number(end)) return undefined;
  return { start: Number(start), end: Number(end) };
}
