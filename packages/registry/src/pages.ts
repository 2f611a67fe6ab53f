import { RegistryError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { HttpResponse } from './http.ts';
import { nextLink } from './link-header.ts';
import type { Call, Session } from './session.ts';
import { resolveHop } from './url-policy.ts';

/** Bytes of one page of a list. */
export const pageLimit = 8_388_608;
/** Pages of one list. At the usual 1000 entries a page: ten million tags. */
const maxPages = 10_000;

/** One page of a list, as it came. */
export interface Page {
  readonly bytes: Uint8Array;
  readonly response: HttpResponse;
}

/**
 * Walks a list of a registry page by page, by its `Link` headers alone: a short page is not the end, and cursors are the server's business.
 * A cursor that comes again ends the list.
 */
export async function* pages(session: Session, call: Call, first?: HttpResponse): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let next: Call | undefined = { ...call, bodyLimit: pageLimit };
  let given = first;
  while (next !== undefined) {
    const response: HttpResponse = given ?? (await session.call(next));
    given = undefined;
    if (response.status !== 200) throw await failureOf(session.describe(next), response, session.repository);
    yield { bytes: await response.body.bytes(pageLimit), response };

    const link = nextLink(response.headers.all('link'));
    const url = link === undefined ? undefined : resolveHop('link', response.url, link);
    if (url === undefined || seen.has(url.href) || seen.size >= maxPages) return;
    seen.add(url.href);
    next = { ...next, path: url };
  }
}

/**
 * The list under a name in a page's JSON; an absent or `null` one is empty.
 * @throws {RegistryError} `ERR_LADING_REGISTRY` when the page is no JSON object
 */
export function listIn(session: Session, page: Page, name: string): readonly unknown[] {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(page.bytes).toString('utf8'));
  } catch {
    document = undefined;
  }
  if (typeof document !== 'object' || document === null) {
    throw new RegistryError(
      'ERR_LADING_REGISTRY',
      `${session.host} answered with something that is not a list`,
      {
        status: page.response.status,
      },
    );
  }
  const list = (document as Record<string, unknown>)[name];
  return Array.isArray(list) ? list : [];
}
