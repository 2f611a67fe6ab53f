import { listArtifacts } from '@lading/sign';
import { exitCodes } from '../exit-codes.ts';
import { openPlaces } from '../places.ts';
import { artifactsDocument, renderArtifacts } from '../render/artifacts.ts';
import { signatureStore } from '../signing-options.ts';
import { openSubject } from '../subjects.ts';
import { openNamedTrust } from '../trust-options.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, context, output } = invocation;
  const trust = await openNamedTrust(invocation);
  await using places = await openPlaces(invocation);
  const { store, descriptor, name, tag } = await openSubject(args[0]!, places, invocation, 'read');
  const tree = await listArtifacts(store, descriptor, {
    policy: trust?.policy,
    signatures: await signatureStore(places, invocation, 'read'),
    signal: context.signal,
  });
  output.document({ name, tag, ...artifactsDocument(tree) });
  const shown = tag === undefined ? store.name : `${store.name}:${tag}`;
  for (const line of renderArtifacts(tree, shown)) output.result(line);
  return exitCodes.ok;
};
