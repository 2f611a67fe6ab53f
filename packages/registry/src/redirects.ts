import { RegistryError } from './errors.ts';
import type { Send } from './http.ts';
import { redactUrl } from './redact.ts';
import { maxHops, resolveHop } from './url-policy.ts';

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Follows redirects within the URL policy. Credentials are attached further in, by host, so none travels along. */
export function redirects(next: Send): Send {
  return async (request) => {
    let current = request;
    for (let hop = 0; ; hop++) {
      const response = await next(current);
      const location = response.headers.get('location');
      if (!redirectStatuses.has(response.status) || location === undefined) return response;
      if (request.redirect === 'same-host' && !isSameHost(response.url, location)) return response;
      await response.body.discard();
      const to = resolveHop('redirect', response.url, location);
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!isRead && response.status !== 307 && response.status !== 308) {
        // Following would turn the write into a GET, whose success says nothing.
        throw new RegistryError(
          'ERR_LADING_URL_POLICY',
          `${response.url.host} redirected a ${request.method} with status ${response.status}`,
          { method: request.method, url: redactUrl(response.url), status: response.status },
        );
      }
      if (hop >= maxHops) {
        throw new RegistryError(
          'ERR_LADING_URL_POLICY',
          `${request.host} redirected more than ${maxHops} times`,
          { method: request.method, url: redactUrl(request.url), status: response.status },
        );
      }
      current = { ...current, url: to };
    }
  };
}

function isSameHost(from: URL, location: string): boolean {
  return URL.canParse(location, from.href) && new URL(location, from).host === from.host;
}
