import {
  type Descriptor,
  type Digest,
  isManifestMediaType,
  manifestLimits,
  type Platform,
  parseManifest,
} from '@lading/oci';
import { type ContentStore, fetchManifest, type StoreOptions } from '@lading/store';
import { type Attachment, listAttachments, readAttached } from './attachments.ts';
import { predicateTypeAnnotation } from './formats/bundle-manifest.ts';
import { subjectOf, subjectsText } from './formats/claim.ts';
import { eachSignature, type FoundSignature, type SignatureLocation } from './found.ts';
import { mapOf, Room } from './pool.ts';
import { type CertificateDescription, describeCertificate } from './verify/certificate.ts';
import type { Rejection, TrustPolicy, VerifiedSigner } from './verify/types.ts';
import { verifyMaterial } from './verify/verify-material.ts';

/** Something that is attached to an image. What it says of itself is not proven unless `verified` says so. */
export interface Artifact {
  readonly kind: 'signature' | 'attestation' | 'sbom' | 'other';
  /** The manifest that holds it. */
  readonly manifest: Descriptor;
  /** The tag of that manifest; referrers have none. */
  readonly tag?: string | undefined;
  /** Of signatures and attestations: where they are, to the layer. */
  readonly location?: SignatureLocation | undefined;
  /** Of attestations. */
  readonly predicateType?: string | undefined;
  readonly artifactType?: string | undefined;
  /** Who the signature says made it; nothing for keys, which it does not name. */
  readonly certificate?: CertificateDescription | undefined;
  /** When it was made, as its log entry or its manifest says. */
  readonly created?: Date | undefined;
  /** By whom it is, or why not, when somebody was named whose signature counts. */
  readonly verified?: VerifiedSigner | Rejection | undefined;
  /** Why it cannot be read. */
  readonly problem?: string | undefined;
}

/** An image with all that is attached to it, and what it lists. */
export interface ImageArtifacts {
  readonly subject: Descriptor;
  readonly platform?: Platform | undefined;
  readonly artifacts: readonly Artifact[];
  readonly children: readonly ImageArtifacts[];
}

export interface ListArtifactsOptions extends StoreOptions {
  /** Whose signatures count; with it every signature is verified. */
  readonly policy?: TrustPolicy | undefined;
  /** Where signatures are kept. Default: beside the image. */
  readonly signatures?: ContentStore | undefined;
}

/** Larger attestations are listed by what their manifest says, and not read. */
const maxReadBytes = 16_777_216;

/** Everything that is attached to an image and to what it lists: signatures, attestations, SBOMs, other referrers. */
export async function listArtifacts(
  store: ContentStore,
  image: Descriptor,
  options: ListArtifactsOptions = {},
): Promise<ImageArtifacts> {
  const seen = new Set<Digest>([image.digest]);
  const visit = async (subject: Descriptor, depth: number): Promise<ImageArtifacts> => {
    // Each under the first that lists it: indexes that list the same ones over and over would make work without end.
    const children = (
      depth < manifestLimits.maxDepth ? await childrenOf(store, subject, options) : []
    ).filter(({ digest }) => !seen.has(digest) && seen.add(digest));
    return {
      subject,
      platform: subject.platform,
      artifacts: await artifactsOf(store, subject, options),
      children: await mapOf(children, (child) => visit(child, depth + 1), options.signal),
    };
  };
  return await visit(image, 0);
}

async function childrenOf(
  store: ContentStore,
  subject: Descriptor,
  { signal }: StoreOptions,
): Promise<readonly Descriptor[]> {
  const manifest = parseManifest(await fetchManifest(store, subject, { signal }), subject.mediaType);
  return manifest.kind === 'index'
    ? manifest.manifests.filter(({ mediaType }) => isManifestMediaType(mediaType))
    : [];
}

/** What is attached to one manifest. */
export async function artifactsOf(
  store: ContentStore,
  subject: Descriptor,
  { signatures = store, policy, signal }: ListArtifactsOptions,
): Promise<readonly Artifact[]> {
  const attachments = await listAttachments(signatures, subject, { signal });
  const room = new Room(maxReadBytes);
  const lists = await mapOf(
    attachments,
    (attachment) => readArtifacts(signatures, subject, attachment, { policy, room, signal }),
    signal,
  );
  return lists.flat();
}

async function readArtifacts(
  store: ContentStore,
  subject: Descriptor,
  attachment: Attachment,
  { policy, room, signal }: Pick<ListArtifactsOptions, 'policy' | 'signal'> & { readonly room: Room },
): Promise<readonly Artifact[]> {
  const { kind, descriptor, tag } = attachment;
  const common = {
    manifest: descriptor,
    tag,
    artifactType: descriptor.artifactType,
    created: createdAt(descriptor),
  };
  if (kind === 'sbom')
    return [{ ...common, kind: 'sbom', artifactType: await documentType(store, attachment, signal) }];
  if (kind === 'other') return [{ ...common, kind: isSbomType(descriptor.artifactType) ? 'sbom' : 'other' }];
  return eachSignature(store, attachment, { maxBytes: maxReadBytes, room, signal }, (found) => ({
    ...common,
    ...describe(found, subject, attachment, policy),
  }));
}

function describe(
  found: FoundSignature,
  subject: Descriptor,
  { kind, descriptor }: Attachment,
  policy: TrustPolicy | undefined,
): Omit<Artifact, 'manifest'> {
  const { location } = found;
  if (!found.readable) {
    const listed = descriptor.annotations?.[predicateTypeAnnotation];
    const isSignature = kind === 'signatures';
    return {
      kind: isSignature ? 'signature' : 'attestation',
      location,
      predicateType: listed,
      problem: found.rejection.message,
    };
  }
  const { claim, material } = found;
  const time = material.logEntries
    .map(({ integratedTime }) => Number(integratedTime))
    .find((seconds) => seconds > 0);
  return {
    kind: claim.kind,
    location,
    ...(claim.kind === 'attestation' && { predicateType: claim.predicateType }),
    ...(material.signer.kind === 'certificate' && {
      certificate: describeCertificate(material.signer.certificate),
    }),
    ...(time !== undefined && { created: new Date(time * 1000) }),
    ...(policy && { verified: judge(found, subject, policy) }),
  };
}

function judge(
  { claim, material }: Extract<FoundSignature, { readable: true }>,
  subject: Descriptor,
  policy: TrustPolicy,
): VerifiedSigner | Rejection {
  // A good signature of something else, put beside this image, proves nothing of it.
  if (subjectOf(claim, subject.digest) === undefined)
    return { code: 'other-subject', message: subjectsText(claim) };
  const verdict = verifyMaterial(material, policy);
  return verdict.ok ? verdict.signer : { code: verdict.code, message: verdict.message };
}

function createdAt({ annotations }: Descriptor): Date | undefined {
  const time = new Date(annotations?.['org.opencontainers.image.created'] ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The media types of SBOMs, as they are attached without a signature. */
export function isSbomType(type: string | undefined): boolean {
  return /^(?:application\/(?:vnd\.cyclonedx|spdx|vnd\.syft)\+(?:json|xml)|text\/spdx(?:\+json)?)$/.test(
    type ?? '',
  );
}

/** cosign's `.sbom` says in its layer what it is. */
async function documentType(
  store: ContentStore,
  { descriptor }: Attachment,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { layers } = await readAttached(store, descriptor, { signal });
  return layers[0]?.mediaType;
}
