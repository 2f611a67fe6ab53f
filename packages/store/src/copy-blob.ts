import { type Descriptor, digestAlgorithm, digestOf, isManifestMediaType } from '@lading/oci';
import { embeddedContent, streamOf } from './content.ts';
import type { ContentSource, PushOutcome } from './content-store.ts';
import type { CopyRun } from './copy-run.ts';
import { asCopyError } from './errors.ts';
import { Tap, type TapAttempt } from './tap.ts';

const nothing = new Uint8Array();
const emptyJson = new TextEncoder().encode('{}');

export interface BlobTask {
  readonly blob: Descriptor;
  /** The manifest that lists it. */
  readonly manifest: Descriptor;
  /** Configs come before layers, large layers before small ones. */
  readonly priority: number;
  /** Ask the destination whether it has the blob, where that may save the sending. */
  readonly check: boolean;
  /** The destination lost what it says it has: send, whatever it says. */
  readonly force: boolean;
}

/** Brings one blob to the destination: finds it there, mounts it, or sends it. Of all copies that share a ledger only one sends it at a time. */
export async function copyBlob(run: CopyRun, task: BlobTask): Promise<void> {
  const outcome = task.force
    ? await run.blobs.run(() => send(run, task), task.priority)
    : await share(run, task);
  run.finished('blob', task.blob, outcome);
}

async function share(run: CopyRun, task: BlobTask): Promise<PushOutcome> {
  const { ledger, signal } = run;
  const { destination } = run.stores;
  const { digest } = task.blob;
  for (;;) {
    // Waited for outside of a slot: what it waits for may need one.
    await unlessAborted(ledger.busy(destination, digest), signal);
    const outcome = await run.blobs.run(async () => {
      if (ledger.holds(destination, digest)) return 'existed';
      const claim = ledger.claim(destination, digest);
      // Another copy began while this one waited for a slot: the slot is given back, and that copy waited for.
      if (claim === undefined) return undefined;
      try {
        const result = await send(run, task);
        ledger.add(destination, digest);
        return result;
      } finally {
        claim.release();
      }
    }, task.priority);
    if (outcome !== undefined) return outcome;
  }
}

async function send(run: CopyRun, task: BlobTask): Promise<PushOutcome> {
  const { signal } = run;
  const { destination } = run.stores;
  const blob = asBlob(task.blob);
  const mountFrom = task.force ? [] : run.mountCandidates(blob.digest);
  const content = contentOf(run, blob, task.manifest);
  run.emit({ type: 'blob:start', descriptor: task.blob });
  return run.at('destination', task.blob, async () => {
    // A mount is one request as the question is, and an answer at once.
    if (task.check && mountFrom.length === 0 && (await destination.exists(blob, { signal })))
      return 'existed';
    try {
      return await destination.push(blob, content, {
        signal,
        ...(mountFrom.length > 0 && { mountFrom }),
        onProgress: (sentBytes) => run.emit({ type: 'blob:progress', descriptor: task.blob, sentBytes }),
      });
    } finally {
      content.end();
    }
  });
}

/** What the destination reads: content that is known without a request, or the source's; with a tap on it when there is a hook. */
function contentOf(run: CopyRun, blob: Descriptor, manifest: Descriptor): ContentSource & { end(): void } {
  const { source } = run.stores;
  const { onBlob } = run.hooks;
  const known = knownContent(blob);
  let tap: Tap | undefined;
  let isClaimed = false;

  const isTapped = (): boolean => {
    isClaimed ||= onBlob !== undefined && run.claimTap(blob);
    return isClaimed;
  };
  const openTap = (): Tap => {
    if (tap !== undefined) return tap;
    const opened = new Tap(blob, run.hooks.tapPatienceMs);
    tap = opened;
    run.tapped(blob, async () => {
      try {
        await onBlob!({ descriptor: blob, manifest, bytes: opened.stream });
      } finally {
        opened.letGo();
      }
    });
    return tap;
  };

  return {
    ...(known === undefined && {
      from: { store: source, target: blob, tap: () => (isTapped() ? openTap().attempt(0) : undefined) },
    }),
    async open({ offset = 0, signal = run.signal } = {}) {
      const bytes = known?.subarray(offset);
      const withTap = isTapped();
      // The tap verifies what flows by, and a store does not what it hands out as a part: nothing is hashed twice for nothing.
      const part = { ...(offset > 0 && { offset }), ...(withTap && { length: blob.size - offset }) };
      try {
        const stream =
          bytes === undefined ? await source.fetch(blob, { signal, ...part }) : streamOf([bytes]);
        return observed(stream, blob, withTap ? openTap().attempt(offset) : undefined);
      } catch (error) {
        throw asCopyError('source', error, blob);
      }
    },
    end: () => tap?.end(),
  };
}

/** The stream, with its bytes shown to the tap and its errors marked as the source's. */
function observed(
  stream: ReadableStream<Uint8Array>,
  blob: Descriptor,
  tapped: TapAttempt | undefined,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            tapped?.end();
            controller.close();
          } else {
            await tapped?.take(value);
            controller.enqueue(value);
          }
        } catch (error) {
          controller.error(asCopyError('source', error, blob));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Content that needs no request: embedded in the descriptor, empty, or the empty JSON object of artifacts. */
function knownContent(blob: Descriptor): Uint8Array | undefined {
  const embedded = embeddedContent(blob);
  if (embedded !== undefined) return embedded;
  return [nothing, emptyJson].find(
    (bytes) =>
      bytes.byteLength === blob.size && digestOf(bytes, digestAlgorithm(blob.digest)) === blob.digest,
  );
}

/** Stores tell blobs from manifests by media type, but an artifact may have a manifest's bytes as a layer. */
function asBlob(layer: Descriptor): Descriptor {
  return isManifestMediaType(layer.mediaType) ? { ...layer, mediaType: 'application/octet-stream' } : layer;
}

async function unlessAborted(wait: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([wait, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
