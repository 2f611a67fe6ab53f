import type { IncomingHttpHeaders } from 'node:http';

/** What a request to a registry is about (distribution-spec, Endpoints). */
export type RequestKind =
  | 'ping'
  | 'manifest'
  | 'blob'
  | 'upload'
  | 'tags'
  | 'referrers'
  | 'catalog'
  | 'token'
  | 'other';

/** One request as the proxy saw it. The fields after `faults` are filled while it is answered. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly kind: RequestKind;
  readonly repository: string | undefined;
  /** The last part of the path: a tag, digest or upload id. */
  readonly reference: string | undefined;
  /** An `Authorization` header came with it. */
  readonly authorization: boolean;
  /** The request's headers but for secrets (`authorization`, `cookie`). */
  readonly headers: IncomingHttpHeaders;
  /** The types of the faults that were played on it. */
  readonly faults: readonly string[];
  /** The status of the answer; nothing when none was sent. */
  readonly status: number | undefined;
  /** Bytes of the body that came in and were read. */
  readonly requestBytes: number;
  /** Bytes of the body that went out. */
  readonly responseBytes: number;
}

/** The proxy's own, writable view of a `ProxiedRequest`. */
export type RequestRecord = { -readonly [Key in keyof ProxiedRequest]: ProxiedRequest[Key] } & {
  faults: string[];
};

const routes: readonly (readonly [RequestKind, RegExp])[] = [
  ['ping', /^\/v2\/?$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['upload', /^\/v2\/(?<repository>.+)\/blobs\/uploads\/(?<reference>.*)$/],
  ['blob', /^\/v2\/(?<repository>.+)\/blobs\/(?<reference>[^/]+)$/],
  ['manifest', /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/],
  ['tags', /^\/v2\/(?<repository>.+)\/tags\/list$/],
  ['referrers', /^\/v2\/(?<repository>.+)\/referrers\/(?<reference>[^/]+)$/],
];

/** Tells from the path what a request is about. */
function classify(path: string): Pick<ProxiedRequest, 'kind' | 'repository' | 'reference'> {
  const bare = path.split('?', 1)[0] ?? '';
  for (const [kind, pattern] of routes) {
    const match = pattern.exec(bare);
    if (match) return { kind, repository: match.groups?.repository, reference: match.groups?.reference };
  }
  return { kind: 'other', repository: undefined, reference: undefined };
}

/** A record of a request that has just come in. */
export function recordOf(method: string, path: string, headers: IncomingHttpHeaders): RequestRecord {
  const { authorization, cookie: _, ...shown } = headers;
  return {
    method,
    path,
    ...classify(path),
    authorization: authorization !== undefined,
    headers: shown,
    faults: [],
    status: undefined,
    requestBytes: 0,
    responseBytes: 0,
  };
}
