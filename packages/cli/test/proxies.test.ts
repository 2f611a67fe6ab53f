import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { request } from 'undici';
import { openProxies } from '../src/proxies.ts';

let proxy: Server;
let service: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  // Refuses everybody, and remembers where they wanted to go.
  proxy = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  service = createServer((_request, response) => response.end('here'));
  for (const server of [proxy, service]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const server of [proxy, service]) {
    server.closeAllConnections();
    server.close();
  }
});

const address = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

test('services are asked through the proxy of the environment, those it excepts and loopback ones directly', async () => {
  const dispatcher = openProxies({ HTTPS_PROXY: `http://${address(proxy)}`, NO_PROXY: 'rekor.invalid' });
  await expect(request('https://fulcio.invalid/', { dispatcher })).rejects.toThrow();
  await expect(request('https://rekor.invalid/', { dispatcher })).rejects.toThrow();
  const { body } = await request(`http://${address(service)}/`, { dispatcher });
  expect(await body.text()).toBe('here');
  expect(asked).toEqual(['fulcio.invalid:443']);
  await dispatcher.destroy();
});
