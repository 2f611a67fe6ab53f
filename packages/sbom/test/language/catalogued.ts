import { Buffer } from 'node:buffer';
import type { Catalogued, Cataloguer, FoundFile, ImageTree, Json } from '../../src/index.ts';

export interface ImageFiles {
  readonly [path: string]: string | Uint8Array;
}

/** The facts that a cataloguer reads from one file; through JSON, as a cache would give them back. */
export function factsOf(
  cataloguer: Cataloguer,
  path: string,
  content: string | Uint8Array,
  { chunkBytes = 1000, isExecutable = true }: { chunkBytes?: number; isExecutable?: boolean } = {},
): Json | undefined {
  const bytes = Buffer.from(content as string);
  const probe = cataloguer.probe({ path, size: bytes.length, isExecutable });
  if (probe === undefined) return undefined;
  // One buffer for all chunks, as a reader has it: who keeps a chunk has something else in the end.
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const length = bytes.copy(chunk, 0, at, at + chunkBytes);
    probe.write(chunk.subarray(0, length));
  }
  chunk.fill(0xaa);
  const facts = probe.end();
  return facts === undefined ? undefined : (JSON.parse(JSON.stringify(facts)) as Json);
}

/** What one cataloguer makes of an image with these files and symbolic links (path → path from the root). */
export function catalogued(
  cataloguer: Cataloguer,
  files: ImageFiles,
  { links = {}, chunkBytes = 1000 }: { links?: Readonly<Record<string, string>>; chunkBytes?: number } = {},
): Catalogued {
  const found: FoundFile[] = [];
  for (const path of Object.keys(files).sort()) {
    const facts = factsOf(cataloguer, path, files[path]!, { chunkBytes });
    if (facts !== undefined) found.push({ path, facts, layer: 0 });
  }
  const resolve = (path: string): string | undefined => {
    for (const [link, target] of Object.entries(links)) {
      if (path === link || path.startsWith(`${link}/`)) return resolve(target + path.slice(link.length));
    }
    return path in files ? path : undefined;
  };
  const tree: ImageTree = {
    files: (name) => (name === cataloguer.name ? found : []),
    resolve,
    has: (path) => resolve(path) !== undefined,
    at: () => tree,
    layers: 1,
  };
  return cataloguer.catalogue(tree, {});
}

/** `type:namespace/name@version` of each package, sorted. */
export function names({ packages }: Catalogued): string[] {
  return packages
    .map(
      ({ type, namespace, name, version }) =>
        `${type}:${namespace === undefined ? '' : `${namespace}/`}${name}${version === undefined ? '' : `@${version}`}`,
    )
    .sort();
}

/** `from -> to` of each dependency, without types and paths, sorted. */
export function edges({ packages, dependencies = [] }: Catalogued): string[] {
  const byId = new Map(packages.map((found) => [found.id, `${found.name}@${found.version}`]));
  return dependencies.map(({ from, to }) => `${byId.get(from)} -> ${byId.get(to)}`).sort();
}
