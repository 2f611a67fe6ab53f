import { RegistryError } from './errors.ts';
import type { PullQuota } from './host-state.ts';
import type { HttpRequest, HttpResponse, ResponseHeaders } from './http.ts';
import { redactUrl } from './redact.ts';

/** Reads Docker Hub's `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 93;w=21600`; without the latter there is no quota. */
export function parseQuota(headers: ResponseHeaders): PullQuota | undefined {
  const remaining = parse(headers.get('ratelimit-remaining'));
  if (remaining === undefined) return undefined;
  const limit = parse(headers.get('ratelimit-limit'));
  return {
    limit: limit?.count,
    remaining: remaining.count,
    windowSeconds: remaining.windowSeconds ?? limit?.windowSeconds,
  };
}

/** The error for a 429 that no short wait heals: the quota is used up for hours. Nothing for any other 429. */
export async function quotaExhausted(
  request: HttpRequest,
  response: HttpResponse,
  quota: PullQuota | undefined,
): Promise<RegistryError | undefined> {
  const used = quota?.remaining === 0 || /pull rate limit/i.test(await response.body.text());
  if (!used) return undefined;
  const { limit, windowSeconds } = quota ?? {};
  const size = limit === undefined ? '' : ` of ${limit} pulls`;
  const window = windowSeconds === undefined ? '' : ` in ${Math.round(windowSeconds / 360) / 10} hours`;
  return new RegistryError(
    'ERR_LADING_RATE_LIMITED',
    `the pull quota at ${request.host}${size}${window} is used up`,
    {
      method: request.method,
      url: redactUrl(request.url),
      status: 429,
      credentialsSource: response.credentialSource,
      hint: `wait for the quota to fill up, run \`lading login ${request.host}\` for a larger one, or set a mirror`,
    },
  );
}

function parse(field: string | undefined): { count: number; windowSeconds: number | undefined } | undefined {
  const match = /^\s*(\d+)(?:\s*;\s*w=(\d+))?/.exec(field ?? '');
  if (match === null) return undefined;
  return { count: Number(match[1]), windowSeconds: match[2] === undefined ? undefined : Number(match[2]) };
}
