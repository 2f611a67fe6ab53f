import {
  type Descriptor,
  type Digest,
  isManifestMediaType,
  isSchema1MediaType,
  LadingError,
  type Manifest,
  parseManifest,
  verifyContent,
} from '@lading/oci';
import { fetchManifest, loadManifest } from './content.ts';
import type { CopyRun } from './copy-run.ts';
import { isNotFound } from './errors.ts';

/** A manifest that was read and verified, with the descriptor of its bytes. */
export interface ReadManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

/** Reads a manifest of the source, by reference or by descriptor, and holds it against what was asked for. */
export async function readManifest(run: CopyRun, target: Descriptor | string): Promise<ReadManifest> {
  return run.at('source', typeof target === 'string' ? undefined : target, () => read(run, target));
}

/** `readManifest`, or nothing when the source does not have it. */
export async function readManifestIfPresent(
  run: CopyRun,
  target: Descriptor,
): Promise<ReadManifest | undefined> {
  return run.at('source', target, () => read(run, target).catch(absent));
}

async function read(run: CopyRun, target: Descriptor | string): Promise<ReadManifest> {
  const { source } = run.stores;
  const { signal } = run;
  const known = run.options.manifests?.get((typeof target === 'string' ? target : target.digest) as Digest);
  const { descriptor, bytes } =
    known ??
    (await run.manifests.run(async () =>
      typeof target === 'string'
        ? loadManifest(source, target, { signal })
        : { descriptor: target, bytes: await fetchManifest(source, target, { signal }) },
    ));
  verifyContent(descriptor, bytes);
  const manifest = parseManifest(bytes, descriptor.mediaType);
  return { descriptor: { ...descriptor, mediaType: manifest.mediaType }, manifest };
}

/**
 * The manifest that a child of an index is, or nothing when it is a blob.
 * By the specification children are manifests; some indexes list manifests under other media types, some list blobs (buildkit's cache).
 */
export async function childManifest(run: CopyRun, child: Descriptor): Promise<Descriptor | undefined> {
  if (isManifestMediaType(child.mediaType)) return child;
  const { source } = run.stores;
  const { signal } = run;
  return run.at('source', child, async () => {
    const found = isSchema1MediaType(child.mediaType)
      ? child
      : await run.manifests.run(() => source.resolve(child.digest, { signal }).catch(absent));
    if (found === undefined) return undefined;
    if (isManifestMediaType(found.mediaType)) return { ...child, mediaType: found.mediaType };
    throw new LadingError(
      'ERR_LADING_UNSUPPORTED',
      `${child.digest} is a manifest of the type ${found.mediaType}, which cannot be copied`,
    );
  });
}

/** For `catch`: nothing for what is not there, the error otherwise. */
export function absent(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
