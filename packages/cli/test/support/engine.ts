import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { Scratch } from './registries.ts';

/** A container engine at a socket that has images as archives, by their names. */
export interface FakeEngine extends AsyncDisposable {
  /** For `DOCKER_HOST`. */
  readonly host: string;
}

/** @param images Archives by name, or what answers in place of one. */
export async function startEngine(
  { path }: Scratch,
  images: Readonly<Record<string, string | ((response: ServerResponse) => void)>>,
): Promise<FakeEngine> {
  const socket = join(path, 'engine.sock');
  const server = createServer((request, response) => {
    const [, name = ''] = /^\/images\/(.+)\/get$/.exec(request.url ?? '') ?? [];
    const image = images[name];
    if (typeof image === 'function') image(response);
    else if (image !== undefined) pipeline(createReadStream(image), response, () => undefined);
    else {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: `No such image: ${name}` }));
    }
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    host: `unix://${socket}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
