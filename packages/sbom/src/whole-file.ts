import { Buffer } from 'node:buffer';
import type { Probe } from './cataloguer.ts';
import type { Json } from './json.ts';

/**
 * A probe that keeps a whole file in memory and reads it at its end. A file that turns out larger than `maxBytes` is let go of.
 * What `read` throws makes the file one that says nothing: a broken file must not stop the catalogue of an image.
 */
export function wholeFile(maxBytes: number, read: (content: Buffer) => Json | undefined): Probe {
  let chunks: Buffer[] | undefined = [];
  let size = 0;
  return {
    write(chunk) {
      size += chunk.byteLength;
      if (size > maxBytes) chunks = undefined;
      // The chunk is reused by whoever gave it.
      else chunks?.push(Buffer.from(chunk));
    },
    end() {
      if (chunks === undefined) return undefined;
      try {
        return read(Buffer.concat(chunks, size));
      } catch {
        return undefined;
      }
    },
  };
}
