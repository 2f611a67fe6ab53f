import { deleteBlob, getBlob, headBlob } from './blobs.ts';
import type { Exchange } from './exchange.ts';
import { listReferrers, listRepositories, listTags, ping } from './listings.ts';
import { deleteManifest, getManifest, headManifest, putManifest } from './manifests.ts';
import { beginUpload, cancelUpload, continueUpload, finishUpload, uploadStatus } from './uploads.ts';

export type Handler = (exchange: Exchange) => Promise<void>;
export type Action = 'pull' | 'push' | 'delete' | 'catalog' | 'ping';

/** What a method does at a path, and what a client must be allowed to do for it. */
export interface Operation {
  readonly action: Action;
  readonly handle: Handler;
}

interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Operation>>;
}

const pull = (handle: Handler): Operation => ({ action: 'pull', handle });
const push = (handle: Handler): Operation => ({ action: 'push', handle });
const remove = (handle: Handler): Operation => ({ action: 'delete', handle });

/** The API (distribution-spec, Endpoints). The first path that fits counts. */
const routes: readonly Route[] = [
  {
    path: /^\/v2\/?$/,
    methods: { GET: { action: 'ping', handle: ping }, HEAD: { action: 'ping', handle: ping } },
  },
  { path: /^\/v2\/_catalog$/, methods: { GET: { action: 'catalog', handle: listRepositories } } },
  { path: /^\/v2\/(?<name>.+)\/tags\/list$/, methods: { GET: pull(listTags) } },
  {
    path: /^\/v2\/(?<name>.+)\/referrers\/(?<reference>[^/]+)$/,
    methods: { GET: pull(listReferrers) },
  },
  {
    path: /^\/v2\/(?<name>.+)\/manifests\/(?<reference>[^/]+)$/,
    methods: {
      HEAD: pull(headManifest),
      GET: pull(getManifest),
      PUT: push(putManifest),
      DELETE: remove(deleteManifest),
    },
  },
  { path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/, methods: { POST: push(beginUpload) } },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/,
    methods: {
      GET: push(uploadStatus),
      PATCH: push(continueUpload),
      PUT: push(finishUpload),
      DELETE: push(cancelUpload),
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/(?<reference>[^/]+)$/,
    methods: { HEAD: pull(headBlob), GET: pull(getBlob), DELETE: remove(deleteBlob) },
  },
];

export interface Match {
  readonly methods: Readonly<Record<string, Operation>>;
  readonly name: string;
  readonly reference: string;
}

/** The route of a path, with the names in it; not checked yet. */
export function matchRoute(path: string): Match | undefined {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (match) {
      return {
        methods: route.methods,
        name: match.groups?.name ?? '',
        reference: match.groups?.reference ?? '',
      };
    }
  }
  return undefined;
}
