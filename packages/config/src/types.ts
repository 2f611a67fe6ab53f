import type { Secret } from './secret.ts';

/** A length of time: digits and a unit, for example `30m`, `36h`, `7d`, `2w`. */
export type Duration = string;

/** How to reach one registry, under `registries.HOST`. */
export interface RegistrySettings {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** `verify` (default), `insecure` (https without checking the certificate), `off` (plain http). */
  readonly tls?: 'verify' | 'insecure' | 'off' | undefined;
  /** A file of PEM certificates to trust for this host. */
  readonly ca?: string | undefined;
  /** Hosts, or host and path prefix, that are asked first when something is pulled. */
  readonly mirrors?: readonly string[] | undefined;
  /** Requests in flight at once. */
  readonly concurrency?: number | undefined;
  /** Requests per second. */
  readonly rateLimit?: number | undefined;
  /** Create a missing repository before the first push (Amazon ECR). */
  readonly createRepository?: boolean | undefined;
}

/** Which tags of a repository are wanted. A tag must pass every condition that is set. */
export interface TagFilter {
  /** Globs (`3.*`) or regular expressions between slashes (`/^v\d+$/`); any of them lets a tag in. Default: all. */
  readonly include?: string | readonly string[] | undefined;
  /** As `include`; any of them keeps a tag out. */
  readonly exclude?: string | readonly string[] | undefined;
  /** A version range, for example `>=1.20 <2`. Tags that are no versions are out. */
  readonly semver?: string | undefined;
  /** Only the newest so many. */
  readonly latest?: number | undefined;
  /** Only tags that lading has known for this long. */
  readonly minAge?: Duration | undefined;
}

/** Whose signature lets a source in: a key, or an identity with its issuer. */
export interface VerifySettings {
  readonly key?: string | undefined;
  readonly identity?: string | undefined;
  readonly issuer?: string | undefined;
}

/** One image, or one repository of images, to keep equal to its source. */
export interface SyncEntry {
  readonly source: string;
  readonly destination: string;
  /** Copy and sign anew even when the digests match. */
  readonly always?: boolean | undefined;
  /** Only these platforms of an index, for example `linux/arm64`. */
  readonly platforms?: readonly string[] | undefined;
  /** Present: source and destination are repositories, and these tags of them are kept equal. */
  readonly tags?: TagFilter | undefined;
  /** Copy signatures, attestations, SBOMs and other referrers too. */
  readonly referrers?: boolean | undefined;
  readonly verify?: VerifySettings | undefined;
  /** Set on the destination's manifest, which thereby gets a digest of its own. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** A destination tag that exists is never moved. */
  readonly immutable?: boolean | undefined;
  /** Where the image goes that a moved tag pointed at, for example `{repository}:{tag}-{date}`. */
  readonly backup?: string | undefined;
  readonly sbom?: { readonly artifactName?: string | undefined } | undefined;
  /** What to do with destination tags that the source no longer has. */
  readonly prune?: 'report' | 'delete' | undefined;
  /** Most tags that one run may delete. */
  readonly maxDelete?: number | undefined;
  /** Only digests that lading has known for this long. */
  readonly minAge?: Duration | undefined;
  /** A cron expression for `lading watch`. */
  readonly schedule?: string | undefined;
}

export interface DockerOptions {
  readonly context?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  readonly target?: string | undefined;
  readonly platforms?: readonly string[] | undefined;
  /** Secret id to the file that holds it. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

/** One image to build from an apko file or a Dockerfile. */
export interface BuildEntry {
  readonly source: string;
  readonly destination: string;
  /** Build and sign anew even when nothing changed. */
  readonly always?: boolean | undefined;
  /** melange files whose packages the apko file may use as `NAME@local`. */
  readonly melangeConfigs?: readonly string[] | undefined;
  readonly dockerOptions?: DockerOptions | undefined;
  readonly profile?: string | undefined;
  readonly sbom?: { readonly artifactName?: string | undefined } | undefined;
  /** A cron expression for `lading watch`. */
  readonly schedule?: string | undefined;
}

export interface SignSettings {
  /** A path, `env://VARIABLE`, or a key service's URI. */
  readonly key?: string | undefined;
  /** Sign with the identity of the CI or the person; publishes that identity. */
  readonly keyless?:
    | boolean
    | { readonly identity?: string | undefined; readonly issuer?: string | undefined }
    | undefined;
  readonly format?: 'both' | 'bundle' | 'legacy' | undefined;
  /** `public`, `none`, or a file that describes the log. */
  readonly transparency?: string | undefined;
  readonly signingConfig?: string | undefined;
  readonly trustedRoot?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface SbomSettings {
  /** Who answers for the documents: `Name <address>`. */
  readonly author?: string | undefined;
  readonly formats?: readonly ('cyclonedx' | 'spdx')[] | undefined;
  readonly attest?: boolean | undefined;
  readonly referrer?: boolean | undefined;
}

/** A finding that is accepted for a time. */
export interface IgnoredFinding {
  readonly id: string;
  readonly package?: string | undefined;
  readonly image?: string | undefined;
  /** The last day, `YYYY-MM-DD`. */
  readonly until?: string | undefined;
  readonly reason?: string | undefined;
}

export type Severity = 'UNKNOWN' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

export interface ScanSettings {
  readonly mode?: 'image' | 'sbom' | undefined;
  readonly severity?: readonly Severity[] | undefined;
  readonly ignoreUnfixed?: boolean | undefined;
  readonly ignore?: readonly IgnoredFinding[] | undefined;
  /** The SARIF file to write. */
  readonly sarif?: string | undefined;
  readonly database?:
    | { readonly repositories?: readonly string[] | undefined; readonly maxAge?: Duration | undefined }
    | undefined;
}

/** The images of the tools that run in containers, best pinned by digest. */
export interface ToolImages {
  readonly apko?: string | undefined;
  readonly melange?: string | undefined;
  readonly trivy?: string | undefined;
}

/** A loaded `config.yaml`: variables are filled in, `defaults` are merged into the entries, secrets are held in `Secret`. */
export interface Config {
  readonly registries: Readonly<Record<string, RegistrySettings>>;
  readonly sync: readonly SyncEntry[];
  readonly build: readonly BuildEntry[];
  readonly sign?: SignSettings | false | undefined;
  readonly sbom?: SbomSettings | false | undefined;
  readonly scan?: ScanSettings | undefined;
  readonly tools?: ToolImages | undefined;
}

/** The keys that `defaults` may set: all of an entry's but its own two. */
export type EntryDefaults = Partial<Omit<SyncEntry & BuildEntry, 'source' | 'destination'>>;

/** `config.yaml` as it is written, after `${VAR}` substitution and before `defaults` are merged. */
export interface ConfigDocument {
  readonly registries?:
    | Readonly<
        Record<string, Omit<RegistrySettings, 'password'> & { readonly password?: string | undefined }>
      >
    | undefined;
  readonly sync?: readonly SyncEntry[] | undefined;
  readonly build?: readonly BuildEntry[] | undefined;
  readonly sign?: SignSettings | false | undefined;
  readonly sbom?: SbomSettings | false | undefined;
  readonly scan?: ScanSettings | undefined;
  readonly tools?: ToolImages | undefined;
  readonly defaults?: EntryDefaults | undefined;
}
