import type { Descriptor, Digest, Platform } from '@lading/oci';

/** The kinds of package that are found, named as in package URLs (package-url/purl-spec, types). `opkg` and `binary` have the purl types `opkg` and `generic`. */
export type PackageType =
  | 'alpm'
  | 'apk'
  | 'binary'
  | 'cargo'
  | 'composer'
  | 'conda'
  | 'deb'
  | 'gem'
  | 'golang'
  | 'maven'
  | 'npm'
  | 'nuget'
  | 'opkg'
  | 'pypi'
  | 'rpm';

export type HashAlgorithm = 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

export interface Hash {
  readonly algorithm: HashAlgorithm;
  /** Hexadecimal, lower case. */
  readonly value: string;
}

/** A licence as it was declared: an SPDX expression where it is one, else the words. */
export type License = { readonly expression: string } | { readonly name: string };

/** The package that a binary package was built from, as distributions track vulnerabilities by it. */
export interface SourcePackage {
  readonly name: string;
  readonly version?: string | undefined;
  readonly release?: string | undefined;
  readonly epoch?: number | undefined;
}

/** Where a package was found. */
export interface Evidence {
  /** In the image's file system, without a slash in front. */
  readonly path: string;
  /** The layer that brought it: its place from the bottom, counted from 0, and the digest of its uncompressed content. */
  readonly layer?: { readonly index: number; readonly diffId: Digest } | undefined;
  /** Which cataloguer read it: `dpkg`, `npm`. */
  readonly cataloguer: string;
}

/** Something that is installed in an image. */
export interface Package {
  /** Unique in its BOM, and the same in every run. */
  readonly id: string;
  readonly type: PackageType;
  /** The purl's namespace, with slashes between its segments; of Maven the group, of npm the scope (`@acme`). */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  /** The purl's qualifiers. Those of the distribution are put in when the BOM is made. */
  readonly qualifiers?: Readonly<Record<string, string>> | undefined;
  readonly subpath?: string | undefined;
  readonly licenses: readonly License[];
  readonly description?: string | undefined;
  readonly homepage?: string | undefined;
  /** Who made or maintains it: `Name <address>`. */
  readonly supplier?: string | undefined;
  readonly source?: SourcePackage | undefined;
  readonly hashes?: readonly Hash[] | undefined;
  readonly evidence: readonly Evidence[];
  /** More that is known, for BOM properties; keys are dotted names. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** The operating system of an image (os-release(5)). */
export interface OperatingSystem {
  /** `debian`, `alpine`; lower case. */
  readonly id: string;
  readonly versionId?: string | undefined;
  readonly name?: string | undefined;
  readonly prettyName?: string | undefined;
  readonly idLike?: readonly string[] | undefined;
  readonly cpe?: string | undefined;
  readonly homepage?: string | undefined;
}

/** `from` needs `to`; both are ids of packages, `root` is the image itself. */
export interface Dependency {
  readonly from: string;
  readonly to: string;
}

/** Something that a reader of the BOM has to know of how it came about. */
export interface BomNote {
  readonly code: /** A layer or a file could not be read whole; what it holds may be missing. */
    | 'partial'
    /** A package database was there and is removed in an upper layer. */
    | 'database-removed'
    /** There is something that is not looked at. */
    | 'skipped';
  readonly message: string;
}

/** What is in one image of one platform, in no particular format. Sorted, so that the same image gives the same value. */
export interface Bom {
  readonly subject: {
    /** For people: `ghcr.io/acme/app`. */
    readonly name: string;
    readonly descriptor: Descriptor;
    readonly platform?: Platform | undefined;
    /** When the image says it was made; nothing when it does not. */
    readonly created?: Date | undefined;
    readonly layers: readonly {
      readonly digest: Digest;
      readonly diffId: Digest;
      /** As it is stored, usually compressed. Bytes. */
      readonly size: number;
      readonly createdBy?: string | undefined;
    }[];
    /** The image whose packages were left out. */
    readonly base?: { readonly name: string; readonly descriptor: Descriptor } | undefined;
  };
  /** Of an index: its images, each with a BOM of its own. Then there are no packages here. */
  readonly variants?:
    | readonly {
        readonly name: string;
        readonly descriptor: Descriptor;
        readonly platform?: Platform | undefined;
      }[]
    | undefined;
  readonly os?: OperatingSystem | undefined;
  readonly packages: readonly Package[];
  readonly dependencies: readonly Dependency[];
  readonly notes: readonly BomNote[];
}
