import { type Descriptor, type Digest, isDigest, LadingError } from '@lading/oci';
import type { ContentStore } from './content-store.ts';
import { copyCompanions } from './copy-companions.ts';
import { GraphCopy } from './copy-graph.ts';
import { keptRoot, type Look, look } from './copy-look.ts';
import { type ReadManifest, readManifest } from './copy-read.ts';
import { checkImagePlatform } from './copy-root.ts';
import { CopyRun } from './copy-run.ts';
import type { CopyOptions, CopyResult, TransferOptions, TransferResult } from './copy-types.ts';
import { putTag } from './publish.ts';

/**
 * Copies an image, index or artifact, byte for byte, and points a tag at it: `transfer` and `publish` in one, with as few requests as that takes.
 * A tag is resolved once; whatever happens to it meanwhile, that digest is copied. When the destination's tag has it already, nothing is written.
 * Within one repository this is one read and one write, without a look at the tag before.
 *
 * @param reference Tag, digest, or `tag@digest` (the digest counts).
 * @param destinationReference Tag, or the digest that must come out.
 * @throws {CopyError} with the code of what failed and the side it failed at. An aborted copy throws the signal's reason, a hook's error is thrown as it is.
 */
export async function copy(
  source: ContentStore,
  reference: string,
  destination: ContentStore,
  destinationReference: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const run = new CopyRun(source, destination, options);
  return run.whole(async () => {
    const { expected, held, root } = await look(run, pinned(reference), destinationReference);
    const same = held?.digest === expected;
    if (same && options.referrers !== true) return result(run, held, false);

    const { beforeTag } = run.hooks;
    const fused = beforeTag === undefined && options.referrers !== true;
    const { graph, kept } = await bring(run, await root(), held, fused, destinationReference);
    if (same) return result(run, kept.descriptor, false);

    await beforeTag?.(kept.descriptor, run.stores);
    let changed = true;
    const put = async (): Promise<void> => {
      const { signal } = run;
      changed = await putTag(destination, kept.descriptor, kept.manifest.bytes, destinationReference, {
        signal,
      });
    };
    await (fused ? graph.push(kept, put) : run.at('destination', kept.descriptor, put));
    return result(run, kept.descriptor, changed);
  });
}

/**
 * The first half of a copy: everything is brought to the destination by digest; no tag moves. The result is what `publish` takes.
 * The hook `beforeTag` is the caller's to run.
 *
 * @throws {CopyError} as `copy` does.
 */
export async function transfer(
  source: ContentStore,
  reference: string,
  destination: ContentStore,
  options: TransferOptions = {},
): Promise<TransferResult> {
  const run = new CopyRun(source, destination, options);
  return run.whole(async () => {
    const root = await readManifest(run, pinned(reference));
    const { kept } = await bring(run, root, options.destinationHolds, false);
    const { bytesMoved, bytesMounted } = run;
    const { descriptor, manifest } = kept;
    return { descriptor, digest: descriptor.digest, bytes: manifest.bytes, bytesMoved, bytesMounted };
  });
}

/**
 * Lets the source in, and brings to the destination what it misses.
 * @param fused Leave the root itself to the one request that also sets the tag.
 */
async function bring(
  run: CopyRun,
  root: ReadManifest,
  held: Look['held'],
  fused: boolean,
  destinationReference?: string,
): Promise<{ readonly graph: GraphCopy; readonly kept: ReadManifest }> {
  const { source } = run.stores;
  const { signal, options } = run;
  const kept = await keptRoot(run, root);
  await run.at('source', root.descriptor, async () => {
    if (isDigest(destinationReference)) mustBe(destinationReference, kept.descriptor);
    await checkImagePlatform(source, root, options.platforms ?? [], { signal });
  });
  await run.hooks.admit?.(root.descriptor, run.stores);

  const graph = new GraphCopy(run, await worthChecking(run, held));
  const there = await rootIsThere(run, graph, kept, root, held);
  if (there) run.finished('manifest', kept.descriptor, 'existed');
  else {
    if (!run.sameRepository) await graph.root(kept);
    if (!fused) await graph.push(kept);
  }
  if (options.referrers === true && !run.sameRepository)
    await copyCompanions(run, graph, kept, root.descriptor);
  await run.tapsSettled();
  return { graph, kept };
}

/** Whether questions about single blobs and manifests can save anything. */
async function worthChecking(run: CopyRun, held: Look['held']): Promise<boolean> {
  if (held !== null) return true;
  // A mount costs as much as a question, and is an answer.
  if (run.sameHost) return false;
  const { destination } = run.stores;
  return !(await run.at('destination', undefined, () =>
    run.ledger.wasEmpty(destination, { signal: run.signal }),
  ));
}

async function rootIsThere(
  run: CopyRun,
  graph: GraphCopy,
  kept: ReadManifest,
  root: ReadManifest,
  held: Look['held'],
): Promise<boolean> {
  const { digest } = kept.descriptor;
  if (held?.digest === digest) return true;
  if (run.sameRepository) return digest === root.descriptor.digest;
  return graph.exists(kept.descriptor);
}

/** The digest of `tag@digest`, or the reference as it is. */
function pinned(reference: string): string {
  return reference.slice(reference.indexOf('@') + 1);
}

function mustBe(expected: Digest, actual: Descriptor): void {
  if (actual.digest === expected) return;
  throw new LadingError('ERR_LADING_CONTENT_MISMATCH', `the copy would be ${actual.digest}, not ${expected}`);
}

function result(run: CopyRun, descriptor: Descriptor, changed: boolean): CopyResult {
  const { bytesMoved, bytesMounted } = run;
  return { digest: descriptor.digest, descriptor, changed, bytesMoved, bytesMounted };
}
