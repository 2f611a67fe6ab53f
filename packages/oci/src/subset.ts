import type { Descriptor, Platform } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { LadingError } from './errors.ts';
import type { ImageIndex } from './manifest.ts';
import { formatPlatform, matchesPlatform } from './platform.ts';

/** Information only: nothing trusts it, as anyone can write it. */
export const sourceDigestAnnotation = 'dev.lading.source.digest';
/** buildkit's mark on a child manifest that holds the attestations of another child. */
const attestedDigestAnnotation = 'vnd.docker.reference.digest';

export interface SubsetOptions {
  /** Empty: all of them. */
  readonly platforms?: readonly Platform[];
  /** Set on the new index over its own ones. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** New bytes and how to name them. */
export interface RewrittenManifest {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

/**
 * The children of an index that a set of platforms keeps: the matching ones, and buildkit's attestations of those.
 * @throws {LadingError} `ERR_LADING_PLATFORM`: one of the platforms has no child; the message lists what there is.
 */
export function selectPlatforms(index: ImageIndex, platforms: readonly Platform[]): readonly Descriptor[] {
  for (const wanted of platforms) {
    if (!index.manifests.some((child) => child.platform && matchesPlatform(wanted, child.platform))) {
      const offered = index.manifests.flatMap((child) =>
        child.platform && child.platform.os !== 'unknown' ? [formatPlatform(child.platform)] : [],
      );
      throw new LadingError('ERR_LADING_PLATFORM', `the image has no platform ${formatPlatform(wanted)}`, {
        hint:
          offered.length === 0
            ? 'Its index names no platforms.'
            : `It has ${[...new Set(offered)].slice(0, 20).join(', ')}.`,
      });
    }
  }
  const matches = (child: Descriptor): boolean =>
    child.platform !== undefined && platforms.some((wanted) => matchesPlatform(wanted, child.platform!));
  const digests = new Set<string | undefined>(index.manifests.filter(matches).map((child) => child.digest));
  return index.manifests.filter(
    (child) => matches(child) || digests.has(child.annotations?.[attestedDigestAnnotation]),
  );
}

/**
 * A dense index of some platforms: a pure function of the source's bytes and the options, so that its digest can be computed again and compared.
 *
 * Everything that the source's index says beside its children is kept, in its order; only `manifests` gets shorter and `annotations` longer.
 * @throws {LadingError} `ERR_LADING_PLATFORM`
 */
export function subsetIndex(index: ImageIndex, options: SubsetOptions): RewrittenManifest {
  const platforms = options.platforms ?? [];
  const document = JSON.parse(new TextDecoder().decode(index.bytes)) as Record<string, unknown>;
  if (platforms.length > 0) {
    const kept = new Set(selectPlatforms(index, platforms));
    // By position: the same digest may be listed twice, for two platforms of which one is kept.
    document.manifests = (document.manifests as unknown[]).filter((_, position) =>
      kept.has(index.manifests[position]!),
    );
  }
  return rewrite(index.mediaType, document, {
    [sourceDigestAnnotation]: digestOf(index.bytes),
    ...options.annotations,
  });
}

/** The bytes of a manifest with further annotations; what it says otherwise is kept, in its order. */
export function annotateManifest(
  manifest: { readonly bytes: Uint8Array; readonly mediaType: string },
  annotations: Readonly<Record<string, string>>,
): RewrittenManifest {
  const document = JSON.parse(new TextDecoder().decode(manifest.bytes)) as Record<string, unknown>;
  return rewrite(manifest.mediaType, document, {
    [sourceDigestAnnotation]: digestOf(manifest.bytes),
    ...annotations,
  });
}

function rewrite(
  mediaType: string,
  document: Record<string, unknown>,
  added: Readonly<Record<string, string>>,
): RewrittenManifest {
  const own = (document.annotations ?? {}) as Record<string, string>;
  const sorted = Object.entries(added).sort(([a], [b]) => (a < b ? -1 : 1));
  document.annotations = { ...own, ...Object.fromEntries(sorted) };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } };
}
