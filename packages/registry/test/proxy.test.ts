import { createServer, request as forward, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadManifest } from '@lading/store';
import { openRegistry } from '../src/index.ts';
import { fakeServer, manifestOf } from './fake-registry.ts';

/** A forward proxy as companies run it: tunnels on CONNECT, passes whole URLs on otherwise. */
let proxy: Server;
let proxyUrl: string;
let asked: string[];
const sockets = new Set<Socket>();

beforeEach(async () => {
  asked = [];
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const onward = forward(request.url!, { method: request.method!, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
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
