import { downloadAttestations } from '@lading/sign';
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
  const policy = trust?.policy;
  const { documents, verdict } = await downloadAttestations(image.store, subject, {
    policy,
    predicateType,
    signatures,
    signal,
  });
  if (documents.length === 0) throw await nothingFound(download, nounOf(options.type), verdict, signal);
  if (documents.length > 1) {
    output.say(`  ! ${documents.length} documents, one per line; --type chooses among types`);
  }
  const { digest } = subject;
  output.document({ image: image.name, digest, documents: documents.map(documentDescription) });
  await putDocuments(
    documents.map(({ bytes }) => bytes),
    invocation,
  );
  return exitCodes.ok;
};

function nounOf(type: string | undefined): string {
  return type === undefined ? 'attestation' : `attestation of type ${type}`;
}
