import { exitCodes } from '../exit-codes.ts';
import { loadPlatform } from '../image.ts';
import { openPlaces } from '../places.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  await using places = await openPlaces(invocation);
  const { store, reference } = await places.image(args[0]!);
  const [platform] = options.platform ?? [];
  const descriptor =
    platform === undefined
      ? await store.resolve(reference, { signal: context.signal })
      : (await loadPlatform(store, reference, platform, { signal: context.signal })).descriptor;
  output.document({ image: args[0], descriptor });
  output.result(descriptor.digest);
  return exitCodes.ok;
};
