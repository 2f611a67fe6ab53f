import { LadingError } from '@lading/oci';
import type { EngineErrorCode } from './errors.ts';

/** Where an engine listens: at a socket of this machine, or at `http://host:port`. */
export type EngineAddress = { readonly socket: string } | { readonly origin: string };

/** What TLS needs, as PEM. */
export interface EngineCertificates {
  readonly ca: string;
  /** Who we are, where the engine asks for that. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A container engine that speaks the Docker Engine API. */
export interface Engine {
  readonly address: EngineAddress;
  readonly certificates?: EngineCertificates | undefined;
}

/**
 * Reads an address as `DOCKER_HOST` has it. `tcp://` is http, as for docker without TLS.
 * @throws {LadingError} `ERR_LADING_ENGINE_UNREACHABLE`: a kind that is not spoken, or no address.
 */
export function parseEngineAddress(text: string): EngineAddress {
  const [, kind, rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  if (kind === 'unix' && rest.startsWith('/')) return { socket: rest };
  if (kind === 'npipe') return { socket: rest.replaceAll('/', '\\') };
  if (kind === 'tcp' || kind === 'http' || kind === 'https') {
    const url = URL.parse(`${kind === 'tcp' ? 'http' : kind}://${rest}`);
    if (url !== null && url.hostname !== '' && url.username === '') {
      const port = kind === 'tcp' && url.port === '' ? ':2375' : '';
      return { origin: `${url.origin}${port}` };
    }
  }
  throw new LadingError<EngineErrorCode>(
    'ERR_LADING_ENGINE_UNREACHABLE',
    `${JSON.stringify(text)} is no address of an engine that can be asked`,
    {
      hint:
        kind === 'ssh'
          ? 'Forward its socket, ssh -L /tmp/docker.sock:/var/run/docker.sock HOST, and set DOCKER_HOST=unix:///tmp/docker.sock.'
          : 'Write unix:///PATH, tcp://HOST:PORT or https://HOST:PORT.',
    },
  );
}

/** For people. */
export function nameOfAddress(address: EngineAddress): string {
  return 'socket' in address ? address.socket : address.origin;
}
