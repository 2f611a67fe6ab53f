import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Credential, openRegistry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { copy } from '@lading/store';
import { fileLayer, makeImage, makeIndex, type ProxyAuth, pushImage, startProxy } from '@lading/testkit';

/** Three platforms, seven blobs: three configs, a layer for each, one that all share. */
const shared = fileLayer({ 'etc/base': 'shared\n' });
const index = makeIndex(
  ['linux/amd64', 'linux/arm64/v8', 'linux/s390x'].map((platform) =>
    makeImage({ platform, layers: [shared, fileLayer({ 'etc/platform': platform })] }),
  ),
);

let folder = '';
let upstream: RegistryServer;
let mine: RegistryServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-requests-'));
  upstream = await startRegistry({ directory: join(folder, 'upstream') });
  mine = await startRegistry({ directory: join(folder, 'mine') });
});
afterEach(async () => {
  await upstream.close();
  await mine.close();
  await rm(folder, { recursive: true });
});

/** Proxies before both registries, and a client that has never spoken to either. */
async function start(auth?: ProxyAuth) {
  const source = await startProxy({ target: upstream.url, auth });
  const destination = await startProxy({ target: mine.url, auth });
  const client = openRegistry({
    ...(auth && { credentials: async () => new Credential('password', 'ann', 'right', 'the test') }),
  });
  return {
    client,
    source,
    destination,
    requests: () => source.count() + destination.count(),
    async [Symbol.asyncDispose]() {
      await client.close();
      await source.close();
      await destination.close();
    },
  };
}

describe('requests, counted on the wire', () => {
  test('the index that the bars are measured with has 3 platforms and 7 blobs', () => {
    expect([index.manifests.length, index.blobs.length]).toEqual([4, 7]);
  });

  test('a copy that has nothing to do: 2, and 1 when the source is pinned', async () => {
    for (const { url } of [upstream, mine]) await pushImage(url, 'app', 'v1', index);
    await using it = await start();
    const source = it.client.repository(`${it.source.host}/app`);
    const destination = it.client.repository(`${it.destination.host}/app`);
    expect((await copy(source, 'v1', destination, 'v1')).changed).toBe(false);
    expect([it.source.count(), it.destination.count()]).toEqual([1, 1]);
    expect((await copy(source, index.descriptor.digest, destination, 'v1')).changed).toBe(false);
    expect([it.source.count(), it.destination.count()]).toEqual([1, 2]);
  });

  test('an index of 3 platforms with 7 blobs to another registry: at most 32', async () => {
    await pushImage(upstream.url, 'app', 'v1', index);
    await using it = await start();
    const source = it.client.repository(`${it.source.host}/app`);
    const destination = it.client.repository(`${it.destination.host}/app`);
    expect((await copy(source, 'v1', destination, 'v1')).digest).toBe(index.descriptor.digest);
    expect(it.requests()).toBeLessThanOrEqual(32);
  });

  test('the same within a registry: at most 16, and no blob is read', async () => {
    await pushImage(upstream.url, 'app', 'v1', index);
    await using it = await start();
    const source = it.client.repository(`${it.source.host}/app`);
    const destination = it.client.repository(`${it.source.host}/other`);
    expect((await copy(source, 'v1', destination, 'v1')).digest).toBe(index.descriptor.digest);
    expect(it.requests()).toBeLessThanOrEqual(16);
    expect(it.source.count({ kind: 'blob', method: 'GET' })).toBe(0);
  });

  test('another tag in the same repository: one read and one write', async () => {
    await pushImage(upstream.url, 'app', 'v1', index);
    await using it = await start();
    const store = it.client.repository(`${it.source.host}/app`);
    await copy(store, 'v1', store, 'v2');
    expect(it.source.requests.map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });

  test('ten entries with nothing to do, with tokens: at most 26, and one token for each registry', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `team/app-${n}`);
    for (const name of names) {
      for (const { url } of [upstream, mine]) await pushImage(url, name, 'v1', index);
    }
    await using it = await start({ type: 'bearer', users: { ann: 'right' } });
    const { client } = it;
    const pairs = names.map(
      (name) => [`${it.source.host}/${name}`, `${it.destination.host}/${name}`] as const,
    );
    client.expect(
      pairs.flatMap(([source, destination]) => [
        { repository: source, actions: ['pull'] as const },
        { repository: destination, actions: ['pull', 'push'] as const },
      ]),
    );
    const results = await Promise.all(
      pairs.map(([source, destination]) =>
        copy(client.repository(source), 'v1', client.repository(destination), 'v1'),
      ),
    );
    expect(results.some(({ changed }) => changed)).toBe(false);
    expect(it.source.count({ kind: 'token' })).toBe(1);
    expect(it.destination.count({ kind: 'token' })).toBe(1);
    expect(it.requests()).toBeLessThanOrEqual(26);
  });
});
