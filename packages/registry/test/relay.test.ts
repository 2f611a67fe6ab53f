import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { storeSource } from '@lading/store';
import fc from 'fast-check';
import { Credential } from '../src/index.ts';
import { RelayAnswer } from '../src/relay-answer.ts';
import { blobOf, fakeServer, type ScriptedAnswer, testRegistry } from './fake-registry.ts';

// Nothing repeats in it, so that no piece can stand in for another.
const blob = blobOf(
  Buffer.from(Uint32Array.from({ length: 1_500_000 }, (_, index) => index * 2_654_435_761).buffer),
);
const begin: ScriptedAnswer = { status: 202, headers: { location: '/v2/to/blobs/uploads/1' } };

/** A destination that keeps what was committed to it. */
async function destination(
  odd: (method: string, attempt: number) => ScriptedAnswer | undefined = () => undefined,
) {
  const committed: Buffer[] = [];
  let attempts = 0;
  const server = await fakeServer(({ method, body }) => {
    if (method === 'PUT') attempts++;
    const answer = odd(method, attempts);
    if (answer !== undefined) return answer;
    if (method === 'POST') return begin;
    if (method === 'PUT') committed.push(body);
    return { status: method === 'PUT' ? 201 : 204 };
  });
  return Object.assign(server, { committed });
}

/** A server that writes its answer by hand, byte for byte. */
async function rawServer(answer: (socket: Socket, count: number) => void) {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket, ++count));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

async function copy(
  from: string,
  to: string,
  options: Parameters<typeof testRegistry>[0] = {},
): Promise<ReturnType<typeof testRegistry>> {
  await using registry = testRegistry(options);
  const source = registry.repository(`${from}/from`);
  await registry.repository(`${to}/to`).push(blob, storeSource(source, blob));
  return registry;
}

