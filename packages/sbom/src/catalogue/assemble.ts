import type { Bom, BomNote, Dependency, OperatingSystem, Package } from '../bom.ts';
import type { Catalogued, Cataloguer, ImageTree } from '../cataloguer.ts';
import { compare } from '../compare.ts';
import { UniqueIds } from '../formats/unique-ids.ts';
import { operatingSystemOf } from '../os/os-release.ts';
import { withHashedFiles } from './hashed-files.ts';
import { mergeEmbedded } from './merge-embedded.ts';
import { relateOwners } from './owned.ts';

/** What the cataloguers found in an image, put together. */
export type Contents = Pick<Bom, 'os' | 'packages' | 'dependencies' | 'notes'>;

/** What one cataloguer found, with ids that nobody else has. */
export interface Found extends Catalogued {
  readonly cataloguer: string;
}

/**
 * Asks the cataloguers what is in an image and puts their answers together: each package with the layer that brought it, what is told of twice
 * once, and what belongs to an operating system's package related to it. Pure; the same tree gives the same contents.
 */
export function assemble(
  tree: ImageTree,
  cataloguers: readonly Cataloguer[],
  diffIds: Bom['subject']['layers'],
): Contents {
  const os = operatingSystemOf(tree);
  const notes: BomNote[] = [];
  const ids = new UniqueIds([]);
  const found = cataloguers.flatMap((cataloguer): Found[] => {
    const result = ask(cataloguer, tree, os, notes);
    return result === undefined ? [] : [withFreeIds(withLayers(result, cataloguer, tree, diffIds), ids)];
  });
  const merged = withHashedFiles(mergeEmbedded(found), tree);
  notes.push(...merged.flatMap((one) => one.notes ?? []));
  const { packages, dependencies } = relateOwners(merged, tree);
  return {
    os,
    packages: [...packages].sort((a, b) => compare(a.id, b.id)),
    dependencies: uniqueSorted(dependencies, packages),
    notes,
  };
}

/** A cataloguer that stumbles over what somebody has put into an image must not cost the rest of the BOM. */
function ask(
  cataloguer: Cataloguer,
  tree: ImageTree,
  os: OperatingSystem | undefined,
  notes: BomNote[],
): Catalogued | undefined {
  try {
    return cataloguer.catalogue(tree, { os });
  } catch (error) {
    const message = `${cataloguer.name} could not make packages of what it found: ${(error as Error).message}`;
    notes.push({ code: 'partial', message });
    return undefined;
  }
}

/** Evidence with the layer that brought it: the one that the cataloguer says, else the one of the file. */
function withLayers(
  result: Catalogued,
  { name }: Cataloguer,
  tree: ImageTree,
  layers: Bom['subject']['layers'],
): Found {
  const byPath = new Map(tree.files(name).map(({ path, layer }) => [path, layer]));
  const packages = result.packages.map((found) => ({
    ...found,
    evidence: found.evidence.map((evidence) => {
      const index = result.layers?.get(found.id) ?? byPath.get(evidence.path);
      const diffId = index === undefined ? undefined : layers[index]?.diffId;
      return index === undefined || diffId === undefined
        ? evidence
        : { ...evidence, layer: { index, diffId } };
    }),
  }));
  return { ...result, packages, cataloguer: name };
}

/** Two cataloguers may come upon the same id, and a file may name one thing twice: who needs it means the first then. */
function withFreeIds(found: Found, ids: UniqueIds): Found {
  const renamed = new Map<string, string>();
  const packages = found.packages.map((one) => {
    const id = ids.add(one.id);
    if (!renamed.has(one.id)) renamed.set(one.id, id);
    return id === one.id ? one : { ...one, id };
  });
  return renameLinks({ ...found, packages }, renamed);
}

/** The same where what is told of packages goes by other ids. */
export function renameLinks(found: Found, renamed: ReadonlyMap<string, string>): Found {
  const of = (id: string): string => renamed.get(id) ?? id;
  return {
    ...found,
    dependencies: found.dependencies?.map(({ from, to }) => ({ from: of(from), to: of(to) })),
    ownedFiles: found.ownedFiles && new Map([...found.ownedFiles].map(([id, files]) => [of(id), files])),
    layers: found.layers && new Map([...found.layers].map(([id, layer]) => [of(id), layer])),
  };
}

function uniqueSorted(dependencies: readonly Dependency[], packages: readonly Package[]): Dependency[] {
  const ids = new Set(packages.map(({ id }) => id));
  const seen = new Map<string, Dependency>();
  for (const one of dependencies) {
    if (ids.has(one.from) && ids.has(one.to) && one.from !== one.to) seen.set(`${one.from}\0${one.to}`, one);
  }
  return [...seen.values()].sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to));
}
