import type { Hash, SourcePackage } from '../bom.ts';

/** A package as a database of installed packages tells of it; nothing of the distribution. JSON: it is kept between runs. */
export type InstalledPackage = {
  readonly name: string;
  readonly version?: string | undefined;
  readonly arch?: string | undefined;
  readonly epoch?: number | undefined;
  /** As declared; they become expressions when the BOM is made. */
  readonly licenses?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly homepage?: string | undefined;
  readonly supplier?: string | undefined;
  readonly source?: InstalledSource | undefined;
  readonly upstream?: string | undefined;
  readonly hashes?: readonly InstalledHash[] | undefined;
  /** Each has to be fulfilled, by any of its alternatives: names of packages, of what they provide, or paths. */
  readonly needs?: readonly (readonly string[])[] | undefined;
  readonly provides?: readonly string[] | undefined;
  /** Paths of its files in the file system that the database is of, without a slash in front. */
  readonly files?: readonly string[] | undefined;
  /** More purl qualifiers. */
  readonly qualifiers?: { readonly [name: string]: string } | undefined;
  readonly properties?: { readonly [name: string]: string } | undefined;
};

/** The types of a BOM as JSON has them. */
type InstalledSource = { readonly [Key in keyof SourcePackage]: SourcePackage[Key] };
type InstalledHash = { readonly [Key in keyof Hash]: Hash[Key] };

/** One database in one state of an image. */
export interface PackageDatabase {
  /** Of the file system it tells of: `''`, or with a slash behind (`opt/rootfs/`). */
  readonly root: string;
  readonly path: string;
  /** Which versions of its files it was read from: equal for equal ones. */
  readonly state: string;
  readonly packages: readonly InstalledPackage[];
  /** Why it could not be read (whole). */
  readonly problem?: string | undefined;
}

/** The same for the same package in all states of an image. */
export function packageKey(root: string, { name, epoch, version, arch }: InstalledPackage): string {
  return JSON.stringify([root, name, epoch ?? null, version ?? null, arch ?? null]);
}
