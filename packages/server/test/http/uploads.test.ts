import { readdir, stat } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { randomBytesOf } from '@lading/testkit';
import { beginUpload, pushBlob, send, startTemporary } from '../support.ts';

const content = Buffer.from(randomBytesOf(2_000_000, 'upload'));
const digest = digestOf(content);

async function expectPullable(url: string, repository = 'acme/app'): Promise<void> {
  const answer = await send(url, 'GET', `/v2/${repository}/blobs/${digest}`);
  expect([answer.status, digestOf(answer.body)]).toEqual([200, digest]);
}

describe('a blob can be pushed', () => {
  test('by one POST', async () => {
    await using server = await startTemporary();
    const path = `/v2/acme/app/blobs/uploads/?digest=${digest}`;
    const answer = await send(server.url, 'POST', path, { body: content });
    expect([answer.status, answer.headers.location, answer.headers['docker-content-digest']]).toEqual([
      201,
      `/v2/acme/app/blobs/${digest}`,
      digest,
    ]);
    await expectPullable(server.url);
  });

  test('as a stream of unknown length', async () => {
    await using server = await startTemporary();
    const location = await beginUpload(server.url, 'acme/app');
    const headers = { 'transfer-encoding': 'chunked' };
    const answer = await patch(server.url, location, content, headers);
    expect([answer.status, answer.headers.range]).toEqual([202, '0-1999999']);
    expect((await send(server.url, 'PUT', `${location}?digest=${digest}`)).status).toBe(201);
    await expectPullable(server.url);
  });

  test('in chunks that name their place, the last of them with the PUT', async () => {
    await using server = await startTemporary();
    const location = await beginUpload(server.url, 'acme/app');
    for (const [start, end] of [
      [0, 999_999],
      [1_000_000, 1_499_999],
    ] as const) {
      const body = content.subarray(start, end + 1);
      const answer = await send(server.url, 'PATCH', location, {
        body,
        headers: { 'content-range': `${start}-${end}` },
      });
      expect([answer.status, answer.headers.range]).toEqual([202, `0-${end}`]);
    }
    const headers = { 'content-range': '1500000-1999999' };
    const body = content.subarray(1_500_000);
    expect((await send(server.url, 'PUT', `${location}?digest=${digest}`, { body, headers })).status).toBe(
      201,
    );
    await expectPullable(server.url);
  });

  test.each(['', '&digest-algorithm=sha512'])(
    'case 56: by a sha512 digest, with the query "%s" at its start',
    async (query) => {
      await using server = await startTemporary();
      const sha512 = digestOf(content, 'sha512');
      const { headers } = await send(server.url, 'POST', `/v2/acme/app/blobs/uploads/?x=1${query}`);
      const location = headers.location ?? '';
      await send(server.url, 'PATCH', location, { body: content });
      expect((await send(server.url, 'PUT', `${location}?digest=${sha512}`)).status).toBe(201);
      const head = await send(server.url, 'HEAD', `/v2/acme/app/blobs/${sha512}`);
      expect([head.status, head.headers['docker-content-digest']]).toEqual([200, sha512]);
    },
  );

  test('twice at the same time, and is one whole blob', async () => {
    await using server = await startTemporary();
    await Promise.all(Array.from({ length: 8 }, () => pushBlob(server.url, 'acme/app', content)));
    await expectPullable(server.url);
    expect(await readdir(`${server.directory}/uploads`)).toEqual([]);
  });
});

describe('case 52: a chunk out of order', () => {
  test('is answered 416 with what is there, and the upload goes on from it', async () => {
    await using server = await startTemporary();
    const location = await beginUpload(server.url, 'acme/app');
    await send(server.url, 'PATCH', location, { body: content.subarray(0, 1000) });
    const headers = { 'content-range': '2000-2999' };
    const wrong = await send(server.url, 'PATCH', location, { body: content.subarray(2000, 3000), headers });
    expect([wrong.status, wrong.headers.range, wrong.headers.location]).toEqual([416, '0-999', location]);
    const status = await send(server.url, 'GET', location);
    expect([status.status, status.headers.range]).toEqual([204, '0-999']);
    await send(server.url, 'PATCH', location, { body: content.subarray(1000) });
    expect((await send(server.url, 'PUT', `${location}?digest=${digest}`)).status).toBe(201);
    await expectPullable(server.url);
  });

  test('is refused when it is not as long as it says', async () => {
    await using server = await startTemporary();
    const location = await beginUpload(server.url, 'acme/app');
    const answer = await send(server.url, 'PATCH', location, {
      body: 'ab',
      headers: { 'content-range': '0-9' },
    });
    expect([answer.status, answer.codes]).toEqual([400, ['SIZE_INVALID']]);
  });
});

