import { Buffer } from 'node:buffer';
import {
  type CatalogueContext,
  type Catalogued,
  type Cataloguer,
  type FoundFile,
  type ImageTree,
  type Json,
  operatingSystemOf,
  osRelease,
} from '../../src/index.ts';

/** Path → content; null takes the path and what is below it away, `link` makes a symbolic link to a path from the root. */
export type Layer = Readonly<Record<string, string | Uint8Array | null | { readonly link: string }>>;

/** The facts that a cataloguer reads from one file; through JSON, as a cache would give them back. */
export function factsOf(
  cataloguer: Cataloguer,
  path: string,
  content: string | Uint8Array,
): Json | undefined {
  const bytes = Buffer.from(content as string);
  const probe = cataloguer.probe({ path, size: bytes.length, isExecutable: false });
  // One buffer for all chunks, as a reader has it.
  const chunk = Buffer.alloc(1000);
  for (let at = 0; at < bytes.length; at += chunk.length) {
    const length = bytes.copy(chunk, 0, at, at + chunk.length);
    probe?.write(chunk.subarray(0, length));
  }
  const facts = probe?.end();
  return facts === undefined ? undefined : (JSON.parse(JSON.stringify(facts)) as Json);
}

/** What layers make when they are put on each other, for these cataloguers. */
export function imageOf(layers: readonly Layer[], cataloguers: readonly Cataloguer[]): ImageTree {
  const links = new Map<string, string>();
  const found = new Map<string, Map<string, FoundFile>>(cataloguers.map(({ name }) => [name, new Map()]));
  const there = new Set<string>();
  for (const [layer, files] of layers.entries()) {
    for (const [path, content] of Object.entries(files)) {
      if (content === null) {
        for (const paths of [there, links, ...found.values()]) {
          for (const one of paths.keys()) if (one === path || one.startsWith(`${path}/`)) paths.delete(one);
        }
      } else if (typeof content === 'object' && 'link' in content) {
        links.set(path, (content as { readonly link: string }).link);
      } else {
        there.add(path);
        for (const cataloguer of cataloguers) {
          const facts = factsOf(cataloguer, path, content);
          if (facts === undefined) found.get(cataloguer.name)!.delete(path);
          else found.get(cataloguer.name)!.set(path, { path, facts, layer });
        }
      }
    }
  }
  const resolve = (path: string, hops = 0): string | undefined => {
    for (const [link, target] of links) {
      if (path !== link && !path.startsWith(`${link}/`)) continue;
      return hops === 40 ? undefined : resolve(target + path.slice(link.length), hops + 1);
    }
    return there.has(path) ? path : undefined;
  };
  return {
    files: (name) => [...(found.get(name)?.values() ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1)),
    resolve: (path) => resolve(path),
    has: (path) => resolve(path) !== undefined,
    at: (count) => imageOf(layers.slice(0, count), cataloguers),
    layers: layers.length,
  };
}

/** What one cataloguer makes of an image of these layers. */
export function catalogued(cataloguer: Cataloguer, ...layers: Layer[]): Catalogued {
  const tree = imageOf(layers, [cataloguer, osRelease]);
  const context: CatalogueContext = { os: operatingSystemOf(tree) };
  return cataloguer.catalogue(tree, context);
}

export function names({ packages }: Catalogued): string[] {
  return packages.map(({ name, version }) => `${name}@${version}`);
}

/** `from -> to` by names. */
export function edges({ packages, dependencies = [] }: Catalogued): string[] {
  const byId = new Map(packages.map((one) => [one.id, one.name]));
  return dependencies.map(({ from, to }) => `${byId.get(from)} -> ${byId.get(to)}`);
}

/** Layers by the names of packages. */
export function layersByName({ packages, layers }: Catalogued): Record<string, number | undefined> {
  return Object.fromEntries(packages.map(({ id, name }) => [name, layers?.get(id)]));
}
