import { type Descriptor, LadingError } from '@lading/oci';
import { type CopyHooks, type CopyResult, copy, type TransferLedger } from '@lading/store';
import type { ApplyOptions, ImageResult, SyncHooks, SyncOutcome } from './apply-types.ts';
import { notAdmitted } from './plan-image.ts';
import type { ImageWork, Plan, PlanAction, PlannedImage } from './plan-types.ts';

/** What the images of one `apply` share. */
export interface ApplyRun {
  readonly plan: Plan;
  readonly options: ApplyOptions;
  readonly ledger: TransferLedger;
}

/** What was done; the rest of a result is known from the plan. */
export type Done = Pick<
  ImageResult,
  'outcome' | 'digest' | 'reason' | 'error' | 'bytesMoved' | 'bytesMounted'
>;

const outcomes: Readonly<Record<PlanAction, SyncOutcome>> = {
  create: 'created',
  update: 'updated',
  retag: 'retagged',
  same: 'same',
  complete: 'completed',
  blocked: 'blocked',
  failed: 'failed',
  prune: 'kept',
};

/** The outcome of a planned image for which nothing is to be done. */
export function nothingDone(image: PlannedImage): Done {
  return {
    outcome: outcomes[image.action],
    digest: image.action === 'same' ? image.digest : image.previous,
    bytesMoved: 0,
    bytesMounted: 0,
  };
}

/** Backs up what the tag holds, brings the image over, and moves the tag; or gives an image that is there what it lacks. */
export async function applyImage(run: ApplyRun, image: PlannedImage, work: ImageWork): Promise<Done> {
  const { signal } = run.options;
  try {
    await work.admit?.();
  } catch (error) {
    signal?.throwIfAborted();
    const digest = image.previous;
    return { outcome: 'blocked', digest, reason: notAdmitted(error), error, bytesMoved: 0, bytesMounted: 0 };
  }
  if (image.action === 'complete' && work.held !== null) return completeImage(run, image, work, work.held);
  await backUp(run, work);
  const { digest, changed, bytesMoved, bytesMounted } = await copyImage(run, image, work);
  return { outcome: outcomeOf(image, changed, bytesMoved), digest, bytesMoved, bytesMounted };
}

function copyImage(
  { plan, options, ledger }: ApplyRun,
  image: PlannedImage,
  work: ImageWork,
): Promise<CopyResult> {
  const { signal, onEvent } = options;
  const { source, destination } = work.stores;
  return copy(source, work.from.digest, destination, work.tag, {
    signal,
    ledger,
    platforms: work.platforms,
    annotations: image.entry.annotations,
    referrers: image.entry.referrers,
    concurrency: options.blobConcurrency,
    manifests: plan.manifests,
    // A copy leaves a tag alone that it is told to be right; `always` means to publish it all the same.
    destinationHolds: image.entry.always === true ? null : work.held,
    hooks: options.hooks && hooksFor(image, options.hooks),
    onEvent: onEvent && ((event) => onEvent({ type: 'entry:progress', image, event })),
  });
}

/** What comes along with the source is brought first: it may be what is lacking. */
async function completeImage(
  run: ApplyRun,
  image: PlannedImage,
  work: ImageWork,
  held: Descriptor,
): Promise<Done> {
  const brought = image.entry.referrers === true ? await copyImage(run, image, work) : undefined;
  await run.options.hooks?.beforeTag?.(image, held, work.stores);
  const { bytesMoved = 0, bytesMounted = 0 } = brought ?? {};
  return { outcome: 'completed', digest: held.digest, bytesMoved, bytesMounted };
}

/** Deletes a tag that is no longer wanted. */
export async function applyPrune(
  { store, tag }: NonNullable<PlannedImage['prunes']>,
  { signal }: ApplyOptions,
): Promise<Done> {
  if (store.delete === undefined) {
    throw new LadingError('ERR_LADING_UNSUPPORTED', `${store.name} cannot delete tags`, {
      hint: 'Use "prune: report", and delete them where the registry lets you.',
    });
  }
  await store.delete(tag, { signal });
  return { outcome: 'pruned', bytesMoved: 0, bytesMounted: 0 };
}

async function backUp({ options: { signal }, ledger }: ApplyRun, work: ImageWork): Promise<void> {
  const { backup, held, stores } = work;
  if (backup === undefined || held === null) return;
  await copy(stores.destination, held.digest, backup.store, backup.tag, { signal, ledger });
}

function outcomeOf(image: PlannedImage, changed: boolean, bytesMoved: number): SyncOutcome {
  // Of an image that was up to date only referrers can have been copied.
  if (image.action === 'same') return bytesMoved > 0 ? 'updated' : 'same';
  return changed ? outcomes[image.action] : 'same';
}

function hooksFor(image: PlannedImage, { admit, onBlob, beforeTag }: SyncHooks): CopyHooks {
  return {
    ...(admit && { admit: (source, stores) => admit(image, source, stores) }),
    ...(onBlob && { onBlob: (tap) => onBlob(image, tap) }),
    ...(beforeTag && { beforeTag: (destination, stores) => beforeTag(image, destination, stores) }),
  };
}
