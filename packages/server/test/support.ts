import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, digestOf } from '@lading/oci';
import { type RegistryOptions, type RegistryServer, startRegistry } from '../src/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: unknown;
  /** The codes of an error body. */
  readonly codes: readonly string[];
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string | number>> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/** One request on a connection of its own, with a body of known length. */
export async function send(
  url: string,
  method: string,
  path: string,
  options: SendOptions = {},
): Promise<Answer> {
  const { body, headers } = options;
  const length = { 'content-length': body === undefined ? 0 : Buffer.byteLength(body) };
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(new URL(path, url), {
      method,
      agent: false,
      headers: { ...length, ...headers },
    });
    outgoing.on('response', resolve).on('error', reject).end(body);
  });
  const bytes = Buffer.concat(await message.toArray());
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: bytes,
    get json() {
      return JSON.parse(bytes.toString()) as unknown;
    },
    get codes() {
      return (JSON.parse(bytes.toString()) as { errors: { code: string }[] }).errors.map(
        (error) => error.code,
      );
    },
  };
}

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'lading-server-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A registry on a folder that goes with it. */
export async function startTemporary(options: Partial<RegistryOptions> = {}): Promise<RegistryServer> {
  const directory = await temporaryDirectory();
  const server = await startRegistry({ ...options, directory: directory.path });
  const dispose = async (): Promise<void> => {
    await server.close();
    await directory[Symbol.asyncDispose]();
  };
  return { ...server, [Symbol.asyncDispose]: dispose };
}

/** Uploads a blob by POST and PUT; gives its digest. */
export async function pushBlob(
  url: string,
  repository: string,
  content: string | Uint8Array,
): Promise<Digest> {
  const bytes = Buffer.from(content);
  const digest = digestOf(bytes);
  const location = await beginUpload(url, repository);
  const { status } = await send(url, 'PUT', `${location}?digest=${digest}`, { body: bytes });
  if (status !== 201) throw new Error(`the upload was answered ${status}`);
  return digest;
}

export async function beginUpload(url: string, repository: string): Promise<string> {
  const { headers } = await send(url, 'POST', `/v2/${repository}/blobs/uploads/`);
  return headers.location ?? '';
}
