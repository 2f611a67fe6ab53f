import type { AttachedDocument } from '@lading/sign';
import { exactJson } from './exact-json.ts';
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
    return exactJson(text);
  } catch {
    return text;
  }
}
