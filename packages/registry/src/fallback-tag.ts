import {
  addReferrer,
  type Descriptor,
  type Digest,
  digestOf,
  mediaTypes,
  parseManifest,
  referrersIndex,
  referrersTag,
  removeReferrer,
} from '@lading/oci';
import type { LoadedManifest } from '@lading/store';
import { RegistryError } from './errors.ts';
import { absentAsUndefined, loadManifest, type PutOptions, putManifest, what } from './manifests.ts';
import { saysImmutable } from './refusals.ts';
import type { Session } from './session.ts';
import { updateTag } from './tag-update.ts';

type ListChange = (list: readonly Descriptor[]) => readonly Descriptor[];

/** What the fallback tag of a subject lists; nothing when there is no tag, or something else under it. */
export async function fallbackList(
  session: Session,
  subject: Digest,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  const loaded = await absentAsUndefined(loadManifest(session, referrersTag(subject), signal));
  return (loaded && listOf(subject, loaded)) ?? [];
}

/** Adds a referrer to the list under its subject's tag (distribution-spec, Pushing Manifests with Subject). */
export function addToFallback(
  session: Session,
  subject: Digest,
  referrer: Descriptor,
  signal?: AbortSignal,
): Promise<void> {
  return updateList(session, subject, (list) => addReferrer(list, referrer), signal);
}

/** Takes a deleted referrer out of the list. */
export function removeFromFallback(
  session: Session,
  subject: Digest,
  referrer: Digest,
  signal?: AbortSignal,
): Promise<void> {
  return updateList(session, subject, (list) => removeReferrer(list, referrer), signal);
}

function updateList(
  session: Session,
  subject: Digest,
  change: ListChange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tag = referrersTag(subject);
  const put = (next: LoadedManifest, options: PutOptions): Promise<void> =>
    putList(session, tag, next, options);
  return updateTag(
    session,
    tag,
    {
      async change(current) {
        const list = current === undefined ? [] : listOf(subject, current);
        if (list === undefined) throw notList(session, tag);
        const next = change(list);
        return next === list ? undefined : listManifest(next);
      },
      put,
    },
    { signal },
  );
}

/** The list of referrers that a manifest is, or nothing: there are tools that put the image itself under this tag, or copies of it by that name. */
function listOf(subject: Digest, { descriptor, bytes }: LoadedManifest): readonly Descriptor[] | undefined {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.kind !== 'index' || manifest.mediaType !== mediaTypes.ociIndex) return undefined;
  const { manifests } = manifest;
  // Lists refer to nothing and have no platforms; images do.
  const isImage = manifests.length > 0 && manifests.every(({ platform }) => platform !== undefined);
  return isImage || descriptor.digest === subject || manifest.subject !== undefined ? undefined : manifests;
}

function notList(session: Session, tag: string): RegistryError {
  return new RegistryError(
    'ERR_LADING_REFERRER_UNLISTED',
    `${what(session, tag)} should list referrers, and holds something else`,
    { hint: 'move or delete that tag: it is reserved by the distribution specification' },
  );
}

function listManifest(list: readonly Descriptor[]): LoadedManifest {
  const bytes = referrersIndex(list);
  return {
    descriptor: { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength },
    bytes,
  };
}

/** @throws {RegistryError} `ERR_LADING_REFERRER_UNLISTED` where the registry refuses it for good */
async function putList(
  session: Session,
  tag: string,
  { descriptor, bytes }: LoadedManifest,
  options: PutOptions,
): Promise<void> {
  try {
    await putManifest(session, descriptor, bytes, tag, options);
  } catch (error) {
    const { status = 0, code, retryable } = error as Partial<RegistryError>;
    const isOutrun = status === 412 && !saysImmutable(error);
    if (code === undefined || retryable === true || isOutrun || status < 400 || status === 401) throw error;
    if (status >= 500) throw error;
    throw new RegistryError(
      'ERR_LADING_REFERRER_UNLISTED',
      `the referrer is stored, but the list at ${what(session, tag)} cannot be written: ${(error as Error).message}`,
      { status, cause: error, hint: 'let this tag be overwritten, or use a registry with the referrers API' },
    );
  }
}
