import {
  cosignTags,
  type Descriptor,
  type ImageManifest,
  isManifestMediaType,
  LadingError,
  manifestLimits,
  mediaTypes,
  parseManifest,
} from '@lading/oci';
import { type ContentStore, fetchManifest, isNotFound, loadManifest, type StoreOptions } from '@lading/store';
import { isBundleMediaType } from './formats/bundle.ts';
import { predicateTypeAnnotation } from './formats/bundle-manifest.ts';
import { referencePredicateType } from './formats/document-reference.ts';
import { legacyMediaTypes } from './formats/legacy-layer.ts';
import { signaturePredicateType } from './formats/predicate-types.ts';
import { mapOf } from './pool.ts';

/** What an attached manifest is, by its types; what it says is another question. */
export type AttachmentKind =
  /** A Sigstore bundle: one signature or one attestation. */
  | 'bundle'
  /** cosign's own format: any number of signatures. */
  | 'signatures'
  /** cosign's own format: any number of attestations. */
  | 'attestations'
  /** cosign's `.sbom`: a document that nobody signed. */
  | 'sbom'
  | 'other';

/** A manifest that belongs to an image: one that refers to it, or one under a tag that is made from its digest. */
export interface Attachment {
  readonly kind: AttachmentKind;
  /** As it is listed; its artifact type is the manifest's own where the list does not tell it. */
  readonly descriptor: Descriptor;
  /** The tag that it was found under; referrers have none. */
  readonly tag?: string | undefined;
}

export interface AttachmentOptions {
  readonly signal?: AbortSignal | undefined;
  /** Which of cosign's tags to ask for; each costs a request. Default: all. */
  readonly tags?: readonly AttachmentTag[] | undefined;
}

export type AttachmentTag = 'signatures' | 'attestations' | 'sbom';

/** Most referrers of one image that are looked at. */
const maxReferrers = manifestLimits.maxDescriptors;

/**
 * Everything that is attached to an image, by both ways and always both: a referrer that somebody else added must not hide a signature under a tag.
 * @throws what the store throws: a registry that does not answer is no registry without signatures.
 */
export async function listAttachments(
  store: ContentStore,
  subject: Descriptor,
  options: AttachmentOptions = {},
): Promise<readonly Attachment[]> {
  const { tags = attachmentTagKinds, signal } = options;
  const names = attachmentTags(subject);
  const [referrers, ...tagged] = await Promise.all([
    referrersOf(store, subject, { signal }),
    ...tags.map((kind) => attachmentUnder(store, kind, names[kind], { signal })),
  ]);
  return [...referrers, ...tagged.filter((found) => found !== undefined)];
}

/**
 * Leaves out bundles that are listed as something else: as a signature where attestations are looked for, or the other way round. Nobody vouches for
 * what a list says, so this is for those who only waste work when it lies.
 */
export function listedAs(
  attachments: readonly Attachment[],
  wanted: 'signature' | readonly string[],
): readonly Attachment[] {
  const types = wanted === 'signature' ? [signaturePredicateType] : [...wanted, referencePredicateType];
  return attachments.filter(({ kind, descriptor }) => {
    const listed = kind === 'bundle' ? descriptor.annotations?.[predicateTypeAnnotation] : undefined;
    return listed === undefined || types.includes(listed);
  });
}

const attachmentTagKinds: readonly AttachmentTag[] = ['signatures', 'attestations', 'sbom'];

/** The tags under which cosign 2 keeps what belongs to an image. */
export function attachmentTags(subject: Pick<Descriptor, 'digest'>): Readonly<Record<AttachmentTag, string>> {
  const [signatures, attestations, sbom] = cosignTags(subject.digest) as [string, string, string];
  return { signatures, attestations, sbom };
}

async function attachmentUnder(
  store: ContentStore,
  kind: AttachmentTag,
  tag: string,
  options: StoreOptions,
): Promise<Attachment | undefined> {
  try {
    return { kind, descriptor: await store.resolve(tag, options), tag };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function referrersOf(
  store: ContentStore,
  subject: Descriptor,
  options: StoreOptions,
): Promise<readonly Attachment[]> {
  const found: Descriptor[] = [];
  for await (const referrer of store.referrers(subject, options)) {
    if (found.length === maxReferrers) {
      throw new LadingError(
        'ERR_LADING_ATTACHMENT_LIMIT',
        `more than ${maxReferrers} manifests refer to ${subject.digest}`,
        {
          hint: 'Remove the ones that nobody needs with: lading clean',
        },
      );
    }
    found.push(referrer);
  }
  return await mapOf(found, (descriptor) => classify(store, descriptor, options), options.signal);
}

/** Writers that knew no better list the config's type, or none: then the manifest itself is asked. */
const tellsNothing: readonly (string | undefined)[] = [
  undefined,
  '',
  mediaTypes.ociEmpty,
  mediaTypes.ociConfig,
];

async function classify(
  store: ContentStore,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<Attachment> {
  const { artifactType } = descriptor;
  if (!tellsNothing.includes(artifactType)) return { kind: kindByType(artifactType!), descriptor };
  return await classifyByManifest(store, descriptor, options);
}

function kindByType(type: string): AttachmentKind {
  if (isBundleMediaType(type)) return 'bundle';
  if (type === 'application/vnd.dev.cosign.artifact.sig.v1+json' || type === legacyMediaTypes.signature)
    return 'signatures';
  if (type === legacyMediaTypes.attestation || type === 'application/vnd.in-toto+json') return 'attestations';
  if (type === 'application/vnd.dev.cosign.artifact.sbom.v1+json') return 'sbom';
  return 'other';
}

async function classifyByManifest(
  store: ContentStore,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<Attachment> {
  try {
    const { artifactType, config, layers } = await readAttached(store, descriptor, options);
    const types = [artifactType, config.mediaType, layers[0]?.mediaType];
    const kind = types.map((type) => kindByType(type ?? '')).find((kind) => kind !== 'other') ?? 'other';
    return { kind, descriptor: artifactType ? { ...descriptor, artifactType } : descriptor };
  } catch (error) {
    // A list may name what is gone or was never a manifest; that says nothing of its neighbours.
    if (isNotFound(error) || isContentProblem(error)) return { kind: 'other', descriptor };
    throw error;
  }
}

/** True when content is not what it should be, as opposed to a store that does not answer. */
export function isContentProblem(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ERR_LADING_MANIFEST' || code === 'ERR_LADING_CONTENT_MISMATCH';
}

/**
 * The manifest of an attachment, by its digest.
 * @throws {LadingError} `ERR_LADING_MANIFEST`, `ERR_LADING_CONTENT_MISMATCH`, and what the store throws.
 */
export async function readAttached(
  store: ContentStore,
  descriptor: Descriptor,
  { signal }: StoreOptions,
): Promise<ImageManifest> {
  const { digest, mediaType } = descriptor;
  const bytes = isManifestMediaType(mediaType)
    ? await fetchManifest(store, descriptor, { signal })
    : (await loadManifest(store, digest, { signal })).bytes;
  const manifest = parseManifest(bytes, mediaType);
  if (manifest.kind === 'image') return manifest;
  throw new LadingError('ERR_LADING_MANIFEST', `${digest} is an index, not an attached artifact`);
}
