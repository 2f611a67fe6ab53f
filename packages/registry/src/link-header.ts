/**
 * The target of the first `rel="next"` in a page's `Link` headers (RFC 8288), as written, or nothing on the last page.
 * Quotes around the relation and further parameters are optional, as registries differ.
 */
export function nextLink(headers: readonly string[]): string | undefined {
  for (const header of headers) {
    for (const [, target, parameters] of header.matchAll(/<([^<>]*)>((?:\s*;\s*[^;,"<>]+(?:"[^"]*")?)*)/g)) {
      if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\s*(?:;|$))/i.test(parameters ?? ''))
        return target;
    }
  }
  return undefined;
}
