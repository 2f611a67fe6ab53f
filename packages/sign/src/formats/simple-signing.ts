import { Buffer } from 'node:buffer';
import { type Digest, isDigest } from '@lading/oci';
import { asObject, asText, MalformedError, parseJson, shown } from './json.ts';

/** What cosign signs in a `.sig` (containers/image, atomic-signature.md, with cosign's `type`). */
export interface SimpleSigning {
  readonly digest: Digest;
  /** The name under which it was signed, without a tag. */
  readonly reference: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const simpleSigningType = 'cosign container image signature';

/** The bytes, with the keys in the order that cosign writes. */
export function simpleSigningBytes({ digest, reference, annotations }: SimpleSigning): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': reference },
        image: { 'docker-manifest-digest': digest },
        type: simpleSigningType,
      },
      optional: Object.keys(annotations).length === 0 ? null : annotations,
    }),
  );
}

/** @throws {MalformedError} */
export function parseSimpleSigning(bytes: Uint8Array): SimpleSigning {
  const { critical: rawCritical, optional } = parseJson(bytes, 'the payload');
  const critical = asObject(rawCritical, 'critical');
  if (critical.type !== simpleSigningType) {
    throw new MalformedError(`the payload is a ${shown(critical.type)}, not a ${shown(simpleSigningType)}`);
  }
  const digest = asObject(critical.image, 'critical.image')['docker-manifest-digest'];
  if (typeof digest !== 'string' || !isDigest(digest))
    throw new MalformedError('the payload names no digest');
  return {
    digest,
    reference: asText(
      asObject(critical.identity, 'critical.identity')['docker-reference'],
      'docker-reference',
    ),
    annotations: texts(optional),
  };
}

/** What is no text (old tools put a creator and a time there) cannot be asked for. */
function texts(optional: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(
    optional === null || optional === undefined ? {} : asObject(optional, 'optional'),
  );
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
