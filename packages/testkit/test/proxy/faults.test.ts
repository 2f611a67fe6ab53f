import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { type Fault, faults, type RegistryProxy, randomBytesOf, startProxy } from '../../src/index.ts';
import { startTinyRegistry, type TinyRegistry } from './registry.ts';

const blob = randomBytesOf(200_000, 'blob');
const path = `/v2/a/blobs/${digestOf(blob)}`;
let registry: TinyRegistry;
let proxy: RegistryProxy;

beforeEach(async () => {
  registry = await startTinyRegistry();
  registry.contents.set(path, { type: 'application/octet-stream', bytes: Buffer.from(blob) });
  registry.contents.set('/v2/a/manifests/v1', { type: 'application/json', bytes: Buffer.from('{}') });
  proxy = await startProxy({ target: registry.url });
});
afterEach(async () => {
  await proxy.close();
  await registry[Symbol.asyncDispose]();
});

function get(script: Fault | readonly Fault[], at = path, init?: RequestInit): Promise<Response> {
  proxy.play(...[script].flat());
  return fetch(proxy.url + at, { redirect: 'manual', ...init });
}

/** Reads as much of a body as comes. */
async function received(answer: Response): Promise<{ readonly bytes: number; readonly whole: boolean }> {
  let bytes = 0;
  try {
    for await (const chunk of answer.body ?? []) bytes += chunk.byteLength;
    return { bytes, whole: true };
  } catch {
    return { bytes, whole: false };
  }
}

describe('answers in the place of the registry', () => {
  test('statusOnce answers the first matching request and lets the next through', async () => {
    expect((await get(faults.statusOnce(503, { kind: 'blob' }))).status).toBe(503);
    expect((await fetch(proxy.url + path)).status).toBe(200);
    expect(registry.seen).toHaveLength(1);
    expect(proxy.requests[0]?.faults).toEqual(['answer']);
  });

  test('tooManyRequests sends Retry-After in seconds, as a date, or not at all', async () => {
    const script = [
      faults.tooManyRequests(7, { nth: 1 }),
      faults.tooManyRequests(new Date('2026-11-23T10:00:00Z'), { nth: 2, first: undefined }),
      faults.tooManyRequests(undefined, { nth: 3, first: undefined }),
    ];
    const first = await get(script);
    expect(first.status).toBe(429);
    expect(first.headers.get('retry-after')).toBe('7');
    expect(await first.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
    expect((await fetch(proxy.url + path)).headers.get('retry-after')).toBe('Mon, 23 Nov 2026 10:00:00 GMT');
    const third = await fetch(proxy.url + path);
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, null]);
  });

  test('unauthorizedOnce answers an upload after its body or before it', async () => {
    const put = { method: 'PUT', body: blob };
    const after = await get(faults.unauthorizedOnce({ method: 'PUT' }), '/v2/a/blobs/uploads/1', put);
    expect(after.status).toBe(401);
    expect(proxy.requests[0]?.requestBytes).toBe(blob.byteLength);

    proxy.play(faults.unauthorizedOnce({ method: 'PATCH' }, { readBytes: 0 }));
    const upload = request(`${proxy.url}/v2/a/blobs/uploads/1`, { method: 'PATCH' });
    upload.flushHeaders();
    const [before] = await once(upload, 'response');
    expect(before.statusCode).toBe(401);
    expect(proxy.requests[1]?.requestBytes).toBe(0);
    upload.destroy();
  });

  test('redirect sends elsewhere, and redirectLoop in circles', async () => {
    await using cdn = await startProxy({ target: registry.url });
    const answer = await get(faults.redirect(307, (request) => cdn.url + request.path, { first: 1 }));
    expect([answer.status, answer.headers.get('location')]).toEqual([307, cdn.url + path]);
    await expect(get(faults.redirectLoop(302), path, { redirect: 'follow' })).rejects.toThrow();
    expect(proxy.count()).toBeGreaterThan(5);
  });

  test('silence never answers', async () => {
    await expect(get(faults.silence(), path, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    expect(proxy.requests[0]?.status).toBeUndefined();
  });

  test('immutableTags refuses a tag that is there and takes a new one', async () => {
    const put = { method: 'PUT', body: '{"new":1}' };
    const refused = await get(faults.immutableTags(), '/v2/a/manifests/v1', put);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'ImageTagAlreadyExistsException' }] });
    expect((await fetch(`${proxy.url}/v2/a/manifests/v2`, put)).status).toBe(201);
  });

  test('chunkCap refuses long bodies, whether their length is announced or not', async () => {
    const upload = '/v2/a/blobs/uploads/1';
    const announced = await get(faults.chunkCap(1000), upload, { method: 'PATCH', body: blob });
    expect(announced.status).toBe(416);
    const streamed = await fetch(proxy.url + upload, {
      method: 'PATCH',
      body: ReadableStream.from([blob]),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(416);
    const small = await fetch(proxy.url + upload, { method: 'PATCH', body: blob.subarray(0, 1000) });
    expect(small.status).toBe(202);
  });

  test('noReferrers answers in the ways that registries without the API do', async () => {
    const at = '/v2/a/referrers/sha256:0';
    const ways = ['not found', 'html', 'redirect', 'manifest unknown'] as const;
    const answers = [];
    for (const way of ways) {
      proxy.calm();
      const answer = await get(faults.noReferrers(way), at);
      answers.push([answer.status, answer.headers.get('content-type')]);
      await answer.text();
    }
    expect(answers).toEqual([
      [404, 'text/plain'],
      [200, 'text/html'],
      [303, 'application/json'],
      [404, 'application/json'],
    ]);
  });
});

