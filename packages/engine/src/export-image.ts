import { LadingError } from '@lading/oci';
import { Client, type Dispatcher } from 'undici';
import { type Engine, nameOfAddress } from './address.ts';
import type { EngineErrorCode } from './errors.ts';

export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the engine may say nothing. Default 10 minutes: it packs an image before it sends the first byte. Milliseconds. */
  readonly silenceMs?: number | undefined;
}

const defaultSilenceMs = 600_000;
const connectMs = 10_000;
/** Of an error document. Bytes. */
const maxWords = 65_536;

/**
 * An image of an engine as an archive of the kind that `docker save` writes, as it flows. Nothing tells whether it is whole but what is in it.
 *
 * @param name A reference, of which docker adds the parts that are left out, or the id of an image.
 * @throws {LadingError} `ERR_LADING_NOT_FOUND`, `ERR_LADING_ENGINE`, `ERR_LADING_ENGINE_UNREACHABLE`
 */
export async function* exportImage(
  engine: Engine,
  name: string,
  { signal, silenceMs = defaultSilenceMs }: ExportOptions = {},
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const client = connect(engine, silenceMs);
  try {
    const response = await client.request({
      method: 'GET',
      path: `/images/${pathOf(taggedName(name))}/get`,
      signal: signal ?? null,
    });
    if (response.statusCode !== 200) throw await refusal(response, name);
    yield* response.body as AsyncIterable<Uint8Array>;
  } catch (error) {
    signal?.throwIfAborted();
    throw problemOf(error, engine);
  } finally {
    await client.destroy();
  }
}

/** One connection for one request: nothing is left open. */
function connect({ address, certificates }: Engine, silenceMs: number): Client {
  const origin = 'socket' in address ? 'http://localhost' : address.origin;
  const connect = 'socket' in address ? { socketPath: address.socket } : { ...certificates };
  return new Client(origin, {
    allowH2: false,
    connect: { ...connect, timeout: connectMs },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  });
}

/** Of a repository alone all tags would come. What may be the short form of an id is left as it is. */
function taggedName(name: string): string {
  const isId = /^(?:sha256:)?[0-9a-f]{12,64}$/.test(name);
  return isId || /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}

function pathOf(name: string): string {
  return name
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3A', ':').replaceAll('%40', '@'))
    .join('/');
}

async function refusal(
  { statusCode, body }: Dispatcher.ResponseData,
  name: string,
): Promise<LadingError<EngineErrorCode>> {
  const words = await wordsOf(body);
  if (statusCode === 404) {
    return new LadingError<EngineErrorCode>(
      'ERR_LADING_NOT_FOUND',
      `the engine has no image ${name}: ${words}`,
      {
        hint: 'docker image ls shows what it has; without docker-daemon: the image is read from its registry.',
      },
    );
  }
  return new LadingError<EngineErrorCode>(
    'ERR_LADING_ENGINE',
    `the engine does not give the image ${name} out (${statusCode}): ${words}`,
  );
}

/** `{"message": "…"}`, as far as it is one. */
async function wordsOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += Buffer.from(chunk as Uint8Array).toString('utf8');
    if (text.length > maxWords) break;
  }
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === 'string') text = message;
  } catch {
    // Something in between answered in its own way.
  }
  return text.trim().slice(0, 1000) || 'it does not say why';
}

const unreachable: Readonly<Record<string, string>> = {
  ENOENT: 'Is the engine running? DOCKER_HOST says where it listens.',
  ECONNREFUSED: 'Is the engine running? DOCKER_HOST says where it listens.',
  EACCES: 'This user may not use that socket: on most machines the members of the group docker may.',
  EPERM: 'This user may not use that socket: on most machines the members of the group docker may.',
};

function problemOf(error: unknown, { address }: Engine): unknown {
  const { code = '', message } = error as { readonly code?: string; readonly message: string };
  if (code.startsWith('ERR_LADING_')) return error;
  const where = nameOfAddress(address);
  const isConnected = code.startsWith('UND_ERR_') && code !== 'UND_ERR_CONNECT_TIMEOUT';
  if (isConnected) {
    const what = /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/.test(code)
      ? 'says nothing any more'
      : `broke the connection off: ${message}`;
    return new LadingError<EngineErrorCode>('ERR_LADING_ENGINE', `the engine at ${where} ${what}`, {
      cause: error,
    });
  }
  return new LadingError<EngineErrorCode>(
    'ERR_LADING_ENGINE_UNREACHABLE',
    `the engine at ${where} cannot be reached: ${message}`,
    { hint: unreachable[code], cause: error },
  );
}
