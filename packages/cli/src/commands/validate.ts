import { LadingError } from '@lading/oci';
import { type ContentStore, copy } from '@lading/store';
import { exitCodes } from '../exit-codes.ts';
import { openPlaces } from '../places.ts';
import { openProgress } from '../progress/progress.ts';
import { count, formatBytes } from '../render/quantities.ts';
import type { Run } from '../verb.ts';

export const run: Run = async (invocation) => {
  const { args, options, context, output } = invocation;
  await using places = await openPlaces(invocation);
  const { store, reference, name } = await places.image(args[0]!);
  using progress = openProgress(context, options);
  progress.start(name);
  let manifests = 0;
  let blobs = 0;
  let skipped = 0;
  const { digest, bytesMoved } = await copy(store, reference, emptiness(), 'checked', {
    signal: context.signal,
    concurrency: options.concurrency,
    onEvent(event) {
      progress.observe(name, event);
      if (event.type === 'manifest:done') manifests++;
      if (event.type === 'blob:done') {
        if (event.outcome === 'skipped') skipped++;
        else blobs++;
      }
      if (event.type === 'notice') progress.notice(event.message);
    },
  });
  progress.done(name, []);
  output.document({ image: name, digest, valid: true, manifests, blobs, skipped, bytes: bytesMoved });
  const image = name.endsWith(`@${digest}`) ? name : `${name}@${digest}`;
  const parts = [count(manifests, 'manifest'), count(blobs, 'blob'), formatBytes(bytesMoved)];
  if (skipped > 0) parts.push(`${skipped} not looked at`);
  output.result(`${output.paintResult('good', '✓')} ${image}   ${parts.join(' · ')}`);
  return exitCodes.ok;
};

/** A store that has nothing and keeps nothing: what is copied there has been read and verified. */
function emptiness(): ContentStore {
  const absent = async (): Promise<never> => {
    throw new LadingError('ERR_LADING_NOT_FOUND', 'nothing is kept');
  };
  return {
    name: 'nowhere',
    resolve: absent,
    fetch: absent,
    exists: async () => false,
    async push(_expected, content, { signal, onProgress } = {}) {
      let seen = 0;
      for await (const chunk of await content.open({ signal })) {
        seen += chunk.byteLength;
        onProgress?.(seen);
      }
      return 'uploaded';
    },
    publish: async () => undefined,
    referrers: async function* () {},
  };
}
