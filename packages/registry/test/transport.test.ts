import { channel } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { openRegistry, type RequestEvent } from '../src/index.ts';
import { redactUrl } from '../src/redact.ts';
import { Gate } from '../src/throttle.ts';
import {
  blobOf,
  bytesOf,
  errorBody,
  fakeServer,
  manifestOf,
  serveManifest,
  testRegistry,
} from './fake-registry.ts';

const manifest = manifestOf();

describe('retries', () => {
  test.each([408, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524])(
    'case 66: %d is tried again',
    async (status) => {
      let count = 0;
      await using server = await fakeServer(() => (++count < 3 ? { status } : serveManifest(manifest)));
      await using registry = testRegistry();
      await expect(registry.repository(`${server.host}/a`).load('v1')).resolves.toMatchObject({
        descriptor: { digest: manifest.digest },
      });
      expect(count).toBe(3);
      expect(registry.clock.sleeps).toHaveLength(2);
    },
  );

  test.each([400, 404, 410, 501])('%d is not', async (status) => {
    await using server = await fakeServer(() => ({ status }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      status,
      retryable: false,
    });
    expect(server.seen).toHaveLength(1);
  });

  test('case 66: a connection that breaks is tried again', async () => {
    let count = 0;
    await using server = await fakeServer((_, response) => {
      if (++count < 3) {
        response.destroy();
        return undefined;
      }
      return serveManifest(manifest);
    });
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).resolves.toMatchObject({
      bytes: expect.anything(),
    });
    expect(count).toBe(3);
  });

  test('case 66: a manifest or a list that breaks off is asked for again', async () => {
    let count = 0;
    await using server = await fakeServer(({ path }, response) => {
      if (++count % 2 === 0) {
        return path.includes('/tags/') ? { status: 200, body: '{"tags":["v1"]}' } : serveManifest(manifest);
      }
      response.writeHead(200, { 'content-type': manifest.mediaType, 'content-length': '400' });
      response.write('{"tags":["v1"', () => setTimeout(() => response.destroy(), 5));
      return undefined;
    });
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await expect(repository.load('v1')).resolves.toMatchObject({ descriptor: { digest: manifest.digest } });
    const tags: string[] = [];
    for await (const tag of repository.tags()) tags.push(tag);
    expect(tags).toEqual(['v1']);
    expect(count).toBe(4);
  });

  test('case 66: a server that stays down is an error, after a bounded number of tries', async () => {
    await using server = await fakeServer(() => ({ status: 503, body: 'down' }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_REGISTRY',
      status: 503,
      retryable: true,
    });
    expect(server.seen).toHaveLength(5);
  });

  test('case 66: hundreds of entries together do not hammer a broken server', async () => {
    await using server = await fakeServer(() => ({ status: 502 }));
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await Promise.allSettled(Array.from({ length: 100 }, (_, index) => repository.load(`t${index}`)));
    expect(server.seen.length).toBeLessThanOrEqual(140);
  });

  test('a host where nobody listens is said to be so, soon', async () => {
    const host = '127.0.0.1:1';
    await using registry = testRegistry();
    await expect(registry.repository(`${host}/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining(host),
      retryable: true,
    });
    expect(registry.events).toHaveLength(3);
  });

  test('https towards a server that speaks http is explained', async () => {
    await using server = await fakeServer(() => ({ status: 200 }));
    await using registry = testRegistry({ hosts: { [server.host]: { tls: 'verify' } } });
    await expect(registry.repository(`${server.host}/a`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_UNREACHABLE',
      hint: expect.stringContaining('tls: off'),
    });
  });
});

describe('rate limits', () => {
  test.each([429, 503])('case 64: %d with Retry-After in seconds pauses the whole host', async (status) => {
    let count = 0;
    await using server = await fakeServer(() =>
      ++count === 1 ? { status, headers: { 'retry-after': '8' } } : serveManifest(manifest),
    );
    await using registry = testRegistry();
    const repository = registry.repository(`${server.host}/a`);
    await repository.load('one');
    expect(registry.clock.monotonic()).toBeGreaterThanOrEqual(8000);
    expect(registry.clock.monotonic()).toBeLessThan(9000);
  });

  test('case 64: Retry-After as a date is heeded', async () => {
    let count = 0;
    const now = Date.UTC(2026, 10, 23);
    await using server = await fakeServer(() =>
      ++count === 1
        ? {
            status: 429,
            headers: { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 7000).toUTCString() },
          }
        : serveManifest(manifest),
    );
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).load('one');
    expect(registry.clock.monotonic()).toBeGreaterThanOrEqual(7000);
  });

  test('case 64: a wait beyond the limit is an error that says how long it would be', async () => {
    await using server = await fakeServer(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_RATE_LIMITED',
      message: expect.stringContaining('3600 s'),
      retryable: true,
    });
    expect(server.seen).toHaveLength(1);
  });

  test('case 64: a used up pull quota stops this host at once, and only this one', async () => {
    await using quota = await fakeServer(() => ({
      status: 429,
      headers: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' },
      body: errorBody('TOOMANYREQUESTS', 'You have reached your pull rate limit.'),
    }));
    await using fine = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry();
    const limited = {
      code: 'ERR_LADING_RATE_LIMITED',
      message: expect.stringContaining('of 100 pulls in 6 hours'),
      hint: expect.stringContaining('login'),
    };
    await expect(registry.repository(`${quota.host}/a`).load('v1')).rejects.toMatchObject(limited);
    await expect(registry.repository(`${quota.host}/b`).load('v1')).rejects.toMatchObject(limited);
    expect(quota.seen).toHaveLength(1);
    await expect(registry.repository(`${fine.host}/a`).load('v1')).resolves.toBeDefined();
  });

  test('case 64: an answer that breaks HTTP is a failure like a broken line, not a crash', async () => {
    const sockets = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 429 Too Many Requests\nRetry-After: 1\n\nslow down'));
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => sockets.once('listening', resolve));
    const host = `127.0.0.1:${(sockets.address() as AddressInfo).port}`;
    await using registry = testRegistry();
    await expect(registry.repository(`${host}/a`).load('v1')).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_LADING_(UNREACHABLE|RATE_LIMITED)$/),
      retryable: true,
    });
    expect(registry.events).toHaveLength(5);
    await registry.close();
    await new Promise((resolve) => sockets.close(resolve));
  });

  test('case 65: the quota that is left can be asked for', async () => {
    await using server = await fakeServer(() => ({
      ...serveManifest(manifest),
      headers: {
        ...serveManifest(manifest).headers,
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': '93;w=21600',
      },
    }));
    await using registry = testRegistry();
    expect(registry.quota(server.host)).toBeUndefined();
    await registry.repository(`${server.host}/a`).resolve('v1');
    expect(registry.quota(server.host)).toEqual({ limit: 100, remaining: 93, windowSeconds: 21_600 });
  });

  test('the places at a host are halved by 429 and come back slowly', async () => {
    const gate = new Gate(8);
    gate.halve();
    gate.halve();
    expect(gate.limit).toBe(2);
    for (let count = 0; count < 20; count++) gate.recover();
    expect(gate.limit).toBe(3);
    await gate.enter();
    await gate.enter();
    await gate.enter();
    const abort = new AbortController();
    const waiting = gate.enter(abort.signal);
    const next = gate.enter();
    abort.abort('no more');
    await expect(waiting).rejects.toBe('no more');
    gate.leave();
    await expect(next).resolves.toBeUndefined();
  });

  test('requests start no faster than the host’s options allow', async () => {
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = testRegistry({ hosts: { [server.host]: { rateLimit: 4 } } });
    const repository = registry.repository(`${server.host}/a`);
    for (const tag of ['a', 'b', 'c', 'd', 'e']) await repository.load(tag);
    expect(registry.clock.monotonic()).toBe(1000);
  });

  test('a place that comes free in the moment of an abort is not lost', async () => {
    const gate = new Gate(1);
    await gate.enter();
    const abort = new AbortController();
    const first = gate.enter(abort.signal);
    const second = gate.enter();
    gate.leave();
    abort.abort('too late');
    await first;
    gate.leave();
    await expect(second).resolves.toBeUndefined();
  });

  test('no more requests are in flight than the host’s options allow', async () => {
    let inFlight = 0;
    let most = 0;
    await using server = await fakeServer(async () => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 10));
      inFlight--;
      return serveManifest(manifest);
    });
    await using registry = openRegistry({ hosts: { [server.host]: { concurrency: 3 } } });
    const repository = registry.repository(`${server.host}/a`);
    await Promise.all(Array.from({ length: 12 }, (_, index) => repository.load(`t${index}`)));
    expect(most).toBe(3);
  });
});

describe('redirects', () => {
  test('case 21: a redirected blob is fetched without the registry’s credentials', async () => {
    const blob = blobOf('layer');
    await using storage = await fakeServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 200, body: blob.bytes }
        : { status: 400, body: 'Only one auth mechanism allowed' },
    );
    await using server = await fakeServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : { status: 307, headers: { location: `${storage.url}/bucket/object?X-Amz-Signature=abc` } },
    );
    const { Credential } = await import('../src/index.ts');
    await using registry = testRegistry({
      credentials: async () => new Credential('password', 'bob', 'x', 'the test'),
    });
    const bytes = await bytesOf(await registry.repository(`${server.host}/a`).fetch(blob));
    expect(bytes.toString()).toBe('layer');
    expect(registry.events.map(({ url }) => url).join()).not.toContain('abc');
  });

  test('case 22: a loop ends', async () => {
    await using server = await fakeServer(({ path }) => ({ status: 302, headers: { location: `${path}x` } }));
    await using registry = testRegistry();
    await expect(registry.repository(`${server.host}/a`).load('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_URL_POLICY',
    });
    expect(server.seen).toHaveLength(11);
  });

  test.each([301, 302, 303])('case 22: a write that is redirected with %d is an error', async (status) => {
    await using server = await fakeServer(() => ({ status, headers: { location: '/v2/elsewhere' } }));
    await using registry = testRegistry();
    await expect(
      registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, 'v1'),
    ).rejects.toMatchObject({ code: 'ERR_LADING_URL_POLICY' });
    expect(server.seen).toHaveLength(1);
  });

  test('a write that is redirected with 307 is sent there', async () => {
    await using server = await fakeServer(({ path }) =>
      path === '/there' ? { status: 201 } : { status: 307, headers: { location: '/there' } },
    );
    await using registry = testRegistry();
    await registry.repository(`${server.host}/a`).publish(manifest, manifest.bytes, 'v1');
    expect(server.seen[1]).toMatchObject({ method: 'PUT', path: '/there', body: manifest.bytes });
  });
});

describe('what is told', () => {
  test('case 68: a warning is passed on once per text', async () => {
    const heard: unknown[] = [];
    await using server = await fakeServer(() => ({
      ...serveManifest(manifest),
      headers: {
        ...serveManifest(manifest).headers,
        warning: ['299 - "going away in \\"May\\""', `299 - "${'x'.repeat(5000)}"`, '199 - "not ours"'],
      },
    }));
    await using registry = testRegistry({ onWarning: (warning) => heard.push(warning) });
    const repository = registry.repository(`${server.host}/a`);
    await repository.resolve('v1');
    await repository.resolve('v1');
    expect(heard).toEqual([{ host: server.host, text: 'going away in "May"' }]);
  });

  test('every request is published on the diagnostics channel', async () => {
    const events: RequestEvent[] = [];
    const listen = (event: unknown): void => void events.push(event as RequestEvent);
    channel('lading:request').subscribe(listen);
    await using server = await fakeServer(() => serveManifest(manifest));
    await using registry = openRegistry();
    await registry.repository(`${server.host}/a`).resolve('v1');
    channel('lading:request').unsubscribe(listen);
    const own = events.filter(({ host }) => host === server.host);
    expect(own).toMatchObject([
      { phase: 'start', method: 'HEAD', url: `${server.url}/v2/a/manifests/v1` },
      { phase: 'end', method: 'HEAD', status: 200, durationMs: expect.any(Number) },
    ]);
    expect(own[0]!.id).toBe(own[1]!.id);
  });

  test('URLs are shown without what may be secret', () => {
    const url = new URL('https://bob:secret@s3.example/blob?X-Amz-Credential=AKIA&n=5&digest=sha256:ab#frag');
    expect(redactUrl(url)).toBe('https://s3.example/blob?X-Amz-Credential=…&n=5&digest=sha256:ab');
  });
});

describe('giving up', () => {
  test('case 67: the signal’s reason comes out untouched', async () => {
    await using server = await fakeServer(() => new Promise(() => {}));
    await using registry = testRegistry();
    const abort = new AbortController();
    const reason = { why: 'the user pressed Ctrl-C' };
    const pending = registry.repository(`${server.host}/a`).resolve('v1', { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 30);
    await expect(pending).rejects.toBe(reason);
  });

  test('closing the client ends what is under way', async () => {
    await using server = await fakeServer(() => new Promise(() => {}));
    const registry = testRegistry();
    const pending = registry.repository(`${server.host}/a`).resolve('v1');
    setTimeout(() => void registry.close(), 30);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_LADING_CLOSED' });
  });
});

test('undici is pinned to the one version whose files are imported by their paths', async () => {
  const { resolve } = createRequire(import.meta.url);
  const workspace = await readFile(new URL('../../../pnpm-workspace.yaml', import.meta.url), 'utf8');
  const { version } = JSON.parse(await readFile(resolve('undici/package.json'), 'utf8'));
  expect(/^ {2}undici: (.*)$/m.exec(workspace)?.[1]).toBe(version);
  for (const path of ['undici/lib/dispatcher/pool.js', 'undici/lib/api/api-request.js']) resolve(path);
});
