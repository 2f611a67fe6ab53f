import { type Descriptor, type Digest, isDigest } from '@lading/oci';
import { absent, type ReadManifest, readManifest } from './copy-read.ts';
import { destinationRoot, rewrites } from './copy-root.ts';
import type { CopyRun } from './copy-run.ts';

/** What is known before the work. */
export interface Look {
  /** What the destination's tag is to hold in the end. */
  readonly expected: Digest;
  /** What it holds now; `null`: nothing; `undefined`: not asked. */
  readonly held: Descriptor | null | undefined;
  /** The source's root: by the digest that was seen, wherever its tag points by then. */
  readonly root: () => Promise<ReadManifest>;
}

/** Looks at both sides, in the order and with the requests that the case at hand needs. */
export async function look(run: CopyRun, from: string, to: string): Promise<Look> {
  const read = (): Promise<ReadManifest> => readManifest(run, from);
  if (rewrites(run.options)) {
    const [root, held] = await both(run, read(), heldBy(run, to));
    return { expected: (await keptRoot(run, root)).descriptor.digest, held, root: async () => root };
  }
  if (isDigest(from)) return { expected: from, held: await heldBy(run, to), root: read };
  if (run.sameHost) {
    const held = await heldBy(run, to);
    if (held) return seen(run, await resolved(run, from), held);
    // With nothing to compare with, the question is left out: the copy begins with the answer.
    const root = await read();
    return { expected: root.descriptor.digest, held, root: async () => root };
  }
  const [descriptor, held] = await both(run, resolved(run, from), heldBy(run, to));
  return seen(run, descriptor, held);
}

/** The root as the destination is to have it. */
export function keptRoot(run: CopyRun, root: ReadManifest): Promise<ReadManifest> {
  return run.at('source', root.descriptor, async () => destinationRoot(root, run.options));
}

function seen(run: CopyRun, descriptor: Descriptor, held: Look['held']): Look {
  return { expected: descriptor.digest, held, root: () => readManifest(run, descriptor) };
}

function resolved(run: CopyRun, from: string): Promise<Descriptor> {
  const { source } = run.stores;
  return run.at('source', undefined, () => source.resolve(from, { signal: run.signal }));
}

async function heldBy(run: CopyRun, to: string): Promise<Look['held']> {
  if (run.options.destinationHolds !== undefined) return run.options.destinationHolds;
  // Setting a tag in the same repository costs no more than looking at it.
  if (run.sameRepository) return undefined;
  const { destination } = run.stores;
  const held = await run.at('destination', undefined, () =>
    destination.resolve(to, { signal: run.signal }).catch(absent),
  );
  return held ?? null;
}

async function both<A, B>(run: CopyRun, a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await run.all<unknown>([a, b]);
  return [await a, await b];
}
