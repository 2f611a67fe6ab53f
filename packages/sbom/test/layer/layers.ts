import { Buffer } from 'node:buffer';
import {
  type Cataloguer,
  foldLayers,
  type ImageTree,
  type LayerFacts,
  type LayerLimits,
  readLayer,
  wholeFile,
} from '../../src/index.ts';
import { type RawEntry, rawTar } from './archive.ts';

/** Knows the content of each file whose name ends with `.txt`. */
export const texts: Cataloguer = {
  name: 'text',
  version: 1,
  probe: ({ path }) =>
    path.endsWith('.txt') ? wholeFile(1000, (content) => content.toString('latin1')) : undefined,
  catalogue: () => ({ packages: [] }),
};

export const gzipType = 'application/vnd.oci.image.layer.v1.tar+gzip';

export function streamOf(bytes: Uint8Array, chunkBytes = 65_536): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(at, at + chunkBytes));
      at += chunkBytes;
    },
  });
}

export interface ReadOptions {
  readonly mediaType?: string;
  readonly chunkBytes?: number;
  readonly limits?: Partial<LayerLimits>;
  readonly cataloguers?: readonly Cataloguer[];
  readonly missed?: LayerFacts['missed'];
}

/** The facts of a layer; through JSON, as a cache would give them back. */
export async function factsOf(layer: Uint8Array, options: ReadOptions = {}): Promise<LayerFacts> {
  const { mediaType = gzipType, chunkBytes, limits, cataloguers = [texts], missed } = options;
  const facts = await readLayer(streamOf(layer, chunkBytes), { mediaType, cataloguers, limits, missed });
  return JSON.parse(JSON.stringify(facts)) as LayerFacts;
}

/** Content by path. */
export type Texts = Readonly<Record<string, string>>;

export function textsIn(tree: ImageTree): Texts {
  return Object.fromEntries(tree.files('text').map(({ path, facts }) => [path, String(facts)]));
}

/** An image of layers, the lowest first. */
export async function imageOf(...layers: readonly (readonly RawEntry[])[]): Promise<ImageTree> {
  return foldLayers(await Promise.all(layers.map((entries) => factsOf(rawTar(entries)))));
}

export function file(name: string, body: string = name): RawEntry {
  return { name, body: Buffer.from(body, 'latin1') };
}

export function folder(name: string): RawEntry {
  return { name, type: '5' };
}

export function symlink(name: string, link: string): RawEntry {
  return { name, type: '2', link };
}

export function hardlink(name: string, link: string): RawEntry {
  return { name, type: '1', link };
}
