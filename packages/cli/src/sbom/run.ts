import { defaultCataloguers, fileHashes, LayerReader } from '@lading/sbom';
import { openLayerCache } from '../layer-cache.ts';
import { openPlaces, type Places } from '../places.ts';
import { openProgress, type Progress } from '../progress/progress.ts';
import type { Invocation } from '../verb.ts';

/** What the commands that look into images have in common. Disposing closes it. */
export interface SbomRun extends AsyncDisposable {
  readonly invocation: Invocation;
  readonly places: Places;
  /** Of all images of the command: what two of them share is read once. */
  readonly reader: LayerReader;
  readonly progress: Progress;
  /** What comes next is the result: nothing may be redrawn over it. */
  endProgress(): void;
}

export async function openSbomRun(invocation: Invocation): Promise<SbomRun> {
  const { context, options } = invocation;
  const places = await openPlaces(invocation);
  const progress = openProgress(context, options);
  return {
    invocation,
    places,
    progress,
    reader: new LayerReader({
      cataloguers: options.fileHashes ? [...defaultCataloguers, fileHashes] : defaultCataloguers,
      cache: openLayerCache(invocation),
      lazy: options.lazy,
    }),
    endProgress: () => progress[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      progress[Symbol.dispose]();
      await places[Symbol.asyncDispose]();
    },
  };
}
