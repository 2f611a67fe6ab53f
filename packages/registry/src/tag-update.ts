import type { ChangeTag, LoadedManifest, StoreOptions, TagChange } from '@lading/store';
import { deleteManifest } from './deletion.ts';
import { RegistryError } from './errors.ts';
import {
  absentAsUndefined,
  loadManifestResponse,
  type PutOptions,
  resolveManifest,
  what,
} from './manifests.ts';
import { saysImmutable } from './refusals.ts';
import type { Session } from './session.ts';
import { untilSettled } from './shared-wait.ts';

/** What is done under a tag. */
export interface TagUpdate {
  readonly change: ChangeTag;
  /** Writes under the tag. It takes the options as they are: a write that is repeated as it was would be one of an old version. */
  readonly put: (next: LoadedManifest, options: PutOptions) => Promise<unknown>;
}

/** What the tag names, and the headers that let only this version be replaced. */
interface TagVersion {
  readonly manifest: LoadedManifest | undefined;
  readonly condition: Readonly<Record<string, string>> | undefined;
}

/** `settled`: the change is there and stays. `written`: others may still overwrite it. `outrun`: others were faster. */
type Outcome = 'settled' | 'written' | 'outrun' | { readonly failure: unknown };

/** Rounds of write and look again before a tag counts as fought over. */
const maxRounds = 20;
/** Milliseconds before the look again, at least; the time of our own round is added several times over, as others take about as long. */
const settleMs = 100;
/** Milliseconds after which what was read counts as old: what another writer has put there since would get lost. */
const freshMs = 20;

/**
 * Changes what is under a tag so that the change lasts. Writers of this process take turns. Writers elsewhere cannot be kept out where the registry
 * has no conditional writes: one that read before our write may write after it. So we look again after the time in which that could happen, and
 * change anew until our change has stayed.
 *
 * @throws {RegistryError} `ERR_LADING_REFERRER_LOST`
 */
export async function updateTag(
  session: Session,
  tag: string,
  update: TagUpdate,
  { signal }: StoreOptions = {},
): Promise<void> {
  const { clock, random } = session.policy;
  let failures = 0;
  for (let round = 1; round <= maxRounds; round++) {
    let tookMs = 0;
    const outcome = await inTurn(session, tag, signal, async () => {
      const start = clock.monotonic();
      const done = await playRound(session, tag, update, signal);
      tookMs = clock.monotonic() - start;
      return done;
    });
    if (outcome === 'settled') return;
    if (typeof outcome === 'object') await mayFail(session, outcome.failure, ++failures, signal);
    // Who was outrun has written nothing that has to stay; it only must not run into the same ones again.
    await clock.sleep((settleMs + 3 * tookMs) * (random() + (outcome === 'outrun' ? 0 : 1)), signal);
  }
  throw new RegistryError(
    'ERR_LADING_REFERRER_LOST',
    `other writers keep replacing what is at ${what(session, tag)}`,
    { retryable: true, hint: 'let fewer writers work on one image at the same time, and try again' },
  );
}

/** Runs `work` when all that came before it for this tag is done. The look again needs no turn of its own: others may write meanwhile. */
async function inTurn<T>(
  session: Session,
  tag: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = session.memory;
  const key = `${session.repository}:${tag}`;
  const turn = (locks.get(key) ?? Promise.resolve()).then(() => {
    signal?.throwIfAborted();
    return work();
  });
  const over = turn.then(
    () => {},
    () => {},
  );
  locks.set(key, over);
  try {
    return await untilSettled(turn, signal);
  } finally {
    void over.then(() => {
      if (locks.get(key) === over) locks.delete(key);
    });
  }
}

async function playRound(
  session: Session,
  tag: string,
  { change, put }: TagUpdate,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const { clock } = session.policy;
  const current = await readVersion(session, tag, signal);
  const readAt = clock.monotonic();
  const next = await change(current.manifest);
  const wanted = next === 'delete' ? undefined : next?.descriptor.digest;
  if (next === undefined || wanted === current.manifest?.descriptor.digest) return 'settled';
  if (clock.monotonic() - readAt > freshMs && !(await isStill(session, tag, current, signal)))
    return 'outrun';
  try {
    await writeOver(session, current, next, put, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const { code, status, retryable } = error as Partial<RegistryError>;
    if (code === 'ERR_LADING_REGISTRY' && status === 412 && !saysImmutable(error)) {
      // Only now is it certain that the registry compares: some offer ETags and ignore the condition, or one of the two.
      for (const name of Object.keys(current.condition ?? {})) session.memory.comparedConditions.add(name);
      return 'outrun';
    }
    if (next === 'delete' && code === 'ERR_LADING_NOT_FOUND') return 'outrun';
    if (retryable === true) return { failure: error };
    throw error;
  }
  // A delete by digest needs no condition; what matters is that those of other writers are compared.
  const conditions = next === 'delete' ? ['if-match'] : Object.keys(current.condition ?? {});
  const isCompared = conditions.some((name) => session.memory.comparedConditions.has(name));
  return isCompared ? 'settled' : 'written';
}

async function readVersion(
  session: Session,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<TagVersion> {
  const loaded = await absentAsUndefined(loadManifestResponse(session, tag, signal));
  if (loaded === undefined) return { manifest: undefined, condition: { 'if-none-match': '*' } };
  const { descriptor, bytes, response } = loaded;
  const etag = response.headers.get('etag');
  // `If-Match` compares strongly: a weak one never matches (RFC 9110, 13.1.1).
  const condition = etag === undefined || etag.startsWith('W/') ? undefined : { 'if-match': etag };
  return { manifest: { descriptor, bytes }, condition };
}

async function isStill(
  session: Session,
  tag: string,
  { manifest }: TagVersion,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const now = await absentAsUndefined(resolveManifest(session, tag, signal));
  return now?.digest === manifest?.descriptor.digest;
}

/** Replaces the version that was read. By digest, a delete hits nothing newer. */
async function writeOver(
  session: Session,
  current: TagVersion,
  next: TagChange,
  put: TagUpdate['put'],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (next === 'delete') await deleteManifest(session, current.manifest!.descriptor.digest, signal);
  // What a retry would send again may be old by then: after a failure all begins with a new look.
  else await put(next, { signal, headers: current.condition, retry: false });
}

/** Waits as the retry layer does, or throws the failure when it has come too often. */
async function mayFail(
  session: Session,
  failure: unknown,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { policy, origin } = session;
  const limit = policy.limitFor((failure as { cause?: unknown }).cause ?? failure);
  if (!(await policy.again(new URL(origin).host, attempt, limit, signal))) throw failure;
}
