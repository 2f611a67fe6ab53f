const givenAway = new WeakSet<ReadableStream<Uint8Array>>();

/**
 * Says of a stream that nobody else has its chunks: who reads one to its end may give back its memory at once, instead of leaving it to a
 * collector, which lets tens of megabytes pile up. For stores that make each chunk for its reader; without it a chunk is the store's.
 */
export function givingAway(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  givenAway.add(stream);
  return stream;
}

/** Whether the chunks of a stream are its reader's own. */
export function isGivenAway(stream: ReadableStream<Uint8Array>): boolean {
  return givenAway.has(stream);
}
