/** What is special about a registry. Known facts stand in the table below; the rest is learnt while talking to it. */
export interface Quirks {
  /** Bytes in one PATCH at most. */
  readonly maxChunkBytes?: number | undefined;
  /** False: uploads in pieces are not offered, so there is nothing to fall back to. */
  readonly chunkedUploads?: boolean | undefined;
  /** `tag`: there is no referrers API and asking for it is no use. */
  readonly referrers?: 'api' | 'tag' | undefined;
  /** False: HEAD of a manifest gives wrong answers; GET is used. */
  readonly headManifests?: boolean | undefined;
}

interface QuirkRule {
  readonly host: RegExp;
  readonly quirks: Quirks;
}

const rules: readonly QuirkRule[] = [
  // PATCH bodies above 4 MiB are answered with 416; the referrers path redirects to a web page.
  { host: /^ghcr\.io$/, quirks: { maxChunkBytes: 4_194_304, referrers: 'tag' } },
  // Google's registries take an upload in one piece only.
  { host: /(?:^|\.)gcr\.io$|-docker\.pkg\.dev$/, quirks: { chunkedUploads: false } },
];

/** What is known of a host before the first request. */
function knownQuirks(host: string): Quirks {
  return Object.assign({}, ...rules.filter((rule) => rule.host.test(host)).map((rule) => rule.quirks));
}

/** What this run has learnt about a registry, on top of what was known. */
export interface HostMemory {
  readonly quirks: Quirks;
  referrers: 'api' | 'tag' | undefined;
  /** Undefined until a HEAD has been seen to tell the truth, or to lie. */
  headManifests: boolean | undefined;
  /** True once a whole upload was refused and one in pieces went through. */
  chunked: boolean;
  /** False once the host has shown that its blobs are no plain bodies of known length. */
  relay: boolean | undefined;
  /** The conditions of writes (`if-match`, `if-none-match`) that were refused once: these the registry does compare. */
  readonly comparedConditions: Set<string>;
  /** Who changes which tag: writers of one tag take turns. */
  readonly locks: Map<string, Promise<void>>;
}

/** A fresh memory; what the user says overrides what the table knows. */
export function hostMemory(host: string, overrides: Quirks = {}): HostMemory {
  const stated = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const quirks: Quirks = { ...knownQuirks(host), ...Object.fromEntries(stated) };
  return {
    quirks,
    referrers: quirks.referrers,
    headManifests: quirks.headManifests,
    chunked: false,
    relay: undefined,
    comparedConditions: new Set(),
    locks: new Map(),
  };
}
