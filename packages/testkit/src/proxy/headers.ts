import type { OutgoingHttpHeaders } from 'node:http';
import type { FaultAction } from './fault.ts';

/** Headers that belong to one connection and not to what is proxied (RFC 9110, 7.6.1). */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer'];

export function withoutHopByHop(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}

/** Where an answer says to go on: at the proxy, not at the registry behind it. */
export function throughProxy(
  headers: OutgoingHttpHeaders,
  target: URL,
  proxyUrl: string,
): OutgoingHttpHeaders {
  const result = { ...headers };
  for (const name of ['location', 'link', 'www-authenticate']) {
    const value = result[name];
    if (typeof value === 'string') result[name] = value.replaceAll(target.origin, proxyUrl);
  }
  return result;
}

/** The headers of an answer whose body has `length` bytes, with the faults on them. */
export function faultyHeaders(
  headers: OutgoingHttpHeaders,
  length: number | undefined,
  actions: readonly FaultAction[],
  proxyUrl: string,
): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = {
    ...headers,
    ...(length !== undefined && { 'content-length': length }),
  };
  for (const action of actions) {
    if (action.type === 'headers') {
      for (const [name, value] of Object.entries(action.set)) {
        if (value === null) delete result[name.toLowerCase()];
        else result[name.toLowerCase()] = value;
      }
    } else if (action.type === 'relativeLocation' && result.location !== undefined) {
      const { pathname, search } = new URL(String(result.location), proxyUrl);
      result.location = pathname + search;
    }
  }
  return result;
}
