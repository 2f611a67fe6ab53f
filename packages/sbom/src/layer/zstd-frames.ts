import { Buffer } from 'node:buffer';
import { LadingError } from '@lading/oci';
import type { LayerErrorCode } from './errors.ts';

const frameMagic = 0xfd2fb528;
/** 16 of them (RFC 8878, section 3.1.2). */
const skippableMagic = 0x184d2a50;
/** What the decompressor takes: more would be memory that a stranger asks for. Bytes. */
const maxWindowBytes = 2 ** 27;
const contentSizeBytes = [0, 2, 4, 8] as const;
const dictionaryBytes = [0, 1, 2, 4] as const;

/**
 * Cuts a zstd stream (RFC 8878) where its frames end, and leaves out the skippable ones. node:zlib silently drops what follows a
 * frame within the same chunk, so each frame has to come in chunks of its own.
 */
export class ZstdFrames {
  /** Which field comes next, once the `#left` bytes of content are through, which are not looked at. */
  #next: 'magic' | 'skippable' | 'header' | 'block' = 'magic';
  #left = 0;
  #isSkipped = false;
  #hasChecksum = false;
  #isLast = false;
  #field: Buffer = Buffer.alloc(0);

  /** @throws {LadingError} `ERR_LADING_LAYER`: no zstd, or one that needs too much memory. */
  *cut(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    let at = 0;
    while (at < chunk.byteLength) {
      let isEnd = false;
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.byteLength - at);
        this.#left -= taken;
        at += taken;
        isEnd = this.#left === 0 && this.#afterContent();
      } else {
        const wasMagic = this.#next === 'magic';
        this.#field = Buffer.concat([this.#field, chunk.subarray(at, at + 1)]);
        at++;
        if (this.#field.byteLength < this.#wanted()) continue;
        const field = this.#field;
        this.#field = Buffer.alloc(0);
        isEnd = this.#read(field);
        if (wasMagic) {
          // Held back until it is known what it begins: it may have come in parts.
          start = at;
          if (!this.#isSkipped) yield field;
        }
      }
      if (isEnd) {
        if (!this.#isSkipped && start < at) yield chunk.subarray(start, at);
        start = at;
      }
    }
    if (this.#next !== 'magic' && !this.#isSkipped && start < at) yield chunk.subarray(start);
  }

  /** How many bytes the present field has. A frame's header tells its own length in its first byte. */
  #wanted(): number {
    if (this.#next === 'block') return 3;
    if (this.#next !== 'header' || this.#field.byteLength === 0) return this.#next === 'header' ? 1 : 4;
    const descriptor = this.#field[0]!;
    const isSingle = (descriptor & 0x20) !== 0;
    const flag = descriptor >> 6;
    const size = flag === 0 && isSingle ? 1 : contentSizeBytes[flag as 0 | 1 | 2 | 3];
    return 1 + (isSingle ? 0 : 1) + dictionaryBytes[(descriptor & 3) as 0 | 1 | 2 | 3] + size;
  }

  /** @returns true at the end of a frame. */
  #read(field: Buffer): boolean {
    if (this.#next === 'magic') {
      const magic = field.readUInt32LE(0);
      this.#isSkipped = (magic & 0xfffffff0) >>> 0 === skippableMagic;
      if (!this.#isSkipped && magic !== frameMagic)
        throw broken('something that is no zstd frame stands in it');
      this.#next = this.#isSkipped ? 'skippable' : 'header';
    } else if (this.#next === 'skippable') {
      this.#left = field.readUInt32LE(0);
      this.#isLast = true;
      this.#hasChecksum = false;
      this.#next = 'block';
      return this.#left === 0 && this.#afterContent();
    } else if (this.#next === 'header') {
      const descriptor = field[0]!;
      this.#hasChecksum = (descriptor & 4) !== 0;
      // Without this bit the second byte is the window's size: exponent and eighths.
      const window = field[1] ?? 0;
      const bytes = 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
      if ((descriptor & 0x20) === 0 && bytes > maxWindowBytes)
        throw broken(`it needs a window of more than ${maxWindowBytes} bytes`);
      this.#next = 'block';
    } else {
      const block = field.readUIntLE(0, 3);
      const type = (block >> 1) & 3;
      if (type === 3) throw broken('a zstd block has an unknown type');
      this.#isLast = (block & 1) === 1;
      // A block of one byte again and again has only that byte.
      this.#left = type === 1 ? 1 : block >> 3;
      return this.#left === 0 && this.#afterContent();
    }
    return false;
  }

  /** @returns true at the end of a frame. */
  #afterContent(): boolean {
    if (!this.#isLast) {
      this.#next = 'block';
      return false;
    }
    if (this.#hasChecksum) {
      this.#hasChecksum = false;
      this.#left = 4;
      return false;
    }
    this.#next = 'magic';
    this.#isLast = false;
    return true;
  }
}

function broken(what: string): LadingError<LayerErrorCode> {
  return new LadingError<LayerErrorCode>('ERR_LADING_LAYER', `the layer cannot be unpacked: ${what}`);
}
