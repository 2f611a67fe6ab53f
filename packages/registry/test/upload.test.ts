import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { bytesSource, type ContentSource, storeSource, streamOf } from '@lading/store';
import { Credential, type HostOptions } from '../src/index.ts';
import {
  blobOf,
  errorBody,
  fakeServer,
  type ScriptedAnswer,
  type SeenRequest,
  testRegistry,
} from './fake-registry.ts';

const blob = blobOf(Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251)));
const source = bytesSource(blob.bytes);
const begin: ScriptedAnswer = { status: 202, headers: { location: '/v2/a/blobs/uploads/1' } };
const encoded = encodeURIComponent(blob.digest);

/** A source that comes in pieces and counts how often it is opened. */
function countedSource(bytes: Buffer = blob.bytes): ContentSource & { opened: number[] } {
  const opened: number[] = [];
  return {
    opened,
    async open({ offset = 0 } = {}) {
      opened.push(offset);
      const chunks: Uint8Array[] = [];
      for (let start = offset; start < bytes.byteLength; start += 10_000)
        chunks.push(bytes.subarray(start, Math.min(start + 10_000, bytes.byteLength)));
      return streamOf(chunks);
    },
  };
}

describe('uploads in one piece', () => {
  test('cost a POST and a PUT with the length', async () => {
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 201 }));
    await using registry = testRegistry();
    const progress: number[] = [];
    await expect(
      registry
        .repository(`${server.host}/a`)
        .push(blob, countedSource(), { onProgress: (sent) => progress.push(sent) }),
    ).resolves.toBe('uploaded');
    expect(server.lines()).toEqual([
      'POST /v2/a/blobs/uploads/',
      `PUT /v2/a/blobs/uploads/1?digest=${encoded}`,
    ]);
    expect(server.seen[0]!.headers['content-length']).toBe('0');
    expect(server.seen[1]).toMatchObject({
      headers: { 'content-length': String(blob.size), 'content-type': 'application/octet-stream' },
    });
    expect(digestOf(server.seen[1]!.body)).toBe(blob.digest);
    expect(server.seen[1]!.headers['transfer-encoding']).toBeUndefined();
    expect(progress.at(-1)).toBe(blob.size);
  });

  test.each([200, 201, 202, 204])('case 25: %d without a Location ends an upload', async (status) => {
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).push(blob, source)).resolves.toBe('uploaded');
  });

  test('case 23: Location is used as given, against the URL after redirects', async () => {
    await using server = await fakeServer(({ method, path }) => {
      if (path === '/v2/a/blobs/uploads/') return { status: 307, headers: { location: '/moved/uploads/' } };
      return method === 'POST' ? { status: 202, headers: { location: 'session?id=7' } } : { status: 201 };
    });
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).push(blob, source);
    expect(server.lines().at(-1)).toBe(`PUT /moved/uploads/session?id=7&digest=${encoded}`);
  });

  test('case 24: the query stays byte for byte', async () => {
    const state = '_state=a%2Bb%3D%3D~c.d-e_f%20g&x=&y';
    await using server = await fakeServer(({ method }) =>
      method === 'POST' ? { status: 202, headers: { location: `/u?${state}` } } : { status: 201 },
    );
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).push(blob, source);
    expect(server.lines()[1]).toBe(`PUT /u?${state}&digest=${encoded}`);
  });

  test('case 26: a signed foreign host gets the digest and no credentials', async () => {
    await using storage = await fakeServer(() => ({ status: 201 }));
    await using server = await fakeServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : { status: 202, headers: { location: `${storage.url}/bucket?sig=abc` } },
    );
    await using registry = testRegistry({
      credentials: async () => new Credential('password', 'bob', 'x', 'the test'),
    });
    await registry.repository(`${server.host}/a`).push(blob, source);
    expect(storage.lines()).toEqual([`PUT /bucket?sig=abc&digest=${encoded}`]);
    expect(storage.seen[0]!.headers.authorization).toBeUndefined();
  });

  test('case 45: a blob without bytes is sent with length 0', async () => {
    const empty = blobOf('');
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 201 }));
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).push(empty, bytesSource(new Uint8Array()));
    expect(server.seen[1]!.headers['content-length']).toBe('0');
  });

  test('case 56: sha512 is announced', async () => {
    const digest = digestOf(blob.bytes, 'sha512');
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 201 }));
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).push({ ...blob, digest }, source);
    expect(server.lines()[0]).toBe('POST /v2/a/blobs/uploads/?digest-algorithm=sha512');
  });

  test('case 44: a server that stored something else is caught', async () => {
    await using server = await fakeServer(({ method }) =>
      method === 'POST'
        ? begin
        : { status: 201, headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
    );
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).push(blob, source)).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
  });
});

