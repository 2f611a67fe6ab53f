import { dottedOid, readSequence } from '../asn1/read.ts';
import { at, bytesAt, jsonBody, RefusedRequest, type ServiceRequest } from '../http/service.ts';
import { type HashName, hashOfOid } from '../pki/prehashed.ts';

/** What somebody wants a timestamp on (RFC 3161 2.4.1). */
export interface TimestampRequest {
  readonly hash: HashName;
  readonly digest: Uint8Array;
  /** Big-endian. */
  readonly nonce?: Uint8Array | undefined;
  /** Dotted. */
  readonly policy?: string | undefined;
  /** Whether the certificates are wanted as well. */
  readonly certificates: boolean;
}

const sizes = { sha256: 32, sha384: 48, sha512: 64 } as const;

/** The two forms that Sigstore's timestamp authority takes, told by their media types. @throws {RefusedRequest} 400. */
export function timestampRequest(request: ServiceRequest): TimestampRequest {
  switch (request.headers['content-type']?.split(';')[0]) {
    case 'application/timestamp-query':
      return checked(derRequest(request.body));
    case 'application/json':
      return checked(jsonRequest(request));
    default:
      throw new RefusedRequest(400, 'unsupported content type');
  }
}

function checked(request: TimestampRequest): TimestampRequest {
  if (request.digest.byteLength === sizes[request.hash]) return request;
  throw new RefusedRequest(400, 'Message digest has incorrect length for specified algorithm');
}

function derRequest(body: Buffer): TimestampRequest {
  try {
    const [version, imprint, ...rest] = readSequence(body);
    if (version?.content[0] !== 1 || !imprint) throw new RangeError('not version 1');
    const [algorithm, hashed] = readSequence(imprint.bytes);
    const [id] = readSequence(algorithm?.bytes ?? body);
    const hash = id && hashOfOid(dottedOid(id));
    if (!hash || hashed?.tag !== 0x04) throw new RangeError('an unknown hash');
    const tagged = (tag: number): (typeof rest)[number] | undefined => rest.find((part) => part.tag === tag);
    const policy = tagged(0x06);
    return {
      hash,
      digest: hashed.content,
      nonce: tagged(0x02)?.content,
      policy: policy && dottedOid(policy),
      certificates: tagged(0x01)?.content[0] === 0xff,
    };
  } catch {
    throw new RefusedRequest(400, 'Error generating timestamp response');
  }
}

function jsonRequest(request: ServiceRequest): TimestampRequest {
  const document = jsonBody(request);
  const hash = String(document.hashAlgorithm).toLowerCase();
  if (!(hash in sizes))
    throw new RefusedRequest(400, `failed to parse hash algorithm: unsupported hash algorithm: ${hash}`);
  const { nonce, tsaPolicyOID } = document;
  return {
    hash: hash as HashName,
    digest: bytesAt(document, 'artifactHash'),
    ...(typeof nonce === 'number' && { nonce: Buffer.from(nonce.toString(16).padStart(16, '0'), 'hex') }),
    ...(typeof tsaPolicyOID === 'string' && tsaPolicyOID !== '' && { policy: tsaPolicyOID }),
    certificates: at(document, 'certificates') === true,
  };
}
