import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/authority.ts';
import type { Storage } from '../storage/storage.ts';
import type { Uploads } from '../storage/uploads.ts';

/** What all requests of a server share. */
export interface RegistryContext {
  readonly storage: Storage;
  readonly uploads: Uploads;
  readonly limits: RequestLimits;
  readonly readOnly: boolean;
  /** Manifests may name content that was not pushed. */
  readonly sparse: boolean;
}

export interface RequestLimits {
  /** Bytes of a manifest. */
  readonly maxManifestBytes: number;
  /** Bytes of a blob. */
  readonly maxBlobBytes: number;
  /** Entries on a page of tags or repositories, whatever the client asks for. */
  readonly maxPageEntries: number;
  /** Bytes of a page of referrers; a single larger one still gets a page of its own. */
  readonly maxReferrersBytes: number;
  /** Announced as `OCI-Chunk-Min-Length`; 0: not announced. */
  readonly chunkMinBytes: number;
}

/** One request with its answer, after routing and admission. */
export interface Exchange {
  readonly context: RegistryContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A well-formed repository name, or `''` for what is about the whole registry. */
  readonly name: string;
  /** The last part of the path: a digest, a tag, an upload's id. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly access: Access;
}

export type Headers = Readonly<Record<string, string | number | readonly string[]>>;

/** Sends an answer with no body or a short one. The body is left out for HEAD, its length is not. */
export function reply(
  response: ServerResponse,
  status: number,
  headers: Headers,
  body?: string | Uint8Array,
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  // A 204 has no length; what has no body still says so, as clients keep the connection.
  if (status !== 204 && status !== 304 && !response.hasHeader('Content-Length')) {
    response.setHeader('Content-Length', body === undefined ? 0 : Buffer.byteLength(body));
  }
  response.end(body);
}

export function replyJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Headers = {},
): void {
  reply(response, status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
}
