import type { Descriptor } from '@lading/oci';
import type { ContentSource, PushOptions, PushOutcome } from '@lading/store';
import { verified } from './blobs.ts';
import { uploadInChunks } from './chunked-upload.ts';
import type { RegistryError } from './errors.ts';
import type { RelayedBody, RequestBody } from './http.ts';
import { mountBlob } from './mount.ts';
import type { RelaySource } from './relay.ts';
import { brokenOff } from './relay-connection.ts';
import { relayOpener } from './relay-push.ts';
import type { Session } from './session.ts';
import { SourceWatch } from './source-watch.ts';
import { beginUpload, cancelUpload, finishUpload, type UploadSession } from './upload-session.ts';

/** Refusals of an upload in one piece that pieces may get around: a proxy's size limit, a registry that wants PATCH. */
const pieceStatuses: ReadonlySet<number> = new Set([405, 411, 413, 415, 501]);

/** Stores a blob: by mount where that works, else by upload, begun anew as often as the retry policy lets it. */
export async function pushBlob(
  session: Session,
  expected: Descriptor,
  content: ContentSource,
  options: PushOptions = {},
): Promise<PushOutcome> {
  let begun = await mountBlob(session, expected, options.mountFrom ?? [], options.signal);
  if (begun?.status === 201) {
    await begun.body.discard();
    return 'mounted';
  }
  let inChunks = session.memory.chunked;
  let openRelay = inChunks ? undefined : relayOpener(session, expected, content, options);
  for (let attempt = 1; ; attempt++) {
    const upload = await beginUpload(session, expected, begun, options.signal);
    if (upload === undefined) return 'existed';
    begun = undefined;
    const source = new SourceWatch(content);
    try {
      if (inChunks) await uploadInChunks(session, upload, expected, source, options);
      else if (!(await uploadRelayed(session, upload, expected, content, openRelay, options))) {
        await uploadWhole(session, upload, expected, source, options);
      }
      session.memory.chunked = inChunks;
      return 'uploaded';
    } catch (error) {
      await cancelUpload(session, upload);
      options.signal?.throwIfAborted();
      if (openRelay !== undefined && (error as Partial<RegistryError>).status === undefined) {
        // Whichever connection it was: the general path resumes, retries and says what is wrong.
        openRelay = undefined;
        continue;
      }
      if (source.failure !== undefined) throw source.failure.error;
      if (!inChunks && wantsPieces(session, error)) {
        inChunks = true;
        continue;
      }
      const { policy } = session;
      if (
        !isWorthAnew(error) ||
        !(await policy.again(upload.location.host, attempt, policy.attempts, options.signal))
      ) {
        throw error;
      }
    }
  }
}

/** @returns false when the source cannot be relayed; then nothing has been sent. */
async function uploadRelayed(
  session: Session,
  upload: UploadSession,
  expected: Descriptor,
  { from }: ContentSource,
  open: (() => Promise<RelaySource | undefined>) | undefined,
  options: PushOptions,
): Promise<boolean> {
  let source = await open?.();
  if (source === undefined) return false;
  const relay: RelayedBody = {
    expected,
    onProgress: options.onProgress,
    tap: from?.tap,
    // Opened before the first attempt; a replay after a 401 needs it anew.
    open: async () => {
      const opened = source ?? (await open?.());
      source = undefined;
      if (opened === undefined) throw brokenOff();
      return opened;
    },
  };
  await finishUpload(session, upload, expected, { relay }, options.signal);
  return true;
}

async function uploadWhole(
  session: Session,
  upload: UploadSession,
  expected: Descriptor,
  source: SourceWatch,
  options: PushOptions,
): Promise<void> {
  const body: RequestBody = {
    size: expected.size,
    open: () => {
      const bytes = source.read(0, options.signal);
      const checked = source.verifies(expected) ? bytes : verified(expected, bytes);
      return counted(source.watch(checked), options.onProgress);
    },
  };
  await finishUpload(session, upload, expected, { body }, options.signal);
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  onProgress: ((sentBytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of bytes) {
    sent += chunk.byteLength;
    onProgress?.(sent);
    yield chunk;
  }
}

function wantsPieces(session: Session, error: unknown): boolean {
  if (session.memory.quirks.chunkedUploads === false) return false;
  const { status = 0, errors = [] } = error as Partial<RegistryError>;
  return (
    pieceStatuses.has(status) ||
    (status === 400 && errors.some(({ code }) => code === 'UNSUPPORTED' || code === 'BLOB_UPLOAD_INVALID'))
  );
}

/** True when a new upload may do better: the line or the server failed, or the registry has lost the upload. */
function isWorthAnew(error: unknown): boolean {
  const { status, retryable } = error as Partial<RegistryError>;
  return retryable === true || status === 404 || status === 416 || status === 408;
}
