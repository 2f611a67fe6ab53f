/** Waits for what others wait for as well: the own signal ends only the own waiting. */
export async function untilSettled<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // Its failure is for those who still wait.
  shared.catch(() => {});
  if (signal === undefined) return shared;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
