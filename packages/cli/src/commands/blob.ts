import { exitCodes } from '../exit-codes.ts';
import { openPlaces, unsupported } from '../places.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const { signal } = context;
  await using places = await openPlaces(invocation);
  const { store, digest } = await places.open(args[0]!, 'read');
  if (digest === undefined) {
    throw usageError(
      'a blob is named by its digest',
      'Write it after the repository: ghcr.io/acme/alpine@sha256:….',
    );
  }
  if (store.describeBlob === undefined) throw unsupported(store, 'finds no blobs');
  const descriptor = await store.describeBlob(digest, { signal });
  if (options.json) output.document({ blob: args[0], descriptor });
  else await output.bytes(await store.fetch(descriptor, { signal }));
  return exitCodes.ok;
};
