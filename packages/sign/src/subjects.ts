import {
  type Descriptor,
  type Digest,
  isManifestMediaType,
  LadingError,
  manifestLimits,
  parseManifest,
} from '@lading/oci';
import { type ContentStore, fetchManifest, type StoreOptions } from '@lading/store';

export interface SubjectsOptions extends StoreOptions {
  /** Also what an index lists, and so on downwards. BuildKit's attestation manifests are left out: nobody runs them. */
  readonly recursive?: boolean | undefined;
}

/** The manifests of an image to sign or verify, each once: what an index lists before the index, so that a signed index has signed parts. */
export async function subjectsOf(
  store: ContentStore,
  root: Descriptor,
  { recursive = false, signal }: SubjectsOptions = {},
): Promise<readonly Descriptor[]> {
  const found = new Map<Digest, Descriptor>();
  const visit = async (subject: Descriptor, depth: number): Promise<void> => {
    if (found.has(subject.digest)) return;
    if (depth > manifestLimits.maxDepth) {
      throw new LadingError(
        'ERR_LADING_MANIFEST',
        `indexes are nested deeper than ${manifestLimits.maxDepth} at ${subject.digest}`,
      );
    }
    const manifest = parseManifest(await fetchManifest(store, subject, { signal }), subject.mediaType);
    if (manifest.kind === 'index') {
      for (const child of manifest.manifests) if (isImage(child)) await visit(child, depth + 1);
    }
    found.set(subject.digest, subject);
  };
  if (!recursive) return [root];
  await visit(root, 0);
  return [...found.values()];
}

function isImage({ mediaType, annotations }: Descriptor): boolean {
  return isManifestMediaType(mediaType) && annotations?.['vnd.docker.reference.type'] === undefined;
}
