/** Query parameters of the distribution and token APIs that say what was asked; all others may be signatures or keys. */
const shown: ReadonlySet<string> = new Set([
  'account',
  'artifactType',
  'digest',
  'from',
  'last',
  'mount',
  'n',
  'scope',
  'service',
  'tag',
]);

/** The URL as messages and events may show it: without user, password, fragment and foreign query values. */
export function redactUrl(url: URL): string {
  const query = [...url.searchParams].map(([name, value]) => `${name}=${shown.has(name) ? value : '…'}`);
  return `${url.protocol}//${url.host}${url.pathname}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** Text without what stands in `Authorization` headers: some proxies give the whole request back when they refuse it. */
export function redactAuthorization(text: string): string {
  return text.replace(/\b(basic|bearer)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 …');
}
