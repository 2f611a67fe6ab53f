import { createHash, type KeyObject, verify } from 'node:crypto';
import { at, bytesAt, isObject, RefusedRequest, textAt } from '../http/service.ts';
import { type HashName, verifyPrehashed } from '../pki/prehashed.ts';
import { entryKey } from './verifier.ts';

/** Verifies a proposed entry as Rekor does; gives what the log writes down. @throws {RefusedRequest} 400 with the reason. */
export function acceptEntry(proposed: unknown): object {
  const kind = textAt(proposed, 'kind');
  const version = textAt(proposed, 'apiVersion');
  const accept = kinds[`${kind} ${version}`];
  if (accept === undefined) throw refused(`${kind} version '${version}' not supported`);
  return { apiVersion: version, kind, spec: accept(at(proposed, 'spec')) };
}

const kinds: Readonly<Record<string, (spec: unknown) => object>> = {
  'hashedrekord 0.0.1': hashedRekord,
  'dsse 0.0.1': dsse,
  'intoto 0.0.1': intotoV1,
  'intoto 0.0.2': intoto,
};

function refused(why: string): RefusedRequest {
  return new RefusedRequest(400, `error processing entry: ${why}`);
}

function hashedRekord(spec: unknown): object {
  const algorithm = textAt(spec, 'data', 'hash', 'algorithm');
  const value = textAt(spec, 'data', 'hash', 'value');
  const signature = bytesAt(spec, 'signature', 'content');
  const { key, pem } = entryKey(bytesAt(spec, 'signature', 'publicKey', 'content'));
  const digest = Buffer.from(value, 'hex');
  const size = { sha256: 32, sha384: 48, sha512: 64 }[algorithm];
  if (digest.byteLength !== size || value.length !== 2 * size) throw refused('invalid value for hash');
  if (!verifyPrehashed(key, algorithm as HashName, digest, signature)) {
    throw refused('verifying signature: invalid signature when validating ASN.1 encoded signature');
  }
  return {
    data: { hash: { algorithm, value } },
    signature: { content: base64(signature), publicKey: { content: base64(pem) } },
  };
}

interface DsseSignature {
  readonly sig: string;
  readonly publicKey: KeyObject;
}

function dsse(spec: unknown): object {
  const text = textAt(spec, 'proposedContent', 'envelope');
  const envelope = parsedEnvelope(text);
  const payload = bytesAt(envelope, 'payload');
  const verifiers = listAt(spec, 'proposedContent', 'verifiers').map((pem) =>
    entryKey(Buffer.from(String(pem), 'base64')),
  );
  const signatures = listAt(envelope, 'signatures').map((signature) => {
    const sig = textAt(signature, 'sig');
    const signer = verifiers.find(({ key }) => holds(envelope, payload, { sig, publicKey: key }));
    if (signer === undefined)
      throw refused('could not verify envelope: accepted signatures do not match threshold');
    return { signature: sig, verifier: base64(signer.pem) };
  });
  if (signatures.length === 0) throw refused('DSSE envelope must contain 1 or more signatures');
  return {
    envelopeHash: sha256(Buffer.from(text)),
    payloadHash: sha256(payload),
    signatures: signatures.sort((a, b) => (a.signature < b.signature ? -1 : 1)),
  };
}

/** cosign 2's attestations: one key, and no signature is written down. */
function intotoV1(spec: unknown): object {
  const text = textAt(spec, 'content', 'envelope');
  const envelope = parsedEnvelope(text);
  const payload = bytesAt(envelope, 'payload');
  const { key, pem } = entryKey(bytesAt(spec, 'publicKey'));
  const signatures = listAt(envelope, 'signatures');
  const isSigned = signatures.some((one) =>
    holds(envelope, payload, { sig: textAt(one, 'sig'), publicKey: key }),
  );
  if (!isSigned) throw refused('could not verify envelope');
  return {
    content: { hash: sha256(Buffer.from(text)), payloadHash: sha256(payload) },
    publicKey: base64(pem),
  };
}

function intoto(spec: unknown): object {
  const envelope = at(spec, 'content', 'envelope');
  const hash = at(spec, 'content', 'hash');
  if (hash === undefined) throw refused('missing envelope digest');
  // Payload and signatures are base64 in base64: the envelope's own, and that of the API.
  const payload = Buffer.from(bytesAt(envelope, 'payload').toString(), 'base64');
  const signatures = listAt(envelope, 'signatures');
  if (signatures.length === 0) throw refused('missing signatures');
  for (const signature of signatures) {
    const { key } = entryKey(bytesAt(signature, 'publicKey'));
    const sig = bytesAt(signature, 'sig').toString();
    if (!holds(envelope, payload, { sig, publicKey: key })) throw refused('could not verify envelope');
  }
  const payloadType = textAt(envelope, 'payloadType');
  return { content: { envelope: { payloadType, signatures }, hash, payloadHash: sha256(payload) } };
}

/** Always by SHA-256: an entry of a larger curve's key with its own hash is refused by the real log as well. */
function holds(envelope: unknown, payload: Uint8Array, { sig, publicKey }: DsseSignature): boolean {
  const type = textAt(envelope, 'payloadType');
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  const signed = Buffer.concat([Buffer.from(head), payload]);
  const hash = publicKey.asymmetricKeyType === 'ed25519' ? undefined : 'sha256';
  return verify(hash, signed, publicKey, Buffer.from(sig, 'base64'));
}

function parsedEnvelope(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused('the envelope is no JSON');
  }
}

function listAt(document: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(document, ...path);
  if (Array.isArray(list) && list.every((item) => typeof item === 'string' || isObject(item))) return list;
  throw refused(`${path.join('.')} is no list`);
}

function sha256(bytes: Uint8Array): { algorithm: 'sha256'; value: string } {
  return { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') };
}

function base64(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
