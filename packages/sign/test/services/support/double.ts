import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../src/services/clock.ts';

export interface DoubleRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface DoubleAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The connection ends without an answer. */
  readonly hangUp?: boolean;
  /** Nothing ever comes. */
  readonly hang?: boolean;
}

export interface Double extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly DoubleRequest[];
}

/** A server that answers as it is told. */
export async function double(
  answer: (request: DoubleRequest, index: number) => DoubleAnswer | Promise<DoubleAnswer>,
): Promise<Double> {
  const requests: DoubleRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks) };
    requests.push(request);
    const {
      status = 200,
      headers: sent = {},
      body = '',
      hangUp,
      hang,
    } = await answer(request, requests.length);
    if (hang) return;
    if (hangUp) {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(status, sent).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Time that passes only by being slept through. */
export function testClock(start: number = Date.now()): Clock & {
  readonly slept: readonly number[];
  pass(ms: number): void;
} {
  const slept: number[] = [];
  let passed = 0;
  return {
    slept,
    pass: (ms) => {
      passed += ms;
    },
    monotonic: () => passed,
    wall: () => start + passed,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      passed += ms;
    },
  };
}

/** What a promise is rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<Error & Readonly<Record<string, unknown>>> {
  try {
    await work;
  } catch (error) {
    return error as Error & Readonly<Record<string, unknown>>;
  }
  throw new Error('it was not rejected');
}
