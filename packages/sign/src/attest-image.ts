import { Buffer } from 'node:buffer';
import { type Descriptor, digestOf, LadingError } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import { attachDocument } from './attach-document.ts';
import type { Attachment } from './attachments.ts';
import type { Claim } from './formats/claim.ts';
import { referencePredicate, referencePredicateType } from './formats/document-reference.ts';
import { inTotoPayloadType } from './formats/dsse.ts';
import type { Predicate } from './formats/predicate.ts';
import { statementBytes } from './formats/statement.ts';
import { isSameSignature, type SignatureLocation } from './found.ts';
import type { SignatureMaterial, SignedContent } from './material.ts';
import { ownPolicy } from './own-policy.ts';
import {
  missingFormats,
  type SignatureFormat,
  type SignedImage,
  type WriteSignaturesOptions,
} from './sign-image.ts';
import type { Signer } from './signer.ts';
import type { Verdict } from './verdict.ts';
import type { TrustPolicy } from './verify/types.ts';
import { verifyAttestation } from './verify-image.ts';
import { removeWritten, writeBundle, writeLegacy } from './write.ts';

export interface AttestOptions extends WriteSignaturesOptions {
  readonly predicate: Predicate;
  /** Take away the signer's other attestations of the same type, once this one is there. */
  readonly replace?: boolean | undefined;
  /** What is attached to the image, when the caller has listed it already; not with `replace`. */
  readonly attachments?: readonly Attachment[] | undefined;
}

/**
 * Attests something of an image. What the same signer attests already, word for word, is not repeated.
 * A document that is too large for the log is stored beside the image, and its digest is attested.
 *
 * @param subject The image by digest; resolve a tag once, before.
 * @throws what the signer and the store throw; what was written until then is whole. With `replace` `ERR_LADING_UNVERIFIED` when the new one is
 * not valid as it is read back; nothing is removed then.
 */
export async function attest(
  store: ContentStore,
  subject: Descriptor,
  options: AttestOptions,
): Promise<SignedImage> {
  const { signer, signatures = store, predicate, reference = store.name, signal } = options;
  const document = documentOf(predicate);
  const { logLimit = Number.POSITIVE_INFINITY } = signer.witnesses;
  const isReferenced = envelopeSize(predicate) > logLimit;
  const stated: Predicate = isReferenced
    ? { type: referencePredicateType, json: JSON.stringify(referencePredicate(document)) }
    : predicate;

  const isSame = sameStatement(stated);
  const attachments = options.replace ? undefined : options.attachments;
  const look = (policy: TrustPolicy): Promise<Verdict> =>
    verifyAttestation(store, subject, {
      policy,
      predicateType: predicate.type,
      signatures,
      attachments,
      signal,
    });
  const own = options.replace ? await ownPolicy(options, signal) : undefined;
  const before = own && (await look(own));
  const formats = await missingFormats(options, async (policy) => {
    const verdict = await look(policy);
    return { ...verdict, accepted: verdict.accepted.filter(({ claim }) => isSame(claim)) };
  });

  if (isReferenced && formats.length > 0) {
    await attachDocument(signatures, subject, document.blob.mediaType, document.bytes, { signal });
  }
  const payload = statementBytes({ digest: subject.digest, name: reference }, stated.type, stated.json);
  const content = { kind: 'envelope', payloadType: inTotoPayloadType, payload } as const;
  const written = await writeAll(signatures, subject, content, stated.type, formats, options);
  if (before !== undefined) {
    if (written.length > 0) checkWritten(await look(own!), written);
    // What is the signer's and came meanwhile from elsewhere stays: two that took away each other's would leave none.
    const others = before.accepted.filter(({ claim }) => !isSame(claim)).map(({ location }) => location);
    await removeWritten(signatures, others, { signal });
  }
  return { subject, outcome: written.length === 0 ? 'present' : 'signed', written };
}

/** Before others are taken away, the new ones have to be there and to be valid. */
function checkWritten({ subject, accepted, rejected }: Verdict, written: readonly SignatureLocation[]): void {
  const missing = written.find((one) => !accepted.some(({ location }) => isSameSignature(one, location)));
  if (missing === undefined) return;
  const why = rejected.find(({ location }) => isSameSignature(missing, location))?.message;
  throw new LadingError(
    'ERR_LADING_UNVERIFIED',
    `the new attestation of ${subject.digest} is not valid: ${why ?? 'it is not there'}`,
  );
}

async function writeAll(
  store: ContentStore,
  subject: Descriptor,
  content: SignedContent,
  predicateType: string,
  formats: readonly SignatureFormat[],
  { signer, clock, signal }: AttestOptions,
): Promise<readonly SignatureLocation[]> {
  const written: SignatureLocation[] = [];
  let material: SignatureMaterial | undefined;
  for (const format of formats) {
    material = material && isForBoth(signer) ? material : await signer.sign(content, { format, signal });
    const about = { predicateType, createdAt: clock(), signal };
    const write = format === 'bundle' ? writeBundle : writeLegacy;
    written.push(await write(store, subject, material, about));
  }
  return written;
}

/** Bytes, about: the statement is a little more than the predicate, and stands in the envelope as base64. */
function envelopeSize({ json }: Predicate): number {
  return Math.ceil(((Buffer.byteLength(json) + 1000) * 4) / 3);
}

/** Whether one signature can be written in both formats: timestamps are over different bytes, and the old one holds no entries of Rekor v2. */
function isForBoth({ witnesses }: Signer): boolean {
  return !witnesses.timestamp && witnesses.log !== 'proven';
}

function sameStatement(stated: Predicate): (claim: Claim) => boolean {
  const wanted = JSON.stringify(JSON.parse(stated.json));
  return (claim) =>
    claim.kind === 'attestation' &&
    claim.statement.predicateType === stated.type &&
    JSON.stringify(claim.statement.predicate) === wanted;
}

const documentTypes: Readonly<Record<string, string>> = {
  'https://cyclonedx.org/bom': 'application/vnd.cyclonedx+json',
  'https://spdx.dev/Document': 'application/spdx+json',
  'https://openvex.dev/ns': 'application/vnd.openvex+json',
};

interface StoredDocument {
  readonly predicateType: string;
  readonly blob: Descriptor;
  readonly bytes: Uint8Array;
}

function documentOf({ type, json }: Predicate): StoredDocument {
  const bytes = Buffer.from(json);
  const mediaType = documentTypes[type] ?? 'application/json';
  return { predicateType: type, bytes, blob: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } };
}
