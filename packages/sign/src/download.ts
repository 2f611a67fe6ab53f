import { Buffer } from 'node:buffer';
import type { Descriptor } from '@lading/oci';
import { type ContentStore, readAll } from '@lading/store';
import { isSbomType } from './artifacts.ts';
import { type Attachment, listAttachments, readAttached } from './attachments.ts';
import { type Claim, subjectOf } from './formats/claim.ts';
import { rawMember } from './formats/json.ts';
import { predicateTypeOf } from './formats/predicate-types.ts';
import { type FoundSignature, readSignatures, type SignatureLocation } from './found.ts';
import { mapOf } from './pool.ts';
import type { Verdict } from './verdict.ts';
import type { TrustPolicy, VerifiedSigner } from './verify/types.ts';
import { verify, verifyAttestation } from './verify-image.ts';

/** A document that is attached to an image. */
export interface AttachedDocument {
  /** The document itself: of an attestation the predicate, as it was written. */
  readonly bytes: Uint8Array;
  /** Of an attestation. */
  readonly predicateType?: string | undefined;
  /** Of what is attached without a signature. */
  readonly mediaType?: string | undefined;
  readonly location?: SignatureLocation | undefined;
  /** Who attests it; nothing when that was not to be verified. */
  readonly signer?: VerifiedSigner | undefined;
}

