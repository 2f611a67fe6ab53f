import { isDigest } from '@lading/oci';
import { exitCodes } from '../exit-codes.ts';
import { openPlaces, place, unsupported } from '../places.ts';
import { shortDigest } from '../render/quantities.ts';
import { usageError } from '../usage.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  const { signal } = context;
  await using places = await openPlaces(invocation);
  const deleted: { image: string; digest: string }[] = [];
  for (const image of args) {
    const { store, tag, digest: pinned } = await places.open(image, 'change');
    const reference = pinned ?? tag;
    // `latest` is too easily meant by nobody.
    if (reference === undefined) {
      throw usageError(`${image} does not say which image`, 'Name it by a tag or a digest.');
    }
    const { name } = place(store, reference);
    if (store.delete === undefined) throw unsupported(store, 'deletes nothing');
    const { digest } = await store.resolve(reference, { signal });
    if (!options.dryRun) await store.delete(reference, { signal });
    deleted.push({ image: name, digest });
    const what = isDigest(reference) ? 'the manifest and its tags' : `the tag; ${shortDigest(digest)} stays`;
    output.say(
      options.dryRun
        ? `  ${output.paint('change', '-')} ${name}   not deleted (dry run): ${what}`
        : `  ${output.paint('good', '✓')} ${name}   deleted ${what}`,
    );
  }
  output.document({ deleted, dryRun: options.dryRun === true });
  return exitCodes.ok;
};
