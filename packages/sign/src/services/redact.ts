/** Characters of a server's message that are shown; some send whole pages. */
const messageLimit = 400;

/** The URL as messages may show it: without user, password, query and fragment, any of which may be a secret. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * One line of what a server said, bounded, without control characters and without the given secrets: it must not steer a terminal, nor give
 * back what it was sent. Parts of tokens count as well, and so does whatever looks like a token or stands in an `Authorization` header.
 */
export function quoted(text: string, secrets: readonly string[]): string {
  const line = scrub(text, secrets)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line.length > messageLimit ? `${line.slice(0, messageLimit)}…` : line;
}

/** Text without secrets. */
function scrub(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets.flatMap(partsOf)) clean = clean.replaceAll(secret, '…');
  return clean
    .replace(/\b(basic|bearer)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 …')
    .replace(/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}/g, '…');
}

/** A token is as good as its signature part; a part of a few characters is no secret and would blot out words. */
function partsOf(secret: string): string[] {
  const parts = [secret, ...secret.split('.')].filter((part) => part.length >= 8);
  return [...parts, ...parts.map(encodeURIComponent)].toSorted((a, b) => b.length - a.length);
}
