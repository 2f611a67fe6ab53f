import { attachmentTags } from '@lading/sign';
import { exitCodes } from '../exit-codes.ts';
import { openPlaces } from '../places.ts';
import { signatureStore } from '../signing-options.ts';
import { openSubject } from '../subjects.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, output } = invocation;
  await using places = await openPlaces(invocation);
  const image = await openSubject(args[0]!, places, invocation, 'read');
  const home = (await signatureStore(places, invocation, 'read')) ?? image.store;
  const { signatures: signature, attestations: attestation, sbom } = attachmentTags(image.descriptor);
  const tags: Readonly<Record<string, string>> = { signature, attestation, sbom };
  const { type = 'signature' } = options;
  const tag = Object.hasOwn(tags, type) ? tags[type] : undefined;
  if (tag === undefined && type !== 'digest') {
    throw usageError(
      `there is no tag for ${JSON.stringify(type)}`,
      'There is one for signature, attestation and sbom.',
    );
  }
  output.document({ image: image.name, repository: home.name, tags });
  output.result(tag === undefined ? image.name : `${home.name}:${tag}`);
  return exitCodes.ok;
};
