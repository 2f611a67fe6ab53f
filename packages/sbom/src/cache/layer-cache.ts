import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Digest } from '@lading/oci';
import type { Cataloguer } from '../cataloguer.ts';
import type { LayerFacts } from '../layer/facts.ts';
import type { LayerLimits } from '../layer/limits.ts';

/**
 * Keeps what is known of layers between runs. Content that is asked for by a key is the same for ever, so nothing is ever wrong,
 * only missing; what cannot be kept is read again.
 */
export interface LayerCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, content: Uint8Array): Promise<void>;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** Of facts once they are unpacked. The largest real ones have a few MiB. Bytes. */
const maxFactsBytes = 512 * 2 ** 20;

/** What facts depend on: the layer as it is stored, who looks at it, and the bounds that hold. Hexadecimal. */
export function layerKey(
  layer: Digest,
  cataloguers: readonly Cataloguer[],
  limits: Partial<LayerLimits> | undefined,
): string {
  const names = cataloguers.map(({ name, version }) => `${name}@${version}`).sort();
  return createHash('sha256')
    .update(JSON.stringify([1, names, layer, Object.entries(limits ?? {}).sort()]))
    .digest('hex');
}

export async function packFacts(facts: LayerFacts): Promise<Uint8Array> {
  return compress(JSON.stringify(facts), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** Nothing when it is torn or of another shape. */
export async function unpackFacts(content: Uint8Array): Promise<LayerFacts | undefined> {
  try {
    const text: Buffer = await decompress(content, { maxOutputLength: maxFactsBytes });
    const facts = JSON.parse(text.toString('utf8')) as LayerFacts;
    return facts.version === 1 ? facts : undefined;
  } catch {
    return undefined;
  }
}
