import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server at a socket that answers as an engine would. */
export interface FakeEngine extends AsyncDisposable {
  readonly socket: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
  /** Connections that are open. */
  readonly open: () => number;
}

export async function fakeEngine(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-engine-'));
  const socket = join(folder, 'engine.sock');
  const asked: string[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  server.on('connection', (connection) => {
    open++;
    connection.on('close', () => open--);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    asked,
    open: () => open,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
