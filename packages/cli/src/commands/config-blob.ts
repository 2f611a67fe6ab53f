import { manifestLimits } from '@lading/oci';
import { embeddedContent, readAll } from '@lading/store';
import { exitCodes } from '../exit-codes.ts';
import { loadImage } from '../image.ts';
import { openPlaces } from '../places.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const { signal } = context;
  await using places = await openPlaces(invocation);
  const { store, reference } = await places.image(args[0]!);
  const { config } = await loadImage(store, reference, options.platform?.[0], { signal });
  const bytes =
    embeddedContent(config) ??
    (await readAll(await store.fetch(config, { signal }), manifestLimits.maxBytes));
  if (options.json) output.document({ image: args[0], descriptor: config, config: json(bytes) });
  await output.bytes([bytes]);
  return exitCodes.ok;
};

/** The config of an artifact may be anything. */
function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
