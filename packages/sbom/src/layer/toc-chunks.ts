import type { Toc } from './toc.ts';
import type { TocEntry } from './toc-entries.ts';

/** A part of a file, and where it is stored. */
export interface Chunk {
  /** Of the content. Bytes. */
  readonly size: number;
  /** In the stored layer; nothing for zeros, which are not stored. Bytes. */
  readonly stored?: { readonly offset: number; readonly end: number; readonly inner: number } | undefined;
  readonly digest: string | undefined;
}

/** More than one request should bring, and memory have at a time. Bytes. */
const maxChunkBytes = 64 * 2 ** 20;

/** Which chunks make the content of each file, by its place in the table. */
export class TocChunks {
  readonly #toc: Toc;
  /** All places where something stored begins, in order. */
  readonly #offsets: readonly number[];

  constructor(toc: Toc) {
    this.#toc = toc;
    const offsets = new Set(toc.entries.map(({ chunk }) => chunk.offset));
    this.#offsets = [...offsets, toc.offset].sort((one, other) => one - other);
  }

  /** @throws when they do not make up the file */
  of(index: number): Chunk[] {
    const { entries } = this.#toc;
    const file = entries[index]!;
    const parts = [file];
    for (let next = index + 1; entries[next]?.type === 'chunk'; next++) parts.push(entries[next]!);
    const chunks: Chunk[] = [];
    let start = 0;
    for (const part of file.size === 0 ? [] : parts) {
      const size = part.chunk.size || file.size - part.chunk.start;
      if (part.chunk.start !== start || size <= 0 || size > maxChunkBytes)
        throw new Error('the chunks do not make up the file');
      const digest = part.chunk.digest ?? (parts.length === 1 ? file.digest : undefined);
      chunks.push({ size, digest, stored: part.chunk.isZeros ? undefined : this.#stored(part) });
      start += size;
    }
    if (start !== file.size) throw new Error('the chunks do not make up the file');
    return chunks;
  }

  #stored({ chunk: { offset, end, inner } }: TocEntry): NonNullable<Chunk['stored']> {
    const until = end ?? this.#nextOffset(offset);
    if (
      offset >= until ||
      until > this.#toc.offset ||
      until - offset > maxChunkBytes ||
      inner > maxChunkBytes
    )
      throw new Error('a chunk lies nowhere');
    return { offset, end: until, inner };
  }

  #nextOffset(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#offsets[low] ?? 0;
  }
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What lies less than this apart is fetched at once: a request costs more. Bytes. */
const maxGapBytes = 128 * 1024;
const maxSpanBytes = 8 * 2 ** 20;

/** Ranges that hold all chunks, as few as make sense, in the order of the chunks. */
export function spansOf(chunks: readonly Chunk[]): ReadonlyMap<Chunk, Span> {
  const spans = new Map<Chunk, Span>();
  let last: { start: number; end: number } | undefined;
  for (const chunk of chunks) {
    const { stored } = chunk;
    if (stored === undefined) continue;
    if (last === undefined || !joins(last, stored)) last = { start: stored.offset, end: stored.end };
    last.end = Math.max(last.end, stored.end);
    spans.set(chunk, last);
  }
  return spans;
}

function joins(span: Span, { offset, end }: { readonly offset: number; readonly end: number }): boolean {
  return offset >= span.start && offset <= span.end + maxGapBytes && end - span.start <= maxSpanBytes;
}
