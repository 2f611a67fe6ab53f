import { type Descriptor, type Digest, LadingError } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import { type Attachment, type AttachmentKind, attachmentTags, listAttachments } from './attachments.ts';
import { type Claim, subjectOf, subjectsText } from './formats/claim.ts';
import { predicateTypeName } from './formats/predicate-types.ts';
import { eachSignature, type FoundSignature } from './found.ts';
import { mapOf, Room } from './pool.ts';
import { readersOf, traitsOf } from './readers.ts';
import type { AcceptedSignature, RejectedSignature, Verdict } from './verdict.ts';
import { distinctSigners } from './verify/threshold.ts';
import type { Rejection, TrustPolicy } from './verify/types.ts';
import { verifyMaterial } from './verify/verify-material.ts';

export interface VerifyOptions {
  readonly policy: TrustPolicy;
  /** How many different ones of the policy's authorities must have signed. Default 1. */
  readonly threshold?: number | undefined;
  /** What the signature has to say of the image. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Where signatures are kept. Default: beside the image. */
  readonly signatures?: ContentStore | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is attached to the image, when the caller has listed it already. */
  readonly attachments?: readonly Attachment[] | undefined;
}

export interface VerifySignatureOptions extends VerifyOptions {
  /** The name (`ghcr.io/acme/app`) that the image has to be signed under, where the format has one. Default: any, so that a mirror's copy is fine. */
  readonly reference?: string | undefined;
}

export interface VerifyAttestationOptions extends VerifyOptions {
  /** Only attestations of this type, a URI. Default: any. */
  readonly predicateType?: string | undefined;
  /** Bytes of one attestation. Default 128 MiB, as cosign's. */
  readonly maxBytes?: number | undefined;
}

/** A signature says a digest and a few annotations. */
const maxSignatureBytes = 1_048_576;
const maxAttestationBytes = 134_217_728;

/**
 * Is the image signed by those who are trusted? Looks at bundles and at cosign's `.sig`, always at both.
 * An attestation is no signature, whatever stands beside it.
 *
 * @param subject The image by digest; resolve a tag once, before.
 * @returns the verdict, also when it is a bad one
 * @throws {LadingError} `ERR_LADING_TRUST_POLICY`, `ERR_LADING_TRUSTED_ROOT`, and what the store throws: no answer is not “no signature”.
 */
export function verify(
  store: ContentStore,
  subject: Descriptor,
  options: VerifySignatureOptions,
): Promise<Verdict> {
  const { annotations = {}, reference } = options;
  return judge(store, subject, options, {
    sought: 'signature',
    noun: 'signature',
    kinds: ['bundle', 'signatures'],
    maxBytes: maxSignatureBytes,
    object(claim, own) {
      if (claim.kind !== 'signature') {
        const type = predicateTypeName(claim.predicateType);
        return { code: 'other-statement', message: `it is an attestation (${type}), not a signature` };
      }
      if (reference !== undefined && claim.reference !== undefined && claim.reference !== reference) {
        return { code: 'other-subject', message: `it was signed as ${claim.reference}, not as ${reference}` };
      }
      return missingAnnotation(annotations, own);
    },
  });
}

/**
 * Is there an attestation about the image by those who are trusted? Looks at bundles and at cosign's `.att`, always at both.
 * A signature is no attestation. What is accepted has its statement in `claim`.
 *
 * @returns the verdict, also when it is a bad one
 * @throws as `verify`
 */
export function verifyAttestation(
  store: ContentStore,
  subject: Descriptor,
  options: VerifyAttestationOptions,
): Promise<Verdict> {
  const { annotations = {}, predicateType, maxBytes = maxAttestationBytes } = options;
  return judge(store, subject, options, {
    sought: 'attestation',
    noun:
      predicateType === undefined ? 'attestation' : `attestation of type ${predicateTypeName(predicateType)}`,
    kinds: ['bundle', 'attestations'],
    maxBytes,
    object(claim, own) {
      if (claim.kind !== 'attestation') {
        return { code: 'other-statement', message: 'it is a signature, not an attestation' };
      }
      const { predicateType: actual } = claim;
      if (predicateType !== undefined && actual !== predicateType) {
        return {
          code: 'other-statement',
          message: `it is an attestation of type ${predicateTypeName(actual)}`,
        };
      }
      return missingAnnotation(annotations, own);
    },
  });
}

/** What is asked of a claim, beside that it is about the image and by somebody who is trusted. */
interface Question {
  readonly sought: Verdict['sought'];
  readonly noun: string;
  readonly kinds: readonly AttachmentKind[];
  readonly maxBytes: number;
  /** Why the claim is not what was asked for; nothing when it is. */
  readonly object: (claim: Claim, annotations: Readonly<Record<string, string>>) => Rejection | undefined;
}

