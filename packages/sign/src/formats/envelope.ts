import { Buffer } from 'node:buffer';
import type { SignatureMaterial, SignedContent } from '../material.ts';
import { asObject, asText, fromBase64, MalformedError, parseJson, toBase64 } from './json.ts';

/** The DSSE envelope as cosign writes it into `.att` (secure-systems-lab/dsse, envelope.md). */
export function envelopeBytes({
  content,
  signature,
}: {
  readonly content: Extract<SignedContent, { kind: 'envelope' }>;
  readonly signature: Uint8Array;
}): Uint8Array {
  const { payload, payloadType } = content;
  return Buffer.from(
    JSON.stringify({ payload: toBase64(payload), payloadType, signatures: [{ sig: toBase64(signature) }] }),
  );
}

/**
 * Reads an envelope with one signature. Whatever its key id says is ignored: it is not signed.
 * @throws {MalformedError}
 */
export function parseEnvelope(bytes: Uint8Array): Pick<SignatureMaterial, 'content' | 'signature'> {
  const { payload, payloadType, signatures } = parseJson(bytes, 'the envelope');
  if (!Array.isArray(signatures) || signatures.length !== 1) {
    throw new MalformedError('the envelope does not have exactly one signature');
  }
  return {
    content: {
      kind: 'envelope',
      payloadType: asText(payloadType, 'payloadType'),
      payload: fromBase64(payload, 'payload'),
    },
    signature: fromBase64(asObject(signatures[0], 'the signature of the envelope').sig, 'sig'),
  };
}
