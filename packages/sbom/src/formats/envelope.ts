import { Buffer } from 'node:buffer';
import { parseBoundedJson, textOfDocument } from './document-text.ts';
import type { SbomLimits } from './limits.ts';
import { type JsonObject, objectOf, textOf } from './values.ts';

/** Wrappers within each other: a Sigstore bundle, an envelope, a statement, cosign's predicate with the document as text. */
const maxWrappers = 6;

/** What an attestation is about: the SBOM in a Sigstore bundle, a DSSE envelope, an in-toto statement; anything else is itself. Nothing is verified. */
export function withoutEnvelope(value: unknown, limits: SbomLimits): unknown {
  let content = value;
  for (let count = 0; count < maxWrappers; count++) {
    const inner = contentOf(objectOf(content), limits);
    if (inner === undefined) break;
    content = inner;
  }
  return content;
}

function contentOf(wrapper: JsonObject | undefined, limits: SbomLimits): unknown {
  if (wrapper === undefined) return undefined;
  const bundled = objectOf(wrapper.dsseEnvelope);
  if (bundled !== undefined) return bundled;
  const payload = textOf(wrapper.payload);
  if (payload !== undefined && textOf(wrapper.payloadType) !== undefined) {
    const text = textOfDocument(Buffer.from(payload, 'base64'), limits);
    return parseBoundedJson(text, limits);
  }
  if (textOf(wrapper._type)?.startsWith('https://in-toto.io/Statement/')) {
    const predicate = objectOf(wrapper.predicate);
    // cosign puts what it takes for custom content into a field of this name, as text or as an object.
    const data = predicate?.Data;
    return typeof data === 'string' ? parseBoundedJson(data, limits) : (objectOf(data) ?? predicate);
  }
  return undefined;
}
