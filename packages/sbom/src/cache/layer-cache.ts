import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Digest } from '@lading/oci';
import type { Cataloguer } from '../cataloguer.ts';
import type { LayerFacts } from '../layer/facts.ts';
import { tooMuch } from '../layer/layer-state.ts';
import type { LayerLimits } from '../layer/limits.ts';

/**
 * Keeps what is known of layers between runs. Content that is asked for by a key is the same for ever, so nothing is ever wrong,
 * only missing; what cannot be kept is read again.
 */
export interface LayerCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, content: Uint8Array): Promise<void>;
}

/** What is known of a layer, in memory and as it is kept. */
export interface KeptFacts {
  readonly facts: LayerFacts;
  readonly packed: Uint8Array;
  /** Of the facts as JSON, which is about what they take up in memory. Letters. */
  readonly size: number;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** Of facts once they are unpacked. The largest real ones have a few MiB. Bytes. */
const maxFactsBytes = 512 * 2 ** 20;

/** What facts depend on: the layer as it is stored, who looks at it, and the bounds that hold. Hexadecimal. */
export function layerKey(layer: Digest, cataloguers: readonly Cataloguer[], limits: LayerLimits): string {
  const names = cataloguers.map(({ name, version }) => `${name}@${version}`).sort();
  return createHash('sha256')
    .update(JSON.stringify([2, names, layer, Object.entries(limits).sort()]))
    .digest('hex');
}

/** @throws as {@link factsText} does */
export async function packFacts(facts: LayerFacts): Promise<KeptFacts> {
  const text = factsText(facts);
  const packed = await compress(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  return { facts, packed, size: text.length };
}

/** Nothing when it is torn or of another shape. */
export async function unpackFacts(packed: Uint8Array): Promise<KeptFacts | undefined> {
  try {
    const bytes: Buffer = await decompress(packed, { maxOutputLength: maxFactsBytes });
    const text = bytes.toString('utf8');
    const facts = JSON.parse(text) as LayerFacts;
    return facts.version === 2 ? { facts, packed, size: text.length } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws {LadingError} `ERR_LADING_LAYER_LIMIT`: control characters in paths can make facts larger than a text can be. */
export function factsText(facts: Omit<LayerFacts, 'diffId'>): string {
  try {
    return JSON.stringify(facts);
  } catch (error) {
    throw error instanceof RangeError ? tooMuch('more to keep than a text can hold') : error;
  }
}
