/** A length of time: digits and a unit, for example `30m`, `36h`, `7d`, `2w`. */
export type Duration = string;

/** Which tags of a repository are wanted. A tag must pass every condition that is set. */
export interface TagFilter {
  /** Globs (`3.*`) or regular expressions between slashes (`/^v\d+$/`); any of them lets a tag in. Default: all. */
  readonly include?: string | readonly string[] | undefined;
  /** As `include`; any of them keeps a tag out. */
  readonly exclude?: string | readonly string[] | undefined;
  /** A version range of node-semver, for example `>=1.20 <2`. Tags that are no versions are out. */
  readonly semver?: string | undefined;
  /** Only so many tags, the highest versions first. Tags that are no versions are out. */
  readonly latest?: number | undefined;
  /** Only tags that the lock has known for this long. */
  readonly minAge?: Duration | undefined;
}

/** One image, or with `tags` one repository of images, to keep equal to its source. */
export interface SyncEntry {
  /** As `open` of the context reads it. Without a tag or digest: `latest`, or with `tags` the repository. */
  readonly source: string;
  /** Without a tag: `latest`, or with `tags` the repository. */
  readonly destination: string;
  /** Publish anew even when the digests match. */
  readonly always?: boolean | undefined;
  /** Only these platforms of an index, for example `linux/arm64`: the destination gets a dense index of its own. */
  readonly platforms?: readonly string[] | undefined;
  readonly tags?: TagFilter | undefined;
  /** Copy referrers and cosign's tags too. */
  readonly referrers?: boolean | undefined;
  /** Set on the destination's manifest, which thereby gets a digest of its own. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** A destination tag that exists is never moved. */
  readonly immutable?: boolean | undefined;
  /** Where the image goes that a moved tag pointed at; see `backupLocation`. */
  readonly backup?: string | undefined;
  /** Destination tags that the filter would let in and that are no longer wanted: tell of them, or delete them. */
  readonly prune?: 'report' | 'delete' | undefined;
  /** When more tags are to be deleted, none is. Default 10. */
  readonly maxDelete?: number | undefined;
  /** Only digests that the lock has known for this long; those that are pinned by the entry are let in. */
  readonly minAge?: Duration | undefined;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of a duration, or nothing when the text is none. */
export function parseDuration(text: Duration): number | undefined {
  const [, digits, unit] = /^([0-9]{1,5})([mhdw])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * unitMs[unit as keyof typeof unitMs];
}
