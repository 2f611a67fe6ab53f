import { type Descriptor, digestAlgorithm, digestHex, isDigest } from '@lading/oci';
import type { JsonObject } from './json.ts';

/** A statement that stands for a document that is kept beside it (in-toto/attestation, spec/predicates/reference.md). */
export const referencePredicateType = 'https://in-toto.io/attestation/reference/v0.1';

const annotation = { predicateType: 'predicateType', size: 'size' } as const;

/** A document that was too large to be in the statement: what it would have been the predicate of, and its blob. */
export interface DocumentReference {
  readonly predicateType: string;
  readonly blob: Descriptor;
}

/** The predicate that stands for a document. */
export function referencePredicate({ predicateType, blob }: DocumentReference): JsonObject {
  return {
    attester: { id: 'https://www.npmjs.com/package/lading' },
    references: [
      {
        mediaType: blob.mediaType,
        digest: { [digestAlgorithm(blob.digest)]: digestHex(blob.digest) },
        annotations: { [annotation.predicateType]: predicateType, [annotation.size]: String(blob.size) },
      },
    ],
  };
}

/** The document that a predicate of the reference type stands for; nothing when it is not in our repository. */
export function parseReferencePredicate(predicate: unknown): DocumentReference | undefined {
  const { references } = (predicate ?? {}) as { references?: unknown };
  const [reference] = Array.isArray(references) ? references : [];
  const {
    mediaType,
    digest = {},
    annotations = {},
  } = (reference ?? {}) as {
    mediaType?: unknown;
    digest?: Readonly<Record<string, unknown>>;
    annotations?: Readonly<Record<string, unknown>>;
  };
  const found = Object.entries(digest ?? {})
    .map(([algorithm, hex]) => `${algorithm}:${hex}`)
    .find(isDigest);
  const predicateType = annotations?.[annotation.predicateType];
  const size = Number(annotations?.[annotation.size]);
  if (found === undefined || typeof mediaType !== 'string' || typeof predicateType !== 'string')
    return undefined;
  return Number.isSafeInteger(size) && size >= 0
    ? { predicateType, blob: { mediaType, digest: found, size } }
    : undefined;
}
