import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isLadingError, LadingError } from '@lading/oci';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import type { Updater } from 'tuf-js';
import { systemClock } from '../services/clock.ts';
import type { ServiceOptions } from '../services/http.ts';
import { parseSigningConfig, type SigningConfig } from '../services/signing-config.ts';
import { parseTrustedRoot } from '../services/trusted-root.ts';
import type { ReadOptions } from './sigstore-files.ts';

export interface TufOptions extends ServiceOptions {
  /** Where metadata and files are kept; made when it is not there. */
  readonly cacheDirectory: string;
  /** Default: Sigstore's public repository. */
  readonly mirror?: string | undefined;
  /** `root.json` that trust begins with. Needed for all repositories but Sigstore's public one. */
  readonly root?: string | Uint8Array | undefined;
}

/** Sigstore's own files, from a repository of The Update Framework: whom to trust, and which services to use. */
export interface SigstoreRepository {
  /** @throws {LadingError} `ERR_LADING_TRUSTED_ROOT`, `ERR_LADING_SIGSTORE_SERVICE` */
  trustedRoot(options?: ReadOptions): Promise<TrustedRoot>;
  /** @throws {LadingError} `ERR_LADING_SIGNING_CONFIG`, `ERR_LADING_TRUSTED_ROOT`, `ERR_LADING_SIGSTORE_SERVICE` */
  signingConfig(options?: SigningConfigRequest): Promise<SigningConfig>;
}

export interface SigningConfigRequest extends ReadOptions {
  /** The one that names logs with Rekor v2. */
  readonly rekorV2?: boolean | undefined;
}

export const publicMirror = 'https://tuf-repo-cdn.sigstore.dev';

/** Milliseconds for which the repository is not asked again, as for cosign. */
const freshMs = 24 * 60 * 60 * 1000;

const offlineHint = 'without a network give both as files: --trusted-root and --signing-config';

/**
 * A repository with Sigstore's files. It is asked once a day; while it cannot be reached, what was fetched before serves until it expires.
 * Every file is verified each time it is used.
 */
export function sigstoreRepository(options: TufOptions): SigstoreRepository {
  const target = (name: string, signal: AbortSignal | undefined): Promise<Uint8Array> =>
    fetchTarget(name, options, signal);
  return {
    trustedRoot: async ({ signal } = {}) =>
      parseTrustedRoot(await target('trusted_root.json', signal), "Sigstore's trusted root"),
    signingConfig: async ({ signal, rekorV2 = false } = {}) =>
      parseSigningConfig(
        await target(rekorV2 ? 'signing_config_rekor_v2.v0.2.json' : 'signing_config.v0.2.json', signal),
        "Sigstore's signing config",
      ),
  };
}

async function fetchTarget(
  name: string,
  options: TufOptions,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const directory = await prepareCache(options);
  const { clock = systemClock } = options;
  const fresh = (await ageOf(join(directory, 'timestamp.json'), clock.wall())) < freshMs;
  try {
    return await readTarget(name, { directory, options, cached: fresh, offline: false, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as { code?: unknown }).code !== 'ERR_LADING_SIGSTORE_SERVICE') throw error;
    // What was fetched before is as good until it expires.
    return readTarget(name, { directory, options, cached: true, offline: true, signal }).catch(() => {
      throw error;
    });
  }
}

interface Reading {
  readonly directory: string;
  readonly options: TufOptions;
  /** Take what is in the cache while it has not expired. */
  readonly cached: boolean;
  readonly offline: boolean;
  readonly signal: AbortSignal | undefined;
}

