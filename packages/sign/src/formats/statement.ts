import { Buffer } from 'node:buffer';
import { type Digest, digestAlgorithm, digestHex, isDigest } from '@lading/oci';
import { asObject, asText, asTexts, type JsonObject, MalformedError, parseJson, shown } from './json.ts';

/** One thing that a statement is about (in-toto attestation, ResourceDescriptor). */
export interface StatementSubject {
  readonly name?: string | undefined;
  /** By algorithm, hexadecimal. */
  readonly digest: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** An in-toto statement (in-toto/attestation, spec/v1/statement.md; cosign writes v0.1 for attestations). */
export interface Statement {
  /** As it was signed. */
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly subjects: readonly StatementSubject[];
  readonly predicateType: string;
  /** cosign 3.0.0 to 3.0.4 left it out of signatures. */
  readonly predicate: unknown;
}

const statementTypes: readonly string[] = [
  'https://in-toto.io/Statement/v1',
  'https://in-toto.io/Statement/v0.1',
];

/** @throws {MalformedError} */
export function parseStatement(bytes: Uint8Array): Statement {
  const document = parseJson(bytes, 'the statement');
  const type = asText(document._type, 'the statement’s _type');
  if (!statementTypes.includes(type))
    throw new MalformedError(`${shown(type)} is no type of statement that is known`);
  if (!Array.isArray(document.subject)) throw new MalformedError('the statement has no subjects');
  return {
    bytes,
    type,
    subjects: document.subject.map(parseSubject),
    predicateType: asText(document.predicateType, 'the statement’s predicateType'),
    predicate: document.predicate,
  };
}

function parseSubject(value: unknown): StatementSubject {
  const subject = asObject(value, 'a subject of the statement');
  return {
    name: typeof subject.name === 'string' ? subject.name : undefined,
    digest: asTexts(subject.digest, 'the digest of a subject'),
    annotations: stringAnnotations(subject.annotations),
  };
}

/** Annotations may be of any type (ResourceDescriptor); those that are no texts cannot be asked for. */
function stringAnnotations(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((value ?? {}) as JsonObject);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The digests that a subject names, as OCI writes them. */
export function subjectDigests({ digest }: StatementSubject): readonly Digest[] {
  return Object.entries(digest)
    .map(([algorithm, hex]) => `${algorithm}:${hex.toLowerCase()}`)
    .filter(isDigest);
}

/** The bytes of a statement about one image. `predicateJson` is a JSON text. */
export function statementBytes(
  subject: {
    readonly digest: Digest;
    readonly name?: string | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  },
  predicateType: string,
  predicateJson: string,
): Uint8Array {
  const { digest, name, annotations } = subject;
  const head = JSON.stringify({
    _type: statementTypes[0],
    subject: [
      {
        ...(name !== undefined && { name }),
        digest: { [digestAlgorithm(digest)]: digestHex(digest) },
        ...(annotations !== undefined && Object.keys(annotations).length > 0 && { annotations }),
      },
    ],
    predicateType,
  });
  // The predicate goes in as it was written: read and written again, large numbers would become others.
  return Buffer.from(`${head.slice(0, -1)},"predicate":${predicateJson}}`);
}
