import { createLedger, forEachOf } from '@lading/store';
import { type ApplyRun, applyImage, applyPrune, type Done, nothingDone } from './apply-image.ts';
import type { ApplyOptions, ImageResult, SyncReport } from './apply-types.ts';
import { defaultConcurrency } from './plan.ts';
import type { Plan, PlannedImage, Reason } from './plan-types.ts';
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
  const forEach = async (images: readonly PlannedImage[], work: Work): Promise<void> => {
    const one = async (image: PlannedImage): Promise<void> => void results.set(image, await work(image));
    try {
      await forEachOf(images, concurrency, one, signal);
    } catch (error) {
      // The report tells of an abort.
      if (signal?.aborted !== true) throw error;
    }
  };

  await forEach(
    plan.images.filter(({ prunes }) => prunes === undefined),
    inDependencyOrder(run),
  );
  const failed = new Set<number>();
  for (const { image, outcome } of results.values()) if (outcome === 'failed') failed.add(image.index);
  await forEach(
    plan.images.filter(({ prunes }) => prunes !== undefined),
    (image) =>
      settled(run, image, async () =>
        failed.has(image.index) ? blocked(entryFailedReason) : applyPrune(image.prunes!, options),
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

type Work = (image: PlannedImage) => Promise<ImageResult>;

/** Applies images, each once; one whose source is another image of the plan after that. */
function inDependencyOrder(run: ApplyRun): Work {
  const byDestination = new Map<string, PlannedImage>();
  for (const image of run.plan.images) if (image.work) byDestination.set(image.destination, image);
  const begun = new Map<PlannedImage, Promise<ImageResult>>();
  const begin: Work = (image) => {
    const running = begun.get(image);
    if (running !== undefined) return running;
    const { work } = image;
    const source = work?.after === undefined ? undefined : byDestination.get(work.after);
    const settling = settled(run, image, async () => {
      // Begun here when its turn has not come: waiting for it then takes no place that it would need.
      const reason = source && sourceFailed(await begin(source));
      if (reason !== undefined) return blocked(reason);
      return work === undefined ? nothingDone(image) : applyImage(run, image, work);
    });
    begun.set(image, settling);
    return settling;
  };
  return begin;
}

/** Does an image's work and tells of it; a failure becomes its result. */
async function settled(
  { options }: ApplyRun,
  image: PlannedImage,
  work: () => Promise<Done>,
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

function blocked(reason: Reason): Done {
  return { ...nothing, outcome: 'blocked', reason };
}

/** Why an image cannot be done whose source was to be made by another image of this run. */
function sourceFailed({ image, outcome }: ImageResult): Reason | undefined {
  if (outcome !== 'failed' && outcome !== 'blocked' && outcome !== 'interrupted') return undefined;
  return { code: 'source-failed', message: `its source ${image.destination} was not brought up to date` };
}

function interrupted(image: PlannedImage): ImageResult {
  return { image, ...nothing, outcome: 'interrupted', digest: image.previous, durationMs: 0 };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