describe('what goes wrong', () => {
  test('case 10: a token that ends during an upload is renewed, and the source read again', async () => {
    let generation = 0;
    await using server = await fakeServer(({ method, path, headers }) => {
      if (path.startsWith('/token'))
        return { status: 200, body: JSON.stringify({ token: `t${++generation}` }) };
      const isPut = method === 'PUT';
      if (headers.authorization !== `Bearer t${isPut ? 2 : 1}`)
        return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
      return isPut ? { status: 201 } : begin;
    });
    await using registry = testRegistry();
    const content = countedSource();
    await registry.repository(`${server.host}/a`).push(blob, content);
    expect(content.opened).toEqual([0, 0]);
    expect(server.lines().filter((line) => line.startsWith('POST'))).toHaveLength(2);
    expect(digestOf(server.seen.at(-1)!.body)).toBe(blob.digest);
  });

  test('case 11: a 401 before the body is read does no harm', async () => {
    const large = blobOf(Buffer.alloc(20_000_000, 5));
    let refused = 0;
    await using server = await fakeServer(
      async ({ method, path, headers }, response) => {
        if (path.startsWith('/token')) return { status: 200, body: JSON.stringify({ token: `t${refused}` }) };
        if (headers.authorization === undefined)
          return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
        if (method === 'POST') return begin;
        if (headers.authorization === 'Bearer t0') {
          refused++;
          response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"', connection: 'close' });
          response.end();
          return undefined;
        }
        return { status: 201 };
      },
      { readBody: false },
    );
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).push(large, bytesSource(large.bytes))).resolves.toBe(
      'uploaded',
    );
    expect(server.seen.every(({ headers }) => headers.expect === undefined)).toBe(true);
  });

  test.each([500, 503, 404, 416])('case 66: an upload that ends in %d begins anew', async (status) => {
    let puts = 0;
    await using server = await fakeServer(({ method }) =>
      method === 'POST' ? begin : method === 'PUT' && ++puts > 1 ? { status: 201 } : { status },
    );
    await using registry = testRegistry();
    const content = countedSource();
    await registry.repository(`${server.host}/a`).push(blob, content);
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual([
      'POST',
      'PUT',
      'DELETE',
      'POST',
      'PUT',
    ]);
    expect(content.opened).toEqual([0, 0]);
  });

  test('case 66: a connection that breaks in the middle begins anew', async () => {
    let puts = 0;
    await using server = await fakeServer(
      async ({ method }, response) => {
        if (method === 'POST') return begin;
        if (method === 'DELETE') return { status: 204 };
        if (++puts > 1) return { status: 201 };
        response.socket!.destroy();
        return undefined;
      },
      { readBody: false },
    );
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).push(blob, countedSource())).resolves.toBe(
      'uploaded',
    );
    expect(puts).toBe(2);
  });

  test.each([
    ['other bytes', Buffer.alloc(blob.size, 1)],
    ['too few bytes', blob.bytes.subarray(0, 100_000)],
    ['too many bytes', Buffer.concat([blob.bytes, Buffer.from('x')])],
  ])('case 47: a source with %s is never committed, and the upload is cancelled', async (_, bytes) => {
    const finished: string[] = [];
    await using server = await fakeServer(({ method }) => {
      finished.push(method);
      return method === 'POST' ? begin : { status: method === 'DELETE' ? 204 : 201 };
    });
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).push(blob, countedSource(bytes)),
    ).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
    expect(finished).toEqual(['POST', 'DELETE']);
  });

  test('case 47: a store that hands out wrong bytes is caught as well', async () => {
    await using from = await fakeServer(() => ({ status: 200, body: Buffer.alloc(blob.size, 1) }));
    await using server = await fakeServer(({ method }) =>
      method === 'POST' ? begin : { status: method === 'DELETE' ? 204 : 201 },
    );
    await using registry = testRegistry();
    const content = storeSource(registry.repository(`${from.host}/b`), blob);
    await expect(registry.repository(`${server.host}/a`).push(blob, content)).rejects.toMatchObject({
      code: 'ERR_LADING_CONTENT_MISMATCH',
    });
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'DELETE']);
  });

  test('a failure of the source comes out as it is, after one try', async () => {
    const failure = Object.assign(new Error('the disk is gone'), { code: 'EIO' });
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 204 }));
    await using registry = testRegistry();
    const content: ContentSource = {
      open: async () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(blob.bytes.subarray(0, 1000));
          },
          pull(controller) {
            controller.error(failure);
          },
        }),
    };
    await expect(registry.repository(`${server.host}/a`).push(blob, content)).rejects.toBe(failure);
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'DELETE']);
  });

  test.each(['the call', 'the client'])(
    'case 67: an abort of %s cancels the upload and gives the signal’s reason',
    async (whose) => {
      await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 204 }));
      const abort = new AbortController();
      await using registry = testRegistry(whose === 'the client' ? { signal: abort.signal } : {});
      const reason = new Error('Ctrl-C');
      const content: ContentSource = {
        open: async () =>
          new ReadableStream({
            start(controller) {
              controller.enqueue(blob.bytes.subarray(0, 1000));
              setTimeout(() => abort.abort(reason), 30);
            },
          }),
      };
      await expect(
        registry
          .repository(`${server.host}/a`)
          .push(blob, content, whose === 'the call' ? { signal: abort.signal } : {}),
      ).rejects.toBe(reason);
      expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'DELETE']);
    },
  );
});

