import { getEventListeners } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { makeImage, pushImage } from '@lading/testkit';
import { checkExposure, type RegistryOptions, type RequestRecord, startRegistry } from '../src/index.ts';
import { beginUpload, pushBlob, send, startTemporary, temporaryDirectory } from './support.ts';

describe('a registry beyond loopback', () => {
  const open: Omit<RegistryOptions, 'directory'>[] = [
    { host: '0.0.0.0' },
    { host: '::' },
    { host: 'example.com' },
  ];
  test.each(open)('is not started without credentials: %p', async (options) => {
    await using directory = await temporaryDirectory();
    await expect(startRegistry({ ...options, directory: directory.path })).rejects.toMatchObject({
      code: 'ERR_LADING_SERVE_OPEN',
      hint: expect.any(String),
    });
    expect(await readdir(directory.path)).toEqual([]);
  });

  const fine: Omit<RegistryOptions, 'directory'>[] = [
    {},
    { host: '127.0.0.2' },
    { host: 'localhost' },
    { host: '::1' },
    { host: '0.0.0.0', allowAnonymous: true },
    { host: '0.0.0.0', auth: { type: 'basic', users: { alice: 'a' } } },
  ];
  test.each(fine)('is all right with %j', (options) => {
    expect(() => checkExposure(options)).not.toThrow();
  });
});

describe('a folder', () => {
  test('that holds other things is left alone', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'thesis.txt'), 'x');
    await expect(startRegistry({ directory: directory.path })).rejects.toMatchObject({
      code: 'ERR_LADING_SERVE_DIRECTORY',
    });
    expect(await readdir(directory.path)).toEqual(['thesis.txt']);
  });

  test('of another version is left alone', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'registry.json'), '{"lading":"registry","version":2}');
    await expect(startRegistry({ directory: directory.path })).rejects.toMatchObject({
      code: 'ERR_LADING_SERVE_DIRECTORY',
    });
  });

  test('whose first start was killed half way is taken up', async () => {
    await using directory = await temporaryDirectory();
    await mkdir(join(directory.path, 'uploads'));
    await using server = await startRegistry({ directory: directory.path });
    expect((await send(server.url, 'GET', '/v2/')).status).toBe(200);
  });

  test('keeps everything from one run to the next', async () => {
    await using directory = await temporaryDirectory();
    const image = makeImage();
    {
      await using server = await startRegistry({ directory: directory.path });
      await pushImage(server.url, 'acme/app', 'v1', image);
    }
    await using server = await startRegistry({ directory: directory.path });
    const answer = await send(server.url, 'GET', '/v2/acme/app/manifests/v1');
    expect(answer.headers['docker-content-digest']).toBe(image.descriptor.digest);
  });
});

test('an address that is taken is said to be', async () => {
  await using server = await startTemporary();
  await using directory = await temporaryDirectory();
  const port = Number(new URL(server.url).port);
  await expect(startRegistry({ directory: directory.path, port })).rejects.toMatchObject({
    code: 'ERR_LADING_SERVE_LISTEN',
  });
});

test('IPv6 loopback stands in brackets', async () => {
  await using server = await startTemporary({ host: '::1' });
  expect(server.host).toMatch(/^\[::1\]:[0-9]+$/);
  expect((await send(server.url, 'GET', '/v2/')).json).toEqual({});
});

test('a read-only registry answers reads, refuses all writes, and writes nothing', async () => {
  await using directory = await temporaryDirectory();
  const image = makeImage();
  {
    await using server = await startRegistry({ directory: directory.path });
    await pushImage(server.url, 'acme/app', 'v1', image);
  }
  await using server = await startRegistry({ directory: directory.path, readOnly: true });
  expect((await send(server.url, 'GET', '/v2/acme/app/manifests/v1')).status).toBe(200);
  const { digest } = image.blobs[0]!.descriptor;
  expect((await send(server.url, 'HEAD', `/v2/acme/app/blobs/${digest}`)).status).toBe(200);
  for (const [method, path] of [
    ['POST', '/v2/acme/app/blobs/uploads/'],
    ['PUT', '/v2/acme/app/manifests/v2'],
    ['DELETE', '/v2/acme/app/manifests/v1'],
    ['DELETE', `/v2/acme/app/blobs/${digest}`],
  ] as const) {
    const refused = await send(server.url, method, path);
    expect([refused.status, refused.codes]).toEqual([405, ['UNSUPPORTED']]);
  }
});

