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
import { RegistryError } from './errors.ts';
import { absentAsUndefined, loadManifestResponse, putManifest, what } from './manifests.ts';
import type { Session } from './session.ts';

/** The list under a subject's tag, and how to replace only this version of it. */
interface FallbackVersion {
  readonly list: readonly Descriptor[];
  readonly etag: string | undefined;
  readonly exists: boolean;
}

type Change = (list: readonly Descriptor[]) => readonly Descriptor[];

/** Rounds of write and look again before a list counts as fought over. */
const maxRounds = 20;
/** Milliseconds before the look again, at least; the time of our own read and write is added several times over, as others take about as long. */
const settleMs = 100;

/** What the fallback tag of a subject lists; nothing when there is no tag, or something else under it. */
export async function fallbackList(
  session: Session,
  subject: Digest,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  const loaded = await absentAsUndefined(loadManifestResponse(session, referrersTag(subject), signal));
  if (loaded === undefined) return [];
  const manifest = parseManifest(loaded.bytes, loaded.descriptor.mediaType);
  return manifest.kind === 'index' ? manifest.manifests : [];
}

/** Adds a referrer to the list under its subject's tag (distribution-spec, Pushing Manifests with Subject). */
export function addToFallback(
  session: Session,
  subject: Digest,
  referrer: Descriptor,
  signal?: AbortSignal,
): Promise<void> {
  return update(session, subject, (list) => addReferrer(list, referrer), signal);
}

/** Takes a deleted referrer out of the list. */
export function removeFromFallback(
  session: Session,
  subject: Digest,
  referrer: Digest,
  signal?: AbortSignal,
): Promise<void> {
  return update(session, subject, (list) => removeReferrer(list, referrer), signal);
}

/**
 * Changes the list so that the change lasts. Writers of this process take turns. Writers elsewhere cannot be kept out where the registry has no
 * conditional writes: one that read before our write may write after it. So we look again after the time in which that could happen, and merge
 * anew until our change has stayed.
 */
async function update(
  session: Session,
  subject: Digest,
  change: Change,
  signal?: AbortSignal,
): Promise<void> {
  const { locks } = session.memory;
  const key = `${session.repository}@${subject}`;
  const turn = (locks.get(key) ?? Promise.resolve())
    .catch(() => {})
    .then(() => settle(session, subject, change, signal));
  locks.set(key, turn);
  try {
    await turn;
  } finally {
    if (locks.get(key) === turn) locks.delete(key);
  }
}

async function settle(
  session: Session,
  subject: Digest,
  change: Change,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { clock } = session.policy;
  for (let round = 1; round <= maxRounds; round++) {
    const start = clock.monotonic();
    const current = await readVersion(session, subject, signal);
    const next = change(current.list);
    if (next === current.list) return;
    const wrote = await writeVersion(session, subject, current, next, signal);
    if (wrote && session.memory.conditionalWrites) return;
    const cycle = clock.monotonic() - start;
    await clock.sleep((settleMs + 3 * cycle) * (1 + session.policy.random()), signal);
  }
  throw new RegistryError(
    'ERR_LADING_REFERRER_LOST',
    `other writers keep replacing the list of referrers at ${what(session, referrersTag(subject))}`,
    { retryable: true, hint: 'let fewer writers work on one image at the same time, and try again' },
  );
}

async function readVersion(
  session: Session,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<FallbackVersion> {
  const tag = referrersTag(subject);
  const loaded = await absentAsUndefined(loadManifestResponse(session, tag, signal));
  if (loaded === undefined) return { list: [], etag: undefined, exists: false };
  const manifest = parseManifest(loaded.bytes, loaded.descriptor.mediaType);
  if (manifest.kind !== 'index') {
    throw new RegistryError(
      'ERR_LADING_REFERRER_UNLISTED',
      `${what(session, tag)} should list referrers, and holds something else`,
      { hint: 'move or delete that tag: it is reserved by the distribution specification' },
    );
  }
  return { list: manifest.manifests, etag: loaded.response.headers.get('etag'), exists: true };
}

/** Replaces the version that was read. @returns false when another writer was faster, as far as the registry tells. */
async function writeVersion(
  session: Session,
  subject: Digest,
  current: FallbackVersion,
  next: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const bytes = referrersIndex(next);
  const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength };
  const condition = current.exists
    ? current.etag === undefined
      ? {}
      : { 'if-match': current.etag }
    : { 'if-none-match': '*' };
  try {
    await putManifest(session, descriptor, bytes, referrersTag(subject), { signal, headers: condition });
    return true;
  } catch (error) {
    const { status = 0, code } = error as Partial<RegistryError>;
    if (status === 412) {
      // Only now is it certain that the registry compares: some offer ETags and ignore the condition.
      session.memory.conditionalWrites = true;
      return false;
    }
    if (code === undefined || status < 400 || status === 401 || status === 429 || status >= 500) throw error;
    throw new RegistryError(
      'ERR_LADING_REFERRER_UNLISTED',
      `the referrer is stored, but the list at ${what(session, referrersTag(subject))} cannot be written: ${(error as Error).message}`,
      { status, cause: error, hint: 'let this tag be overwritten, or use a registry with the referrers API' },
    );
  }
}
