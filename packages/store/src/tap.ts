import { ContentVerifier, type Descriptor, LadingError } from '@lading/oci';
import { givingAway } from './given-away.ts';

/** How far a tapper may fall behind before the copy waits for it: a few chunks of every socket in flight, no whole layer. */
const maxTapLagBytes = 1_048_576;

/** How long the copy waits for a tapper that takes nothing at all, milliseconds: one that works takes something all the time. */
const defaultTapPatienceMs = 5000;

/**
 * A side stream of content that flows by in attempts: a transfer that is tried again reads its source again, from the start or from an offset,
 * and the tapper still sees every byte once, in order. The bytes are the tapper's own copy, verified as a whole: the last chunk comes only when
 * size and digest are right, whatever attempts it was put together from.
 *
 * The copy waits for a tapper that is behind: whoever taps wants the whole content, and would else have to fetch it once more. One that stands still is let go.
 */
export class Tap {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #target: Descriptor;
  readonly #verifier: ContentVerifier;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #held: Uint8Array | undefined;
  #goOn: (() => void) | undefined;
  readonly #patienceMs: number;

  constructor(target: Descriptor, patienceMs: number = defaultTapPatienceMs) {
    this.#target = target;
    this.#patienceMs = patienceMs;
    this.#verifier = new ContentVerifier(target);
    this.stream = givingAway(
      new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            this.#controller = controller;
          },
          pull: () => this.#goOn?.(),
          cancel: () => this.letGo(),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: maxTapLagBytes }),
      ),
    );
  }

  /** Takes in a chunk of an attempt that starts at `position` of the content; what was seen before is left out. */
  write(chunk: Uint8Array, position: number): void {
    const controller = this.#controller;
    const seen = this.#verifier.seen;
    if (controller === undefined || position + chunk.byteLength <= seen) return;
    try {
      if (position > seen) throw lagged(this.#target, `bytes ${seen} to ${position} did not flow`);
      const fresh = Uint8Array.from(chunk.subarray(seen - position));
      this.#verifier.update(fresh);
      if (this.#held !== undefined) controller.enqueue(this.#held);
      this.#held = fresh;
      if (this.#verifier.seen === this.#target.size) this.#finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Waits until the tapper is near enough; not longer than it keeps taking something. */
  async room(): Promise<void> {
    if (this.#controller === undefined || this.#controller.desiredSize! > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goOn = resolve;
    const standstill = setTimeout(
      () => this.#fail(lagged(this.#target, `nothing was taken of it for ${this.#patienceMs} ms`)),
      this.#patienceMs,
    );
    try {
      await promise;
    } finally {
      clearTimeout(standstill);
      this.#goOn = undefined;
    }
  }

  /** Nobody reads any more. */
  letGo(): void {
    this.#controller = undefined;
    this.#goOn?.();
  }

  /** The transfer is over: a stream that has not seen everything by then never will. */
  end(): void {
    if (this.#controller === undefined) return;
    // Nothing flows of empty content, so nothing else ends its stream.
    if (this.#target.size === 0) {
      this.#finish();
      return;
    }
    const { seen } = this.#verifier;
    this.#fail(lagged(this.#target, `only ${seen} of ${this.#target.size} bytes flowed`));
  }

  #fail(error: unknown): void {
    this.#controller?.error(error);
    this.letGo();
  }

  /** @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH` */
  #finish(): void {
    this.#verifier.finish();
    if (this.#held !== undefined) this.#controller?.enqueue(this.#held);
    this.#controller?.close();
    this.letGo();
  }
}

function lagged(target: Descriptor, why: string): LadingError<'ERR_LADING_TAP_LAGGED'> {
  return new LadingError('ERR_LADING_TAP_LAGGED', `the tap of ${target.digest} was let go: ${why}`, {
    hint: 'Read the blob from the destination after the copy.',
  });
}
