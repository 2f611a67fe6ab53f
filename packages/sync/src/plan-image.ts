import type { Descriptor, Digest } from '@lading/oci';
import { type CopyStores, checkImagePlatform, destinationRoot } from '@lading/store';
import { backupLocation } from './backup.ts';
import { type Content, contentOf, platformsOf } from './content-size.ts';
import { at, entryError } from './errors.ts';
import { type Look, look, type PlannedSource, type PlanRun } from './look.ts';
import type { OrderedTarget } from './order.ts';
import type { ImageWork, PlannedImage, Reason } from './plan-types.ts';
import { nameOf, type Target } from './target.ts';

/** A planned image, and what only the plan itself goes on with. */
export interface ImagePlan {
  readonly image: PlannedImage;
  /** What is to be sent; nothing when the destination needs nothing. */
  readonly content?: Content | undefined;
  /** For images whose source is this one's destination. */
  readonly asSource?: PlannedSource | undefined;
}

const noContent: Content = { blobs: new Map(), manifestBytes: 0 };

/**
 * Plans one image.
 * @throws what either side throws; the caller makes a failed image of it.
 */
export async function planImage(
  run: PlanRun,
  { target, after }: OrderedTarget,
  planned: PlannedSource | undefined,
): Promise<ImagePlan> {
  const { source, destination, of } = target;
  const { entry } = of;
  const found = await look(run, target, planned);
  const { from, expected, held } = found;
  recordSource(run, target, from);

  const common = {
    entry,
    index: of.index,
    source: source.name,
    destination: destination.name,
    digest: expected,
    previous: held?.digest,
    bytesToMove: 0,
    bytesMounted: 0,
  };
  const stores: CopyStores = { source: source.store, destination: destination.store };
  const same = held?.digest === expected;
  const lacking = same ? await lackingIn(run, target, held, stores) : undefined;
  if (same && lacking === undefined && entry.always !== true && entry.referrers !== true)
    return { image: { ...common, action: 'same' } };

  const forbidden = same ? undefined : forbiddenBy(run, target, found);
  if (forbidden !== undefined) return { image: { ...common, action: 'blocked', reason: forbidden } };

  const root = await found.root();
  const { signal, admit } = run.context;
  const contentStore = planned?.store ?? source.store;
  await at('source', signal, () => checkImagePlatform(contentStore, root, of.platforms, { signal }));
  const ask = admit && (() => admit(entry, root.descriptor, stores));
  // What is not there yet cannot be asked about.
  const askLater = planned !== undefined;
  try {
    if (!askLater) await ask?.();
  } catch (error) {
    signal?.throwIfAborted();
    return { image: { ...common, action: 'blocked', reason: notAdmitted(error), error } };
  }

  const backup = held && !same ? await backupOf(run, target, held.digest) : undefined;
  const work: ImageWork = {
    stores,
    from: root.descriptor,
    tag: destination.tag,
    held: held ?? null,
    platforms: of.platforms,
    backup,
    after: planned && after?.destination.name,
    admit: askLater ? ask : undefined,
  };
  const kept = destinationRoot(root, { platforms: of.platforms, annotations: entry.annotations });
  const judged: Judged =
    lacking === undefined ? verdict(target, found, same) : { action: 'complete', reason: lacking };
  const image = { ...common, ...judged, platforms: platformsOf(kept.manifest), work };
  const nothingMoves = same || image.action === 'retag';
  return {
    image,
    content: nothingMoves ? noContent : await contentOf(kept, found.read),
    // What is completed may have to be complete before it is a source.
    asSource:
      same && lacking === undefined ? undefined : { store: contentStore, root: kept, read: found.read },
  };
}

/** Why an image is not written whose source may not enter. */
export function notAdmitted(error: unknown): Reason {
  return { code: 'not-admitted', message: (error as Error).message };
}

/** What is missing beside a right digest. With `always` everything is made anew, so nobody has to ask. */
async function lackingIn(
  { context: { lacks, signal } }: PlanRun,
  { of: { entry } }: Target,
  held: Descriptor,
  stores: CopyStores,
): Promise<Reason | undefined> {
  if (lacks === undefined || entry.always === true) return undefined;
  return at('destination', signal, () => lacks(entry, held, stores));
}

/** What a tag pointed at is news for the lock, whether or not it may enter. */
function recordSource({ context, book }: PlanRun, { source }: Target, digest: Digest): void {
  if (source.digest === undefined && context.locked !== true)
    book.record(source.name, digest, context.clock());
}

type Judged = Pick<PlannedImage, 'action' | 'reason'>;

function verdict(target: Target, { held }: Look, same: boolean): Judged {
  if (same) {
    return target.of.entry.always === true
      ? { action: 'update', reason: { code: 'always', message: 'the entry says "always"' } }
      : {
          action: 'same',
          reason: { code: 'referrers', message: 'whether referrers are missing shows when it is applied' },
        };
  }
  if (held === undefined) {
    const message = `${target.destination.store.name} does not say whether it has the tag`;
    return { action: 'create', reason: { code: 'destination-unknown', message } };
  }
  if (isSameRepository(target)) return { action: 'retag' };
  return { action: held === null ? 'create' : 'update' };
}

function forbiddenBy(run: PlanRun, target: Target, { held, from }: Look): Reason | undefined {
  const { of, source, destination } = target;
  // Fail closed: a tag that may be there may not be moved.
  if (of.entry.immutable === true && held !== null) {
    const what = held === undefined ? 'may exist' : `has ${held.digest}`;
    return { code: 'immutable', message: `${destination.name} ${what}, and the entry is immutable` };
  }
  if (of.minAgeMs === undefined || source.digest !== undefined) return undefined;
  if (!run.book.isKept) {
    return { code: 'no-lock', message: '"minAge" needs a lading.lock that is kept between runs' };
  }
  const known = run.book.get(source.name);
  const entersAt = Date.parse(known?.firstSeen ?? '') + of.minAgeMs;
  if (known?.digest === from && entersAt <= run.context.clock()) return undefined;
  const message = `first seen ${known?.firstSeen}; may enter from ${new Date(entersAt).toISOString().slice(0, 16)}Z on`;
  return { code: 'too-young', message };
}

async function backupOf(run: PlanRun, target: Target, digest: Digest): Promise<ImageWork['backup']> {
  const { context } = run;
  const { store, tag } = target.destination;
  const template = target.of.entry.backup;
  if (template === undefined) return undefined;
  const text = backupLocation(template, { repository: store.name, tag, digest, now: context.clock() });
  const location = await at('destination', context.signal, async () => context.open(text, 'destination'));
  if (location.tag === undefined || location.digest !== undefined) {
    throw entryError(
      `the backup ${text} is no tag`,
      'End the template with ":" and a tag, for example ":{tag}-{digest}".',
    );
  }
  const name = nameOf(location.store, location.tag);
  if (name === target.destination.name) throw entryError(`the backup of ${name} would be ${name} itself`);
  return { store: location.store, tag: location.tag, name };
}

function isSameRepository({ source, destination }: Target): boolean {
  return source.store.name === destination.store.name;
}
