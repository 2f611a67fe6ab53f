import type { Descriptor } from '@lading/oci';
import type { ContentSource } from '@lading/store';

/** A source that remembers its own failure: a broken upload then tells whose fault it was. */
export class SourceWatch {
  readonly #content: ContentSource;
  failure: { readonly error: unknown } | undefined;

  constructor(content: ContentSource) {
    this.#content = content;
  }

  /** True when the content is verified where it comes from. */
  verifies(expected: Descriptor): boolean {
    return this.#content.from?.target.digest === expected.digest;
  }

  /** The content from `offset` on, opened anew. */
  async *read(offset: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    // Without an offset, not with 0: only whole content comes verified from every store.
    const stream = await this.#content.open({ signal, ...(offset > 0 && { offset }) });
    yield* stream;
  }

  /** Passes bytes through and notes when reading them fails. */
  async *watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
