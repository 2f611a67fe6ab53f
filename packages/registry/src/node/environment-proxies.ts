import { isLoopbackHost } from '@lading/oci';

/**
 * The proxy of each server by the variables that curl, Go's programs and docker read: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not.
 *
 * `NO_PROXY` lists hosts, with or without a port; each means its subdomains too, and `*` means all. Address ranges are not understood.
 * Loopback hosts are never reached through a proxy.
 */
export function environmentProxies(
  env: Readonly<Record<string, string | undefined>>,
): (url: URL) => string | undefined {
  const read = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined;
  const exceptions = (read('NO_PROXY') ?? '').toLowerCase().split(/[\s,]+/);
  return (url) => {
    if (isLoopbackHost(url.host) || exceptions.some((exception) => isExcepted(url, exception)))
      return undefined;
    const proxy = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
    return proxy === undefined || proxy.includes('://') ? proxy : `http://${proxy}`;
  };
}

function isExcepted(url: URL, exception: string): boolean {
  if (exception === '*') return true;
  const [, domain = '', port] = /^(?:\*?\.)?([^:]*)(?::(\d+))?$/.exec(exception) ?? [];
  if (domain === '') return false;
  const actual = url.port || (url.protocol === 'https:' ? '443' : '80');
  return (port === undefined || port === actual) && `.${url.hostname}`.endsWith(`.${domain}`);
}
