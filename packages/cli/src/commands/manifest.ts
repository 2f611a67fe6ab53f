import { exitCodes } from '../exit-codes.ts';
import { loadPlatform } from '../image.ts';
import { openPlaces } from '../places.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  await using places = await openPlaces(invocation);
  const { store, reference } = await places.image(args[0]!);
  const { descriptor, bytes } = await loadPlatform(store, reference, options.platform?.[0], {
    signal: context.signal,
  });
  const manifest: unknown = JSON.parse(new TextDecoder().decode(bytes));
  output.document({ image: args[0], descriptor, manifest });
  await output.bytes([bytes]);
  return exitCodes.ok;
};
