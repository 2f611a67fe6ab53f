import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type Engine, exportImage } from '../src/index.ts';
import { type FakeEngine, fakeEngine } from './fake-engine.ts';

const at = ({ socket }: FakeEngine): Engine => ({ address: { socket } });

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

describe('exportImage', () => {
  test('gives what the engine sends, and lets the connection go', async () => {
    await using engine = await fakeEngine((_, response) => {
      response.write('one ');
      response.end('two');
    });
    expect(await contentOf(exportImage(at(engine), 'acme/app:1'))).toBe('one two');
    expect(engine.asked).toEqual(['/images/acme/app:1/get']);
    await expectClosed(engine);
  });

  test.each([
    ['alpine', 'alpine:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['localhost:5000/app:2', 'localhost:5000/app:2'],
    ['alpine@sha256:00', 'alpine@sha256:00'],
    ['0123456789ab', '0123456789ab'],
    [`sha256:${'0'.repeat(64)}`, `sha256:${'0'.repeat(64)}`],
    ['a b?c#d', 'a%20b%3Fc%23d:latest'],
  ])('asks for one image alone: %s', async (name, path) => {
    await using engine = await fakeEngine((_, response) => response.end('x'));
    await contentOf(exportImage(at(engine), name));
    expect(engine.asked).toEqual([`/images/${path}/get`]);
  });

  test('asks over the network, too', async () => {
    const server = createServer((_, response) => response.end('tar')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const engine = { address: { origin: `http://127.0.0.1:${port}` } };
      expect(await contentOf(exportImage(engine, 'app:1'))).toBe('tar');
    } finally {
      server.close();
    }
  });

  test('an image that is not there is told in the engine’s words', async () => {
    await using engine = await fakeEngine((_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"message":"No such image: app:1"}');
    });
    await expect(contentOf(exportImage(at(engine), 'app:1'))).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
      message: 'the engine has no image app:1: No such image: app:1',
      hint: expect.stringContaining('docker image ls'),
    });
    await expectClosed(engine);
  });

  test.each([
    ['{"message":"no space left on device"}', 'no space left on device'],
    ['<html>proxy</html>', '<html>proxy</html>'],
    ['', 'it does not say why'],
    ['{"message":5}', '{"message":5}'],
  ])('a refusal is told with what stands in it: %s', async (body, words) => {
    await using engine = await fakeEngine((_, response) => {
      response.statusCode = 500;
      response.end(body);
    });
    await expect(contentOf(exportImage(at(engine), 'app:1'))).rejects.toMatchObject({
      code: 'ERR_LADING_ENGINE',
      message: `the engine does not give the image app:1 out (500): ${words}`,
    });
  });

  test('a refusal that never ends is cut off', async () => {
    await using engine = await fakeEngine((_, response) => {
      response.statusCode = 500;
      const send = (): void => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', send);
      };
      send();
    });
    const failure = await contentOf(exportImage(at(engine), 'app:1')).catch((error: Error) => error.message);
    expect(failure).toContain('(500): xxx');
    expect((failure as string).length).toBeLessThan(2000);
    await expectClosed(engine);
  });

  test('a connection that breaks off is an error, and no short archive', async () => {
    await using engine = await fakeEngine((_, response) => {
      response.write('half of it');
      setImmediate(() => response.destroy());
    });
    await expect(contentOf(exportImage(at(engine), 'app:1'))).rejects.toMatchObject({
      code: 'ERR_LADING_ENGINE',
      message: expect.stringContaining('broke the connection off'),
    });
  });

  test.each([
    ['before it answers', false],
    ['in the middle', true],
  ])('an engine that falls silent %s is given up', async (_, begins) => {
    await using engine = await fakeEngine((_request, response) => {
      if (begins) response.write('half of it');
    });
    await expect(contentOf(exportImage(at(engine), 'app:1', { silenceMs: 50 }))).rejects.toMatchObject({
      code: 'ERR_LADING_ENGINE',
      message: `the engine at ${engine.socket} says nothing any more`,
    });
    await expectClosed(engine);
  });

  test('an abort ends it with its reason, whether an answer has begun or not', async () => {
    const reason = new Error('enough');
    for (const begins of [false, true]) {
      const controller = new AbortController();
      await using engine = await fakeEngine((_request, response) => {
        if (begins) response.write('half of it');
        setImmediate(() => controller.abort(reason));
      });
      const reading = contentOf(exportImage(at(engine), 'app:1', { signal: controller.signal }));
      await expect(reading).rejects.toBe(reason);
      await expectClosed(engine);
    }
  });

  test('who stops reading closes the connection', async () => {
    await using engine = await fakeEngine((_, response) => {
      response.write('half of it');
    });
    for await (const chunk of exportImage(at(engine), 'app:1')) {
      expect(Buffer.from(chunk).toString()).toBe('half of it');
      break;
    }
    await expectClosed(engine);
  });

  test('no engine is told with where it was looked for and what to do', async () => {
    const gone = await fakeEngine(() => undefined);
    await gone[Symbol.asyncDispose]();
    await expect(contentOf(exportImage(at(gone), 'app:1'))).rejects.toMatchObject({
      code: 'ERR_LADING_ENGINE_UNREACHABLE',
      message: expect.stringContaining(gone.socket),
      hint: expect.stringContaining('DOCKER_HOST'),
    });
  });
});

async function expectClosed({ open }: FakeEngine): Promise<void> {
  const end = performance.now() + 5000;
  while (open() > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(open()).toBe(0);
}
