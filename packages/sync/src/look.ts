import type { Descriptor, Digest } from '@lading/oci';
import { isLadingError } from '@lading/oci';
import { type ContentStore, destinationRoot, isNotFound, type ReadManifest, rewrites } from '@lading/store';
import { at } from './errors.ts';
import type { LockBook } from './lock-book.ts';
import type { ManifestCache } from './manifest-cache.ts';
import type { PlanContext } from './plan-types.ts';
import type { Target } from './target.ts';

/** What the images of one plan share. */
export interface PlanRun {
  readonly context: PlanContext;
  readonly book: LockBook;
  readonly cache: ManifestCache;
  /** Sources that were asked already: a tag is resolved once. */
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
    const reading = planned?.root ?? readSource(run, target, pinned ?? source.tag ?? '');
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

  const tag = source.tag ?? '';
  if (entry.immutable || onSameHost(target)) {
    const held = await heldBy(run, target);
    // What may not be moved anyway is compared with what the lock knows, which costs nothing.
    const known = entry.immutable && held ? run.book.get(source.name)?.digest : undefined;
    if (known !== undefined) return found(known, held);
    if (held) return found((await resolveSource(run, target, tag)).digest, held);
    // With nothing to compare with, the question is left out: the copy begins with the answer.
    return found((await readSource(run, target, tag)).descriptor.digest, held);
  }
  const [descriptor, held] = await both(resolveSource(run, target, tag), heldBy(run, target));
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

function resolveSource(run: PlanRun, { source }: Target, tag: string): Promise<Descriptor> {
  const asked = run.resolved.get(source.name);
  if (asked !== undefined) return asked;
  const { signal } = run.context;
  const asking = at('source', signal, () => source.store.resolve(tag, { signal }));
  run.resolved.set(source.name, asking);
  return asking;
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