async function judge(
  store: ContentStore,
  subject: Descriptor,
  options: VerifyOptions,
  question: Question,
): Promise<Verdict> {
  const { policy, threshold: needed = 1, signal } = options;
  checkPolicy(policy, needed);
  const home = options.signatures ?? store;
  const tags = question.kinds.filter((kind) => kind !== 'bundle') as ('signatures' | 'attestations')[];
  const attachments = options.attachments ?? (await listAttachments(home, subject, { tags, signal }));
  const relevant = attachments.filter(({ kind }) => question.kinds.includes(kind));
  const limits = { maxBytes: question.maxBytes, room: new Room(question.maxBytes), signal };
  const outcomes = await mapOf(
    relevant,
    (attachment) =>
      eachSignature(home, attachment, limits, (found) => judgeOne(found, subject.digest, policy, question)),
    signal,
  );

  const accepted: AcceptedSignature[] = [];
  const rejected: RejectedSignature[] = [];
  for (const outcome of outcomes.flat()) {
    if ('code' in outcome) rejected.push(outcome);
    else accepted.push(outcome);
  }

  const count = distinctSigners(accepted.map(({ signer }) => signer));
  const ok = count >= needed;
  return {
    ok,
    subject,
    sought: question.sought,
    accepted,
    rejected,
    signers: { found: count, needed },
    reasons: ok ? [] : reasonsFor({ subject, count, needed, rejected, noun: question.noun }),
    readers: readersOf(
      accepted.map(({ traits }) => traits),
      attachments.filter(({ tag }) => tag === undefined).length,
    ),
  };
}

function checkPolicy({ authorities }: TrustPolicy, needed: number): void {
  if (authorities.length === 0) {
    throw new LadingError('ERR_LADING_TRUST_POLICY', 'it is not said whose signature counts', {
      hint: 'Name a key, or an identity and its issuer.',
    });
  }
  if (needed > authorities.length || !(needed >= 1)) {
    throw new LadingError(
      'ERR_LADING_TRUST_POLICY',
      `${needed} different signers are asked for, and ${authorities.length} are named`,
    );
  }
}

function judgeOne(
  found: FoundSignature,
  image: Digest,
  policy: TrustPolicy,
  question: Question,
): RejectedSignature | AcceptedSignature {
  const { location } = found;
  if (!found.readable) return { location, ...found.rejection };
  const { claim, material } = found;
  const own = subjectOf(claim, image);
  if (own === undefined) return { location, code: 'other-subject', message: subjectsText(claim) };
  const objection = question.object(claim, own.annotations);
  if (objection !== undefined) return { location, ...objection };
  const verdict = verifyMaterial(material, policy);
  if (!verdict.ok) return { location, code: verdict.code, message: verdict.message };
  const { signer, witnessed } = verdict;
  const traits = traitsOf(material, {
    format: location.format,
    isAttestation: claim.kind === 'attestation',
    isTagged: location.tag !== undefined,
    keyAlgorithm: signer.kind === 'key' ? signer.key.algorithm : undefined,
  });
  return { location, signer, witnessed, claim, annotations: own.annotations, traits };
}

function missingAnnotation(
  wanted: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Rejection | undefined {
  for (const [key, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(own, key)) return { code: 'annotations', message: `it has no annotation ${key}` };
    if (own[key] !== value) {
      return { code: 'annotations', message: `its annotation ${key} is ${JSON.stringify(own[key])}` };
    }
  }
  return undefined;
}

function reasonsFor(outcome: {
  readonly subject: Descriptor;
  readonly count: number;
  readonly needed: number;
  readonly rejected: readonly RejectedSignature[];
  readonly noun: string;
}): readonly string[] {
  const { subject, count, needed, rejected, noun } = outcome;
  if (rejected.length === 0 && count === 0) return [`${subject.digest} has no ${noun}`];
  const enough = count > 0 ? [`${count} of ${needed} different signers`] : [];
  return [...enough, ...rejected.map(({ location, message }) => `${nameOf(location)}: ${message}`)];
}

function nameOf({ format, tag, layer, manifest }: RejectedSignature['location']): string {
  return format === 'bundle'
    ? `bundle ${manifest.slice(0, 19)}`
    : `${tag ?? manifest.slice(0, 19)}, layer ${layer}`;
}

/** The error for a verdict that is not ok, for those who want to throw. */
export function verdictError(verdict: Verdict): LadingError | undefined {
  const { ok, subject, sought, accepted, rejected, reasons } = verdict;
  if (ok) return undefined;
  const [first = '', ...more] = reasons;
  if (accepted.length === 0 && rejected.length === 0) {
    const tag = attachmentTags(subject)[`${sought}s`];
    return new LadingError('ERR_LADING_UNSIGNED', first, {
      hint: `No bundle refers to it, and there is no ${tag}.`,
    });
  }
  const enough = accepted.length === 0 ? '' : ' by enough signers';
  return new LadingError(
    'ERR_LADING_UNVERIFIED',
    `no valid ${sought} of ${subject.digest}${enough}: ${first}${more.length === 0 ? '' : ` (and ${more.length} more)`}`,
  );
}