describe('connections', () => {
  test('dropAfter closes the connection after so many bytes of an answer', async () => {
    const answer = await get(faults.dropAfter(70_000, { kind: 'blob' }));
    expect(answer.headers.get('content-length')).toBe('200000');
    expect(await received(answer)).toEqual({ bytes: 70_000, whole: false });
    expect(await received(await fetch(proxy.url + path))).toEqual({ bytes: 200_000, whole: true });
  });

  test('dropUploadAfter closes the connection after so many bytes of a request', async () => {
    const put = { method: 'PUT', body: blob };
    await expect(get(faults.dropUploadAfter(1000), `/v2/a/blobs/uploads/1?digest=x`, put)).rejects.toThrow();
    expect(registry.contents.has('/v2/a/blobs/x')).toBe(false);
  });

  test('hangUp closes the connection without an answer', async () => {
    await expect(get(faults.hangUp())).rejects.toThrow();
    expect(registry.seen).toHaveLength(0);
  });

  test('delay and slowDownload take their time', async () => {
    const start = performance.now();
    await received(await get([faults.delay(100), faults.slowDownload(1_000_000)]));
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  test('slowUpload takes its time', async () => {
    const start = performance.now();
    await get(faults.slowUpload(1_000_000), '/v2/a/blobs/uploads/1', { method: 'PUT', body: blob });
    expect(performance.now() - start).toBeGreaterThan(150);
  });
});

describe('answers that lie', () => {
  test('headers can be set and left out', async () => {
    const answer = await get([
      faults.wrongDigest({ nth: 1 }),
      faults.contentType('text/plain'),
      faults.noDigest({ nth: 2 }),
    ]);
    expect(answer.headers.get('docker-content-digest')).toMatch(/^sha256:/);
    expect(answer.headers.get('docker-content-digest')).not.toBe(digestOf(blob));
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect((await fetch(proxy.url + path)).headers.get('docker-content-digest')).toBeNull();
  });

  test('lyingHead lies to HEAD only', async () => {
    const head = await get(faults.lyingHead({ size: 5, digest: 'sha256:0' }), path, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe('5');
    expect(head.headers.get('docker-content-digest')).toBe('sha256:0');
    expect((await fetch(proxy.url + path)).headers.get('content-length')).toBe('200000');
  });

  test('corrupt changes one byte, shortBody and extraBytes the length', async () => {
    const corrupt = Buffer.from(await (await get(faults.corrupt(150_000, { first: 1 }))).arrayBuffer());
    expect(corrupt.byteLength).toBe(200_000);
    expect(corrupt.findIndex((byte, index) => byte !== blob[index])).toBe(150_000);

    const short = await get(faults.shortBody(10, { first: 1 }));
    expect(short.headers.get('content-length')).toBe('10');
    expect(await received(short)).toEqual({ bytes: 10, whole: true });

    const long = await get(faults.extraBytes(3, { first: 1 }));
    expect(await received(long)).toEqual({ bytes: 200_003, whole: true });
  });

  test('noLocation and relativeLocation change where uploads go on', async () => {
    const post = { method: 'POST' };
    const none = await get(faults.noLocation({ first: 1 }), '/v2/a/blobs/uploads/', post);
    expect(none.headers.get('location')).toBeNull();
    const relative = await get(faults.relativeLocation(), '/v2/a/blobs/uploads/', post);
    expect(relative.headers.get('location')).toBe('/v2/a/blobs/uploads/2?_state=x');
  });

  test('tag lists can be null, hold anything, and go on for ever', async () => {
    const at = '/v2/a/tags/list';
    expect(await (await get(faults.tagList(null, { nth: 1 }), at)).json()).toEqual({ name: 'a', tags: null });
    proxy.play(faults.tagList([null, 'v1']), faults.tagListLoop());
    const answer = await fetch(proxy.url + at);
    expect(answer.headers.get('link')).toBe('<?last=again>; rel="next"');
    expect(await answer.json()).toEqual({ name: 'a', tags: [null, 'v1'] });
  });
});

describe('which requests a fault hits', () => {
  async function statuses(count: number): Promise<readonly number[]> {
    const result = [];
    for (let index = 0; index < count; index++) result.push((await fetch(proxy.url + path)).status);
    return result;
  }

  test('nth and first count only the requests that match the rest', async () => {
    proxy.play(faults.status(500, { kind: 'blob', nth: 2 }));
    await fetch(`${proxy.url}/v2/`);
    expect(await statuses(3)).toEqual([200, 500, 200]);
    proxy.calm();
    proxy.play(faults.status(500, { path: /blobs/, method: ['GET', 'HEAD'], first: 2 }));
    expect(await statuses(3)).toEqual([500, 500, 200]);
  });

  test('chance is repeatable', async () => {
    proxy.play(faults.status(500, { probability: 0.5, seed: 42 }));
    const once = await statuses(12);
    proxy.calm();
    proxy.play(faults.status(500, { probability: 0.5, seed: 42 }));
    expect(await statuses(12)).toEqual(once);
    expect(new Set(once)).toEqual(new Set([200, 500]));
  });

  test('authorization tells requests with credentials from others', async () => {
    const answer = await get(faults.status(400, { authorization: true }));
    expect(answer.status).toBe(200);
    const headers = { authorization: 'Bearer x' };
    expect((await fetch(proxy.url + path, { headers })).status).toBe(400);
  });
});