describe('a large blob from registry to registry', () => {
  test('costs the same requests, and arrives whole', async () => {
    await using from = await fakeServer(() => ({
      status: 200,
      headers: { 'content-length': String(blob.size) },
      body: blob.bytes,
    }));
    await using to = await destination();
    const progress: number[] = [];
    await using registry = testRegistry();
    const content = storeSource(registry.repository(`${from.host}/from`), blob);
    await expect(
      registry.repository(`${to.host}/to`).push(blob, content, { onProgress: (sent) => progress.push(sent) }),
    ).resolves.toBe('uploaded');
    expect(from.lines()).toEqual([`GET /v2/from/blobs/${blob.digest}`]);
    expect(from.seen[0]!.headers).toMatchObject({
      connection: 'close',
      'accept-encoding': 'identity',
      host: from.host,
    });
    expect(to.lines()).toEqual([
      'POST /v2/to/blobs/uploads/',
      `PUT /v2/to/blobs/uploads/1?digest=${encodeURIComponent(blob.digest)}`,
    ]);
    expect(digestOf(to.committed[0]!)).toBe(blob.digest);
    expect(progress.at(-1)).toBe(blob.size);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(registry.events.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 202',
      'GET 200',
      'PUT 201',
    ]);
  });

  test('arrives whole at a destination that reads slowly', async () => {
    await using from = await fakeServer(() => ({
      status: 200,
      headers: { 'content-length': String(blob.size) },
      body: blob.bytes,
    }));
    let received = Buffer.alloc(0);
    await using to = await fakeServer(
      async ({ method }, response) => {
        if (method === 'POST') return begin;
        for await (const chunk of response.req) {
          received = Buffer.concat([received, chunk as Buffer]);
          if (received.byteLength % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return { status: 201 };
      },
      { readBody: false },
    );
    await copy(from.host, to.host);
    expect(digestOf(received)).toBe(blob.digest);
  });

  test('case 21: follows a redirect without credentials, and authenticates where it must', async () => {
    await using storage = await fakeServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 200, headers: { 'content-length': String(blob.size) }, body: blob.bytes }
        : { status: 400 },
    );
    await using from = await fakeServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: 'who is it?' }
        : { status: 307, headers: { location: `${storage.url}/object` }, body: 'over there' },
    );
    await using to = await destination();
    await copy(from.host, to.host, {
      credentials: async () => new Credential('password', 'bob', 'x', 'the test'),
    });
    expect(from.seen).toHaveLength(2);
    expect(storage.seen).toHaveLength(1);
    expect(digestOf(to.committed[0]!)).toBe(blob.digest);
  });

  test('case 10: a token that ends before the PUT is renewed, and the source opened anew', async () => {
    let generation = 0;
    await using from = await fakeServer(() => ({
      status: 200,
      headers: { 'content-length': String(blob.size) },
      body: blob.bytes,
    }));
    const committed: Buffer[] = [];
    await using to = await fakeServer(({ method, path, headers, body }) => {
      if (path.startsWith('/token'))
        return { status: 200, body: JSON.stringify({ token: `t${++generation}` }) };
      if (headers.authorization !== `Bearer t${method === 'PUT' ? 2 : 1}`) {
        return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
      }
      if (method === 'PUT') committed.push(body);
      return method === 'POST' ? begin : { status: 201 };
    });
    await copy(from.host, to.host);
    expect(from.seen).toHaveLength(2);
    expect(digestOf(committed[0]!)).toBe(blob.digest);
  });

  test('case 47: a wrong blob is never whole at the destination', async () => {
    const wrong = Buffer.from(blob.bytes);
    wrong[17] = 1;
    let most = 0;
    await using from = await fakeServer(() => ({
      status: 200,
      headers: { 'content-length': String(blob.size) },
      body: wrong,
    }));
    await using to = await fakeServer(
      async ({ method }, response) => {
        if (method === 'POST') return begin;
        if (method === 'DELETE') return { status: 204 };
        let size = 0;
        for await (const chunk of response.req) {
          size += (chunk as Buffer).byteLength;
          most = Math.max(most, size);
        }
        return { status: 201 };
      },
      { readBody: false },
    );
    await expect(copy(from.host, to.host)).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    expect(most).toBeGreaterThan(1_000_000);
    expect(most).toBeLessThan(blob.size);
  });

  test('case 46: a torn download is taken up by the general path', async () => {
    let count = 0;
    await using from = await fakeServer(({ headers }, response) => {
      if (++count === 1) {
        response.writeHead(200, { 'content-length': String(blob.size) });
        response.write(blob.bytes.subarray(0, 3_000_000), () => setTimeout(() => response.destroy(), 20));
        return undefined;
      }
      expect(headers.range).toBeUndefined();
      return { status: 200, body: blob.bytes };
    });
    await using to = await destination();
    await copy(from.host, to.host);
    expect(to.committed.map((bytes) => digestOf(bytes))).toEqual([blob.digest]);
    expect(to.lines().map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['POST', 'DELETE', 'PUT']),
    );
  });

  test('a source of unknown length takes the general path, from then on at once', async () => {
    await using from = await fakeServer((_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.end(blob.bytes);
      return undefined;
    });
    await using to = await destination();
    await using registry = testRegistry();
    const content = storeSource(registry.repository(`${from.host}/from`), blob);
    for (const _ of [1, 2]) await registry.repository(`${to.host}/to`).push(blob, content);
    expect(from.seen).toHaveLength(3);
    expect(to.committed.map((bytes) => digestOf(bytes))).toEqual([blob.digest, blob.digest]);
  });

  test('case 66: a destination that refuses is answered as on the general path', async () => {
    await using from = await fakeServer(() => ({
      status: 200,
      headers: { 'content-length': String(blob.size) },
      body: blob.bytes,
    }));
    await using denied = await destination((method) =>
      method === 'PUT' ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined,
    );
    await expect(copy(from.host, denied.host)).rejects.toMatchObject({
      code: 'ERR_LADING_DENIED',
      errors: [{ code: 'DENIED' }],
    });
    await using flaky = await destination((method, attempt) =>
      method === 'PUT' && attempt === 1 ? { status: 503 } : undefined,
    );
    await copy(from.host, flaky.host);
    expect(flaky.committed).toHaveLength(1);
  });

  test('a missing source is the error that it always is', async () => {
    await using from = await fakeServer(() => ({
      status: 404,
      body: '{"errors":[{"code":"BLOB_UNKNOWN"}]}',
    }));
    await using to = await destination();
    await expect(copy(from.host, to.host)).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('case 67: an abort ends both connections and cancels the upload', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    await using from = await fakeServer((_, response) => {
      response.writeHead(200, { 'content-length': String(blob.size) });
      response.write(blob.bytes.subarray(0, 1_000_000));
      setTimeout(() => abort.abort(reason), 50);
      return undefined;
    });
    await using to = await destination();
    await using registry = testRegistry();
    const content = storeSource(registry.repository(`${from.host}/from`), blob);
    await expect(
      registry.repository(`${to.host}/to`).push(blob, content, { signal: abort.signal }),
    ).rejects.toBe(reason);
    expect(to.committed).toEqual([]);
    expect(to.lines().at(-1)).toMatch(/^DELETE/);
  });

  test('an answer that is no HTTP is a failure, not a hang', async () => {
    await using from = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n\r\n'));
    await using to = await destination();
    await expect(copy(from.host, to.host)).rejects.toMatchObject({ code: 'ERR_LADING_UNREACHABLE' });
  });
});

describe('reading an answer', () => {
  const wire = Buffer.from(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nWarning: 299 - "a"\r\nwarning: 299 - "b"\r\n\r\nhello',
  );

  test('does not depend on how it is cut', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(wire.byteLength), { maxLength: 12 }), (cuts) => {
        const answer = new RelayAnswer();
        const ends = [...cuts.sort((a, b) => a - b), wire.byteLength];
        let complete = false;
        ends.forEach((end, index) => {
          const piece = wire.subarray(index === 0 ? 0 : ends[index - 1], end);
          if (piece.byteLength > 0) complete = answer.add(piece);
        });
        expect(complete).toBe(true);
        expect(answer).toMatchObject({ status: 404, headers: { warning: ['299 - "a"', '299 - "b"'] } });
        expect(answer.body.toString()).toBe('hello');
      }),
    );
  });

  test('takes the frames out of a chunked refusal', () => {
    const answer = new RelayAnswer();
    expect(
      answer.add(
        Buffer.from(
          'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n',
        ),
      ),
    ).toBe(true);
    expect(answer.body.toString()).toBe('hello, world');
  });

  test.each([
    ['another protocol', 'HTTP/2 200\r\n\r\n'],
    ['a line without a colon', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\n folded: x\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(140_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => new RelayAnswer().add(Buffer.from(text))).toThrow(/no HTTP/);
  });
});
