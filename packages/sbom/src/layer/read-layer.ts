import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Digest, isLadingError, LadingError } from '@lading/oci';
import { isGivenAway } from '@lading/store';
import type { BomNote } from '../bom.ts';
import type { Cataloguer } from '../cataloguer.ts';
import { TarError } from '../tar/errors.ts';
import { TarReader } from '../tar/reader.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { checkLayerType, compressionOf, decompressor, magicBytes, unpackedBytes } from './decompress.ts';
import type { LayerErrorCode } from './errors.ts';
import type { LayerFacts, MissedFile } from './facts.ts';
import { LayerEntries } from './layer-entries.ts';
import { tooMuch } from './layer-state.ts';
import { type LayerLimits, layerLimits } from './limits.ts';

export interface ReadLayerOptions {
  /** Of the layer's descriptor. */
  readonly mediaType: string;
  /** Of the uncompressed layer, as the image's config has it; without it nothing is checked. */
  readonly diffId?: Digest | undefined;
  readonly cataloguers: readonly Cataloguer[];
  /** What an earlier reading of this layer missed, and this one is to read. */
  readonly missed?: readonly MissedFile[] | undefined;
  /** Default {@link layerLimits}. */
  readonly limits?: Partial<LayerLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a layer once, as it flows by: unpacks it, and lets the cataloguers look at its files. Nothing of it is kept but the facts; `missed` among
 * them tells of files that only a second reading can get. An archive that is damaged after its first entries gives what came before the damage,
 * with a note: an engine that unpacks it stops there, too.
 *
 * @throws {LadingError} `ERR_LADING_LAYER_TYPE`, `ERR_LADING_LAYER`, `ERR_LADING_LAYER_LIMIT`;
 * `ERR_LADING_CONTENT_MISMATCH`: it is not the layer of that diffID. What the stream fails with is thrown as it is.
 */
export async function readLayer(
  stream: ReadableStream<Uint8Array>,
  options: ReadLayerOptions,
): Promise<LayerFacts> {
  const { diffId, signal } = options;
  const reader = stream.getReader();
  const limits = { ...layerLimits, ...options.limits };
  const content = new LayerContent(new LayerEntries(options.cataloguers, limits, options), limits);
  try {
    signal?.throwIfAborted();
    checkLayerType(options.mediaType);
    await unpack(reader, isGivenAway(stream), content, signal);
    return content.finish(diffId);
  } catch (error) {
    // The reason as it was given, and no AbortError around it.
    signal?.throwIfAborted();
    throw error;
  } finally {
    // The stream may be broken already; that was said.
    await reader.cancel().catch(() => undefined);
  }
}

async function unpack(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  isGiven: boolean,
  content: LayerContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  let head: Uint8Array = Buffer.alloc(0);
  while (head.byteLength < magicBytes) {
    const { done, value } = await read(reader, signal);
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const compression = compressionOf(head);
  async function* packed(): AsyncGenerator<Uint8Array> {
    for (let chunk: Uint8Array | undefined = head; chunk !== undefined; ) {
      content.packed += chunk.byteLength;
      yield chunk;
      chunk = (await read(reader, signal)).value;
    }
  }
  if (compression === 'none') {
    for await (const chunk of packed()) content.write(chunk);
    return;
  }
  const { transform, cut } = decompressor(compression);
  const isOver = new AbortController();
  let failure: unknown;
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of packed()) {
        const pieces = [...cut(chunk)];
        for (const [index, piece] of pieces.entries()) {
          // Told when all before it is done with, also when nothing more is wanted.
          const whenRead = isGiven && index === pieces.length - 1 ? () => giveBack(chunk) : undefined;
          // What stands behind the end is fetched all the same: who gives the stream may verify it at its end.
          if (isOver.signal.aborted || transform.write(piece, whenRead)) continue;
          await once(transform, 'drain', { signal: isOver.signal }).catch(() => undefined);
        }
      }
      transform.end();
    } catch (error) {
      failure = error;
      transform.destroy();
    }
  };
  const feeding = feed();
  try {
    for await (const chunk of transform) {
      content.write(chunk as Uint8Array);
      release(chunk as Uint8Array);
    }
  } catch (error) {
    // Ends a read that nothing may come for.
    await reader.cancel().catch(() => undefined);
    if (failure !== undefined) throw failure;
    if (isLadingError(error)) throw error;
    throw new LadingError<LayerErrorCode>(
      'ERR_LADING_LAYER',
      `the layer cannot be unpacked with ${compression}`,
      { hint: 'It is damaged or cut off.', cause: error },
    );
  } finally {
    isOver.abort();
    await feeding;
  }
  if (failure !== undefined) throw failure;
}

/**
 * Gives back the memory of what was unpacked and has been read: else tens of megabytes of it lie about until a collector comes by. A decompressor
 * fills a buffer with chunks and goes on to another when it has come to its end, so the last chunk in it is the last that anybody looks at.
 * Small chunks that were put together lie where others have theirs, too, and stay.
 */
function release({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (buffer.byteLength !== unpackedBytes || byteOffset + byteLength !== unpackedBytes) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Gives back the memory of a chunk that came in and that nobody else has; a part of something larger stays. */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer.byteLength === byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** A read that an abort ends, even when the stream does not care. */
function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ done: false; value: Uint8Array } | { done: true; value?: undefined }> {
  return unlessAborted(
    async () => (await reader.read()) as { done: false; value: Uint8Array } | { done: true },
    signal,
  );
}

/** The uncompressed layer: counted, hashed, and read as an archive. */
class LayerContent {
  /** Bytes that came in so far. */
  packed = 0;
  readonly #hash = createHash('sha256');
  readonly #entries: LayerEntries;
  readonly #tar: TarReader;
  readonly #limits: LayerLimits;
  #size = 0;
  #damage: TarError | undefined;

  constructor(entries: LayerEntries, limits: LayerLimits) {
    this.#limits = limits;
    this.#entries = entries;
    this.#tar = new TarReader((head) => this.#entries.visit(head));
  }

  write(chunk: Uint8Array): void {
    const { maxBytes, maxRatio, ratioFromBytes } = this.#limits;
    this.#size += chunk.byteLength;
    if (this.#size > maxBytes) throw tooMuch(`more than ${maxBytes} bytes`);
    if (this.#size > ratioFromBytes && this.#size > maxRatio * this.packed)
      throw tooMuch(`more than ${maxRatio} times the bytes that it is packed in`);
    this.#hash.update(chunk);
    if (this.#damage === undefined) this.#guard(() => this.#tar.write(chunk));
  }

  finish(expected: Digest | undefined): LayerFacts {
    if (this.#damage === undefined) this.#guard(() => this.#tar.end());
    const diffId: Digest = `sha256:${this.#hash.digest('hex')}`;
    if (expected !== undefined && diffId !== expected)
      throw new LadingError(
        'ERR_LADING_CONTENT_MISMATCH',
        `the layer is not the one that its image names: it hashes to ${diffId} and not to ${expected}`,
      );
    if (this.#damage?.position === 0)
      throw new LadingError<LayerErrorCode>('ERR_LADING_LAYER', 'the layer is no tar archive', {
        cause: this.#damage,
      });
    const notes: BomNote[] =
      this.#damage === undefined ? [] : [{ code: 'partial', message: this.#damage.message }];
    return this.#entries.facts(diffId, notes);
  }

  /** Damage of the archive ends the reading, but not the hashing: whether it was damaged when it was made is to be known. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof TarError)) throw error;
      this.#damage = error;
    }
  }
}
