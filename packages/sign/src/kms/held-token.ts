/** A token as a service gives it. */
export interface FetchedToken {
  readonly token: string;
  /** Milliseconds from now on. */
  readonly lifetimeMs: number;
}

/** Milliseconds before its end at which a token is no longer used: requests take their time, and clocks differ. */
const marginMs = 60_000;

/** Keeps a token for as long as it lives, so that many signatures cost one token. @param now wall clock, milliseconds */
export function holdToken(
  fetch: (signal: AbortSignal | undefined) => Promise<FetchedToken>,
  now: () => number,
): (signal: AbortSignal | undefined) => Promise<string> {
  let held: { readonly token: string; readonly until: number } | undefined;
  return async (signal) => {
    if (held === undefined || now() >= held.until) {
      const { token, lifetimeMs } = await fetch(signal);
      held = { token, until: now() + lifetimeMs - marginMs };
    }
    return held.token;
  };
}
