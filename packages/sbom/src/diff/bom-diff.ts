import type { Digest } from '@lading/oci';
import type { PackageType } from '../bom.ts';

/** What is different in an image after it changed: plain JSON. Lists are sorted. */
export interface BomDiff {
  readonly before: ImageName;
  readonly after: ImageName;
  /** Nothing below is different: what the images hold is the same as far as it was catalogued, whatever their digests are. Layers and platforms count where both sides name theirs. */
  readonly isSame: boolean;
  readonly os?: Change<string>;
  readonly platform?: Change<string>;
  /** The sums of the layers as they are stored; 0 where one side does not tell. Bytes. */
  readonly size: { readonly before: number; readonly after: number };
  /** Where one side names none, those of the other stand in its list, and count for nothing. */
  readonly layers: {
    /** How many both have in common from the bottom. */
    readonly shared: number;
    readonly removed: readonly DiffLayer[];
    readonly added: readonly DiffLayer[];
  };
  readonly packages: {
    readonly added: readonly DiffPackage[];
    readonly removed: readonly DiffPackage[];
    /** Of the same name, in another version. */
    readonly changed: readonly PackageChange[];
  };
  readonly licenses: readonly LicenseChange[];
}

/** Nothing where there was, or is, none. */
export interface Change<Value> {
  readonly before?: Value;
  readonly after?: Value;
}

export interface ImageName {
  readonly name: string;
  readonly digest: Digest;
}

export interface DiffLayer {
  readonly digest: Digest;
  readonly diffId: Digest;
  /** Bytes. */
  readonly size: number;
  readonly createdBy?: string;
}

export interface DiffPackage {
  readonly type: PackageType;
  /** With its namespace, as people call it. */
  readonly name: string;
  readonly architecture?: string;
  readonly version?: string;
}

export interface PackageChange {
  readonly type: PackageType;
  readonly name: string;
  readonly architecture?: string;
  readonly before?: string;
  readonly after?: string;
  /** `changed` where the type's rules tell of no order, or nobody knows one of the versions. */
  readonly direction: 'changed' | 'downgraded' | 'upgraded';
}

/** Of a package that is there before and after, in the same or another version. */
export interface LicenseChange {
  readonly package: Omit<PackageChange, 'direction'>;
  readonly before: readonly string[];
  readonly after: readonly string[];
}
