import { Buffer } from 'node:buffer';

/** Keeps the bytes of a stream from one place on, up to `maxBytes`. */
export interface Capture {
  /** Where it begins in the file. */
  readonly offset: number;
  write(chunk: Uint8Array): void;
  /** Bytes so far. */
  readonly size: number;
  bytes(): Buffer;
}

export function capture(offset: number, maxBytes: number): Capture {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    offset,
    write(chunk) {
      const part = chunk.subarray(0, maxBytes - size);
      // The chunk is reused by whoever gave it.
      if (part.byteLength > 0) chunks.push(Buffer.from(part));
      size += part.byteLength;
    },
    get size() {
      return size;
    },
    bytes: () => Buffer.concat(chunks, size),
  };
}
