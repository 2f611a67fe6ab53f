import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As little of a registry as the proxy needs behind it: content in memory by path. Absolute Locations, as CNCF distribution gives. */
export interface TinyRegistry extends AsyncDisposable {
  readonly url: string;
  readonly contents: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  /** The headers of every request that arrived. */
  readonly seen: IncomingMessage['headers'][];
}

export async function startTinyRegistry(): Promise<TinyRegistry> {
  const contents: TinyRegistry['contents'] = new Map();
  const seen: TinyRegistry['seen'] = [];
  let uploads = 0;
  let url = '';
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push(request.headers);
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const bytes = Buffer.concat(await request.toArray());
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (request.method === 'POST') {
      uploads += 1;
      response.writeHead(202, { location: `${url}${pathname}${uploads}?_state=x` }).end();
    } else if (request.method === 'PATCH') {
      response
        .writeHead(202, { location: `${url}${pathname}?_state=y`, range: `0-${bytes.length - 1}` })
        .end();
    } else if (request.method === 'PUT') {
      const name = searchParams.get('digest');
      const path = name === null ? pathname : pathname.replace(/uploads\/.*/, name);
      const content = { type: request.headers['content-type'] ?? '', bytes };
      contents.set(path, content);
      if (name === null) contents.set(pathname.replace(/[^/]+$/, digest), content);
      response.writeHead(201, { location: `${url}${path}`, 'docker-content-digest': digest }).end();
    } else if (pathname.endsWith('/tags/list')) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name: 'a', tags: ['v1'] }));
    } else {
      const found =
        pathname === '/v2/' ? { type: 'application/json', bytes: Buffer.from('{}') } : contents.get(pathname);
      if (!found) {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[]}');
        return;
      }
      const own = `sha256:${createHash('sha256').update(found.bytes).digest('hex')}`;
      response.writeHead(200, {
        'content-type': found.type,
        'content-length': found.bytes.length,
        'docker-content-digest': own,
      });
      response.end(request.method === 'HEAD' ? undefined : found.bytes);
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    contents,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
