import * as z from 'zod/mini';
import type { Descriptor } from './descriptor.ts';
import { type Digest, type DigestAlgorithm, digestOf, isDigest } from './digest.ts';
import { LadingError } from './errors.ts';
import {
  bareMediaType,
  isIndexMediaType,
  isManifestMediaType,
  isSchema1MediaType,
  mediaTypes,
} from './media-types.ts';

interface ManifestBase {
  /** The bytes as they came; what is hashed, copied and signed. Never serialised anew. */
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An OCI image manifest or Docker schema 2 manifest (image-spec, manifest.md). */
export interface ImageManifest extends ManifestBase {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** An OCI image index or Docker manifest list (image-spec, image-index.md). */
export interface ImageIndex extends ManifestBase {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

/** A parsed view of a manifest, with its bytes. */
export type Manifest = ImageManifest | ImageIndex;

/** Bounds on what a server can make us read. */
export const manifestLimits = {
  /** Bytes: what lading reads. distribution-spec asks registries for 4 MiB; some hold more. */
  maxBytes: 8_388_608,
  /** Bytes: what lading pushes; beyond it registries answer 413. */
  maxPushBytes: 4_194_304,
  /** Descriptors in one manifest or index. */
  maxDescriptors: 10_000,
  /** Indexes nested in indexes. */
  maxDepth: 8,
} as const;

const mediaTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/;

const annotations = z.record(z.string(), z.string());
const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.optional(z.string()),
  'os.version': z.optional(z.string()),
  'os.features': z.optional(z.array(z.string())),
});
const descriptor = z.object({
  mediaType: z.string().check(z.regex(mediaTypePattern, 'is not a media type')),
  digest: z.custom<Digest>(isDigest, 'is not a sha256 or sha512 digest'),
  size: z.number().check(z.int(), z.gte(0)),
  annotations: z.nullish(annotations),
  // Index entries of artifacts have platforms of all kinds; one that says nothing is none.
  platform: z.catch(z.nullish(platform), undefined),
  artifactType: z.nullish(z.string()),
  data: z.nullish(z.string()),
  urls: z.nullish(z.array(z.string())),
});
const descriptors = z.array(descriptor).check(z.maxLength(manifestLimits.maxDescriptors));
const common = {
  schemaVersion: z.literal(2),
  mediaType: z.nullish(z.string()),
  artifactType: z.nullish(z.string()),
  subject: z.nullish(descriptor),
  annotations: z.nullish(annotations),
};
const imageSchema = z.object({ ...common, config: descriptor, layers: z.nullish(descriptors) });
const indexSchema = z.object({ ...common, manifests: z.nullish(descriptors) });

/**
 * Reads a manifest or index.
 *
 * `mediaType` is what the transport said (a `Content-Type` header, parameters allowed). The body's own `mediaType` decides; a header that
 * names another manifest type is an error, a generic one (`application/json`, `text/plain`) is ignored. Without either, the shape decides.
 * @throws {LadingError} `ERR_LADING_MANIFEST`
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  if (bytes.byteLength > manifestLimits.maxBytes) {
    throw problem(`it has ${bytes.byteLength} bytes, more than the limit of ${manifestLimits.maxBytes}`);
  }
  const document = parseJsonObject(bytes);
  const said = mediaType === undefined ? undefined : bareMediaType(mediaType);
  if (document.schemaVersion === 1 || (said !== undefined && isSchema1MediaType(said))) {
    throw problem(
      'it is a Docker schema 1 manifest, a format that was given up in 2017',
      'Push the image again with a current tool.',
    );
  }
  // Readers that differ in what they take it for would see two images behind one digest (CVE-2021-41190).
  if (document.manifests != null && (document.layers != null || document.config != null)) {
    throw problem('it is an index and an image at once');
  }
  const actual = manifestMediaType(document, said);
  if (isIndexMediaType(actual)) {
    const parsed = check(indexSchema, document);
    return {
      kind: 'index',
      bytes,
      mediaType: actual,
      manifests: (parsed.manifests ?? []).map(clean),
      ...rest(parsed),
    };
  }
  const parsed = check(imageSchema, document);
  return {
    kind: 'image',
    bytes,
    mediaType: actual,
    config: clean(parsed.config),
    layers: (parsed.layers ?? []).map(clean),
    ...rest(parsed),
  };
}

/** The descriptor of a manifest's own bytes. */
export function describeManifest(
  { bytes, mediaType }: Pick<Manifest, 'bytes' | 'mediaType'>,
  algorithm: DigestAlgorithm = 'sha256',
): Descriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.byteLength };
}

/** What a manifest points at, in the order in which it must exist at a destination: config and layers, or child manifests. */
export function successors(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers];
}

function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw problem('it is not JSON', undefined, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw problem('it is not a JSON object');
  return value as Record<string, unknown>;
}

function manifestMediaType(document: Record<string, unknown>, said: string | undefined): string {
  const own =
    typeof document.mediaType === 'string' && document.mediaType !== '' ? document.mediaType : undefined;
  if (own !== undefined) {
    if (!isManifestMediaType(own))
      throw problem(`its media type ${JSON.stringify(own)} is not one of a manifest`);
    if (said !== undefined && isManifestMediaType(said) && said !== own) {
      throw problem(`it says that it is ${own}, but it was served as ${said}`);
    }
    return own;
  }
  if (said !== undefined && isManifestMediaType(said)) return said;
  if (Array.isArray(document.manifests)) return mediaTypes.ociIndex;
  if (document.config !== undefined) return mediaTypes.ociManifest;
  throw problem('it has no media type, and neither "manifests" nor "config"');
}

function check<T extends z.ZodMiniType>(schema: T, document: unknown): z.infer<T> {
  const result = z.safeParse(schema, document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw problem(`${where}${issue?.message ?? 'it does not fit the schema'}`);
}

/** Go programs write absent fields as `null`; here they are left out. */
function clean(raw: z.infer<typeof descriptor>): Descriptor {
  const { mediaType, digest, size, ...optional } = raw;
  return { mediaType, digest, size, ...withoutNull(optional) } as Descriptor;
}

function rest(raw: {
  artifactType?: unknown;
  subject?: z.infer<typeof descriptor> | null | undefined;
  annotations?: unknown;
}): Partial<ManifestBase> {
  const subject = raw.subject ? { subject: clean(raw.subject) } : {};
  return {
    ...withoutNull({ artifactType: raw.artifactType || null, annotations: raw.annotations }),
    ...subject,
  };
}

function withoutNull(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== null && value !== undefined),
  );
}

function problem(why: string, hint?: string, cause?: unknown): LadingError<'ERR_LADING_MANIFEST'> {
  return new LadingError('ERR_LADING_MANIFEST', `invalid manifest: ${why}`, { hint, cause });
}
