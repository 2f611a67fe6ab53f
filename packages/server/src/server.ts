import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopbackHost, LadingError, manifestLimits } from '@lading/oci';
import { type Authority, openAuthority } from './auth/authority.ts';
import { type BasicAuthOptions, basicAuthority } from './auth/basic.ts';
import { type BearerAuthOptions, bearerAuthority } from './auth/bearer.ts';
import type { RequestLimits } from './http/exchange.ts';
import { createHandler, type RequestRecord } from './http/handler.ts';
import { Storage } from './storage/storage.ts';
import { type UploadLimits, Uploads } from './storage/uploads.ts';

/** Bounds of a registry; each can be set in `startRegistry`. */
export interface RegistryLimits extends RequestLimits, UploadLimits {
  /** A connection on which nothing moves for this time (ms) is closed, and one whose client still sends so long after it was answered. */
  readonly idleTimeoutMs: number;
}

export const defaultLimits: RegistryLimits = Object.freeze({
  maxManifestBytes: manifestLimits.maxPushBytes,
  // Beyond any layer that registries are known to take, well below what fills a disk by mistake.
  maxBlobBytes: 128 * 1024 ** 3,
  // About a megabyte of the longest tags.
  maxPageEntries: 10_000,
  // An index is a manifest: clients read 4 MiB of one.
  maxReferrersBytes: 2 * 1024 ** 2,
  chunkMinBytes: 0,
  maxUploads: 1_000,
  uploadIdleMs: 3_600_000,
  idleTimeoutMs: 120_000,
});

export interface RegistryOptions extends Partial<RegistryLimits> {
  /** Where content is kept; made when it is not there. */
  readonly directory: string;
  /** The address to listen on; `127.0.0.1` when left out. */
  readonly host?: string | undefined;
  /** 0 or left out: any free port. */
  readonly port?: number | undefined;
  /** Who may do what; without it everybody may do everything. */
  readonly auth?: BasicAuthOptions | BearerAuthOptions | undefined;
  /** Serve beyond loopback without credentials. */
  readonly allowAnonymous?: boolean | undefined;
  /** Answer 405 to everything that would write. */
  readonly readOnly?: boolean | undefined;
  /** Accept manifests that name blobs or manifests which were not pushed. */
  readonly sparse?: boolean | undefined;
  /** Told of each request when it has ended. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock?: (() => number) | undefined;
  /** Closes the server. */
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryServer extends AsyncDisposable {
  /** Host and port, as they stand in references. */
  readonly host: string;
  readonly url: string;
  readonly directory: string;
  /** Takes no more requests, lets running ones end for a moment, and drops unfinished uploads. */
  close(): Promise<void>;
}

/** How long `close` waits for running requests. */
const closeGraceMs = 2_000;
/** Longer than clients keep idle connections, so that they do not send into one that is just being closed. */
const keepAliveMs = 75_000;
/** A token for a batch of repositories has to fit. */
const maxHeaderBytes = 64 * 1024;

/**
 * Starts an OCI registry (distribution-spec 1.1 and what is known of the next) on a folder.
 *
 * It speaks plain http: put a proxy with TLS in front of what others are to reach.
 * @throws {LadingError} `ERR_LADING_SERVE_OPEN`, `ERR_LADING_SERVE_DIRECTORY`, `ERR_LADING_SERVE_LISTEN`
 */
export async function startRegistry(options: RegistryOptions): Promise<RegistryServer> {
  const {
    directory,
    host = '127.0.0.1',
    port = 0,
    readOnly = false,
    sparse = false,
    onRequest,
    signal,
  } = options;
  const clock = options.clock ?? Date.now;
  signal?.throwIfAborted();
  checkExposure(options);
  const limits = withDefaults(options);
  const storage = await Storage.open(resolve(directory), { clock, readOnly });
  const uploads = new Uploads(storage, limits, clock);
  if (!readOnly) await uploads.sweep();
  const running = new Set<Promise<void>>();
  const handler = createHandler({
    context: { storage, uploads, limits, readOnly, sparse },
    authority: authorityFor(options.auth, clock),
    clock,
    lingerMs: limits.idleTimeoutMs,
    running,
    onRequest,
  });
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: maxHeaderBytes,
      // A large blob takes as long as it takes; what does not move is caught by the idle timeout.
      requestTimeout: 0,
    },
    handler,
  );
  server.setTimeout(limits.idleTimeoutMs);
  await listen(server, host, port);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    closing ??= stop(server, running).then(() => uploads.cancelAll());
    return closing;
  };
  const onAbort = (): void => void close().catch(() => {});
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) {
    await close();
    signal.throwIfAborted();
  }
  const address = formatAddress(server.address() as AddressInfo);
  return {
    host: address,
    url: `http://${address}`,
    directory: storage.layout.root,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Refuses to serve everybody who can reach this machine, unless that is what was asked for.
 * @throws {LadingError} `ERR_LADING_SERVE_OPEN`
 */
export function checkExposure(options: Pick<RegistryOptions, 'host' | 'auth' | 'allowAnonymous'>): void {
  const { host = '127.0.0.1', auth, allowAnonymous = false } = options;
  if (auth || allowAnonymous || isLoopbackHost(host.includes(':') ? `[${host}]` : host)) return;
  throw new LadingError(
    'ERR_LADING_SERVE_OPEN',
    `listening on ${host} would let everybody who reaches it read and write`,
    { hint: 'Give credentials, listen on 127.0.0.1, or allow anonymous access.' },
  );
}

function authorityFor(auth: RegistryOptions['auth'], clock: () => number): Authority {
  if (auth === undefined) return openAuthority;
  return auth.type === 'basic' ? basicAuthority(auth) : bearerAuthority(auth, clock);
}

function withDefaults(options: Partial<RegistryLimits>): RegistryLimits {
  const given = Object.entries(options).filter(
    ([name, value]) => name in defaultLimits && value !== undefined,
  );
  return { ...defaultLimits, ...Object.fromEntries(given) };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve: listening, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, listening);
  try {
    await promise;
    // A connection that cannot be accepted (too many open files) must not end the process.
    server.on('error', () => {});
  } catch (cause) {
    throw new LadingError(
      'ERR_LADING_SERVE_LISTEN',
      `cannot listen on ${host}:${port}: ${(cause as Error).message}`,
      {
        hint: 'Choose another port, or 0 for any that is free.',
        cause,
      },
    );
  }
}

async function stop(server: Server, running: ReadonlySet<Promise<void>>): Promise<void> {
  const { promise, resolve: closed } = Promise.withResolvers<void>();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  server.close(() => closed());
  await promise;
  clearTimeout(timer);
  // Who closes may remove the folder next: nothing may still be written there.
  await Promise.race([Promise.allSettled(running), sleep(closeGraceMs, undefined, { ref: false })]);
}

function formatAddress({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
