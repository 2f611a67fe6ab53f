import type { Descriptor, Digest } from '@lading/oci';
import { isLadingError } from '@lading/oci';
import { type ContentStore, destinationRoot, isNotFound, type ReadManifest, rewrites } from '@lading/store';
import { at } from './errors.ts';
import type { LockBook } from './lock-book.ts';
import type { ManifestCache } from './manifest-cache.ts';
import type { PlanContext } from './plan-types.ts';
import type { Place, Target } from './target.ts';

/** What the images of one plan share. */
export interface PlanRun {
  readonly context: PlanContext;
  readonly book: LockBook;
  readonly cache: ManifestCache;
  /** What source tags point at: each is asked for once, and is that for all entries. */
  readonly resolved: Map<string, Promise<Descriptor>>;
}

/** An image of this plan that will be the source of another. */
export interface PlannedSource {
  /** Where its content is until then. */
  readonly store: ContentStore;
  /** What its destination will hold. */
  readonly root: ReadManifest;
  readonly read: (target: Descriptor) => Promise<ReadManifest>;
}

/** What both sides have. */
export interface Look {
  /** The source's digest. */
  readonly from: Digest;
  /** What the destination is to hold. */
  readonly expected: Digest;
  /** What the destination's tag holds; `null`: nothing; `undefined`: it does not say. */
  readonly held: Descriptor | null | undefined;
  /** The source's root. */
  readonly root: () => Promise<ReadManifest>;
  /** What is below it. */
  readonly read: (target: Descriptor) => Promise<ReadManifest>;
}

/** Looks at both sides of a target with as few requests as the case at hand needs. */
export async function look(run: PlanRun, target: Target, planned: PlannedSource | undefined): Promise<Look> {
  const { source, of } = target;
  const { entry } = of;
  const read = planned?.read ?? ((below: Descriptor) => readSource(run, target, below));
  const found = (from: Digest, held: Look['held']): Look => ({
    from,
    expected: from,
    held,
    read,
    root: async () => planned?.root ?? readSource(run, target, from),
  });

  const pinned = planned?.root.descriptor.digest ?? pinnedDigest(run, target);
  if (rewrites({ platforms: of.platforms, annotations: entry.annotations })) {
    const reading = planned?.root ?? (pinned ? readSource(run, target, pinned) : readTag(run, target));
    const [root, held] = await both(reading, heldBy(run, target));
    const kept = destinationRoot(root, { platforms: of.platforms, annotations: entry.annotations });
    return {
      from: root.descriptor.digest,
      expected: kept.descriptor.digest,
      held,
      read,
      root: async () => root,
    };
  }
  if (pinned !== undefined) return found(pinned, await heldBy(run, target));

  if (entry.immutable || onSameHost(target)) {
    const held = await heldBy(run, target);
    // What may not be moved anyway is compared with what the lock knows, which costs nothing.
    const known = entry.immutable && held ? run.book.get(source.name)?.digest : undefined;
    if (known !== undefined) return found(known, held);
    if (held) return found((await resolveTag(run, target)).digest, held);
    // With nothing to compare with, the question is left out: the copy begins with the answer.
    return found((await readTag(run, target)).descriptor.digest, held);
  }
  const [descriptor, held] = await both(resolveTag(run, target), heldBy(run, target));
  return found(descriptor.digest, held);
}

/** The digest that the entry names, or with `locked` the one that the lock has. */
function pinnedDigest({ context, book }: PlanRun, { source }: Target): Digest | undefined {
  if (source.digest !== undefined) return source.digest;
  return context.locked === true ? book.pinned(source.name) : undefined;
}

function readSource(run: PlanRun, { source }: Target, target: Descriptor | string): Promise<ReadManifest> {
  const { signal } = run.context;
  return at('source', signal, () => run.cache.read(source.store, target, signal));
}

function resolveTag(run: PlanRun, { source }: Target): Promise<Descriptor> {
  const { signal } = run.context;
  const asked = run.resolved.get(source.name);
  return (
    asked ??
    remember(
      run,
      source.name,
      at('source', signal, () => source.store.resolve(tagOf(source), { signal })),
    )
  );
}

/** The root that a tag points at, in one request, unless it was resolved before. */
async function readTag(run: PlanRun, target: Target): Promise<ReadManifest> {
  const { source } = target;
  const asked = run.resolved.get(source.name);
  if (asked !== undefined) return readSource(run, target, (await asked).digest);
  const reading = readSource(run, target, tagOf(source));
  void remember(
    run,
    source.name,
    reading.then(({ descriptor }) => descriptor),
  );
  return reading;
}

function remember(run: PlanRun, name: string, asking: Promise<Descriptor>): Promise<Descriptor> {
  // Whoever asked waits for it as well; a failure that nobody else asks about is not unheard.
  asking.catch(() => undefined);
  run.resolved.set(name, asking);
  return asking;
}

/** Of a place without digest. */
function tagOf({ tag }: Place): string {
  return tag ?? 'latest';
}

async function heldBy({ context: { signal } }: PlanRun, { destination }: Target): Promise<Look['held']> {
  try {
    return await at('destination', signal, () => destination.store.resolve(destination.tag, { signal }));
  } catch (error) {
    if (isNotFound(error)) return null;
    // Some registries answer 403 for a tag that does not exist (Artifactory); the push will tell.
    if (isLadingError(error) && error.code === 'ERR_LADING_DENIED') return undefined;
    throw error;
  }
}

function onSameHost({ source, destination }: Target): boolean {
  const { mount } = source.store;
  return mount !== undefined && mount.host === destination.store.mount?.host;
}

/** Two answers, waited for together; a failing source counts first. */
async function both<A, B>(a: A | Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
