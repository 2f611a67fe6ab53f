import { Buffer } from 'node:buffer';
import type { FileHead, Probe } from '../cataloguer.ts';
import { baseOf } from '../layer/path.ts';

/**
 * A probe for programs and shared libraries. Files that cannot be one by their name are not looked at, and of others the first four bytes decide
 * whether `start` gets to read them: an image has a hundred thousand files, and most are no programs.
 */
export function programProbe(file: FileHead, start: () => Probe): Probe | undefined {
  if (file.size < 64 || !mayBeProgram(file)) return undefined;
  let magic: Buffer = Buffer.alloc(0);
  let reader: Probe | undefined;
  return {
    write(chunk) {
      if (reader !== undefined) reader.write(chunk);
      else if (magic.length < 4) {
        const missing = 4 - magic.length;
        magic = Buffer.concat([magic, chunk.subarray(0, missing)]);
        if (magic.length < 4 || !isProgram(magic)) return;
        reader = start();
        reader.write(magic);
        reader.write(chunk.subarray(missing));
      }
    },
    end: () => reader?.end(),
  };
}

/** Scripts, texts and pictures have an extension or cannot be executed; some builds forget the bit for programs without one. */
function mayBeProgram({ path, isExecutable }: FileHead): boolean {
  const name = baseOf(path);
  if (
    /\.(?:py|pyc|js|mjs|cjs|ts|map|json|md|txt|html|css|h|hpp|c|cc|go|rs|java|class|jar|rb|pl|pm|sh|xml|ya?ml|png|gz|zip|mo)$/.test(
      name,
    )
  ) {
    return false;
  }
  return isExecutable || !name.includes('.') || /\.(?:so(?:\.[\w.]*)?|exe|dll|dylib|node|bin)$/i.test(name);
}

/** ELF, PE, and Mach-O of either byte order; universal Mach-O files share their magic with Java classes, whose names are left out above. */
function isProgram(magic: Buffer): boolean {
  if (magic[0] === 0x4d && magic[1] === 0x5a) return true;
  return [0x7f454c46, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(
    magic.readUInt32BE(0),
  );
}

/** Where windows are put together. All of them in one: a window is gone when the look at it is over, and an image's programs make very many. */
let scratch: Buffer = Buffer.alloc(0);
/** What is kept for the next one. Somebody may hand out a whole layer as one chunk. Bytes. */
const maxScratchBytes = 4 * 2 ** 20;

/** What was kept of a stream and what comes next, one behind the other. Only valid until the next call. */
export function joined(tail: Uint8Array, chunk: Uint8Array): Buffer {
  const size = tail.length + chunk.length;
  if (size > maxScratchBytes) return Buffer.concat([tail, chunk], size);
  if (scratch.length < size) scratch = Buffer.alloc(size);
  scratch.set(tail);
  scratch.set(chunk, tail.length);
  return scratch.subarray(0, size);
}

/**
 * Makes windows of a stream for searching: each begins with the last `overlap` bytes of the one before, so that what is at most one byte longer than that
 * is whole in one of them. A window is only valid during the call. `offset` is the place of the window's first byte in the file; `fresh` tells how many bytes the window before had already.
 */
export function overlappingWindows(
  overlap: number,
  look: (window: Buffer, offset: number, fresh: number) => void,
): (chunk: Uint8Array) => void {
  let tail: Buffer = Buffer.alloc(0);
  let offset = 0;
  return (chunk) => {
    const window = joined(tail, chunk);
    look(window, offset, tail.length);
    const keep = Math.min(overlap, window.length);
    offset += window.length - keep;
    tail = Buffer.from(window.subarray(window.length - keep));
  };
}

/** Every place of `needle` in `window` that is not whole in its first `fresh` bytes, as the window before this one told of those. */
export function* placesOf(needle: Buffer, window: Buffer, fresh: number): Generator<number> {
  const from = Math.max(0, fresh - needle.length + 1);
  for (let at = window.indexOf(needle, from); at >= 0; at = window.indexOf(needle, at + 1)) yield at;
}
