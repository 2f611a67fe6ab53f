import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultScript } from './fault.ts';
import type { SeenRequest, ServiceName } from './requests.ts';
import { jsonAnswer, RefusedRequest, type Service, type ServiceAnswer } from './service.ts';

/** A service on a loopback port of its own. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  /** What answers; until it is set, everything is answered with 503. Services need each other's addresses, so the port comes first. */
  service: Service;
}

export interface ServeOptions {
  readonly name: ServiceName;
  readonly script: FaultScript;
  readonly seen: SeenRequest[];
}

/** Requests with a longer body are cut off: nothing that these services take comes near. */
const maxBodyBytes = 268_435_456;

export async function serve(options: ServeOptions): Promise<Served> {
  const ended = new AbortController();
  const served: { service: Service } = { service: () => ({ status: 503 }) };
  const server = createServer((incoming, response) => {
    // What goes wrong here is a connection that the other side, or the script, has ended.
    exchange(incoming, response, served.service, options, ended.signal).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(served, {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await close(server);
    },
  });
}

async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  service: Service,
  { name, script, seen }: ServeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { pathname: path, searchParams: query } = new URL(`http://service${incoming.url}`);
  const { headers, method = 'GET' } = incoming;
  const request = { service: name, method, path, headers, body: await bodyOf(incoming) };
  const record: { status?: number } & SeenRequest = request;
  seen.push(record);
  const fault = script.next(request);
  if (fault?.delayMs) await sleep(fault.delayMs, undefined, { signal });
  if (fault?.hangUp) return void response.destroy();
  if (fault?.hang) return void (await once(response, 'close', { signal }));
  const real = fault?.answer ?? answerOf(service, { ...request, query });
  const answer = { ...real, ...fault?.edit?.(real) };
  record.status = answer.status;
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { 'content-length': body.byteLength, ...answer.headers }).end(body);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw new RangeError(`a body beyond ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answerOf(service: Service, request: Parameters<Service>[0]): ServiceAnswer {
  try {
    return service(request);
  } catch (error) {
    const { status, message, headers } =
      error instanceof RefusedRequest ? error : new RefusedRequest(500, String(error));
    return jsonAnswer(status, { code: status, message }, headers);
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return; // closed before
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
