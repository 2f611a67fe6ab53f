import { isTag } from '@lading/oci';
import { loadManifest, publish } from '@lading/store';
import { exitCodes } from '../exit-codes.ts';
import { openPlaces } from '../places.ts';
import { shortDigest } from '../render/quantities.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const [image = '', ...tags] = args;
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) {
    throw usageError(
      `${JSON.stringify(wrong)} is not a tag`,
      'A tag has up to 128 letters, digits, "_", "." and "-", and starts with a letter, a digit or "_".',
    );
  }
  await using places = await openPlaces(invocation);
  const { store, reference } = await places.image(image, 'change');
  const manifest = await loadManifest(store, reference, { signal: context.signal });
  const { digest } = manifest.descriptor;
  for (const tag of tags) {
    if (!options.dryRun) await publish(store, manifest, tag, { signal: context.signal });
    const sign = output.paint('good', options.dryRun ? '+' : '✓');
    output.say(
      `  ${sign} ${store.name}:${tag}   ${shortDigest(digest)}${options.dryRun ? '   not set (dry run)' : ''}`,
    );
  }
  output.document({ repository: store.name, digest, tags, dryRun: options.dryRun === true });
  return exitCodes.ok;
};