export interface DownloadOptions {
  /** Whose attestations count. Left out: nothing is verified, and what comes may be by anybody. */
  readonly policy?: TrustPolicy | undefined;
  /** Only attestations of this type, a URI. Default: any. */
  readonly predicateType?: string | undefined;
  /** Bytes of one document. Default 128 MiB. */
  readonly maxBytes?: number | undefined;
  /** Where signatures are kept. Default: beside the image. */
  readonly signatures?: ContentStore | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came out, and with a policy the verdict that it rests on. */
export interface Download {
  readonly documents: readonly AttachedDocument[];
  readonly verdict?: Verdict | undefined;
}

const defaultMaxBytes = 134_217_728;

/** The documents that are attested of an image. */
export async function downloadAttestations(
  store: ContentStore,
  subject: Descriptor,
  options: DownloadOptions = {},
): Promise<Download> {
  const { policy, predicateType, maxBytes = defaultMaxBytes, signatures = store, signal } = options;
  const verdict =
    policy &&
    (await verifyAttestation(store, subject, { policy, predicateType, maxBytes, signatures, signal }));
  const claims: readonly AttestedClaim[] = verdict
    ? verdict.accepted
    : (await readUnverified(signatures, subject, 'attestations', { maxBytes, signal })).filter(
        ({ claim }) =>
          claim.kind === 'attestation' && (predicateType ?? claim.predicateType) === claim.predicateType,
      );
  const documents = await mapOf(claims, (claim) => documentOf(signatures, claim, maxBytes, signal), signal);
  return { documents: withoutRepeats(documents), verdict };
}

const sbomPredicateTypes: readonly string[] = ['cyclonedx', 'spdxjson'].map((name) => predicateTypeOf(name)!);

/** The SBOMs of an image: CycloneDX first, then SPDX; without a policy also those that are attached without a signature. */
export async function downloadSboms(
  store: ContentStore,
  subject: Descriptor,
  options: Omit<DownloadOptions, 'predicateType'> = {},
): Promise<Download> {
  const { documents, verdict } = await downloadAttestations(store, subject, options);
  const attested = sbomPredicateTypes.flatMap((type) =>
    documents.filter(({ predicateType }) => predicateType === type),
  );
  if (options.policy !== undefined) return { documents: attested, verdict };
  return { documents: [...attested, ...(await unsignedSboms(store, subject, options))] };
}

/**
 * The signatures of an image as they are stored: bundles, and of cosign's `.sig` the payloads; what speaks for these stands in the annotations of
 * `location.blob`.
 */
export async function downloadSignatures(
  store: ContentStore,
  subject: Descriptor,
  options: Omit<DownloadOptions, 'predicateType'> = {},
): Promise<Download> {
  const { policy, maxBytes = defaultMaxBytes, signatures = store, signal } = options;
  const verdict = policy && (await verify(store, subject, { policy, signatures, signal }));
  const found: readonly AttestedClaim[] = verdict
    ? verdict.accepted
    : (await readUnverified(signatures, subject, 'signatures', { maxBytes, signal })).filter(
        ({ claim }) => claim.kind === 'signature',
      );
  const documents = await mapOf(
    found,
    async ({ location, signer }) => {
      const bytes = await readAll(await signatures.fetch(location.blob, { signal }), maxBytes);
      return { bytes, mediaType: location.blob.mediaType, location, signer };
    },
    signal,
  );
  return { documents, verdict };
}

interface AttestedClaim {
  readonly claim: Claim;
  readonly location: SignatureLocation;
  readonly signer?: VerifiedSigner;
}

async function readUnverified(
  store: ContentStore,
  subject: Descriptor,
  legacy: 'signatures' | 'attestations',
  limits: { readonly maxBytes: number; readonly signal: AbortSignal | undefined },
): Promise<readonly (FoundSignature & { readonly readable: true })[]> {
  const attachments = await listAttachments(store, subject, { tags: [legacy], signal: limits.signal });
  const relevant = attachments.filter(({ kind }) => kind === 'bundle' || kind === legacy);
  const found = (
    await mapOf(relevant, (attachment) => readSignatures(store, attachment, limits), limits.signal)
  ).flat();
  // Also without a signature that counts: what says itself that it is about another image is not what was asked for.
  return found
    .filter((one) => one.readable)
    .filter(({ claim }) => subjectOf(claim, subject.digest) !== undefined);
}

async function documentOf(
  store: ContentStore,
  { claim, location, signer }: AttestedClaim,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<AttachedDocument> {
  if (claim.kind !== 'attestation') throw new TypeError('a signature has no document');
  const { predicateType, document, statement } = claim;
  if (document !== undefined) {
    const bytes = await readAll(await store.fetch(document, { signal }), maxBytes);
    return { bytes, predicateType, mediaType: document.mediaType, location, signer };
  }
  const text = Buffer.from(statement.bytes).toString();
  return { bytes: Buffer.from(rawMember(text, 'predicate') ?? 'null'), predicateType, location, signer };
}

/** One attestation in both formats is one document. */
function withoutRepeats(documents: readonly AttachedDocument[]): readonly AttachedDocument[] {
  const seen = new Set<string>();
  return documents.filter(({ bytes, predicateType }) => {
    const key = `${predicateType}\n${Buffer.from(bytes).toString('latin1')}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Plain referrers stand beside the image, and cosign's `.sbom` where signatures are kept. */
async function unsignedSboms(
  store: ContentStore,
  subject: Descriptor,
  { signatures = store, maxBytes = defaultMaxBytes, signal }: DownloadOptions,
): Promise<readonly AttachedDocument[]> {
  const documents: AttachedDocument[] = [];
  for (const place of new Set([signatures, store])) {
    const attachments = await listAttachments(place, subject, { tags: ['sbom'], signal });
    const sboms = attachments.filter(
      ({ kind, descriptor }) => kind === 'sbom' || isSbomType(descriptor.artifactType),
    );
    documents.push(...(await mapOf(sboms, (sbom) => plainDocument(place, sbom, maxBytes, signal), signal)));
  }
  return documents;
}

async function plainDocument(
  store: ContentStore,
  { descriptor }: Attachment,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<AttachedDocument> {
  const { layers } = await readAttached(store, descriptor, { signal });
  const [layer] = layers;
  if (layer === undefined) return { bytes: new Uint8Array() };
  const bytes = await readAll(await store.fetch(layer, { signal }), maxBytes);
  return { bytes, mediaType: layer.mediaType };
}
