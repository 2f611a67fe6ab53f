import { createServer, request as forward, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadManifest, storeSource } from '@lading/store';
import { openRegistry } from '../src/index.ts';
import { blobOf, type FakeServer, fakeServer, manifestOf } from './fake-registry.ts';

/** A forward proxy as companies run it: tunnels on CONNECT, passes whole URLs on otherwise. */
let proxy: Server;
let proxyUrl: string;
let asked: string[];
const sockets = new Set<Socket>();

beforeEach(async () => {
  asked = [];
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const onward = forward(
      request.url!,
      { method: request.method!, headers: { ...request.headers, via: 'test' } },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  proxy.on('connect', (request, client: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    const [host, port] = request.url!.split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    for (const socket of [client, target]) sockets.add(socket.on('error', () => socket.destroy()));
  });
  proxy.listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

test('a host with a proxy is reached through it, and no other host is', async () => {
  const manifest = manifestOf();
  await using registryServer = await fakeServer(() => ({
    status: 200,
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
  }));
  const { host } = registryServer;
  await using through = openRegistry({ hosts: { [host]: { proxy: proxyUrl } } });
  await using direct = openRegistry({
    hosts: { 'elsewhere.test': { proxy: proxyUrl } },
    proxyFor: (url) => (url.host === host ? undefined : proxyUrl),
  });

  const loaded = await loadManifest(through.repository(`${host}/app`), '1');
  expect(Buffer.from(loaded.bytes)).toEqual(Buffer.from(manifest.bytes));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.every((line) => line.includes(host))).toBe(true);

  const before = asked.length;
  await loadManifest(direct.repository(`${host}/app`), '1');
  expect(asked).toHaveLength(before);

  await using byUrl = openRegistry({ proxyFor: () => proxyUrl });
  await loadManifest(byUrl.repository(`${host}/app`), '1');
  expect(asked.length).toBeGreaterThan(before);
});

describe('a large blob', () => {
  const blob = blobOf(Buffer.alloc(6_000_000, 'blob'));
  const storage = (): Promise<FakeServer> =>
    fakeServer(({ method }) => (method === 'GET' ? { status: 200, body: blob.bytes } : { status: 201 }));

  test.each(['source', 'destination'])(
    'goes through the proxy of where the %s sends it, and not around it',
    async (side) => {
      await using behind = await storage();
      const elsewhere = (path: string): Record<string, string> => ({ location: `${behind.url}${path}` });
      await using source = await fakeServer(({ path }) =>
        side === 'source'
          ? { status: 307, headers: elsewhere(path) }
          : { status: 200, headers: { 'content-length': String(blob.size) }, body: blob.bytes },
      );
      await using destination = await fakeServer(({ method, path }) =>
        method === 'POST'
          ? { status: 202, headers: side === 'source' ? { location: path } : elsewhere(path) }
          : { status: 201 },
      );
      await using registry = openRegistry({
        proxyFor: (url) => (url.host === behind.host ? proxyUrl : undefined),
      });
      const content = storeSource(registry.repository(`${source.host}/from`), blob);
      await registry.repository(`${destination.host}/to`).push(blob, content);
      expect(behind.seen.length).toBeGreaterThan(0);
      expect(behind.seen.every(({ headers }) => headers.via === 'test')).toBe(true);
    },
  );
});
