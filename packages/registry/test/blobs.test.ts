import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { blobOf, bytesOf, errorBody, fakeServer, testRegistry } from './fake-registry.ts';

const blob = blobOf(Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251)));

/** The digest of what a stream gives. Comparing that is quicker than comparing the bytes. */
async function contentOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return digestOf(await bytesOf(stream));
}

/** Sends the start of a body and breaks the connection. */
function breakAfter(
  response: ServerResponse,
  bytes: Buffer,
  headers: Record<string, string>,
  status = 200,
): undefined {
  response.writeHead(status, headers);
  response.write(bytes, () => setTimeout(() => response.destroy(), 5));
}

describe('downloads', () => {
  test('come whole, verified, plain and in one request', async () => {
    await using server = await fakeServer(() => ({ status: 200, body: blob.bytes }));
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(blob))).resolves.toBe(
      blob.digest,
    );
    expect(server.lines()).toEqual([`GET /v2/a/blobs/${blob.digest}`]);
    expect(server.seen[0]!.headers).toMatchObject({ 'accept-encoding': 'identity' });
    expect(server.seen[0]!.headers.range).toBeUndefined();
  });

  test('case 46: a torn one goes on with a closed range, through the registry again', async () => {
    let count = 0;
    await using server = await fakeServer(({ headers }, response) => {
      if (++count === 1)
        return breakAfter(response, blob.bytes.subarray(0, 100_000), { 'content-length': String(blob.size) });
      const start = Number(/^bytes=(\d+)-299999$/.exec(headers.range ?? '')?.[1]);
      return {
        status: 206,
        headers: { 'content-range': `bytes ${start}-299999/300000` },
        body: blob.bytes.subarray(start),
      };
    });
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(blob))).resolves.toBe(
      blob.digest,
    );
    expect(server.seen[1]!.headers.range).toMatch(/^bytes=\d+-299999$/);
  });

  test('case 46: a server without ranges sends everything again, and the start is left out', async () => {
    let count = 0;
    await using server = await fakeServer((_, response) =>
      ++count === 1
        ? breakAfter(response, blob.bytes.subarray(0, 100_000), { 'content-length': String(blob.size) })
        : { status: 200, body: blob.bytes },
    );
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(blob))).resolves.toBe(
      blob.digest,
    );
    expect(count).toBe(2);
  });

  test('case 46: a signed URL that has expired is asked for anew', async () => {
    let signature = 0;
    await using storage = await fakeServer(({ path, headers }, response) => {
      if (path === '/object?s=1')
        return breakAfter(response, blob.bytes.subarray(0, 50_000), { 'content-length': String(blob.size) });
      const start = Number(/\d+/.exec(headers.range!)![0]);
      return path === '/object?s=2'
        ? {
            status: 206,
            headers: { 'content-range': `bytes ${start}-299999/*` },
            body: blob.bytes.subarray(start),
          }
        : { status: 403 };
    });
    await using server = await fakeServer(() => ({
      status: 307,
      headers: { location: `${storage.url}/object?s=${++signature}` },
    }));
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(blob))).resolves.toBe(
      blob.digest,
    );
  });

  test('case 46: a line that breaks again and again gets through as long as it makes progress', async () => {
    await using server = await fakeServer(({ headers }, response) => {
      const start = Number(/\d+/.exec(headers.range ?? '0')![0]);
      const rest = blob.bytes.subarray(start);
      const about = {
        'content-length': String(rest.byteLength),
        ...(start > 0 && { 'content-range': `bytes ${start}-299999/300000` }),
      };
      return breakAfter(response, rest.subarray(0, 30_000), about, start > 0 ? 206 : 200);
    });
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(blob))).resolves.toBe(
      blob.digest,
    );
    expect(server.seen.length).toBeGreaterThan(6);
  });

  test('case 46: a line without progress is given up', async () => {
    await using server = await fakeServer(({ headers }, response) =>
      headers.range === undefined
        ? breakAfter(response, blob.bytes.subarray(0, 1000), { 'content-length': String(blob.size) })
        : breakAfter(
            response,
            Buffer.alloc(0),
            { 'content-range': `${headers.range.replace('=', ' ')}/300000`, 'content-length': '299000' },
            206,
          ),
    );
    await using registry = testRegistry();
    const stream = await registry.repository(`${server.host}/a`).fetch(blob);
    await expect(contentOf(stream)).rejects.toMatchObject({
      code: 'ERR_LADING_UNREACHABLE',
      retryable: true,
    });
  });

  test('case 46: a range that is not the one asked for is refused', async () => {
    let count = 0;
    await using server = await fakeServer((_, response) =>
      ++count === 1
        ? breakAfter(response, blob.bytes.subarray(0, 100_000), { 'content-length': String(blob.size) })
        : { status: 206, headers: { 'content-range': 'bytes 0-299999/300000' }, body: blob.bytes },
    );
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(blob))).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
  });

  test.each([
    ['has other bytes', Buffer.alloc(blob.size, 1)],
    ['is longer', Buffer.concat([blob.bytes, Buffer.from('x')])],
    ['is longer, without saying so', Buffer.concat([blob.bytes, Buffer.alloc(100_000)])],
  ])('case 47: a blob that %s never ends well', async (how, bytes) => {
    await using server = await fakeServer((_, response) => {
      if (!how.includes('without')) return { status: 200, body: bytes };
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.end(bytes);
      return undefined;
    });
    await using registry = testRegistry();
    const read: number[] = [];
    const attempt = (async () => {
      for await (const chunk of await registry.repository(`${server.host}/a`).fetch(blob))
        read.push(chunk.byteLength);
    })();
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    expect(read.reduce((sum, size) => sum + size, 0)).toBeLessThan(blob.size);
  });

  test('case 47: offset 0 is the whole blob, and verified', async () => {
    await using server = await fakeServer(() => ({ status: 200, body: Buffer.alloc(blob.size, 1) }));
    await using registry = testRegistry();
    const stream = await registry.repository(`${server.host}/a`).fetch(blob, { offset: 0 });
    await expect(bytesOf(stream)).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });

  test('a missing blob is an error of the call, not of a later read', async () => {
    await using server = await fakeServer(() => ({ status: 404, body: errorBody('BLOB_UNKNOWN') }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).fetch(blob)).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
    });
  });

  test('a part is asked for with both ends, and cut out of a whole answer', async () => {
    await using ranged = await fakeServer(() => ({
      status: 206,
      headers: { 'content-range': 'bytes 10-19/300000' },
      body: blob.bytes.subarray(10, 20),
    }));
    await using whole = await fakeServer(() => ({ status: 200, body: blob.bytes }));
    await using registry = testRegistry();
    for (const server of [ranged, whole]) {
      const stream = await registry.repository(`${server.host}/a`).fetch(blob, { offset: 10, length: 10 });
      await expect(contentOf(stream)).resolves.toBe(digestOf(blob.bytes.subarray(10, 20)));
      expect(server.seen[0]!.headers.range).toBe('bytes=10-19');
    }
    await expect(
      contentOf(await registry.repository(`${ranged.host}/a`).fetch(blob, { offset: blob.size })),
    ).resolves.toBe(digestOf(Buffer.alloc(0)));
  });

  test('case 45: a blob without bytes', async () => {
    const empty = blobOf('');
    await using server = await fakeServer(() => ({ status: 200, headers: { 'content-length': '0' } }));
    await using registry = testRegistry();
    await expect(contentOf(await registry.repository(`${server.host}/a`).fetch(empty))).resolves.toBe(
      empty.digest,
    );
  });

  test('case 56: a sha512 blob is verified as one', async () => {
    const digest = digestOf(blob.bytes, 'sha512');
    await using server = await fakeServer(({ path }) => ({
      status: 200,
      body: path.startsWith('/v2/bad/') ? Buffer.alloc(blob.size) : blob.bytes,
    }));
    await using registry = testRegistry();
    await expect(
      contentOf(await registry.repository(`${server.host}/a`).fetch({ ...blob, digest })),
    ).resolves.toBe(blob.digest);
    await expect(
      contentOf(await registry.repository(`${server.host}/bad`).fetch({ ...blob, digest })),
    ).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });

  test('a reader that stops closes the connection', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    await using server = await fakeServer((_, response) => {
      response.writeHead(200, { 'content-length': String(blob.size) });
      response.write(blob.bytes.subarray(0, 200_000));
      response.on('close', () => resolve());
      return undefined;
    });
    await using registry = testRegistry();
    const reader = (await registry.repository(`${server.host}/a`).fetch(blob)).getReader();
    await reader.read();
    await reader.cancel();
    await expect(closed).resolves.toBeUndefined();
  });

  test('case 67: an abort in the middle of a download gives the signal’s reason', async () => {
    await using server = await fakeServer((_, response) => {
      response.writeHead(200, { 'content-length': String(blob.size) });
      response.write(blob.bytes.subarray(0, 200_000));
      return undefined;
    });
    await using registry = testRegistry();
    const abort = new AbortController();
    const stream = await registry.repository(`${server.host}/a`).fetch(blob, { signal: abort.signal });
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 30);
    await expect(contentOf(stream)).rejects.toBe(reason);
  });
});

describe('existence', () => {
  test('is one HEAD', async () => {
    await using server = await fakeServer(() => ({
      status: 200,
      headers: { 'content-length': String(blob.size) },
    }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).exists(blob)).resolves.toBe(true);
    expect(server.lines()).toEqual([`HEAD /v2/a/blobs/${blob.digest}`]);
  });

  test.each([401, 403, 404, 405, 500])('case 54: %d means: upload it', async (status) => {
    await using server = await fakeServer(() => ({ status }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).exists(blob)).resolves.toBe(false);
  });

  test('case 54: a blob of another size is not the blob', async () => {
    await using server = await fakeServer(() => ({ status: 200, headers: { 'content-length': '7' } }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).exists(blob)).resolves.toBe(false);
  });
});
