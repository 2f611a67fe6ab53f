import type { AttachedDocument } from '@lading/sign';
import { signerDocument } from './verdict.ts';

/** A downloaded document as plain data, for `--json`. */
export function documentDescription({
  bytes,
  predicateType,
  mediaType,
  location,
  signer,
}: AttachedDocument): object {
  return {
    predicateType,
    mediaType,
    ...location,
    signer: signer && signerDocument(signer),
    document: asJson(Buffer.from(bytes).toString('utf8')),
  };
}

/** What is no JSON is a text. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
