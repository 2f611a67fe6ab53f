import { apiHost, isLadingError, isLoopbackHost, LadingError, parseReference } from '@lading/oci';
import { Authenticator } from './auth.ts';
import { type Clock, systemClock } from './clock.ts';
import type { CredentialProvider } from './credential.ts';
import { RegistryError } from './errors.ts';
import type { Expectation } from './expectations.ts';
import { failureOf } from './failure.ts';
import { HostStates, type PullQuota } from './host-state.ts';
import type { Send } from './http.ts';
import { observe, type RequestEvent } from './observe.ts';
import { type ConnectionOptions, Pools } from './pool.ts';
import { type HostMemory, hostMemory, type Quirks } from './quirks.ts';
import { redirects } from './redirects.ts';
import { RegistryStore } from './registry-store.ts';
import { relayTransport } from './relay.ts';
import { type RetryOptions, RetryPolicy, retries } from './retry.ts';
import { type Call, openSession, type Session } from './session.ts';
import { untilSettled } from './shared-wait.ts';
import { listRepositories } from './tags.ts';
import { throttle } from './throttle.ts';
import { type RegistryWarning, warnings } from './warnings.ts';

/** How to treat one registry. */
export interface HostOptions {
  /** `off`: plain http. `insecure`: https without a look at the certificate. Default `verify`; loopback hosts default to `off`. */
  readonly tls?: 'verify' | 'insecure' | 'off' | undefined;
  /** Certificate authorities, PEM, instead of the system's. */
  readonly ca?: string | undefined;
  /** The proxy to go through, for example `http://proxy:3128`. */
  readonly proxy?: string | undefined;
  /** Requests in flight at once, reads and writes counted apart. Default 16. */
  readonly concurrency?: number | undefined;
  /** Requests per second. Default: as many as come. */
  readonly rateLimit?: number | undefined;
  /** Where content may be pulled from by digest before this registry is asked: `host` or `host/prefix`. Never pushed to. */
  readonly mirrors?: readonly string[] | undefined;
  /** Makes a repository when a push is refused because it does not exist. */
  readonly createRepository?:
    | ((repository: string, options: { readonly signal?: AbortSignal | undefined }) => Promise<void>)
    | undefined;
  /** What is special about it, over what is known. */
  readonly quirks?: Quirks | undefined;
}

