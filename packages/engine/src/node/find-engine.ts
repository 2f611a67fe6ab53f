import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LadingError } from '@lading/oci';
import { type Engine, type EngineCertificates, parseEngineAddress } from '../address.ts';
import type { EngineErrorCode } from '../errors.ts';

export interface EnginePlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * The engine that docker would ask: by `DOCKER_HOST`, with the certificates of `DOCKER_CERT_PATH` when `DOCKER_TLS_VERIFY` is set; by its
 * context; else the first socket that is there of those where Docker, Docker without root, Docker Desktop and podman listen.
 *
 * @throws {LadingError} `ERR_LADING_ENGINE_UNREACHABLE`: there is none, or its address or certificates cannot be read.
 */
export async function findEngine({ env, home }: EnginePlaces): Promise<Engine> {
  const folder = env.DOCKER_CONFIG || join(home, '.docker');
  const host = env.DOCKER_HOST || (await hostOfContext(env.DOCKER_CONTEXT, folder));
  if (host !== undefined) {
    const address = parseEngineAddress(host);
    if (!env.DOCKER_TLS_VERIFY || 'socket' in address) return { address };
    const origin = address.origin.replace(/^http:/, 'https:').replace(/:2375$/, ':2376');
    return { address: { origin }, certificates: await certificatesIn(env.DOCKER_CERT_PATH || folder) };
  }
  const runtime = env.XDG_RUNTIME_DIR;
  const sockets = [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    ...(runtime ? [join(runtime, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
  for (const socket of sockets) if (await isSocket(socket)) return { address: { socket } };
  throw unreachable('no container engine was found on this machine', {
    hint: 'Start Docker or podman, or say where one listens: DOCKER_HOST=unix:///PATH or tcp://HOST:PORT.',
  });
}

/** What `docker context use` chose. Its address is taken; its certificates are not. */
async function hostOfContext(chosen: string | undefined, folder: string): Promise<string | undefined> {
  const config = await jsonIn(join(folder, 'config.json'));
  const name = chosen || config?.currentContext;
  if (typeof name !== 'string' || name === '' || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await jsonIn(join(folder, 'contexts/meta', id, 'meta.json'));
  const { Host: host } = (meta?.Endpoints as { docker?: { Host?: unknown } } | undefined)?.docker ?? {};
  if (typeof host === 'string') return host;
  throw unreachable(`docker’s context ${JSON.stringify(name)} says no address`, {
    hint: 'docker context ls shows which there are; DOCKER_HOST wins over them.',
  });
}

async function jsonIn(file: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function certificatesIn(folder: string): Promise<EngineCertificates> {
  try {
    const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
    const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
    return { ca, cert, key };
  } catch (cause) {
    throw unreachable(`the certificates for the engine cannot be read from ${folder}`, {
      hint: 'DOCKER_TLS_VERIFY asks for ca.pem, cert.pem and key.pem there; DOCKER_CERT_PATH names the folder.',
      cause,
    });
  }
}

function isSocket(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
}

function unreachable(
  message: string,
  options: { readonly hint: string; readonly cause?: unknown },
): LadingError<EngineErrorCode> {
  return new LadingError<EngineErrorCode>('ERR_LADING_ENGINE_UNREACHABLE', message, options);
}