describe('case 53: mounts', () => {
  test('201 is all it takes', async () => {
    await using server = await fakeServer(() => ({ status: 201 }));
    await using registry = testRegistry();
    const content = countedSource();
    await expect(
      registry.repository(`${server.host}/a`).push(blob, content, { mountFrom: ['acme/b'] }),
    ).resolves.toBe('mounted');
    expect(server.lines()).toEqual([`POST /v2/a/blobs/uploads/?mount=${encoded}&from=acme%2Fb`]);
    expect(content.opened).toEqual([]);
  });

  test('202 goes on at its Location, without another POST', async () => {
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 201 }));
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).push(blob, source, { mountFrom: ['acme/b'] }),
    ).resolves.toBe('uploaded');
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT']);
  });

  test.each([400, 403, 404, 405])('%d is followed by a plain POST, at once', async (status) => {
    await using server = await fakeServer(({ method, path }) =>
      path.includes('mount=') ? { status } : method === 'POST' ? begin : { status: 201 },
    );
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).push(blob, source, { mountFrom: ['acme/b'] }),
    ).resolves.toBe('uploaded');
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'POST', 'PUT']);
    expect(registry.clock.sleeps).toEqual([]);
  });

  test('case 13: a token server that refuses the other repository does not stop the upload', async () => {
    await using server = await fakeServer(({ method, path, headers }) => {
      if (path.startsWith('/token'))
        return path.includes('secret') ? { status: 403 } : { status: 200, body: '{"token":"good"}' };
      if (headers.authorization === undefined)
        return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
      return method === 'POST' ? begin : { status: 201 };
    });
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).push(blob, source, { mountFrom: ['acme/secret'] }),
    ).resolves.toBe('uploaded');
  });
});

