import type { BomNote, Dependency, OperatingSystem, Package } from './bom.ts';
import type { Json } from './json.ts';

/** What a layer says of one of its files, before its content comes. */
export interface FileHead {
  /** Canonical: no slash in front, no `.` or `..`, no empty segments. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly isExecutable: boolean;
}

/** Reads one file as it flows by, in order and once. */
export interface Probe {
  /** The chunk is only valid during the call. */
  write(chunk: Uint8Array): void;
  /** What there is to know of the file; nothing when it is not what it seemed to be. Kept between runs, so it says nothing of the image. */
  end(): Json | undefined;
}

/** A file that is in the image in the end, with what its probe found. */
export interface FoundFile<Facts extends Json = Json> {
  readonly path: string;
  readonly facts: Facts;
  /** The layer that brought this version of the file, from the bottom, counted from 0. */
  readonly layer: number;
}

/** What an image holds when its layers are put on each other. */
export interface ImageTree {
  /** The files of one cataloguer, sorted by path. */
  files(cataloguer: string): readonly FoundFile[];
  /** A path with all its symbolic links followed; nothing when they lead nowhere, around or out. */
  resolve(path: string): string | undefined;
  /** True when there is something at the path, as far as layers tell: files, folders, links. Links are followed. */
  has(path: string): boolean;
  /** In an earlier state of the image, when so many of its layers were on each other. */
  at(layers: number): ImageTree;
  readonly layers: number;
}

/** What a cataloguer makes of the files it asked for. */
export interface Catalogued {
  readonly packages: readonly Package[];
  /** Between packages of this cataloguer. */
  readonly dependencies?: readonly Dependency[] | undefined;
  /** Files that a package brought along, by its id: what other cataloguers find there belongs to it. */
  readonly ownedFiles?: ReadonlyMap<string, readonly string[]> | undefined;
  /** The layer that brought a package, by its id, where that is not the one of the file that tells of it; counted from 0. */
  readonly layers?: ReadonlyMap<string, number> | undefined;
  readonly notes?: readonly BomNote[] | undefined;
}

/** Knows one kind of package: which files tell of it, how to read them, and what they say together. Pure: no I/O, no clock, no chance. */
export interface Cataloguer {
  /** `dpkg`, `npm`; stands in evidence and in the names of cached facts. */
  readonly name: string;
  /** Counted up whenever the same file would give other facts: older facts are then not used any more. */
  readonly version: number;
  /** Looks at a file's head and may want to read it. Asked for each regular file of each layer, so it has to be quick. */
  probe(file: FileHead): Probe | undefined;
  /** Puts together what is there in the end. */
  catalogue(tree: ImageTree, context: CatalogueContext): Catalogued;
}

export interface CatalogueContext {
  readonly os?: OperatingSystem | undefined;
}
