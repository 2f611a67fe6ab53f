import { ContentVerifier, type Descriptor, LadingError } from '@lading/oci';
import { givingAway } from './given-away.ts';

/** How far a tapper may fall behind before the copy waits for it: a few chunks of every socket in flight, no whole layer. */
const maxTapLagBytes = 1_048_576;

/** How long the copy waits for a tapper that takes nothing at all, milliseconds: one that works takes something all the time. */
const defaultTapPatienceMs = 5000;

/** One attempt to transfer content that is tapped. */
export interface TapAttempt {
  /**
   * Copies for the tapper what is new to it, and verifies what comes from the start: the last chunk is taken only when size and digest are right.
   * @returns what to wait for before the next one, when the tapper is too far behind
   * @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`; `ERR_LADING_TAP_LAGGED`: a later attempt has begun
   */
  take(chunk: Uint8Array): Promise<void> | undefined;
  /** There is no more. @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`: there should be. */
  end(): void;
}

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
  #goOn: (() => void) | undefined;
  #wait: Promise<void> | undefined;
  #attempts = 0;
  /** Bytes that the tapper has taken, or finds waiting. */
  #given = 0;
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

  /** Begins an attempt to transfer the content, from the start or from an offset. It takes over from those before it: what they still bring is refused. */
  attempt(offset: number): TapAttempt {
    const number = ++this.#attempts;
    // The tap's hash is good for an attempt that brings it everything; any other from the start needs a hash of its own.
    const isWhole = number === 1 && offset === 0;
    const verifier = isWhole || offset > 0 ? undefined : new ContentVerifier(this.#target);
    let position = offset;
    return {
      take: (chunk) => {
        if (number !== this.#attempts) throw lagged(this.#target, 'a later attempt has taken over');
        verifier?.take(chunk);
        try {
          this.#write(chunk, position);
        } catch (error) {
          // What an earlier attempt brought is no fault of this one.
          if (isWhole) throw error;
        }
        position += chunk.byteLength;
        return this.#room();
      },
      end: () => {
        if (offset === 0 && position < this.#target.size) (verifier ?? this.#verifier).finish();
      },
    };
  }

  /**
   * Takes in a chunk that starts at `position` of the content; what was seen before is left out. Also verifies it when nobody reads any more.
   * @throws {LadingError} `ERR_LADING_CONTENT_MISMATCH`, which is the tapper's error, too
   */
  #write(chunk: Uint8Array, position: number): void {
    const { seen } = this.#verifier;
    if (position + chunk.byteLength <= seen) return;
    if (position > seen) {
      this.#fail(lagged(this.#target, `bytes ${seen} to ${position} did not flow`));
      return;
    }
    const fresh = chunk.subarray(seen - position);
    try {
      this.#verifier.take(fresh);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#controller?.enqueue(new Uint8Array(fresh));
    this.#given += fresh.byteLength;
    if (this.#verifier.seen === this.#target.size) this.#close();
  }

  /** What to wait for until the tapper is near enough; nothing when it is. All who ask meanwhile wait for the same. */
  #room(): Promise<void> | undefined {
    if (this.#controller === undefined || this.#controller.desiredSize! > 0) return undefined;
    this.#wait ??= this.#untilNear(this.#controller);
    return this.#wait;
  }

  /** Lets the tapper go when it takes nothing for as long as there is patience. */
  async #untilNear(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goOn = resolve;
    const takenSoFar = (): number => this.#given - (maxTapLagBytes - controller.desiredSize!);
    let taken = takenSoFar();
    const standstill = setInterval(() => {
      const before = taken;
      taken = takenSoFar();
      if (taken > before) return;
      this.#fail(lagged(this.#target, `nothing was taken of it for ${this.#patienceMs} ms`));
    }, this.#patienceMs);
    await promise;
    clearInterval(standstill);
    this.#goOn = undefined;
    this.#wait = undefined;
  }

  /** Nobody reads any more. */
  letGo(): void {
    this.#controller = undefined;
    this.#goOn?.();
  }

  /** The transfer is over: a stream that has not seen everything by then never will. */
  end(): void {
    if (this.#controller === undefined) return;
    const { seen } = this.#verifier;
    // Nothing flows of empty content, so nothing else ends its stream.
    if (this.#target.size === 0) this.#close();
    else this.#fail(lagged(this.#target, `only ${seen} of ${this.#target.size} bytes flowed`));
  }

  #close(): void {
    this.#controller?.close();
    this.letGo();
  }

  #fail(error: unknown): void {
    this.#controller?.error(error);
    this.letGo();
  }
}

function lagged(target: Descriptor, why: string): LadingError<'ERR_LADING_TAP_LAGGED'> {
  return new LadingError('ERR_LADING_TAP_LAGGED', `the tap of ${target.digest} was let go: ${why}`, {
    hint: 'Read the blob from the destination after the copy.',
  });
}