/** A registry that takes pieces only; `quirk` may answer a PATCH otherwise. */
function pieceServer(
  quirk: (request: SeenRequest, received: number) => ScriptedAnswer | undefined = () => undefined,
) {
  let received: Buffer = Buffer.alloc(0);
  let step = 0;
  const location = (): string => `/v2/a/blobs/uploads/1?step=${step}`;
  const script = (request: SeenRequest): ScriptedAnswer => {
    const { method, path, headers, body } = request;
    if (method === 'DELETE') return { status: 204 };
    if (method === 'POST') {
      received = Buffer.alloc(0);
      return { status: 202, headers: { location: location() } };
    }
    if (method === 'PUT' && body.byteLength > 0) return { status: 413 };
    if (!path.startsWith(location())) return { status: 404 };
    if (method === 'GET')
      return { status: 204, headers: { location: location(), range: `0-${received.byteLength - 1}` } };
    if (method === 'PUT') {
      return digestOf(received) === new URLSearchParams(path.split('?')[1]).get('digest')
        ? { status: 201 }
        : { status: 400, body: errorBody('DIGEST_INVALID') };
    }
    const odd = quirk(request, received.byteLength);
    if (odd !== undefined) return odd;
    if (Number(headers['content-range']?.split('-')[0]) !== received.byteLength) return { status: 416 };
    received = Buffer.concat([received, body]);
    step++;
    return { status: 202, headers: { location: location(), range: `0-${received.byteLength - 1}` } };
  };
  return script;
}

