import {
  bareMediaType,
  type Descriptor,
  type Digest,
  describeReferrer,
  digestAlgorithm,
  type Manifest,
  mediaTypes,
  parseManifest,
} from '@lading/oci';
import { failureOf, parseSpecErrors } from './failure.ts';
import { addToFallback, fallbackList } from './fallback-tag.ts';
import type { HttpResponse } from './http.ts';
import { absentAsUndefined, loadManifest } from './manifests.ts';
import { pageLimit, pages } from './pages.ts';
import { isNameUnknown } from './refusals.ts';
import type { Call, Session } from './session.ts';

export interface ListReferrersOptions {
  readonly artifactType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What refers to a subject: by the referrers API, or by the fallback tag where there is none (distribution-spec, Listing Referrers). */
export async function* listReferrers(
  session: Session,
  subject: Digest,
  options: ListReferrersOptions = {},
): AsyncGenerator<Descriptor> {
  const { artifactType } = options;
  for await (const referrer of everyReferrer(session, subject, options)) {
    // Servers may leave the filtering to us, and the fallback tag always does.
    if (
      artifactType === undefined ||
      (await artifactTypeOf(session, referrer, options.signal)) === artifactType
    ) {
      yield referrer;
    }
  }
}

/** Makes a pushed manifest show up among its subject's referrers, when the registry has not seen to that itself. */
export async function announceReferrer(
  session: Session,
  referrer: Manifest,
  digest: Digest,
  pushed: HttpResponse,
  signal?: AbortSignal,
): Promise<void> {
  const { subject } = referrer;
  if (subject === undefined) return;
  if (pushed.headers.get('oci-subject') !== undefined) {
    session.memory.referrers = 'api';
    return;
  }
  // Without the header the specification asks for the tag. A registry that has the API and forgets the header would only get litter.
  if (session.memory.referrers === undefined) await discover(session, subject.digest, signal);
  if (session.memory.referrers === 'api') return;
  await addToFallback(session, subject.digest, describeReferrer(referrer, digestAlgorithm(digest)), signal);
}

async function* everyReferrer(
  session: Session,
  subject: Digest,
  { artifactType, signal }: ListReferrersOptions,
): AsyncGenerator<Descriptor> {
  if (session.memory.referrers !== 'tag') {
    const call = referrersCall(subject, artifactType, signal);
    const first = await session.call(call);
    const support = await readSupport(session, call, first);
    if (support === 'no-repository') return;
    if (support === 'api') {
      for await (const { bytes } of pages(session, call, first)) {
        const page = parseManifest(bytes, mediaTypes.ociIndex);
        if (page.kind === 'index') yield* page.manifests;
      }
      return;
    }
  }
  yield* await fallbackList(session, subject, signal);
}

async function discover(session: Session, subject: Digest, signal: AbortSignal | undefined): Promise<void> {
  const call = referrersCall(subject, undefined, signal);
  const response = await session.call(call);
  await readSupport(session, call, response);
  await response.body.discard();
}

/** Learns from an answer whether the registry has the API. What is no list of referrers is no support, whatever its status. */
async function readSupport(
  session: Session,
  call: Call,
  response: HttpResponse,
): Promise<'api' | 'tag' | 'no-repository'> {
  const { status } = response;
  const isIndex = bareMediaType(response.headers.get('content-type') ?? '') === mediaTypes.ociIndex;
  if (status === 200 && isIndex) {
    session.memory.referrers = 'api';
    return 'api';
  }
  // A failure is no answer: what refers to an image is not to be overlooked because its registry has a bad moment.
  if ([401, 403, 408, 429].includes(status) || (status >= 500 && status !== 501)) {
    throw await failureOf(session.describe(call), response, session.repository);
  }
  if (status === 404 && isNameUnknown(parseSpecErrors(await response.body.text()))) return 'no-repository';
  await response.body.discard();
  // Once seen, the API is there: a single odd answer means this subject only.
  session.memory.referrers ??= 'tag';
  return 'tag';
}

function referrersCall(
  subject: Digest,
  artifactType: string | undefined,
  signal: AbortSignal | undefined,
): Call {
  const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType })}`;
  return {
    method: 'GET',
    path: `referrers/${subject}${query}`,
    actions: ['pull'],
    headers: { accept: mediaTypes.ociIndex },
    // GitHub's registry redirects this path to a web page.
    redirect: 'same-host',
    bodyLimit: pageLimit,
    signal,
  };
}

/** Some lists name the empty config where the manifest's own artifact type should stand; then the manifest itself is asked. */
async function artifactTypeOf(
  session: Session,
  referrer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const listed = referrer.artifactType;
  if (listed !== undefined && listed !== mediaTypes.ociEmpty) return listed;
  const loaded = await absentAsUndefined(loadManifest(session, referrer.digest, signal));
  if (loaded === undefined) return listed;
  return describeReferrer(parseManifest(loaded.bytes, loaded.descriptor.mediaType)).artifactType;
}