test('paths and methods that are not of the API are refused in its words', async () => {
  await using server = await startTemporary();
  for (const path of ['/', '/v1/', '/v2/acme', '/token', '/v2/acme/app/manifests/', '/../etc/passwd']) {
    const answer = await send(server.url, 'GET', path);
    expect([answer.status, answer.codes]).toEqual([404, ['UNSUPPORTED']]);
  }
  const wrong = await send(server.url, 'POST', '/v2/acme/app/manifests/v1');
  expect([wrong.status, wrong.headers.allow]).toEqual([405, 'HEAD, GET, PUT, DELETE']);
  expect((await send(server.url, 'GET', '/v2/%zz/tags/list')).codes).toEqual(['NAME_INVALID']);
});

test('each request is told of once, with what came of it', async () => {
  const records: RequestRecord[] = [];
  await using server = await startTemporary({ onRequest: (record) => records.push(record) });
  await send(server.url, 'GET', '/v2/acme/app/tags/list?n=1');
  await send(server.url, 'GET', '/v2/');
  expect(records.map(({ durationMs, ...record }) => record)).toEqual([
    {
      method: 'GET',
      url: '/v2/acme/app/tags/list?n=1',
      status: 404,
      user: undefined,
      complete: true,
      error: undefined,
    },
    { method: 'GET', url: '/v2/', status: 200, user: undefined, complete: true, error: undefined },
  ]);
});

test('a failure inside is answered 500 without its cause, which the operator is told', async () => {
  const records: RequestRecord[] = [];
  await using server = await startTemporary({ onRequest: (record) => records.push(record) });
  await pushBlob(server.url, 'acme/app', 'content');
  await mkdir(join(server.directory, 'repositories/acme/app/_tags/v1'), { recursive: true });
  const answer = await send(server.url, 'GET', '/v2/acme/app/manifests/v1');
  expect([answer.status, answer.codes]).toEqual([500, ['UNKNOWN']]);
  expect(answer.body.toString()).not.toContain(server.directory);
  expect(records.at(-1)).toMatchObject({ status: 500, error: { code: 'EISDIR' } });
});

test('a connection on which nothing moves is closed', async () => {
  await using server = await startTemporary({ idleTimeoutMs: 100 });
  const location = await beginUpload(server.url, 'acme/app');
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: registry\r\nContent-Length: 100\r\n\r\nabc`);
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  expect(await Promise.race([closed.then(() => 'closed'), sleep(5000, 'open', { ref: false })])).toBe(
    'closed',
  );
  expect((await send(server.url, 'GET', '/v2/')).status).toBe(200);
});

test('a client that goes on sending after it was refused is cut off', async () => {
  const auth = { type: 'basic', users: { alice: 'a' } } as const;
  await using server = await startTemporary({ auth, idleTimeoutMs: 200 });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: registry\r\nContent-Length: 1000000000\r\n\r\n');
  const sending = setInterval(() => socket.write('x'), 10);
  const end = await Promise.race([closed.then(() => 'closed'), sleep(5000, 'open', { ref: false })]);
  clearInterval(sending);
  socket.destroy();
  expect([end, answer.split('\r\n')[0]]).toEqual(['closed', 'HTTP/1.1 401 Unauthorized']);
});

test('closing drops unfinished uploads and does not wait for idle clients', async () => {
  await using directory = await temporaryDirectory();
  const server = await startRegistry({ directory: directory.path });
  const location = await beginUpload(server.url, 'acme/app');
  await send(server.url, 'PATCH', location, { body: 'abc' });
  await fetch(`${server.url}/v2/`).then((answer) => answer.text());
  await Promise.all([server.close(), server.close()]);
  expect(await readdir(join(directory.path, 'uploads'))).toEqual([]);
  await expect(send(server.url, 'GET', '/v2/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a signal closes it, and one that has fired already does not let it start', async () => {
  await using directory = await temporaryDirectory();
  const controller = new AbortController();
  const server = await startRegistry({ directory: directory.path, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await server.close();
  await expect(send(server.url, 'GET', '/v2/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(startRegistry({ directory: directory.path, signal: controller.signal })).rejects.toBe(reason);
});

test('a signal that fires while it starts stops it; one that outlives it is left as it was', async () => {
  await using directory = await temporaryDirectory();
  const controller = new AbortController();
  const server = await startRegistry({ directory: directory.path, signal: controller.signal });
  await server.close();
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  const starting = startRegistry({ directory: directory.path, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(starting).rejects.toBe(reason);
});
