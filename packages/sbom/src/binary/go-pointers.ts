import { Buffer } from 'node:buffer';
import { fileOffsetOf } from './elf-segments.ts';

/** Before Go 1.18 the marker of the build information has the address of a string's header, which has the address of the string and its length. */
export interface GoPointers {
  /** Of the marker, in the file. */
  readonly offset: number;
  /** Takes what follows the marker. */
  write(chunk: Uint8Array): void;
  /** The version of Go; nothing when a pointer leads nowhere. `texts` are those places of the file where a version may stand. */
  version(texts: ReadonlyMap<number, string>): string | undefined;
}

const pointersAt = 16;
/** Of Go itself: `go1.17.13`; of vendors' it has more behind. */
const maxVersionLength = 32;

/**
 * @param marker From the marker on, 32 bytes or more.
 * @param head The file's beginning, for its program headers. Programs of other systems than ELF's have no answer.
 */
export function goPointers(marker: Buffer, offset: number, head: Buffer): GoPointers {
  const pointerBytes = marker[14]!;
  const isBig = (marker[15]! & 1) === 1;
  const pointer = (bytes: Buffer, at: number): number => {
    const word = (place: number): number => (isBig ? bytes.readUInt32BE(place) : bytes.readUInt32LE(place));
    if (pointerBytes === 4) return word(at);
    return isBig ? word(at) * 2 ** 32 + word(at + 4) : word(at + 4) * 2 ** 32 + word(at);
  };
  // The header is in the data of the program, which follows the marker.
  const start = fileOffsetOf(head, pointer(marker, pointersAt));
  const header = Buffer.alloc(2 * pointerBytes);
  let filled = 0;
  let position = offset;
  const write = (chunk: Uint8Array): void => {
    if (start !== undefined && start >= offset && filled < header.length) {
      const from = start + filled - position;
      if (from < chunk.length) {
        const part = chunk.subarray(from, from + header.length - filled);
        header.set(part, filled);
        filled += part.length;
      }
    }
    position += chunk.length;
  };
  write(marker);
  return {
    offset,
    write,
    version(texts) {
      if (filled < header.length) return undefined;
      const length = pointer(header, pointerBytes);
      const at = fileOffsetOf(head, pointer(header, 0));
      const text = at === undefined ? undefined : texts.get(at);
      return length <= maxVersionLength ? text?.slice(0, length) : undefined;
    },
  };
}
