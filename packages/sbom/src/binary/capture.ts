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

/** Bytes. Most of what is kept are heads and notes. */
const firstBytes = 512;

export function capture(offset: number, maxBytes: number): Capture {
  let held: Buffer = Buffer.alloc(0);
  let size = 0;
  return {
    offset,
    write(chunk) {
      // The chunk is reused by whoever gave it.
      const part = chunk.subarray(0, maxBytes - size);
      if (part.byteLength === 0) return;
      const needed = size + part.byteLength;
      if (held.byteLength < needed) {
        const larger = Buffer.allocUnsafe(
          Math.min(maxBytes, Math.max(firstBytes, needed, 2 * held.byteLength)),
        );
        held.copy(larger, 0, 0, size);
        held = larger;
      }
      held.set(part, size);
      size = needed;
    },
    get size() {
      return size;
    },
    bytes: () => held.subarray(0, size),
  };
}
