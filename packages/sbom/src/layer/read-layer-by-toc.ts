import { Buffer } from 'node:buffer';
import type { Descriptor, Digest } from '@lading/oci';
import type { Cataloguer } from '../cataloguer.ts';
import type { TarBody } from '../tar/reader.ts';
import { checkLayerType } from './decompress.ts';
import type { LayerFacts, MissedFile } from './facts.ts';
import { LayerEntries } from './layer-entries.ts';
import { type LayerLimits, layerLimits } from './limits.ts';
import { checkDigest, type FetchRange, hasToc, rangeOf, readToc, type Toc, unpackStart } from './toc.ts';
import { type Chunk, type Span, spansOf, TocChunks } from './toc-chunks.ts';
import { headOf } from './toc-entries.ts';

export interface ReadLayerByTocOptions {
  /** Of the uncompressed layer, as the image's config has it. It cannot be checked. */
  readonly diffId: Digest;
  readonly cataloguers: readonly Cataloguer[];
  /** Default {@link layerLimits}. */
  readonly limits?: Partial<LayerLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const zeros = Buffer.alloc(65_536);

/**
 * Reads a layer that was made to be pulled lazily (eStargz, zstd:chunked) without fetching the whole of it: its table of contents
 * says what there is and where the files lie that cataloguers want to read. The table is held against the digest that the manifest
 * has, contents against the digests of the table. What the maker of the layer left out of the table is not seen, though an engine
 * that pulls the whole layer unpacks it: the facts say that they are `from: 'toc'`.
 *
 * @returns nothing when the whole layer has to be read: it has no table, most of it is wanted, or anything is not as it should be.
 */
export async function readLayerByToc(
  fetchRange: FetchRange,
  descriptor: Descriptor,
  options: ReadLayerByTocOptions,
): Promise<LayerFacts | undefined> {
  const { diffId, cataloguers, signal } = options;
  signal?.throwIfAborted();
  if (!hasToc(descriptor)) return undefined;
  const limits = { ...layerLimits, ...options.limits };
  try {
    checkLayerType(descriptor.mediaType);
    const toc = await readToc(fetchRange, descriptor);
    const { wanted, missed } = planReading(toc, cataloguers, limits);
    const spans = spansOf([...wanted.values()].flat());
    const fetched = new FetchedSpans(fetchRange, spans);
    if (fetched.bytes > descriptor.size / 2) return undefined;
    const entries = new LayerEntries(cataloguers, limits, { missed });
    for (const [index, body] of visit(toc, entries, limits)) {
      signal?.throwIfAborted();
      for (const chunk of wanted.get(index) ?? []) {
        if (chunk.stored === undefined) fill(body, chunk.size);
        else body.write(unpackChunk(toc.packing, chunk, await fetched.of(chunk)));
      }
      body.end();
    }
    signal?.throwIfAborted();
    const message =
      'a layer was read by its table of contents: a file that the table leaves out was not seen';
    return { ...entries.facts(diffId, [{ code: 'partial', message }]), from: 'toc' };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** The entries as an archive would have them, and for those that somebody wants to read: who takes the content. */
function* visit(
  toc: Toc,
  entries: LayerEntries,
  limits: LayerLimits,
): Generator<[index: number, body: TarBody]> {
  let size = 0;
  for (const [index, entry] of toc.entries.entries()) {
    if (entry.type === 'chunk') continue;
    const body = entries.visit(headOf(entry.type, entry, holesOf(toc, index)));
    if (body === undefined) continue;
    size += entry.size;
    if (size > limits.maxBytes) throw new Error('too much is wanted');
    yield [index, body];
  }
  // eStargz has the table itself as a file.
  if (toc.packing === 'gzip')
    entries.visit({
      type: 'file',
      name: 'stargz.index.json',
      link: '',
      size: toc.size,
      holes: 0,
      mode: 0o444,
      position: 0,
    });
}

function holesOf({ entries }: Toc, index: number): number {
  let holes = 0;
  for (let at = index; at === index || entries[at]?.type === 'chunk'; at++) {
    const { chunk, size } = entries[at]!;
    if (chunk.isZeros) holes += chunk.size || size;
  }
  return holes;
}

/** Found out before anything is fetched. */
interface ReadingPlan {
  /** What has to be fetched, by the place of the file in the table. */
  readonly wanted: ReadonlyMap<number, Chunk[]>;
  /** Files that hard links further down in the table make interesting; `wanted` has them, too. */
  readonly missed: readonly MissedFile[];
}

function planReading(
  toc: Toc,
  cataloguers: readonly Cataloguer[],
  limits: LayerLimits,
  missed: readonly MissedFile[] = [],
): ReadingPlan {
  const chunks = new TocChunks(toc);
  const wanted = new Map<number, Chunk[]>();
  const entries = new LayerEntries(cataloguers, limits, { missed });
  for (const [index] of visit(toc, entries, limits)) wanted.set(index, chunks.of(index));
  if (missed.length > 0 || entries.missed.length === 0) return { wanted, missed };
  return planReading(toc, cataloguers, limits, entries.missed);
}

/** Fetches spans one after the other, the next one while one is read. */
class FetchedSpans {
  readonly #fetchRange: FetchRange;
  readonly #spanOf: ReadonlyMap<Chunk, Span>;
  readonly #rest: Span[];
  #present: { readonly span: Span; readonly bytes: Promise<Buffer> } | undefined;
  #next: { readonly span: Span; readonly bytes: Promise<Buffer> } | undefined;

  constructor(fetchRange: FetchRange, spanOf: ReadonlyMap<Chunk, Span>) {
    this.#fetchRange = fetchRange;
    this.#spanOf = spanOf;
    this.#rest = [...new Set(spanOf.values())];
  }

  /** Of all together. */
  get bytes(): number {
    return this.#rest.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** What is stored of a chunk. They are asked for in their order. */
  async of(chunk: Chunk): Promise<Buffer> {
    const span = this.#spanOf.get(chunk)!;
    if (this.#present?.span !== span) {
      this.#present = this.#next ?? this.#fetch();
      this.#next = this.#fetch();
    }
    const bytes = await this.#present!.bytes;
    const { offset, end } = chunk.stored!;
    return bytes.subarray(offset - span.start, end - span.start);
  }

  #fetch(): { readonly span: Span; readonly bytes: Promise<Buffer> } | undefined {
    const span = this.#rest.shift();
    if (span === undefined) return undefined;
    const bytes = rangeOf(this.#fetchRange, span.start, span.end - span.start);
    // It may fail before anybody waits for it.
    bytes.catch(() => undefined);
    return { span, bytes };
  }
}

function unpackChunk(packing: Toc['packing'], { size, stored, digest }: Chunk, bytes: Buffer): Buffer {
  const content = unpackStart(packing, bytes, stored!.inner + size).subarray(stored!.inner);
  checkDigest(content, digest);
  return content;
}

function fill(body: TarBody, size: number): void {
  for (let left = size; left > 0; left -= zeros.byteLength)
    body.write(zeros.subarray(0, Math.min(left, zeros.byteLength)));
}
