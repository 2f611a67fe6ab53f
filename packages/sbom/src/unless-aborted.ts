/** What a promise gives, or the signal's reason as soon as it aborts: what is waited for may not care. */
export async function unlessAborted<T>(
  waiting: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return waiting();
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([waiting(), promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
