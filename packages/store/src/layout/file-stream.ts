import type { FileHandle } from 'node:fs/promises';
import type { FetchOptions } from '../content-store.ts';

/** Bytes read at once: large enough that the cost of a call does not show. */
const chunkBytes = 262_144;

/** A part of an open file as a stream. `close` runs once, when the stream ends, fails or is cancelled. */
export function fileStream(
  handle: FileHandle,
  start: number,
  size: number,
  { offset = 0, length = size, signal }: FetchOptions,
  close: () => Promise<void> = () => handle.close(),
): ReadableStream<Uint8Array> {
  let position = start + offset;
  const end = start + Math.min(size, offset + length);
  return new ReadableStream({
    async pull(controller) {
      try {
        signal?.throwIfAborted();
        if (position >= end) {
          await close();
          return controller.close();
        }
        const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - position));
        const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, position);
        position += bytesRead;
        // A file that got shorter meanwhile ends early; whoever verifies notices.
        if (bytesRead === 0) position = end;
        else controller.enqueue(buffer.subarray(0, bytesRead));
      } catch (error) {
        await close();
        throw error;
      }
    },
    cancel: close,
  });
}
