import { type AttachedDocument, downloadSboms, predicateTypeName } from '@lading/sign';
import { nothingFound, openDownload, putDocuments } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import { predicateTypeByOptions } from '../predicate-type.ts';
import { documentDescription } from '../render/document.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { options, context, output } = invocation;
  const { signal } = context;
  const predicateType = predicateTypeByOptions(options);
  await using download = await openDownload(invocation);
  const { image, subject, trust, signatures } = download;
  const found = await downloadSboms(image.store, subject, { policy: trust?.policy, signatures, signal });
  const documents = found.documents.filter(
    (document) => predicateType === undefined || document.predicateType === predicateType,
  );
  const [first, ...others] = documents;
  if (first === undefined) {
    const noun = options.type === undefined ? 'SBOM' : `SBOM of type ${options.type}`;
    throw await nothingFound(download, noun, found.verdict, signal);
  }
  if (others.length > 0) output.say(noticeOf(first, others));
  const { digest } = subject;
  output.document({ image: image.name, digest, documents: documents.map(documentDescription) });
  await putDocuments([first.bytes], invocation);
  return exitCodes.ok;
};

function noticeOf(first: AttachedDocument, others: readonly AttachedDocument[]): string {
  const rest = [...new Set(others.map(typeOf))];
  const isSame = rest.includes(typeOf(first));
  const how = isSame
    ? `all of them: lading download attestation --type ${typeOf(first)}`
    : `others with --type: ${rest.join(', ')}`;
  return `  ! there are ${others.length + 1} SBOMs, and this is the first one (${typeOf(first)}); ${how}`;
}

function typeOf({ predicateType, mediaType }: AttachedDocument): string {
  return predicateType === undefined ? (mediaType ?? 'of no type') : predicateTypeName(predicateType);
}
