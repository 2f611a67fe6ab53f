/**
 * The milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or a date; nothing when it is absent or makes no sense.
 * A date is measured against the server's own `Date`, so that a skewed clock here does not matter; `wallMs` stands in where there is none.
 */
export function retryAfterMs(
  value: string | undefined,
  serverDate: string | undefined,
  wallMs: number,
): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const until = httpDate(text);
  return until === undefined ? undefined : Math.max(0, until - (httpDate(serverDate) ?? wallMs));
}

function httpDate(text: string | undefined): number | undefined {
  // Every form of an HTTP date has a time in it; `Date.parse` alone would take a bare number for a year.
  if (text === undefined || !/\d\d:\d\d:\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