test('case 47: content that is not what its digest says is refused and leaves nothing', async () => {
  await using server = await startTemporary();
  const location = await beginUpload(server.url, 'acme/app');
  const answer = await send(server.url, 'PUT', `${location}?digest=${digest}`, { body: 'another content' });
  expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
  expect((await send(server.url, 'GET', location)).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  expect((await send(server.url, 'HEAD', `/v2/acme/app/blobs/${digest}`)).status).toBe(404);
  expect(await readdir(`${server.directory}/uploads`)).toEqual([]);
});

test('a cancelled upload is gone with its file', async () => {
  await using server = await startTemporary();
  const location = await beginUpload(server.url, 'acme/app');
  await send(server.url, 'PATCH', location, { body: 'abc' });
  expect((await send(server.url, 'DELETE', location)).status).toBe(204);
  expect((await send(server.url, 'PATCH', location, { body: 'd' })).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  expect(await readdir(`${server.directory}/uploads`)).toEqual([]);
});

test('an upload belongs to the repository that it was begun in', async () => {
  await using server = await startTemporary();
  const location = await beginUpload(server.url, 'acme/app');
  const elsewhere = location.replace('acme/app', 'acme/other');
  expect((await send(server.url, 'PATCH', elsewhere, { body: 'x' })).codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
});

test('when the connection breaks in the middle of a chunk, what came is kept and the upload goes on from there', async () => {
  await using server = await startTemporary();
  const location = await beginUpload(server.url, 'acme/app');
  const broken = request(new URL(location, server.url), {
    method: 'PATCH',
    agent: false,
    headers: { 'content-length': content.byteLength },
  });
  broken.on('error', () => {});
  broken.write(content.subarray(0, 1_500_000));
  await eventually(async () => (await stored(server.directory)) > 0);
  broken.destroy();
  await eventually(async () => (await send(server.url, 'PATCH', location, { body: '' })).status === 202);
  const { headers } = await send(server.url, 'GET', location);
  const next = Number(headers.range?.split('-')[1]) + 1;
  expect(next).toBeGreaterThan(1);
  expect(next).toBeLessThanOrEqual(1_500_000);
  await send(server.url, 'PATCH', location, {
    body: content.subarray(next),
    headers: { 'content-range': `${next}-${content.byteLength - 1}` },
  });
  expect((await send(server.url, 'PUT', `${location}?digest=${digest}`)).status).toBe(201);
  await expectPullable(server.url);
});

test('an upload takes one request at a time; the other is told to come back', async () => {
  await using server = await startTemporary();
  const location = await beginUpload(server.url, 'acme/app');
  const first = request(new URL(location, server.url), {
    method: 'PATCH',
    agent: false,
    headers: { 'content-length': content.byteLength },
  });
  const answered = new Promise<IncomingMessage>((resolve) => first.on('response', resolve));
  first.write(content.subarray(0, 1_500_000));
  await eventually(async () => (await stored(server.directory)) > 0);
  for (const [method, target] of [
    ['PATCH', location],
    ['PUT', `${location}?digest=${digest}`],
  ] as const) {
    const refused = await send(server.url, method, target, { body: 'x' });
    expect([refused.status, refused.codes]).toEqual([409, ['BLOB_UPLOAD_INVALID']]);
  }
  first.end(content.subarray(1_500_000));
  expect((await answered).resume().statusCode).toBe(202);
  expect((await send(server.url, 'PUT', `${location}?digest=${digest}`)).status).toBe(201);
  await expectPullable(server.url);
});

test('a single POST that breaks off leaves nothing, as its client knows no place to go on', async () => {
  await using server = await startTemporary({ maxUploads: 1 });
  const broken = request(new URL(`/v2/acme/app/blobs/uploads/?digest=${digest}`, server.url), {
    method: 'POST',
    agent: false,
    headers: { 'content-length': content.byteLength },
  });
  broken.on('error', () => {});
  broken.write(content.subarray(0, 1_500_000));
  await eventually(async () => (await stored(server.directory)) > 0);
  broken.destroy();
  await eventually(async () => (await readdir(`${server.directory}/uploads`)).length === 0);
  expect((await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/')).status).toBe(202);
});

describe('a mount', () => {
  test('from a repository that has the blob takes no upload', async () => {
    await using server = await startTemporary();
    await pushBlob(server.url, 'one', content);
    const answer = await send(server.url, 'POST', `/v2/two/blobs/uploads/?mount=${digest}&from=one`);
    expect([answer.status, answer.headers.location]).toEqual([201, `/v2/two/blobs/${digest}`]);
    await expectPullable(server.url, 'two');
  });

  test('without "from" finds the blob wherever it is', async () => {
    await using server = await startTemporary();
    await pushBlob(server.url, 'one', content);
    expect((await send(server.url, 'POST', `/v2/two/blobs/uploads/?mount=${digest}`)).status).toBe(201);
    await expectPullable(server.url, 'two');
  });

  test.each(['&from=two', '&from=Not+A+Name', ''])(
    'case 53: that cannot be done ("%s") begins an upload in its place',
    async (from) => {
      await using server = await startTemporary();
      await pushBlob(server.url, 'one', from === '' ? 'something else' : content);
      const answer = await send(server.url, 'POST', `/v2/three/blobs/uploads/?mount=${digest}${from}`);
      expect(answer.status).toBe(202);
      const location = answer.headers.location ?? '';
      expect((await send(server.url, 'PUT', `${location}?digest=${digest}`, { body: content })).status).toBe(
        201,
      );
    },
  );
});

describe('uploads are bounded', () => {
  test('in number: one too many is told to come back', async () => {
    await using server = await startTemporary({ maxUploads: 2 });
    const first = await beginUpload(server.url, 'acme/app');
    await beginUpload(server.url, 'acme/app');
    const refused = await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/');
    expect([refused.status, refused.codes]).toEqual([429, ['TOOMANYREQUESTS']]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await send(server.url, 'DELETE', first);
    expect((await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/')).status).toBe(202);
  });

  test('in time: forgotten ones make room', async () => {
    let now = Date.now();
    await using server = await startTemporary({ maxUploads: 1, uploadIdleMs: 1000, clock: () => now });
    const first = await beginUpload(server.url, 'acme/app');
    await send(server.url, 'PATCH', first, { body: 'abc' });
    now += 2000;
    expect((await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/')).status).toBe(202);
    expect((await send(server.url, 'GET', first)).status).toBe(404);
    expect(await readdir(`${server.directory}/uploads`)).toEqual([]);
  });

  test('in size: a blob over the limit is answered 413, whether it says its length or not', async () => {
    await using server = await startTemporary({ maxBlobBytes: 1000 });
    const path = `/v2/acme/app/blobs/uploads/?digest=${digest}`;
    const told = await send(server.url, 'POST', path, { body: content });
    expect([told.status, told.codes]).toEqual([413, ['SIZE_INVALID']]);
    const location = await beginUpload(server.url, 'acme/app');
    const untold = await patch(server.url, location, content, { 'transfer-encoding': 'chunked' });
    expect(untold.status).toBe(413);
    expect(await readdir(`${server.directory}/uploads`)).toEqual([]);
  });
});

test('case 11: a refusal before the body is read reaches the client, and its connection goes on', async () => {
  await using server = await startTemporary({ maxBlobBytes: 1000 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const location = await beginUpload(server.url, 'acme/app');
  const path = `/v2/acme/app/blobs/uploads/?digest=${digest}`;
  for (const [method, target, headers, status] of [
    ['POST', path, { 'content-length': String(content.byteLength) }, 413],
    ['PATCH', location, { 'transfer-encoding': 'chunked' }, 413],
    ['PATCH', location, { 'transfer-encoding': 'chunked' }, 404],
    ['GET', '/v2/', {}, 200],
  ] as const) {
    const outgoing = request(new URL(target, server.url), { method, agent, headers });
    const body = method === 'GET' ? undefined : content;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject).end(body);
    });
    await answer.resume().toArray();
    expect([method, target, answer.statusCode]).toEqual([method, target, status]);
    expect(outgoing.reusedSocket).toBe(target !== path);
  }
  agent.destroy();
});

test('case 51: a smallest chunk is announced when one is set', async () => {
  await using server = await startTemporary({ chunkMinBytes: 4096 });
  const { headers } = await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/');
  expect(headers['oci-chunk-min-length']).toBe('4096');
});

async function patch(
  url: string,
  location: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly headers: Record<string, string | string[] | undefined> }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(new URL(location, url), { method: 'PATCH', agent: false, headers });
    outgoing.on('error', reject).on('response', (message) => {
      message
        .resume()
        .on('end', () => resolve({ status: message.statusCode ?? 0, headers: message.headers }));
    });
    outgoing.write(body.subarray(0, 700_000));
    outgoing.end(body.subarray(700_000));
  });
}

/** Bytes of unfinished uploads. */
async function stored(directory: string): Promise<number> {
  const sizes = (await readdir(`${directory}/uploads`)).map((name) => stat(`${directory}/uploads/${name}`));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 500) throw new Error('it did not come to be');
    await sleep(10);
  }
}
