import { Buffer } from 'node:buffer';
import { headBytes, headLength, readHead, type ZipHead } from './zip-head.ts';

/** Takes what an entry stores, in pieces. A piece is only valid during the call. */
export interface ZipBody {
  write(chunk: Buffer): void;
  /** The entry is whole. It is not called when the archive ends before. */
  end(): void;
}

/** Asked for each entry, in the archive's order; what it gives gets the content. */
export type ZipVisitor = (head: ZipHead) => ZipBody | undefined;

const localHead = 0x0403;
const centralHead = 0x0201;
const centralEnd = 0x0605;
const descriptor = 0x0807;

/** A script in front of an archive that can be executed has some 10 KiB. */
const maxPrefixBytes = 1024 * 1024;
/** The longest form of what stands behind an entry that told no size: signature, checksum, two sizes of 8 bytes. */
const descriptorBytes = 24;
/** Places that look like the end of an entry and are not. More is an attack. */
const maxFalseEnds = 4_000_000;

/**
 * Reads a zip archive as it flows by, from entry to entry, and keeps nothing of it. The list at an archive's end is not needed for that, as
 * archives of Java have no gaps and no entries that are not in the list. An entry that tells its size only behind its content (as Java itself
 * writes them) ends where a size stands that is the distance to its start.
 */
export class ZipReader {
  readonly #visit: ZipVisitor;
  #parse: (window: Buffer, at: number) => number = this.#seek;
  /** Bytes that were not enough for the next step. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #neededBytes = 1;
  #body: ZipBody | undefined;
  /** Of the entry's content: still to come, or gone by already when nobody knows how much there is. */
  #count = 0;
  #position = 0;
  #entries = 0;
  #falseEnds = 0;
  #isAtEnd = false;

  constructor(visit: ZipVisitor) {
    this.#visit = visit;
  }

  /** Something that makes it an archive was seen. */
  get isZip(): boolean {
    return this.#entries > 0 || this.#isAtEnd;
  }

  /** All entries went by. */
  get isWhole(): boolean {
    return this.#isAtEnd;
  }

  /** What the visitor or a body throws goes through; nothing more may be written then. */
  write(chunk: Buffer): void {
    if (this.#parse === this.#nothing) return;
    if (this.#keptBytes + chunk.length < this.#neededBytes) {
      this.#keep(chunk);
      return;
    }
    const window = this.#keptBytes === 0 ? chunk : Buffer.concat([...this.#kept, chunk]);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#neededBytes = 1;
    let at = 0;
    while (at < window.length && this.#neededBytes <= window.length - at) {
      const next = this.#parse(window, at);
      this.#position += next - at;
      at = next;
    }
    if (this.#parse !== this.#nothing && at < window.length) this.#keep(window.subarray(at));
  }

  #keep(bytes: Buffer): void {
    this.#kept.push(Buffer.from(bytes));
    this.#keptBytes += bytes.length;
  }

  #nothing(window: Buffer): number {
    return window.length;
  }

  /** To the next entry or the list of entries; that is where it stands, unless there is something in front of the archive or between entries. */
  #seek(window: Buffer, from: number): number {
    for (let at = window.indexOf('PK', from); at >= 0; at = window.indexOf('PK', at + 2)) {
      if (this.#isTooFar(at - from)) return window.length;
      if (at + 4 > window.length) return this.#wait(4, at);
      const kind = window.readUInt16LE(at + 2);
      if (kind === centralEnd || (kind === centralHead && this.#entries > 0)) {
        this.#isAtEnd = true;
        this.#parse = this.#nothing;
        return window.length;
      }
      if (kind !== localHead) continue;
      if (at + headBytes > window.length) return this.#wait(headBytes, at);
      const length = headLength(window, at);
      if (length === undefined) continue;
      if (at + length > window.length) return this.#wait(length, at);
      this.#open(readHead(window.subarray(at, at + length)));
      return at + length;
    }
    if (this.#isTooFar(window.length - from)) return window.length;
    // A P may be the first half.
    return this.#wait(2, Math.max(from, window.length - 1));
  }

  /** What begins at `at` is looked at when so much of it is there. */
  #wait(bytes: number, at: number): number {
    this.#neededBytes = bytes;
    return at;
  }

  #isTooFar(distance: number): boolean {
    if (this.#entries > 0 || this.#position + distance <= maxPrefixBytes) return false;
    this.#parse = this.#nothing;
    return true;
  }

  #open(head: ZipHead): void {
    this.#entries++;
    this.#neededBytes = 1;
    this.#body = this.#visit(head);
    this.#count = head.storedSize ?? 0;
    this.#parse = head.storedSize === undefined ? this.#untilDescriptor : this.#counted;
    if (head.storedSize === 0) this.#close();
    if (head.storedSize === undefined) this.#neededBytes = descriptorBytes;
  }

  #close(): void {
    this.#parse = this.#seek;
    this.#neededBytes = 1;
    this.#body?.end();
    this.#body = undefined;
  }

  #counted(window: Buffer, at: number): number {
    const end = Math.min(window.length, at + this.#count);
    this.#body?.write(window.subarray(at, end));
    this.#count -= end - at;
    if (this.#count === 0) this.#close();
    return end;
  }

  #untilDescriptor(window: Buffer, from: number): number {
    const safe = window.length - descriptorBytes;
    for (let at = window.indexOf('PK', from); at >= 0 && at <= safe; at = window.indexOf('PK', at + 2)) {
      const end = endOfContent(window, at, from - this.#count);
      if (end === undefined || end < from) {
        if (++this.#falseEnds > maxFalseEnds) {
          this.#parse = this.#nothing;
          return window.length;
        }
        continue;
      }
      this.#body?.write(window.subarray(from, end));
      this.#close();
      // The descriptor is passed over on the way to the next entry.
      return end;
    }
    // A descriptor without a signature ends where the next entry begins.
    const end = Math.max(from, safe - descriptorBytes);
    this.#body?.write(window.subarray(from, end));
    this.#count += end - from;
    return this.#wait(window.length - end + 1, end);
  }
}

/** The end of the content that began at `start` (which may be in front of the window), when the two letters at `at` belong to what stands behind it. */
function endOfContent(window: Buffer, at: number, start: number): number | undefined {
  const kind = window.readUInt16LE(at + 2);
  if (kind === descriptor) return isSizeAt(window, at + 8, at - start) ? at : undefined;
  if (kind !== localHead && kind !== centralHead) return undefined;
  if (at >= 12 && window.readUInt32LE(at - 8) === at - 12 - start) return at - 12;
  if (at >= 20 && isSizeAt(window, at - 16, at - 20 - start)) return at - 20;
  return undefined;
}

/** The size has 4 bytes, or 8 in zip64; of an entry from 4 GiB on it is the larger form. */
function isSizeAt(window: Buffer, at: number, size: number): boolean {
  return (
    window.readUInt32LE(at) === size % 2 ** 32 &&
    (size < 2 ** 32 || window.readUInt32LE(at + 4) === Math.floor(size / 2 ** 32))
  );
}
