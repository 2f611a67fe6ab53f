import { Buffer } from 'node:buffer';
import { TarError, type TarProblem } from './errors.ts';
import { blockBytes, isZeroBlock, parseHeader, type RawHeader, textAt } from './header.ts';
import { decimal, exactNumberAt } from './numbers.ts';
import { hasSoundNumbers, type PaxRecords, parsePax } from './pax.ts';
import { dataMapLines, isSoundMap, parseDataMap, paxSparse, type Region, regionsAt } from './sparse.ts';

/** `global` is a header for all that follows, which Go's archive/tar hands out like an entry and engines treat as one. */
export type TarType = 'file' | 'hardlink' | 'symlink' | 'directory' | 'global' | 'other';

/** An entry of an archive, with all that its headers say of it. */
export interface TarHead {
  readonly type: TarType;
  /** Bytes, each a letter of latin1; as it was written, so not safe to be a path yet. */
  readonly name: string;
  /** As `name`; empty when there is none. */
  readonly link: string;
  /** Of the content, with the holes of a sparse file. Bytes; 0 for what has no content. */
  readonly size: number;
  /** How much of `size` are holes, which come as zeros and take no room in the archive. Bytes. */
  readonly holes: number;
  readonly mode: number;
  /** Where overlayfs takes the content of a folder from: its attribute `trusted.overlay.redirect`. */
  readonly redirect?: string | undefined;
  /** The offset of the header in the archive. Bytes. */
  readonly position: number;
}

/** Takes the content of one entry. */
export interface TarBody {
  /** The chunk is only valid during the call. */
  write(chunk: Uint8Array): void;
  end(): void;
}

/** Called for each entry; what it returns gets the content, and nothing skips it. */
export type TarVisitor = (head: TarHead) => TarBody | undefined;

/** Of a pax header, a long name or a map of a sparse file: what Go's archive/tar and libarchive take. Bytes. */
const maxSpecialBytes = 1 << 20;
const zeros = Buffer.alloc(65_536);
const types: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  S: 'file',
};
/** Links, devices, folders, pipes: whatever size their headers claim, no content follows. */
const headerOnly = /^[1-6]$/;

interface Sparse {
  readonly regions: readonly Region[];
  readonly size: bigint;
}

/** An entry whose content, or whose map of holes, is still to come. */
interface Pending {
  readonly header: RawHeader;
  readonly name: string;
  readonly link: string;
  /** Bytes in the archive. */
  readonly stored: number;
  readonly redirect: string | undefined;
  readonly position: number;
}

/**
 * Reads a tar archive that is pushed into it in chunks, and sees in it what Go's archive/tar sees: container engines unpack
 * with that, so it is the truth of what runs. Knows v7, ustar, star, GNU and pax, and sparse files of all formats.
 * Contents are never kept; each byte is looked at a bounded number of times.
 */
export class TarReader {
  readonly #visit: TarVisitor;
  /** Gets each full block; nothing once the archive has ended. */
  #onBlock: ((block: Buffer) => void) | undefined = (block) => this.#header(block);
  readonly #block: Buffer = Buffer.alloc(blockBytes);
  #filled = 0;
  /** True where the archive must not end: between the blocks of a map. */
  #isWithin = false;
  #sawZeros = false;
  /** What is left of a content, and where it goes. Bytes. */
  #left = 0;
  #sink: TarBody | undefined;
  #padding = 0;
  #position = 0;
  #entryPosition = 0;
  #pax: PaxRecords | undefined;
  #longName = '';
  #longLink = '';
  #failure: TarError | undefined;

  constructor(visit: TarVisitor) {
    this.#visit = visit;
  }

  /** True behind the two blocks of zeros: what follows is no part of the archive. */
  get ended(): boolean {
    return this.#onBlock === undefined;
  }

