import { createLedger } from '@lading/store';
import { type ApplyRun, applyImage, applyPrune, type Done, nothingDone } from './apply-image.ts';
import type { ApplyOptions, ImageResult, SyncReport } from './apply-types.ts';
import { defaultConcurrency } from './plan.ts';
import type { Plan, PlannedImage, Reason } from './plan-types.ts';
import { forEachOf } from './pool.ts';
import { entryFailedReason } from './prune.ts';

/**
 * Carries out a plan. What fails is told in the report and stops nothing else; deletions come last, and not for an entry of which something failed.
 *
 * An aborted run ends with a report, too: what was not done has the outcome `interrupted`.
 */
export async function apply(plan: Plan, options: ApplyOptions): Promise<SyncReport> {
  const { clock, signal } = options;
  const started = clock();
  const run: ApplyRun = { plan, options, ledger: options.ledger ?? createLedger() };
  const results = new Map<PlannedImage, ImageResult>();
  const concurrency = options.concurrency ?? defaultConcurrency;

  const byDestination = new Map<string, PlannedImage>();
  for (const image of plan.images) if (image.work) byDestination.set(image.destination, image);
  const begun = new Map<PlannedImage, Promise<ImageResult>>();
  /** Begins an image, its source first when that is an image of this plan; each once. */
  const settle = (image: PlannedImage): Promise<ImageResult> => {
    const running = begun.get(image);
    if (running !== undefined) return running;
    const before = image.work?.after === undefined ? undefined : byDestination.get(image.work.after);
    const settling = settled(run, image, async () => {
      const blocked = before && sourceFailed(await settle(before));
      return blocked ?? (image.work ? applyImage(run, image, image.work) : nothingDone(image));
    });
    begun.set(image, settling);
    return settling;
  };
  const images = plan.images.filter(({ prunes }) => prunes === undefined);
  await whileNotAborted(signal, () =>
    forEachOf(images, concurrency, async (image) => void results.set(image, await settle(image)), signal),
  );

  const failed = new Set<number>();
  for (const { image, outcome } of results.values()) if (outcome === 'failed') failed.add(image.index);
  const prunes = plan.images.filter(({ prunes }) => prunes !== undefined);
  await whileNotAborted(signal, () =>
    forEachOf(
      prunes,
      concurrency,
      async (image) => {
        results.set(
          image,
          await settled(run, image, async () =>
            failed.has(image.index) ? entryFailed : applyPrune(image.prunes!, options),
          ),
        );
      },
      signal,
    ),
  );

  const inOrder = plan.images.map((image) => results.get(image) ?? interrupted(image));
  return {
    results: inOrder,
    interrupted: inOrder.some(({ outcome }) => outcome === 'interrupted'),
    bytesMoved: sum(inOrder, ({ bytesMoved }) => bytesMoved),
    bytesMounted: sum(inOrder, ({ bytesMounted }) => bytesMounted),
    durationMs: clock() - started,
  };
}

/** Does an image's work and tells of it; a failure becomes its result. */
async function settled(
  { options }: ApplyRun,
  image: PlannedImage,
  work: () => Promise<Done & Pick<ImageResult, 'reason'>>,
): Promise<ImageResult> {
  const { clock, signal, onEvent } = options;
  const started = clock();
  onEvent?.({ type: 'entry:start', image });
  let result: ImageResult;
  try {
    const done = await work();
    result = { image, reason: image.reason, error: image.error, ...done, durationMs: clock() - started };
  } catch (error) {
    result = signal?.aborted
      ? interrupted(image)
      : { ...interrupted(image), outcome: 'failed', error, durationMs: clock() - started };
  }
  onEvent?.({ type: 'entry:done', result });
  return result;
}

const nothing = { bytesMoved: 0, bytesMounted: 0 } as const;
const entryFailed: Done & { readonly reason: Reason } = {
  ...nothing,
  outcome: 'blocked',
  reason: entryFailedReason,
};

/** The outcome of an image whose source was to be made by another image of this run, and was not. */
function sourceFailed({ image, outcome }: ImageResult): (Done & { readonly reason: Reason }) | undefined {
  if (outcome !== 'failed' && outcome !== 'blocked' && outcome !== 'interrupted') return undefined;
  const message = `its source ${image.destination} was not brought up to date`;
  return { ...nothing, outcome: 'blocked', reason: { code: 'source-failed', message } };
}

function interrupted(image: PlannedImage): ImageResult {
  return { image, ...nothing, outcome: 'interrupted', digest: image.previous, durationMs: 0 };
}

/** Swallows the end that an abort makes: the report tells of it. */
async function whileNotAborted(signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
