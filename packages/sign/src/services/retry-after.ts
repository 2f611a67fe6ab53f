/** The milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds, or a date against the server's own `Date`. */
export function retryAfterMs(
  value: string | undefined,
  serverDate: string | undefined,
  wallMs: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const until = httpDate(value);
  return until === undefined ? undefined : Math.max(0, until - (httpDate(serverDate) ?? wallMs));
}

/** Milliseconds since 1970. */
export function httpDate(text: string | undefined): number | undefined {
  // `Date.parse` alone would take a bare number for a year; every form of an HTTP date has a time in it.
  if (text === undefined || !/\d\d:\d\d:\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
