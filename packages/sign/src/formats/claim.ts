import type { Descriptor, Digest } from '@lading/oci';
import type { SignedContent } from '../material.ts';
import { parseReferencePredicate, referencePredicateType } from './document-reference.ts';
import { inTotoPayloadType } from './dsse.ts';
import { MalformedError, shown } from './json.ts';
import { signaturePredicateType } from './predicate-types.ts';
import { parseSimpleSigning } from './simple-signing.ts';
import { parseStatement, type Statement, subjectDigests } from './statement.ts';

/** What a signer says, whatever the format it is said in. Only the signed bytes count for it. */
export type Claim =
  /** “I vouch for this image.” */
  | {
      readonly kind: 'signature';
      readonly subjects: readonly ClaimSubject[];
      /** The name under which it was signed, where the format has one. */
      readonly reference?: string | undefined;
    }
  /** “This is so about this image.” */
  | {
      readonly kind: 'attestation';
      readonly subjects: readonly ClaimSubject[];
      readonly statement: Statement;
      /** What it attests: the statement's type, or that of the document that the statement stands for. */
      readonly predicateType: string;
      /** The document, when it is not in the statement itself. */
      readonly document?: Descriptor | undefined;
    };

export interface ClaimSubject {
  readonly digests: readonly Digest[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Reads what was signed.
 * @throws {MalformedError}
 */
export function readClaim(content: SignedContent): Claim {
  if (content.kind === 'message') {
    const { digest, reference, annotations } = parseSimpleSigning(content.bytes);
    return { kind: 'signature', subjects: [{ digests: [digest], annotations }], reference };
  }
  if (content.payloadType !== inTotoPayloadType) {
    throw new MalformedError(`the envelope holds ${shown(content.payloadType)}, not ${inTotoPayloadType}`);
  }
  const statement = parseStatement(content.payload);
  const subjects = statement.subjects.map((subject) => ({
    digests: subjectDigests(subject),
    annotations: subject.annotations ?? {},
  }));
  const { predicateType, predicate } = statement;
  if (predicateType === signaturePredicateType) return { kind: 'signature', subjects };
  const reference = predicateType === referencePredicateType ? parseReferencePredicate(predicate) : undefined;
  return {
    kind: 'attestation',
    subjects,
    statement,
    predicateType: reference?.predicateType ?? predicateType,
    document: reference?.blob,
  };
}

/** The subject of a claim that is this image, if one is. */
export function subjectOf({ subjects }: Claim, image: Digest): ClaimSubject | undefined {
  return subjects.find(({ digests }) => digests.includes(image));
}

/** What a claim is about, for the one who asked of something else. */
export function subjectsText({ subjects }: Claim): string {
  const digests = subjects.flatMap((subject) => subject.digests).slice(0, 3);
  return `it is about ${digests.join(', ') || 'nothing that has a digest'}`;
}
