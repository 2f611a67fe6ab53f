import { forEachOf } from '@lading/store';
import { MoveEstimate } from './content-size.ts';
import type { SyncEntry } from './entry.ts';
import { entryError } from './errors.ts';
import { type Expansion, expand } from './expand.ts';
import { LockBook } from './lock-book.ts';
import type { PlanRun } from './look.ts';
import { ManifestCache } from './manifest-cache.ts';
import { arrange, type OrderedTarget } from './order.ts';
import { type ImagePlan, planImage } from './plan-image.ts';
import type { Plan, PlanContext, PlannedImage } from './plan-types.ts';
import { planPrune } from './prune.ts';
import { type PreparedEntry, prepare, type Target } from './target.ts';

/** Images looked at, or copied, at once. */
export const defaultConcurrency = 8;

/** What became of one entry on the way to its images. */
interface Expanded extends Partial<Expansion> {
  readonly of?: PreparedEntry | undefined;
  readonly failed?: PlannedImage | undefined;
}

/**
 * Finds out what has to be done to make every destination equal to its source. Reads only.
 *
 * An image that is up to date costs one request to each side, one alone when its source is pinned. What fails is an image
 * of the action `failed`, and stops nothing else.
 * @throws the signal's reason, and nothing else.
 */
export async function plan(entries: readonly SyncEntry[], context: PlanContext): Promise<Plan> {
  const expanded = await expandAll(entries, context);
  const targets = expanded.flatMap(({ targets = [] }) => targets);
  const { ordered, rejected } = arrange(targets);
  const run: PlanRun = {
    context,
    book: new LockBook(context.lock),
    cache: new ManifestCache(),
    resolved: new Map(),
  };
  const plans = new Map<Target, ImagePlan>();
  for (const { target, error } of rejected) plans.set(target, failedTarget(target, error));
  await planTargets(run, ordered, plans, targets.length);

  const images = imagesInOrder(expanded, plans);
  const pruned = await pruneAll(expanded, images, targets, context);
  return {
    images: expanded.flatMap((one) => [...(images.get(one) ?? []), ...(pruned.get(one) ?? [])]),
    selections: expanded.flatMap(({ selection }) => selection ?? []),
    lock: run.book.toLock(),
    manifests: run.cache.manifests,
  };
}

/** Opens every entry's places and lists the tags where it has a filter. */
async function expandAll(entries: readonly SyncEntry[], context: PlanContext): Promise<readonly Expanded[]> {
  const expanded: Expanded[] = new Array(entries.length);
  const fill = async (index: number, work: () => Promise<Expanded>): Promise<void> => {
    try {
      expanded[index] = await work();
    } catch (error) {
      context.signal?.throwIfAborted();
      expanded[index] = { failed: failedEntry(entries[index]!, index, error) };
    }
  };
  const concurrency = concurrencyOf(context);
  await forEachOf(
    entries.entries(),
    concurrency,
    ([index, entry]) => fill(index, async () => ({ of: await prepare(entry, index, context) })),
    context.signal,
  );

  const filled = new Map<string, number>();
  for (const { of } of expanded) if (of) filled.set(of.destination.store.name, of.index);
  await forEachOf(
    [...expanded.entries()],
    concurrency,
    async ([index, { of }]) => {
      if (of === undefined) return;
      await fill(index, async () => {
        const other = filled.get(of.source.store.name);
        // What tags it will have, only the run itself would show.
        if (of.filter !== undefined && other !== undefined) {
          throw entryError(
            `the repository ${of.source.store.name} is also the destination of another entry`,
            'Name its tags one by one, or sync it in a run of its own.',
          );
        }
        return { of, ...(await expand(of, context)) };
      });
    },
    context.signal,
  );
  return expanded;
}

/** Plans the images, each after the one that is its source. */
async function planTargets(
  run: PlanRun,
  ordered: readonly OrderedTarget[],
  plans: Map<Target, ImagePlan>,
  total: number,
): Promise<void> {
  const { context } = run;
  const begun = new Map<Target, Promise<void>>();
  let done = plans.size;
  const planOne = async (one: OrderedTarget): Promise<void> => {
    // Begun before this one, as the order says, so that waiting takes no place that it would need.
    if (one.after !== undefined) await begun.get(one.after);
    const before = one.after && plans.get(one.after);
    let planned: ImagePlan;
    try {
      planned = await planImage(run, one, before?.asSource);
    } catch (error) {
      context.signal?.throwIfAborted();
      planned = failedTarget(one.target, error);
    }
    plans.set(one.target, planned);
    done += 1;
    context.onEvent?.({ type: 'entry:planned', image: planned.image, done, total });
  };
  await forEachOf(
    ordered,
    concurrencyOf(context),
    (one) => {
      const work = planOne(one);
      begun.set(one.target, work);
      return work;
    },
    context.signal,
  );
}

/** The images of each entry with their sizes, which depend on what is planned before them. */
function imagesInOrder(
  expanded: readonly Expanded[],
  plans: ReadonlyMap<Target, ImagePlan>,
): ReadonlyMap<Expanded, readonly PlannedImage[]> {
  const estimate = new MoveEstimate();
  const images = new Map<Expanded, readonly PlannedImage[]>();
  for (const one of expanded) {
    const planned = (one.targets ?? []).map((target): PlannedImage => {
      const { image, content } = plans.get(target)!;
      const stores = image.work?.stores;
      if (content === undefined || stores === undefined) return image;
      return { ...image, ...estimate.add(content, stores.source, stores.destination) };
    });
    images.set(one, one.failed === undefined ? planned : [one.failed]);
  }
  return images;
}

/** Plans what is no longer wanted, once it is known what is. */
async function pruneAll(
  expanded: readonly Expanded[],
  images: ReadonlyMap<Expanded, readonly PlannedImage[]>,
  targets: readonly Target[],
  context: PlanContext,
): Promise<ReadonlyMap<Expanded, readonly PlannedImage[]>> {
  const used = new Set(targets.flatMap(({ source, destination }) => [source.name, destination.name]));
  const pruned = new Map<Expanded, readonly PlannedImage[]>();
  const pruning = expanded.filter(({ of }) => of?.entry.prune !== undefined);
  const pruneOne = async (one: Expanded): Promise<void> => {
    const { of, selection } = one;
    // Without the source's tags nobody can say which ones are no longer wanted.
    if (of === undefined || selection === undefined) return;
    const entryFailed = images.get(one)?.some(({ action }) => action === 'failed') === true;
    const around = { entryFailed, isUsed: (name: string) => used.has(name) };
    try {
      pruned.set(one, await planPrune(of, selection, around, context));
    } catch (error) {
      context.signal?.throwIfAborted();
      pruned.set(one, [failedEntry(of.entry, of.index, error)]);
    }
  };
  await forEachOf(pruning, concurrencyOf(context), pruneOne, context.signal);
  return pruned;
}

function failedTarget({ of, source, destination }: Target, error: unknown): ImagePlan {
  const image = failedEntry(of.entry, of.index, error);
  return { image: { ...image, source: source.name, destination: destination.name } };
}

function failedEntry(entry: SyncEntry, index: number, error: unknown): PlannedImage {
  const { source, destination } = entry;
  return { entry, index, source, destination, action: 'failed', error, bytesToMove: 0, bytesMounted: 0 };
}

function concurrencyOf(context: PlanContext): number {
  return context.concurrency ?? defaultConcurrency;
}
