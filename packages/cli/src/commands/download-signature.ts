import { type AttachedDocument, downloadSignatures } from '@lading/sign';
import { nothingFound, openDownload, putDocuments } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import { documentDescription } from '../render/document.ts';
import { formatsByOptions } from '../signing-options.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { options, context, output } = invocation;
  const { signal } = context;
  await using download = await openDownload(invocation);
  const { image, subject, trust, signatures } = download;
  const found = await downloadSignatures(image.store, subject, { policy: trust?.policy, signatures, signal });
  const formats = formatsByOptions(options);
  const documents = found.documents.filter(({ location }) => formats.includes(location?.format ?? 'bundle'));
  if (documents.length === 0) throw await nothingFound(download, 'signature', found.verdict, signal);
  if (documents.length > 1) {
    output.say(`  ! ${documents.length} signatures, one per line; --format chooses bundle or legacy`);
  }
  const { digest } = subject;
  output.document({ image: image.name, digest, documents: documents.map(documentDescription) });
  await putDocuments(documents.map(asDocument), invocation);
  return exitCodes.ok;
};

/** What a signature in cosign's old format consists of stands in its layer and in the annotations of that: here in one document, by cosign's names. */
function asDocument({ bytes, location }: AttachedDocument): Uint8Array {
  if (location?.format !== 'legacy') return bytes;
  const annotations = location.blob.annotations ?? {};
  const parts = {
    Base64Signature: annotations['dev.cosignproject.cosign/signature'],
    Payload: Buffer.from(bytes).toString('base64'),
    Cert: annotations['dev.sigstore.cosign/certificate'],
    Chain: annotations['dev.sigstore.cosign/chain'],
    Bundle: jsonOf(annotations['dev.sigstore.cosign/bundle']),
    RFC3161Timestamp: jsonOf(annotations['dev.sigstore.cosign/rfc3161timestamp']),
  };
  return Buffer.from(JSON.stringify(parts));
}

/** Signatures without witnesses that were verified by a key may have anything there. */
function jsonOf(text: string | undefined): unknown {
  try {
    return text && JSON.parse(text);
  } catch {
    return text;
  }
}
