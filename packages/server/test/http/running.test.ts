import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createHandler, type HandlerOptions } from '../../src/http/handler.ts';

test('what is done for a client that is gone counts as running until it is done', async () => {
  const running = new Set<Promise<void>>();
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const authority = {
    issueToken() {
      begun.resolve();
      return gate.promise;
    },
  } as unknown as HandlerOptions['authority'];
  const context = {} as HandlerOptions['context'];
  const server = createServer(
    createHandler({ authority, context, running, clock: Date.now, lingerMs: 1000 }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET /token HTTP/1.1\r\nHost: a\r\n\r\n');
  await begun.promise;
  socket.destroy();
  server.close();
  await once(server, 'close');
  await sleep(10);
  expect(running.size).toBe(1);
  gate.resolve();
  await Promise.all(running);
  expect(running.size).toBe(0);
});
