import type { Send } from './http.ts';

/** A `Warning: 299 - "…"` header of a registry (distribution-spec, Warnings). */
export interface RegistryWarning {
  readonly host: string;
  readonly text: string;
}

/** Bytes of a warning that are taken in (distribution-spec, Warnings). */
const warningLimit = 4096;
/** Texts remembered and passed on; a server that makes up a new one for each answer is heard no longer. */
const maxWarnings = 100;

/** Passes each warning on once per text. */
export function warnings(onWarning: ((warning: RegistryWarning) => void) | undefined, next: Send): Send {
  const seen = new Set<string>();
  return async (request) => {
    const response = await next(request);
    for (const header of response.headers.all('warning')) {
      for (const [, quoted] of header.slice(0, warningLimit).matchAll(/\b299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g)) {
        const text = quoted!.replace(/\\(.)/g, '$1').replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
        const key = `${request.host} ${text}`;
        if (seen.has(key) || seen.size >= maxWarnings) continue;
        seen.add(key);
        onWarning?.({ host: request.host, text });
      }
    }
    return response;
  };
}