export interface RegistryOptions {
  /** Default: anonymous. */
  readonly credentials?: CredentialProvider | undefined;
  /** By host as people name it: `ghcr.io`, `docker.io`, `localhost:5000`. */
  readonly hosts?: Readonly<Record<string, HostOptions>> | undefined;
  /** The proxy to a server, where its host's options name none; see `environmentProxies`. */
  readonly proxyFor?: ((url: URL) => string | undefined) | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to 1; spreads retries. */
  readonly random?: (() => number) | undefined;
  /** Default `lading`. */
  readonly userAgent?: string | undefined;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each warning of a registry, once per text. */
  readonly onWarning?: ((warning: RegistryWarning) => void) | undefined;
  /** Told of every request on the wire. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
}

/** A client for any number of registries: one pool of connections, one set of tokens and one memory for each. */
export interface Registry extends AsyncDisposable {
  /**
   * A repository as a content store.
   * @param name such as `ghcr.io/acme/alpine`; Docker Hub's short names are understood, a tag or digest is not.
   * @throws {LadingError} `ERR_LADING_REFERENCE`
   */
  repository(name: string): RegistryStore;
  /** Tells what will be used soon, so that one token per registry can serve for all of it. What is no repository is told when it is opened. */
  expect(expectations: Iterable<Expectation>): void;
  /**
   * Asks whether the registry answers and takes the credentials (`GET /v2/`).
   * @throws {RegistryError} `ERR_LADING_UNAUTHORIZED`, `ERR_LADING_UNREACHABLE`, or another refusal
   */
  ping(host: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** The repositories of a registry that lets itself be listed. */
  catalog(host: string, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<string>;
  /** The pull quota that a registry named last. */
  quota(host: string): PullQuota | undefined;
  /** Ends what is under way and closes all connections. */
  close(): Promise<void>;
}

/** Opens a registry client. Nothing is sent until something is asked. */
export function openRegistry(options: RegistryOptions = {}): Registry {
  return new RegistryClient(options);
}

class RegistryClient implements Registry {
  readonly #options: RegistryOptions;
  readonly #closing = new AbortController();
  readonly #closed: AbortSignal;
  readonly #pools: Pools;
  readonly #states = new HostStates();
  readonly #policy: RetryPolicy;
  readonly #authenticator: Authenticator;
  readonly #send: Send;
  readonly #memories = new Map<string, HostMemory>();
  readonly #created = new Map<string, Promise<void>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    const clock = options.clock ?? systemClock;
    this.#closed =
      options.signal === undefined
        ? this.#closing.signal
        : AbortSignal.any([this.#closing.signal, options.signal]);
    const connectionOf = (url: URL): ConnectionOptions => {
      const { tls, ca } = this.#hostOptions(url.host);
      return { verifyTls: tls !== 'insecure', ca, proxy: this.#proxyTo(url) };
    };
    this.#pools = new Pools(connectionOf);
    const relay = relayTransport(connectionOf);
    const transport: Send = async (request) => {
      if (request.relay === undefined) return this.#pools.send(request);
      // A redirect or an upload's Location may lead to what only a proxy reaches: the relay does not go around it, and the general path takes over.
      if (this.#proxyTo(request.url) === undefined) return relay(request);
      throw new RegistryError('ERR_LADING_UNREACHABLE', `${request.url.host} is reached through a proxy`);
    };
    this.#policy = new RetryPolicy(this.#states, clock, options.random ?? cryptoRandom, options.retry);
    const wire = observe(() => clock.monotonic(), options.onRequest, transport);
    const paced = throttle(this.#states, clock, (host) => this.#hostOptions(host), wire);
    const steady = retries(this.#policy, paced);
    this.#authenticator = new Authenticator({
      credentials: options.credentials,
      clock,
      send: steady,
      signal: this.#closed,
    });
    this.#send = warnings(options.onWarning, redirects(this.#authenticator.layer(steady)));
  }

  repository(name: string): RegistryStore {
    const { host, repository, tag, digest } = parseReference(name);
    if (tag !== undefined || digest !== undefined) {
      throw new LadingError('ERR_LADING_REFERENCE', `${name} names more than a repository`, {
        hint: 'Leave the tag and the digest out: they are what its methods take.',
      });
    }
    const { mirrors = [], createRepository } = this.#hostOptions(host);
    const create = async (signal?: AbortSignal): Promise<boolean> => {
      if (createRepository === undefined) return false;
      const key = `${host}/${repository}`;
      let creation = this.#created.get(key);
      if (creation === undefined) {
        // Shared by all who push there, so it ends with the client and not with the first of them.
        creation = createRepository(repository, { signal: this.#closed });
        this.#created.set(key, creation);
        creation.catch(() => this.#created.delete(key));
      }
      await untilSettled(creation, signal);
      return true;
    };
    return new RegistryStore(
      this.#session(host, repository),
      mirrors.map((mirror) => this.#mirrorSession(mirror, repository)),
      create,
    );
  }

  expect(expectations: Iterable<Expectation>): void {
    for (const { repository: name, actions } of expectations) {
      try {
        const { host, repository } = parseReference(name);
        this.#authenticator.expect(this.#originOf(host), { repository, actions });
      } catch (error) {
        if (!isLadingError(error)) throw error;
      }
    }
  }

  async ping(host: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const session = this.#session(host, '');
    const call: Call = {
      method: 'GET',
      path: new URL('/v2/', session.origin),
      actions: [],
      scopes: [],
      signal,
    };
    const response = await session.call(call);
    if (response.status !== 200) throw await failureOf(session.describe(call), response, '/v2/');
    await response.body.discard();
  }

  catalog(host: string, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterable<string> {
    return listRepositories(this.#session(host, ''), options.signal);
  }

  quota(host: string): PullQuota | undefined {
    return this.#states.of(apiHost(host)).quota;
  }

  async close(): Promise<void> {
    this.#closing.abort(new LadingError('ERR_LADING_CLOSED', 'the registry client was closed'));
    await this.#pools.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #session(host: string, repository: string): Session {
    let memory = this.#memories.get(host);
    if (memory === undefined) {
      memory = hostMemory(host, this.#hostOptions(host).quirks);
      this.#memories.set(host, memory);
    }
    const about = {
      host,
      origin: this.#originOf(host),
      repository,
      memory,
      policy: this.#policy,
      relay: this.#proxyTo(new URL(this.#originOf(host))) === undefined,
    };
    return openSession(about, this.#send, this.#options.userAgent ?? 'lading', this.#closed);
  }

  #mirrorSession(mirror: string, repository: string): Session {
    const slash = mirror.indexOf('/');
    const host = slash < 0 ? mirror : mirror.slice(0, slash);
    return this.#session(host, slash < 0 ? repository : `${mirror.slice(slash + 1)}/${repository}`);
  }

  #originOf(host: string): string {
    const { tls = isLoopbackHost(host) ? 'off' : 'verify' } = this.#hostOptions(host);
    try {
      return new URL(`${tls === 'off' ? 'http' : 'https'}://${apiHost(host)}`).origin;
    } catch (cause) {
      throw new LadingError('ERR_LADING_REFERENCE', `${host} cannot be the address of a host`, { cause });
    }
  }

  #proxyTo(url: URL): string | undefined {
    return this.#hostOptions(url.host).proxy ?? this.#options.proxyFor?.(url);
  }

  /** By the name that people use, or by the one that Docker Hub's API has. */
  #hostOptions(host: string): HostOptions {
    const { hosts = {} } = this.#options;
    return hosts[host] ?? (host === apiHost('docker.io') ? hosts['docker.io'] : undefined) ?? {};
  }
}

function cryptoRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
