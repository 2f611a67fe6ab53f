import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Descriptor, digestOf, mediaTypes } from '@lading/oci';
import {
  type Clock,
  openRegistry,
  type Registry,
  type RegistryOptions,
  type RequestEvent,
} from '../src/index.ts';

/** A request as a script sees it. The body has been read, unless the script asks for it early. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
}

export type Script = (
  request: SeenRequest,
  response: ServerResponse,
) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>;

export interface FakeServer extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  readonly seen: SeenRequest[];
  /** `GET /v2/` and so on, in order. */
  readonly lines: () => string[];
}

/** A server on this machine that answers by script; a script that returns nothing has answered by itself. */
export async function fakeServer(script: Script, options: { readBody?: boolean } = {}): Promise<FakeServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      if (options.readBody !== false) for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const request = {
        method: incoming.method!,
        path: incoming.url!,
        headers: incoming.headers,
        body: Buffer.concat(chunks),
      };
      seen.push(request);
      const answer = await script(request, response);
      if (answer === undefined) return;
      response.writeHead(answer.status, answer.headers);
      response.end(incoming.method === 'HEAD' ? undefined : answer.body);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    seen,
    lines: () => seen.map(({ method, path }) => `${method} ${path}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Time that passes only when someone sleeps. */
export function fakeClock(
  start: number = Date.UTC(2026, 0, 1),
): Clock & { readonly sleeps: number[]; advance(ms: number): void } {
  let now = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    advance(ms: number) {
      now += ms;
    },
    monotonic: () => now,
    wall: () => start + now,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** A client whose clock does not wait, with what it sent. */
export function testRegistry(
  options: RegistryOptions = {},
): Registry & { readonly events: RequestEvent[]; readonly clock: ReturnType<typeof fakeClock> } {
  const events: RequestEvent[] = [];
  const clock = fakeClock();
  const registry = openRegistry({
    clock,
    random: () => 0.5,
    onRequest: (event) => {
      if (event.phase === 'end') events.push(event);
    },
    ...options,
  });
  return Object.assign(registry, { events, clock });
}

/** A blob of some bytes. */
export function blobOf(
  content: string | Uint8Array,
  mediaType: string = mediaTypes.ociLayerGzip,
): Descriptor & { bytes: Buffer } {
  const bytes = Buffer.from(content as string);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  return Object.defineProperty({ ...descriptor }, 'bytes', { value: bytes, enumerable: false }) as never;
}

/** A small image manifest. */
export function manifestOf(fields: Record<string, unknown> = {}): Descriptor & { bytes: Buffer } {
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf(Buffer.from('{}')), size: 2 };
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], ...fields };
  return blobOf(JSON.stringify(document), mediaTypes.ociManifest);
}

/** The error document of the specification. */
export function errorBody(code: string, message = ''): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

/** An answer that serves a manifest. */
export function serveManifest(manifest: {
  bytes: Buffer;
  mediaType: string;
  digest: string;
}): ScriptedAnswer {
  return {
    status: 200,
    headers: {
      'content-type': manifest.mediaType,
      'docker-content-digest': manifest.digest,
      'content-length': String(manifest.bytes.byteLength),
    },
    body: manifest.bytes,
  };
}

/** Reads a stream whole. */
export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
