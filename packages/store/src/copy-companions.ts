import {
  cosignManifest,
  cosignTags,
  type Descriptor,
  type Digest,
  describeManifest,
  isIndexMediaType,
  isManifestMediaType,
  isSameCosignLayer,
  LadingError,
  manifestLimits,
  parseManifest,
} from '@lading/oci';
import { bytesSource, loadManifest } from './content.ts';
import type { ChangeTag } from './content-store.ts';
import type { GraphCopy } from './copy-graph.ts';
import { absent, type ReadManifest, readManifest, readManifestIfPresent } from './copy-read.ts';
import type { CopyRun } from './copy-run.ts';
import { putTag } from './publish.ts';

/**
 * Brings along what refers to an image: the referrers of each of its manifests, theirs in turn, and what cosign keeps under tags
 * made from a digest (asked for by name, as listing tags is slow in large repositories).
 *
 * @param kept The root at the destination, which is there already.
 * @param root The root at the source. When it is another one, what refers to it cannot follow: the destination does not have it.
 */
export async function copyCompanions(
  run: CopyRun,
  graph: GraphCopy,
  kept: ReadManifest,
  root: Descriptor,
): Promise<void> {
  const rewritten = kept.descriptor.digest !== root.digest;
  const below = await manifestsBelow(run, kept);
  const visited = new Set<Digest>();
  await run.all([
    ...(rewritten ? below : [root, ...below]).flatMap((subject) => [
      copyReferrers(run, graph, subject, visited),
      ...cosignTags(subject.digest).map((tag) => copyCosignTag(run, graph, tag)),
    ]),
    ...(rewritten ? [noticeLeftBehind(run, root)] : []),
  ]);
}

async function manifestsBelow(run: CopyRun, { manifest }: ReadManifest): Promise<readonly Descriptor[]> {
  if (manifest.kind === 'image') return [];
  const lists = manifest.manifests.map(async (child) => {
    if (!isManifestMediaType(child.mediaType)) return [];
    // The descriptor of an image is all that is needed; an index has further manifests below.
    const index = isIndexMediaType(child.mediaType) ? await readManifestIfPresent(run, child) : undefined;
    return index === undefined ? [child] : [child, ...(await manifestsBelow(run, index))];
  });
  return (await run.all(lists)).flat();
}

async function copyReferrers(
  run: CopyRun,
  graph: GraphCopy,
  subject: Descriptor,
  visited: Set<Digest>,
): Promise<void> {
  if (visited.has(subject.digest)) return;
  visited.add(subject.digest);
  const referrers = await listReferrers(run, subject);
  await run.all(
    referrers.map(async (referrer) => {
      // A list that is out of date names referrers that are gone.
      await graph.manifest(referrer, true);
      await copyReferrers(run, graph, referrer, visited);
    }),
  );
}

function listReferrers(run: CopyRun, subject: Descriptor): Promise<readonly Descriptor[]> {
  const { source } = run.stores;
  const { signal } = run;
  return run.at('source', subject, () =>
    run.manifests.run(async () => {
      const found: Descriptor[] = [];
      for await (const referrer of source.referrers(subject, { signal })) {
        // As many as an index may list: one list holds them all where there is no referrers API.
        if (found.length === manifestLimits.maxDescriptors) {
          throw new LadingError(
            'ERR_LADING_MANIFEST',
            `${subject.digest} has more than ${found.length} referrers`,
          );
        }
        found.push(referrer);
      }
      return found;
    }),
  );
}

async function copyCosignTag(run: CopyRun, graph: GraphCopy, tag: string): Promise<void> {
  const { source, destination } = run.stores;
  const { signal } = run;
  const offered = await run.at('source', undefined, () =>
    run.manifests.run(() => source.resolve(tag, { signal }).catch(absent)),
  );
  if (offered === undefined) return;
  const held = await run.at('destination', undefined, () =>
    run.manifests.run(() => destination.resolve(tag, { signal }).catch(absent)),
  );
  if (held?.digest === offered.digest) return run.finished('manifest', offered, 'existed');
  const read = await readManifest(run, offered);
  const merge = tag.endsWith('.sbom') ? undefined : mergeInto(run, tag, read);
  if (held !== undefined && merge !== undefined) {
    const current = await run.at('destination', held, () =>
      loadManifest(destination, held.digest, { signal: run.signal }),
    );
    if ((await merge(current)) === undefined) return run.finished('manifest', offered, 'existed');
    if (destination.updateTag === undefined) return noticeDifference(run, tag, offered);
  }
  await graph.root(read);
  // Also where there was no such tag: while the content went there, somebody may have signed.
  await graph.push(read, () =>
    merge === undefined || destination.updateTag === undefined
      ? putTag(destination, read.descriptor, read.manifest.bytes, tag, { signal })
      : destination.updateTag(tag, merge, { signal }),
  );
}

/**
 * Signatures and attestations pile up under one tag, also those that were made at the destination: none of them gets lost. When the source has
 * all of them its manifest goes there byte for byte; else the destination's is extended.
 */
function mergeInto(run: CopyRun, tag: string, { descriptor, manifest: offered }: ReadManifest): ChangeTag {
  const { destination } = run.stores;
  return async (current) => {
    if (current === undefined) return { descriptor, bytes: offered.bytes };
    const kept = parseManifest(current.bytes, current.descriptor.mediaType);
    if (kept.kind !== 'image' || offered.kind !== 'image') {
      throw new LadingError('ERR_LADING_MANIFEST', `${tag} is an index, which holds no signatures`);
    }
    const missing = missingFrom(kept.layers, offered.layers);
    if (missing.length === 0) return undefined;
    if (missingFrom(offered.layers, kept.layers).length === 0) return { descriptor, bytes: offered.bytes };
    const { bytes, config } = cosignManifest(kept, [...kept.layers, ...missing]);
    await destination.push(config.descriptor, bytesSource(config.bytes), { signal: run.signal });
    return { descriptor: describeManifest({ bytes, mediaType: kept.mediaType }), bytes };
  };
}

function missingFrom(held: readonly Descriptor[], offered: readonly Descriptor[]): readonly Descriptor[] {
  return offered.filter((layer) => !held.some((own) => isSameCosignLayer(own, layer)));
}

function noticeDifference(run: CopyRun, tag: string, offered: Descriptor): void {
  const message = `${tag} is not copied: ${run.stores.destination.name} has others under this tag, which would get lost`;
  run.emit({ type: 'notice', code: 'signatures-differ', message });
  run.finished('manifest', offered, 'skipped');
}

async function noticeLeftBehind(run: CopyRun, root: Descriptor): Promise<void> {
  const { source } = run.stores;
  const { signal } = run;
  const referrers = await listReferrers(run, root);
  const tags = await run.all(
    cosignTags(root.digest).map((tag) =>
      run.at('source', undefined, () =>
        run.manifests.run(() => source.resolve(tag, { signal }).catch(absent)),
      ),
    ),
  );
  const count = referrers.length + tags.filter((tag) => tag !== undefined).length;
  if (count === 0) return;
  run.emit({
    type: 'notice',
    code: 'referrers-left-behind',
    message: `what refers to ${root.digest} (${count}) is not copied: the destination gets another root`,
  });
}
