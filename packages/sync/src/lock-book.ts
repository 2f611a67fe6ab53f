import { type Digest, LadingError } from '@lading/oci';
import { type Lock, type LockedImage, seen } from './lock.ts';

/** The lock while a plan is made: what it says, and what is seen. */
export class LockBook {
  readonly #lock: Lock | undefined;
  readonly #images: Map<string, LockedImage>;

  constructor(lock: Lock | undefined) {
    this.#lock = lock;
    this.#images = new Map(lock?.images);
  }

  get isKept(): boolean {
    return this.#lock !== undefined;
  }

  /** What a tag pointed at, by the lock as it is now. */
  get(source: string): LockedImage | undefined {
    return this.#images.get(source);
  }

  /** @throws {LadingError} `ERR_LADING_LOCK`: the lock does not know the tag. */
  pinned(source: string): Digest {
    const known = this.#images.get(source);
    if (known !== undefined) return known.digest;
    throw new LadingError('ERR_LADING_LOCK', `lading.lock has no digest for ${source}`, {
      hint: 'Run "lading lock" and commit the file.',
    });
  }

  record(source: string, digest: Digest, now: number): void {
    if (this.isKept) this.#images.set(source, seen(this.#images.get(source), digest, now));
  }

  toLock(): Lock | undefined {
    return this.#lock && { images: this.#images, tools: this.#lock.tools };
  }
}