  /** @throws {TarError} `ERR_LADING_TAR`; then again at each call. */
  write(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.byteLength && this.#onBlock !== undefined) {
      const rest = bytes.byteLength - at;
      const wanted = this.#left || this.#padding || blockBytes - this.#filled;
      const taken = bytes.subarray(at, at + Math.min(rest, wanted));
      at += taken.byteLength;
      this.#position += taken.byteLength;
      if (this.#left > 0) {
        this.#left -= taken.byteLength;
        this.#sink?.write(taken);
        if (this.#left === 0) this.#finishBody();
      } else if (this.#padding > 0) this.#padding -= taken.byteLength;
      else if (taken.byteLength === blockBytes) this.#onBlock(taken);
      else this.#gather(taken);
    }
  }

  /**
   * No more comes. The blocks of zeros, and what fills up the last block, may be missing.
   * @throws {TarError} `ERR_LADING_TAR`: the archive ended within an entry.
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#onBlock === undefined) return;
    if (this.#left > 0 || this.#filled > 0 || this.#isWithin)
      this.#fail('truncated', 'it ends within an entry');
  }

  /** A block that comes in parts. */
  #gather(part: Buffer): void {
    part.copy(this.#block, this.#filled);
    this.#filled += part.byteLength;
    if (this.#filled < blockBytes) return;
    this.#filled = 0;
    this.#onBlock?.(this.#block);
  }

  #header(block: Buffer): void {
    this.#entryPosition = this.#position - blockBytes;
    if (isZeroBlock(block)) {
      if (this.#sawZeros) this.#onBlock = undefined;
      this.#sawZeros = true;
      return;
    }
    if (this.#sawZeros) this.#fail('header', 'an entry follows a block of zeros');
    const header = parseHeader(block);
    if (header === undefined) this.#fail('header', 'a header has a wrong checksum or number');
    const stored = this.#storedSize(header.type, header.size);
    if ('xgLK'.includes(header.type)) this.#special(header, stored);
    else this.#entry(header, block);
  }

  #special(header: RawHeader, stored: number): void {
    const { type } = header;
    if (stored > maxSpecialBytes) this.#fail('too-long', 'a name or pax header has more than 1 MiB');
    const content = Buffer.alloc(stored);
    let filled = 0;
    this.#body(stored, {
      write(chunk) {
        content.set(chunk, filled);
        filled += chunk.byteLength;
      },
      end: () => {
        if (type === 'L') this.#longName = textAt(content, 0, stored);
        else if (type === 'K') this.#longLink = textAt(content, 0, stored);
        else this.#paxHeader(header, content);
      },
    });
  }

