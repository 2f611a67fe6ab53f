import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { randomBytesOf } from '@lading/testkit';
import { pushBlob, send, startTemporary } from '../support.ts';

describe('a pushed blob', () => {
  test('comes back byte for byte, with its length and digest on HEAD as on GET', async () => {
    await using server = await startTemporary();
    const content = randomBytesOf(3_000_000, 'blob');
    const digest = await pushBlob(server.url, 'acme/app', content);
    const path = `/v2/acme/app/blobs/${digest}`;
    const head = await send(server.url, 'HEAD', path);
    const get = await send(server.url, 'GET', path);
    for (const { status, headers } of [head, get]) {
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-length': '3000000',
        'docker-content-digest': digest,
        'content-type': 'application/octet-stream',
        'accept-ranges': 'bytes',
      });
    }
    expect(head.body.byteLength).toBe(0);
    expect(digestOf(get.body)).toBe(digest);
  });

  test('is told to be unchanged to whoever has it', async () => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'acme/app', 'content');
    const headers = { 'if-none-match': `"${digest}"` };
    expect((await send(server.url, 'GET', `/v2/acme/app/blobs/${digest}`, { headers })).status).toBe(304);
  });

  test('is not there for another repository, nor for one that does not exist', async () => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'acme/app', 'content');
    await pushBlob(server.url, 'acme/other', 'something else');
    for (const repository of ['acme/other', 'acme/none', 'acme']) {
      const answer = await send(server.url, 'GET', `/v2/${repository}/blobs/${digest}`);
      expect([answer.status, answer.codes]).toEqual([404, ['BLOB_UNKNOWN']]);
    }
  });

  test('is gone from one repository after a delete there, and still in the other', async () => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'one', 'content');
    await pushBlob(server.url, 'two', 'content');
    expect((await send(server.url, 'DELETE', `/v2/one/blobs/${digest}`)).status).toBe(202);
    expect((await send(server.url, 'DELETE', `/v2/one/blobs/${digest}`)).codes).toEqual(['BLOB_UNKNOWN']);
    expect((await send(server.url, 'HEAD', `/v2/one/blobs/${digest}`)).status).toBe(404);
    expect((await send(server.url, 'GET', `/v2/two/blobs/${digest}`)).body.toString()).toBe('content');
  });
});

describe('case 46: a part of a blob', () => {
  test('comes as 206 with its place, and a range beyond the end as 416 with the size', async () => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'acme/app', '0123456789');
    const path = `/v2/acme/app/blobs/${digest}`;
    const part = await send(server.url, 'GET', path, { headers: { range: 'bytes=2-4' } });
    expect([part.status, part.body.toString(), part.headers['content-range']]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    const beyond = await send(server.url, 'GET', path, { headers: { range: 'bytes=10-' } });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  test('is the whole blob when If-Range names something else', async () => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'acme/app', '0123456789');
    const headers = { range: 'bytes=2-4', 'if-range': '"sha256:other"' };
    const answer = await send(server.url, 'GET', `/v2/acme/app/blobs/${digest}`, { headers });
    expect([answer.status, answer.body.toString()]).toEqual([200, '0123456789']);
  });
});

test('case 45: a blob of no bytes can be pushed and pulled', async () => {
  await using server = await startTemporary();
  const digest = await pushBlob(server.url, 'acme/app', '');
  const answer = await send(server.url, 'GET', `/v2/acme/app/blobs/${digest}`);
  expect([answer.status, answer.headers['content-length']]).toEqual([200, '0']);
});

test('a digest written with %3A is understood, one that is none is refused', async () => {
  await using server = await startTemporary();
  const digest = await pushBlob(server.url, 'acme/app', 'content');
  const encoded = digest.replace(':', '%3A');
  expect((await send(server.url, 'HEAD', `/v2/acme/app/blobs/${encoded}`)).status).toBe(200);
  const wrong = await send(server.url, 'GET', '/v2/acme/app/blobs/sha256:abc');
  expect([wrong.status, wrong.codes]).toEqual([400, ['DIGEST_INVALID']]);
});
