import { ContentVerifier, type Descriptor } from '@lading/oci';
import type { PushOptions } from '@lading/store';
import { RegistryError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { HttpResponse, RequestBody } from './http.ts';
import type { Call, Session } from './session.ts';
import type { SourceWatch } from './source-watch.ts';
import { finishUpload, type UploadSession } from './upload-session.ts';
import { resolveHop } from './url-policy.ts';

/** Bytes in one PATCH: above the 5 MiB that object stores want, below the limits of common proxies. */
const defaultChunkBytes = 16_777_216;
/** Bytes: a registry that wants more in one piece is not asking for pieces. */
const maxMinChunkBytes = 1_073_741_824;
/** PATCHes without progress before an upload is given up. */
const maxStalls = 3;

/** Sends a blob in pieces (distribution-spec, Pushing a blob in chunks); goes on from where the registry says it is. */
export async function uploadInChunks(
  session: Session,
  upload: UploadSession,
  expected: Descriptor,
  source: SourceWatch,
  options: PushOptions,
): Promise<void> {
  const chunkBytes = chunkSize(session, upload);
  const window = new SourceWindow(expected, source, options);
  try {
    let offset = 0;
    for (let stalls = 0; offset < expected.size; ) {
      const end = Math.min(expected.size, offset + chunkBytes);
      const received = await sendChunk(session, upload, window, offset, end, options.signal);
      stalls = received > offset ? 0 : stalls + 1;
      if (stalls >= maxStalls) {
        throw new RegistryError(
          'ERR_LADING_REGISTRY',
          `${session.host} takes no more than ${offset} of ${expected.size} bytes of the blob ${expected.digest}`,
        );
      }
      offset = received;
    }
    window.finish();
    await finishUpload(session, upload, expected, { body: new Uint8Array() }, options.signal);
  } finally {
    await window.close();
  }
}

/** Sends one piece. @returns the number of bytes that the registry has then. */
async function sendChunk(
  session: Session,
  upload: UploadSession,
  window: SourceWindow,
  offset: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const body: RequestBody = { size: end - offset, open: () => window.read(offset, end) };
  const call: Call = {
    method: 'PATCH',
    path: upload.location,
    actions: ['pull', 'push'],
    headers: { 'content-type': 'application/octet-stream', 'content-range': `${offset}-${end - 1}` },
    body,
    retry: false,
    signal,
  };
  let response: HttpResponse;
  try {
    response = await session.call(call);
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as Partial<RegistryError>).retryable !== true || window.hasFailed) throw error;
    return uploadStatus(session, upload, offset, signal);
  }
  // 201 and 204 are what some registries say instead of 202.
  if (response.status >= 200 && response.status <= 204) {
    await response.body.discard();
    move(upload, response);
    return receivedBytes(response) ?? end;
  }
  if (response.status === 416) {
    await response.body.discard();
    return uploadStatus(session, upload, offset, signal);
  }
  throw await failureOf(session.describe(call), response, session.repository);
}

/** Asks how far an upload has come. */
async function uploadStatus(
  session: Session,
  upload: UploadSession,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const call: Call = { method: 'GET', path: upload.location, actions: ['pull', 'push'], signal };
  const response = await session.call(call);
  if (response.status !== 204 && response.status !== 202 && response.status !== 200) {
    throw await failureOf(session.describe(call), response, session.repository);
  }
  await response.body.discard();
  move(upload, response);
  return receivedBytes(response) ?? offset;
}

function move(upload: UploadSession, response: HttpResponse): void {
  const location = response.headers.get('location');
  if (location !== undefined) upload.location = resolveHop('location', response.url, location);
}

/** `Range: 0-N` as a count. `0-0` and `0--1` both mean that nothing has come yet: no piece is one byte long unless the blob is. */
function receivedBytes(response: HttpResponse): number | undefined {
  const last = /^(?:bytes=)?0-(-?\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
  if (last === undefined) return undefined;
  return Number(last) <= 0 ? 0 : Number(last) + 1;
}

function chunkSize(session: Session, upload: UploadSession): number {
  const { minChunkBytes } = upload;
  const { maxChunkBytes = Number.POSITIVE_INFINITY } = session.memory.quirks;
  if (minChunkBytes > maxMinChunkBytes) {
    throw new RegistryError(
      'ERR_LADING_REGISTRY',
      `${session.host} wants pieces of ${minChunkBytes} bytes; ${maxMinChunkBytes} is the limit`,
    );
  }
  return Math.max(minChunkBytes, Math.min(defaultChunkBytes, maxChunkBytes));
}

/** Hands out consecutive parts of a source from one stream, opened anew only when the registry goes back; each byte is hashed once. */
class SourceWindow {
  readonly #source: SourceWatch;
  readonly #options: PushOptions;
  readonly #verifier: ContentVerifier;
  #stream: AsyncGenerator<Uint8Array> | undefined;
  #position = 0;
  #rest: Uint8Array = new Uint8Array();

  constructor(expected: Descriptor, source: SourceWatch, options: PushOptions) {
    this.#source = source;
    this.#options = options;
    this.#verifier = new ContentVerifier(expected);
  }

  get hasFailed(): boolean {
    return this.#source.failure !== undefined;
  }

  read(start: number, end: number): AsyncIterable<Uint8Array> {
    return this.#source.watch(this.#read(start, end));
  }

  /** @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH` */
  finish(): void {
    try {
      this.#verifier.finish();
    } catch (error) {
      this.#source.failure = { error };
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#stream?.return(undefined);
    this.#stream = undefined;
  }

  async *#read(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (this.#stream === undefined || this.#position !== start) {
      await this.close();
      this.#stream = this.#source.read(start, this.#options.signal);
      this.#position = start;
      this.#rest = new Uint8Array();
    }
    while (this.#position < end) {
      if (this.#rest.byteLength === 0) {
        const { value, done } = await this.#stream.next();
        if (done === true) return;
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, end - this.#position);
      this.#rest = this.#rest.subarray(part.byteLength);
      const unseen = this.#verifier.seen - this.#position;
      if (unseen < part.byteLength) this.#verifier.update(part.subarray(Math.max(0, unseen)));
      this.#position += part.byteLength;
      this.#options.onProgress?.(this.#position);
      yield part;
    }
  }
}