  #paxHeader(header: RawHeader, content: Buffer): void {
    const records = parsePax(content.toString('latin1'));
    if (records === undefined) this.#fail('header', 'a pax header has a broken record');
    if (header.type === 'x') {
      this.#pax = records;
      return;
    }
    // Go forgets what it had gathered, and nobody uses the records for what follows.
    this.#forget();
    const name = records.get('path') || header.name;
    this.#visit({
      type: 'global',
      name,
      link: '',
      size: 0,
      holes: 0,
      mode: 0,
      position: this.#entryPosition,
    });
  }

  #forget(): void {
    this.#pax = undefined;
    this.#longName = '';
    this.#longLink = '';
  }

  #entry(header: RawHeader, block: Buffer): void {
    const pax = this.#pax ?? new Map<string, string>();
    if (!hasSoundNumbers(pax)) this.#fail('header', 'a pax header has a broken number');
    const name = this.#longName || pax.get('path') || header.name;
    const link = this.#longLink || pax.get('linkpath') || header.link;
    const size = Number(decimal(pax.get('size') ?? '') ?? header.size);
    // The first archives told folders by a slash.
    const type = header.type === '\0' && name.endsWith('/') ? '5' : header.type;
    this.#forget();
    const pending: Pending = {
      header: { ...header, type },
      name,
      link,
      stored: this.#storedSize(type, size),
      redirect: pax.get('SCHILY.xattr.trusted.overlay.redirect'),
      position: this.#entryPosition,
    };
    if (type === 'S') this.#oldSparse(pending, block);
    else this.#paxSparse(pending, pax, size);
  }

  #storedSize(type: string, size: number): number {
    if (headerOnly.test(type)) return 0;
    if (size < 0) this.#fail('header', 'a header has a negative size');
    return size;
  }

  #oldSparse(pending: Pending, block: Buffer): void {
    if (pending.header.format !== 'gnu') this.#fail('header', 'a sparse file has no GNU header');
    const size = exactNumberAt(block, 483, 12);
    const regions = regionsAt(block, 386, 4);
    if (size === undefined || regions === undefined) this.#fail('header', 'a sparse file has a broken map');
    this.#extensions(pending, regions, size, block[482] !== 0, 97);
  }

  /** The blocks of regions that follow an old GNU header. */
  #extensions(pending: Pending, regions: Region[], size: bigint, hasMore: boolean, read: number): void {
    if (read >= maxSpecialBytes) this.#fail('too-long', 'a sparse file has a map of more than 1 MiB');
    this.#isWithin = hasMore;
    if (!hasMore) {
      this.#onBlock = (block) => this.#header(block);
      this.#begin(pending, { regions, size });
      return;
    }
    this.#onBlock = (block) => {
      const more = regionsAt(block, 0, 21);
      if (more === undefined) this.#fail('header', 'a sparse file has a broken map');
      for (const region of more) regions.push(region);
      this.#extensions(pending, regions, size, block[504] !== 0, read + blockBytes);
    };
  }

  #paxSparse(pending: Pending, pax: PaxRecords, size: number): void {
    const sparse = paxSparse(pax);
    if (sparse === undefined) {
      this.#begin(pending, undefined);
      return;
    }
    if (sparse === 'bad' || headerOnly.test(pending.header.type))
      this.#fail('header', 'a sparse file has broken pax records');
    const named = { ...pending, name: sparse.name ?? pending.name };
    const logical = sparse.size ?? BigInt(size);
    if (sparse.map === 'in-data') this.#dataMap(named, logical);
    else this.#begin(named, { regions: sparse.map, size: logical });
  }

  /** The map in front of the data of sparse format 1.0: whole blocks that count as content. */
  #dataMap(pending: Pending, size: bigint): void {
    const blocks: string[] = [];
    let lines = 0;
    let wanted = 1;
    this.#isWithin = true;
    this.#onBlock = (block) => {
      const text = block.toString('latin1');
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
      blocks.push(text);
      // Joined at most twice: when its first line is there, and when all are.
      if (wanted === 1 && lines > 0) wanted = dataMapLines(blocks.join('')) ?? 0;
      if (wanted === 0) this.#fail('header', 'a sparse file has a broken map');
      if (lines >= wanted) {
        const regions = parseDataMap(blocks.join(''));
        if (typeof regions === 'string') this.#fail('header', 'a sparse file has a broken map');
        this.#isWithin = false;
        this.#onBlock = (next) => this.#header(next);
        this.#begin({ ...pending, stored: pending.stored - blocks.length * blockBytes }, { regions, size });
      } else this.#needMap(pending, blocks.length);
    };
    this.#needMap(pending, 0);
  }

  #needMap(pending: Pending, blocks: number): void {
    if ((blocks + 1) * blockBytes > maxSpecialBytes)
      this.#fail('too-long', 'a sparse file has a map of more than 1 MiB');
    if ((blocks + 1) * blockBytes > pending.stored)
      this.#fail('truncated', 'the map of a sparse file ends too early');
  }

  #begin(pending: Pending, sparse: Sparse | undefined): void {
    const { header, name, link, stored, redirect, position } = pending;
    let holes = 0;
    let size = stored;
    let data = BigInt(0);
    if (sparse !== undefined) {
      if (!isSoundMap(sparse.regions, sparse.size))
        this.#fail('header', 'a sparse file has a map that does not fit it');
      for (const { length } of sparse.regions) data += length;
      size = Number(sparse.size);
      holes = Number(sparse.size - data);
    }
    const type = types[header.type] ?? 'other';
    const body = this.#visit({ type, name, link, size, holes, mode: header.mode, redirect, position });
    if (sparse === undefined) this.#body(stored, body);
    else {
      // Whoever reads the content with Go gets an error at its end.
      if (data !== BigInt(stored)) this.#fail('sparse', 'a sparse file has more or less data than its map');
      this.#body(stored, body === undefined ? undefined : withHoles(body, sparse));
    }
  }

  #body(stored: number, sink: TarBody | undefined): void {
    this.#left = stored;
    this.#sink = sink;
    this.#padding = (blockBytes - (stored % blockBytes)) % blockBytes;
    if (stored === 0) this.#finishBody();
  }

  #finishBody(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }

  #fail(problem: TarProblem, what: string): never {
    this.#failure = new TarError(problem, what, this.#entryPosition);
    this.#sink = undefined;
    throw this.#failure;
  }
}

/** Puts zeros where a sparse file has holes. */
function withHoles(body: TarBody, { regions, size }: Sparse): TarBody {
  let index = 0;
  let position = 0;
  const fillTo = (end: number): void => {
    while (position < end) {
      const count = Math.min(zeros.byteLength, end - position);
      body.write(zeros.subarray(0, count));
      position += count;
    }
  };
  return {
    write(chunk) {
      for (let at = 0; at < chunk.byteLength; index++) {
        const region = regions[index]!;
        fillTo(Number(region.offset));
        const end = Number(region.offset + region.length);
        const count = Math.min(chunk.byteLength - at, end - position);
        if (count > 0) body.write(chunk.subarray(at, at + count));
        at += count;
        position += count;
        if (position < end) break;
      }
    },
    end() {
      fillTo(Number(size));
      body.end();
    },
  };
}
