import type { Platform } from '@lading/oci';
import { copy, isNotFound } from '@lading/store';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { loadPlatform } from '../image.ts';
import { openPlaces, type Place, place } from '../places.ts';
import { openProgress } from '../progress/progress.ts';
import { formatBytes, formatDuration, shortDigest } from '../render/quantities.ts';
import type { Invocation, Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  await using places = await openPlaces(invocation);
  const named = await places.image(args[0]!);
  const destination = await places.destination(args[1]!, named, options.dryRun ? 'rehearse' : 'write');
  // What `docker load` takes has no place for an index: the platform's own image goes there, as it is.
  const single = args[1]!.startsWith('docker-archive:') ? options.platform?.[0] : undefined;
  const source = single === undefined ? named : await platformOf(named, single, context);
  if (options.dryRun) return await rehearse(invocation, source, destination);

  const started = context.now();
  using progress = openProgress(context, options);
  progress.start(destination.name);
  const result = await copy(source.store, source.reference, destination.store, destination.reference, {
    signal: context.signal,
    concurrency: options.concurrency,
    platforms: single === undefined ? options.platform : undefined,
    referrers: options.referrers,
    foreignLayers: options.foreignLayers,
    onEvent(event) {
      output.event(event);
      progress.observe(destination.name, event);
      if (event.type === 'notice') progress.notice(event.message);
    },
  });
  await places.finish();
  const { digest, changed, bytesMoved, bytesMounted } = result;
  const what = changed ? `copied ${formatBytes(bytesMoved)}` : 'same';
  const mounted = bytesMounted > 0 ? ` · ${formatBytes(bytesMounted)} mounted` : '';
  const time = formatDuration(context.now() - started);
  progress.done(destination.name, [
    `  ${output.paint('good', '✓')} ${destination.name}   ${shortDigest(digest)}  ${what}${mounted}   ${time}`,
  ]);
  const image = `${destination.store.name}@${digest}`;
  output.document({
    source: source.name,
    destination: destination.name,
    image,
    digest,
    changed,
    bytesMoved,
    bytesMounted,
  });
  output.result(image);
  return exitCodes.ok;
};

async function platformOf(image: Place, platform: Platform, { signal }: Context): Promise<Place> {
  const { descriptor } = await loadPlatform(image.store, image.reference, platform, { signal });
  return place(image.store, descriptor.digest);
}

/** Says what a copy would do, by comparing digests. */
async function rehearse({ context, output }: Invocation, source: Place, destination: Place) {
  const { signal } = context;
  const [from, to] = await Promise.all([
    source.store.resolve(source.reference, { signal }),
    destination.store.resolve(destination.reference, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    }),
  ]);
  const action = to === undefined ? 'create' : to.digest === from.digest ? 'same' : 'update';
  output.document({
    source: source.name,
    destination: destination.name,
    action,
    digest: from.digest,
    dryRun: true,
  });
  const was = action === 'update' ? `${shortDigest(to!.digest)} → ` : '';
  output.result(`${source.name} → ${destination.name}   ${action}   ${was}${shortDigest(from.digest)}`);
  return exitCodes.ok;
}
