import { ContentVerifier, type Descriptor, type Digest, LadingError } from '@lading/oci';
import { givingAway } from '@lading/store';
import { RegistryError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { HttpResponse } from './http.ts';
import { isRetryableFailure } from './retryable.ts';
import type { Call, Session } from './session.ts';

/** Which bytes of a blob are wanted; both ends given. */
interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** True when the registry has the blob, with the size its descriptor says. What it will not tell counts as absent: uploading proves it. */
export async function blobExists(
  session: Session,
  target: Descriptor,
  signal?: AbortSignal,
): Promise<boolean> {
  const response = await session.call({
    method: 'HEAD',
    path: `blobs/${target.digest}`,
    actions: ['pull'],
    signal,
  });
  await response.body.discard();
  const length = response.headers.get('content-length');
  return response.status === 200 && (length === undefined || Number(length) === target.size);
}

/** What a HEAD tells of a blob whose size is not known. @throws {RegistryError} `ERR_LADING_NOT_FOUND`, or another refusal */
export async function describeBlob(
  session: Session,
  digest: Digest,
  signal?: AbortSignal,
): Promise<Descriptor> {
  const call: Call = { method: 'HEAD', path: `blobs/${digest}`, actions: ['pull'], signal };
  const response = await session.call(call);
  const size = Number(response.headers.get('content-length') ?? Number.NaN);
  if (response.status !== 200 || !Number.isSafeInteger(size)) {
    throw await failureOf(session.describe(call), response, `blob ${session.repository}@${digest}`);
  }
  await response.body.discard();
  return { mediaType: 'application/octet-stream', digest, size };
}

/** A blob's bytes. Whole ones are verified: the last chunk comes only when size and digest are right. */
export async function fetchBlob(
  session: Session,
  target: Descriptor,
  options: {
    readonly offset?: number | undefined;
    readonly length?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<ReadableStream<Uint8Array>> {
  const start = options.offset ?? 0;
  const end = Math.min(target.size, options.length === undefined ? target.size : start + options.length);
  const isWhole = start === 0 && options.length === undefined;
  if (start >= end && !isWhole) return ReadableStream.from([]) as ReadableStream<Uint8Array>;
  // Asked before the stream is handed out, so that a missing blob is this call's error and not a later read's.
  const first = await open(session, target, { start, end }, options.signal);
  const bytes = resuming(session, target, { start, end }, first, options.signal);
  const stream = ReadableStream.from(isWhole ? verified(target, bytes) : bytes) as ReadableStream<Uint8Array>;
  return givingAway(stream);
}

/** Passes chunks on one behind, so that the last one waits for the digest. */
export async function* verified(
  target: Descriptor,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const verifier = new ContentVerifier(target);
  let held: Uint8Array | undefined;
  for await (const chunk of bytes) {
    verifier.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  verifier.finish();
  if (held !== undefined) yield held;
}

/** The span's bytes, over as many connections as it takes. The hash further on never notices. */
async function* resuming(
  session: Session,
  target: Descriptor,
  span: Span,
  first: HttpResponse,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let position = span.start;
  let response = first;
  for (let attempt = 1; ; attempt++) {
    const before = position;
    let failure: unknown;
    try {
      for await (const chunk of bodyFrom(response, position, span.end, target.size)) {
        position += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransferFailure(error)) throw error;
      failure = error;
    }
    if (position >= span.end) return;
    // Any progress starts the count anew: a line that drops every few megabytes still gets a large layer through.
    if (position > before) attempt = 1;
    if (!(await session.policy.again(response.url.host, attempt, session.policy.attempts, signal))) {
      throw torn(session, target, position, failure);
    }
    // From the registry again, not from where it redirected to: signed URLs expire.
    response = await open(session, target, { start: position, end: span.end }, signal);
  }
}

/** Sends the GET. A range is closed at both ends, as some servers refuse open ones. */
async function open(
  session: Session,
  target: Descriptor,
  span: Span,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const isPart = span.start > 0 || span.end < target.size;
  const call: Call = {
    method: 'GET',
    path: `blobs/${target.digest}`,
    actions: ['pull'],
    headers: isPart ? { range: `bytes=${span.start}-${span.end - 1}` } : {},
    signal,
  };
  const response = await session.call(call);
  if (response.status !== 200 && response.status !== 206) {
    throw await failureOf(session.describe(call), response, `blob ${session.repository}@${target.digest}`);
  }
  try {
    checkLength(target, span, response);
  } catch (error) {
    await response.body.discard();
    throw error;
  }
  return response;
}

/** Compares what the headers promise with what was asked, so that a wrong answer costs no download. */
function checkLength(target: Descriptor, span: Span, response: HttpResponse): void {
  if (response.status === 200) {
    const length = response.headers.get('content-length');
    if (length === undefined || Number(length) === target.size) return;
    throw mismatch(target, `is served with ${length} bytes instead of ${target.size}`);
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const fits =
    range !== null &&
    Number(range[1]) === span.start &&
    Number(range[2]) < span.end &&
    (range[3] === '*' || Number(range[3]) === target.size);
  if (!fits) {
    throw mismatch(
      target,
      `was asked for from byte ${span.start} and came as ${response.headers.get('content-range') ?? 'an unknown range'}`,
    );
  }
}

/** The body's bytes from `position` on: of an answer with the whole blob, what was asked for is cut out. */
async function* bodyFrom(
  response: HttpResponse,
  position: number,
  end: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  let skip = response.status === 200 ? position : 0;
  // Only a part is cut at its end: bytes beyond a whole blob are for the verifier to see.
  let left = end < size ? end - position : Number.POSITIVE_INFINITY;
  for await (const chunk of response.body) {
    const wanted = chunk.subarray(Math.min(skip, chunk.byteLength)).subarray(0, left);
    skip -= Math.min(skip, chunk.byteLength);
    left -= wanted.byteLength;
    if (wanted.byteLength > 0) yield wanted;
    if (left === 0) return;
  }
}

function isTransferFailure(error: unknown): boolean {
  return isRetryableFailure(error) || (error as { code?: unknown }).code === 'UND_ERR_ABORTED';
}

function torn(session: Session, target: Descriptor, position: number, cause: unknown): RegistryError {
  return new RegistryError(
    'ERR_LADING_UNREACHABLE',
    `${session.host} broke off the blob ${target.digest} after ${position} of ${target.size} bytes, several times`,
    { retryable: true, cause },
  );
}

function mismatch(target: Descriptor, why: string): LadingError<'ERR_LADING_CONTENT_MISMATCH'> {
  return new LadingError('ERR_LADING_CONTENT_MISMATCH', `content of ${target.digest} ${why}`);
}
