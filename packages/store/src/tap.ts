import { ContentVerifier, type Descriptor, LadingError } from '@lading/oci';
import { givingAway } from './given-away.ts';

/** How far a tapper may fall behind the copy before it is let go: a few chunks of every socket in flight, no whole layer. */
const maxTapLagBytes = 8_388_608;

/**
 * A side stream of content that flows by in attempts: a transfer that is tried again reads its source again, from the start or from an offset,
 * and the tapper still sees every byte once, in order. The bytes are the tapper's own copy, verified as a whole: the last chunk comes only when
 * size and digest are right, whatever attempts it was put together from.
 */
export class Tap {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #target: Descriptor;
  readonly #verifier: ContentVerifier;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #held: Uint8Array | undefined;

  constructor(target: Descriptor) {
    this.#target = target;
    this.#verifier = new ContentVerifier(target);
    this.stream = givingAway(
      new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            this.#controller = controller;
          },
          cancel: () => {
            this.#controller = undefined;
          },
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
      if (controller.desiredSize! <= 0) throw lagged(this.#target, `it is ${maxTapLagBytes} bytes behind`);
      const fresh = Uint8Array.from(chunk.subarray(seen - position));
      this.#verifier.update(fresh);
      if (this.#held !== undefined) controller.enqueue(this.#held);
      this.#held = fresh;
      if (this.#verifier.seen === this.#target.size) this.#finish();
    } catch (error) {
      this.#fail(error);
    }
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
    this.#controller = undefined;
  }

  /** @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH` */
  #finish(): void {
    this.#verifier.finish();
    if (this.#held !== undefined) this.#controller?.enqueue(this.#held);
    this.#controller?.close();
    this.#controller = undefined;
  }
}

function lagged(target: Descriptor, why: string): LadingError<'ERR_LADING_TAP_LAGGED'> {
  return new LadingError('ERR_LADING_TAP_LAGGED', `the tap of ${target.digest} was let go: ${why}`, {
    hint: 'Read the blob from the destination after the copy.',
  });
}