async function readTarget(name: string, reading: Reading): Promise<Uint8Array> {
  const { directory, options, cached, offline, signal } = reading;
  // Loaded when it is needed: files that are given need none of it.
  const { TufFetcher, Updater } = await import('./tuf-fetcher.ts');
  const mirror = mirrorOf(options);
  const fetcher = new TufFetcher({ ...options, offline, signal });
  try {
    const open = (): Updater =>
      new Updater({
        metadataDir: directory,
        metadataBaseUrl: mirror,
        targetDir: join(directory, 'targets'),
        targetBaseUrl: `${mirror}/targets`,
        forceCache: cached,
        fetcher,
      });
    const updater = await openUpdater(open, directory, options);
    const info = await updater.getTargetInfo(name);
    if (info === undefined) {
      throw new LadingError('ERR_LADING_TRUSTED_ROOT', `the TUF repository ${mirror} has no ${name}`, {
        hint: 'give it as a file',
      });
    }
    const path = join(directory, 'targets', encodeURIComponent(name));
    if ((await updater.findCachedTarget(info)) === undefined) await downloadWhole(updater, info, path);
    const bytes = await readFile(path, { signal });
    await info.verify(Readable.from([bytes]));
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    throw explained(error, fetcher.failure, mirror);
  }
}

/** In one step: others who read it meanwhile find all of it, or the one before. */
async function downloadWhole(
  updater: Updater,
  info: NonNullable<Awaited<ReturnType<Updater['getTargetInfo']>>>,
  path: string,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await updater.downloadTarget(info, temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A root that another process was just writing, or that a full disk cut off, is put down anew. */
async function openUpdater(open: () => Updater, directory: string, options: TufOptions): Promise<Updater> {
  try {
    return open();
  } catch {
    await writeFile(join(directory, 'root.json'), await firstRoot(options));
    return open();
  }
}

function explained(error: unknown, network: LadingError | undefined, mirror: string): unknown {
  if (network !== undefined) {
    return new LadingError('ERR_LADING_SIGSTORE_SERVICE', network.message, {
      hint: offlineHint,
      cause: network,
    });
  }
  if (isLadingError(error)) return error;
  const { name, message } = error as Error;
  const expired = /expired/i.test(`${(error as Error).constructor.name} ${message}`);
  return new LadingError(
    'ERR_LADING_TRUSTED_ROOT',
    expired
      ? `what the TUF repository ${mirror} says has expired: ${message}`
      : `what the TUF repository ${mirror} says cannot be trusted: ${message || name}`,
    {
      hint: expired
        ? 'is the clock of this machine right? else the repository is not kept up, or somebody holds back its news'
        : offlineHint,
      cause: error,
    },
  );
}

/** The folder of one repository, with the root that trust begins with. */
async function prepareCache(options: TufOptions): Promise<string> {
  const { host, pathname } = new URL(mirrorOf(options));
  const directory = join(options.cacheDirectory, encodeURIComponent(host + pathname.replace(/\/$/, '')));
  try {
    await mkdir(join(directory, 'targets'), { recursive: true });
    await writeFile(join(directory, 'root.json'), await firstRoot(options), { flag: 'wx' });
  } catch (cause) {
    if (isLadingError(cause)) throw cause;
    if ((cause as { code?: unknown }).code === 'EEXIST') return directory;
    throw new LadingError('ERR_LADING_TRUSTED_ROOT', `${directory} cannot be used to keep Sigstore's files`, {
      hint: 'name a folder that can be written, or give --trusted-root and --signing-config as files',
      cause,
    });
  }
  return directory;
}

async function firstRoot(options: TufOptions): Promise<string | Uint8Array> {
  if (options.root !== undefined) return options.root;
  const { default: seeds } = await import('@sigstore/tuf/seeds.json', { with: { type: 'json' } });
  const seed = (seeds as Readonly<Record<string, { readonly 'root.json': string } | undefined>>)[
    mirrorOf(options)
  ];
  if (seed !== undefined) return Buffer.from(seed['root.json'], 'base64');
  throw new LadingError('ERR_LADING_TRUSTED_ROOT', `there is no root to trust ${mirrorOf(options)} with`, {
    hint: 'give its root.json, from a place that you trust',
  });
}

function mirrorOf({ mirror = publicMirror }: TufOptions): string {
  if (!URL.canParse(mirror)) {
    throw new LadingError('ERR_LADING_TRUSTED_ROOT', 'the TUF repository has no address that can be read');
  }
  return mirror.replace(/\/+$/, '');
}

/** Milliseconds since a file was written; endless when there is none. */
async function ageOf(path: string, now: number): Promise<number> {
  try {
    return Math.abs(now - (await stat(path)).mtimeMs);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