describe('uploads in pieces', () => {
  const inPieces: HostOptions = { quirks: { maxChunkBytes: 64_000 } };

  test('case 50: when a whole upload is refused, pieces within the host’s limit follow, and are remembered', async () => {
    await using server = await fakeServer(pieceServer());
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.push(blob, countedSource())).resolves.toBe('uploaded');
    const pieces = server.seen.filter(({ method }) => method === 'PATCH');
    expect(pieces.map(({ headers }) => headers['content-range'])).toEqual([
      '0-63999',
      '64000-127999',
      '128000-191999',
      '192000-199999',
    ]);
    const before = server.seen.length;
    await repository.push(blob, countedSource());
    expect(
      server
        .lines()
        .slice(before)
        .map((line) => line.split(' ')[0]),
    ).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH', 'PATCH', 'PUT']);
  });

  test('case 24: each step uses the newest Location', async () => {
    await using server = await fakeServer(pieceServer());
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await registry.repository(`${server.host}/a`).push(blob, source);
    expect(server.lines().at(-1)).toBe(`PUT /v2/a/blobs/uploads/1?step=4&digest=${encoded}`);
  });

  test.each([201, 204])(
    'case 49: a PATCH answered with %d and nothing else counts as taken',
    async (status) => {
      let sent = Buffer.alloc(0);
      await using server = await fakeServer(({ method, body }) => {
        if (method === 'POST') return begin;
        if (method === 'PATCH') sent = Buffer.concat([sent, body]);
        return method === 'PUT' && body.byteLength > 0
          ? { status: 405 }
          : { status: method === 'PATCH' ? status : 201 };
      });
      await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
      await registry.repository(`${server.host}/a`).push(blob, source);
      expect(digestOf(sent)).toBe(blob.digest);
    },
  );

  test('case 49: an upload that does not move on is given up', async () => {
    await using server = await fakeServer(
      pieceServer((_, received) =>
        received > 0 ? { status: 202, headers: { range: `0-${received - 1}` } } : undefined,
      ),
    );
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await expect(registry.repository(`${server.host}/a`).push(blob, source)).rejects.toMatchObject({
      code: 'ERR_LADING_REGISTRY',
      message: expect.stringContaining('no more than 64000 of 200000 bytes'),
    });
    expect(server.lines().at(-1)).toMatch(/^DELETE/);
  });

  test('case 50: a registry that takes no pieces is not offered any', async () => {
    await using server = await fakeServer(({ method }) => (method === 'POST' ? begin : { status: 413 }));
    await using registry = testRegistry({ hosts: { [server.host]: { quirks: { chunkedUploads: false } } } });
    await expect(registry.repository(`${server.host}/a`).push(blob, source)).rejects.toMatchObject({
      code: 'ERR_LADING_TOO_LARGE',
    });
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT', 'DELETE']);
  });

  test('case 51: the registry’s least piece is heeded', async () => {
    const script = pieceServer();
    await using server = await fakeServer((request) => {
      const answer = script(request);
      return request.method === 'POST'
        ? { ...answer, headers: { ...answer.headers, 'oci-chunk-min-length': '150000' } }
        : answer;
    });
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await registry.repository(`${server.host}/a`).push(blob, source);
    const pieces = server.seen.filter(({ method }) => method === 'PATCH');
    expect(pieces.map(({ body }) => body.byteLength)).toEqual([150_000, 50_000]);
  });

  test('case 51: an absurd least piece is refused', async () => {
    await using server = await fakeServer(({ method }) =>
      method === 'POST'
        ? { status: 202, headers: { location: '/u', 'oci-chunk-min-length': '1099511627776' } }
        : { status: method === 'DELETE' ? 204 : 413 },
    );
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).push(blob, source)).rejects.toMatchObject({
      message: expect.stringContaining('1099511627776'),
    });
  });

  test('case 52: after 416 the upload goes on from where the registry is', async () => {
    let once = true;
    await using server = await fakeServer(
      pieceServer((_, received) => {
        if (received !== 128_000 || !once) return undefined;
        once = false;
        return { status: 416 };
      }),
    );
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    const content = countedSource();
    await registry.repository(`${server.host}/a`).push(blob, content);
    expect(content.opened.at(-1)).toBe(128_000);
  });

  test.each(['0--1', '0-0', 'bytes=0-0'])('case 52: %s says that nothing has come yet', async (range) => {
    let sent = Buffer.alloc(0);
    let once = true;
    await using server = await fakeServer(({ method, body }) => {
      if (method === 'POST') return begin;
      if (method === 'GET') return { status: 204, headers: { range } };
      if (method === 'PATCH' && once) {
        once = false;
        return { status: 416 };
      }
      if (method === 'PATCH') sent = Buffer.concat([sent, body]);
      return method === 'PUT' && body.byteLength > 0 ? { status: 411 } : { status: 202 };
    });
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await registry.repository(`${server.host}/a`).push(blob, source);
    expect(digestOf(sent)).toBe(blob.digest);
  });

  test('case 52: an upload that the registry has lost begins anew', async () => {
    let lost = false;
    await using server = await fakeServer(
      pieceServer((_, received) => {
        if (received !== 64_000 || lost) return undefined;
        lost = true;
        return { status: 404, body: errorBody('BLOB_UPLOAD_UNKNOWN') };
      }),
    );
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await expect(registry.repository(`${server.host}/a`).push(blob, source)).resolves.toBe('uploaded');
    expect(server.lines().filter((line) => line.startsWith('POST'))).toHaveLength(3);
  });

  test('case 10: a 401 for one piece renews the token and sends that piece again', async () => {
    let generation = 0;
    const script = pieceServer();
    await using server = await fakeServer((request) => {
      if (request.path.startsWith('/token'))
        return { status: 200, body: JSON.stringify({ token: `t${++generation}` }) };
      const isLater = Number(request.headers['content-range']?.split('-')[0] ?? 0) >= 64_000;
      const wanted = isLater ? 't2' : 't1';
      if (request.headers.authorization !== `Bearer ${wanted}` && (generation < 2 || isLater)) {
        return { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } };
      }
      return script(request);
    });
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await expect(registry.repository(`${server.host}/a`).push(blob, countedSource())).resolves.toBe(
      'uploaded',
    );
  });

  test('case 47: wrong bytes in pieces are never committed', async () => {
    await using server = await fakeServer(pieceServer());
    await using registry = testRegistry({ hosts: { [server.host]: inPieces } });
    await expect(
      registry.repository(`${server.host}/a`).push(blob, countedSource(Buffer.alloc(blob.size, 9))),
    ).rejects.toMatchObject({ code: 'ERR_LADING_CONTENT_MISMATCH' });
  });
});
