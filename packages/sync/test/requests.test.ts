import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseReference } from '@lading/oci';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { memoryStore } from '@lading/store';
import { fileLayer, makeImage, makeIndex, pushImage } from '@lading/testkit';
import {
  apply,
  emptyLock,
  type Location,
  type Plan,
  type PlanContext,
  plan,
  type SyncEntry,
  type SyncReport,
} from '../src/index.ts';

/** Three platforms, seven blobs: three configs, a layer for each, one that all share. */
const shared = fileLayer({ 'etc/base': 'shared\n' });
const index = makeIndex(
  ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) =>
    makeImage({ platform, layers: [shared, fileLayer({ 'etc/platform': platform })] }),
  ),
);

let folder: string;
let upstream: RegistryServer;
let mine: RegistryServer;
let registry: Registry;
const requests: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-sync-'));
  upstream = await startRegistry({ directory: join(folder, 'upstream') });
  mine = await startRegistry({ directory: join(folder, 'mine') });
  registry = openRegistry({
    onRequest: ({ phase, method, url }) => {
      if (phase === 'start') requests.push(`${method} ${new URL(url).pathname}`);
    },
  });
  requests.length = 0;
});

afterEach(async () => {
  await registry.close();
  await upstream.close();
  await mine.close();
  await rm(folder, { recursive: true });
});

function open(text: string): Location {
  const { host, repository, tag, digest } = parseReference(text);
  return { store: registry.repository(`${host}/${repository}`), tag, digest };
}

async function sync(
  entries: readonly SyncEntry[],
  context: Partial<PlanContext> = {},
): Promise<{ readonly plan: Plan; readonly report: SyncReport }> {
  requests.length = 0;
  const planned = await plan(entries, { open, clock: Date.now, ...context });
  return { plan: planned, report: await apply(planned, { clock: Date.now }) };
}

describe('requests on the wire', () => {
  test('a cold copy of an index of 3 platforms and 7 blobs takes at most 32, then 2 a run', async () => {
    await pushImage(upstream.url, 'app', 'v1', index);
    const entries = [{ source: `${upstream.host}/app:v1`, destination: `${mine.host}/app:v1` }];
    const { report } = await sync(entries);
    expect(report.results).toMatchObject([{ outcome: 'created', digest: index.descriptor.digest }]);
    expect(requests.length).toBeLessThanOrEqual(32);

    expect((await sync(entries)).report.results).toMatchObject([{ outcome: 'same' }]);
    expect(requests.toSorted()).toEqual(['HEAD /v2/app/manifests/v1', 'HEAD /v2/app/manifests/v1']);
  });

  test('the same within a registry takes at most 16: blobs are mounted, not read', async () => {
    await pushImage(mine.url, 'staging/app', 'v1', index);
    const { plan, report } = await sync([
      { source: `${mine.host}/staging/app:v1`, destination: `${mine.host}/app:v1` },
    ]);
    expect(plan.images[0]!.bytesMounted).toBe(
      index.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    );
    expect(report.bytesMounted).toBe(plan.images[0]!.bytesMounted);
    expect(requests.length).toBeLessThanOrEqual(16);
    expect(requests.filter((request) => request.startsWith('GET') && request.includes('/blobs/'))).toEqual(
      [],
    );
  });

  test('one a run when the source is pinned by digest, or locked', async () => {
    await pushImage(upstream.url, 'app', 'v1', index);
    const destination = `${mine.host}/app:v1`;
    const pinned = { source: `${upstream.host}/app@${index.descriptor.digest}`, destination };
    await sync([pinned]);
    await sync([pinned]);
    expect(requests).toEqual(['HEAD /v2/app/manifests/v1']);

    const tagged = { source: `${upstream.host}/app:v1`, destination };
    const { plan } = await sync([tagged], { lock: emptyLock });
    await sync([tagged], { lock: plan.lock, locked: true });
    expect(requests).toEqual(['HEAD /v2/app/manifests/v1']);
  });

  test('a retag by digest is one GET and one PUT after the look at the tag', async () => {
    await pushImage(mine.url, 'hello', 'v1', index);
    const { report } = await sync([
      { source: `${mine.host}/hello@${index.descriptor.digest}`, destination: `${mine.host}/hello:cool` },
    ]);
    expect(report.results).toMatchObject([{ outcome: 'retagged' }]);
    expect(requests).toEqual([
      'HEAD /v2/hello/manifests/cool',
      `GET /v2/hello/manifests/${index.descriptor.digest}`,
      'PUT /v2/hello/manifests/cool',
    ]);
  });

  test('a tag filter costs one listing', async () => {
    for (const tag of ['1.0', '1.1', '2.0', 'latest']) await pushImage(upstream.url, 'app', tag, index);
    const entries = [
      { source: `${upstream.host}/app`, destination: `${mine.host}/app`, tags: { semver: '1.x' } },
    ];
    const { report } = await sync(entries);
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
    await sync(entries);
    expect(requests.filter((request) => request.endsWith('/tags/list'))).toEqual(['GET /v2/app/tags/list']);
    expect(requests).toHaveLength(5);
  });

  test('case 57: a blob that many entries want crosses the wire once', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await pushImage(upstream.url, name, 'v1', index);
    const { report } = await sync(
      ['a', 'b', 'c', 'd'].map((name) => ({
        source: `${upstream.host}/${name}:v1`,
        destination: `${mine.host}/${name}:v1`,
      })),
    );
    expect(report.results.map(({ outcome }) => outcome)).toEqual([
      'created',
      'created',
      'created',
      'created',
    ]);
    const reads = requests.filter((request) => request.startsWith('GET') && request.includes('/blobs/'));
    expect(reads).toHaveLength(index.blobs.length);
  });
});

describe('a hundred thousand entries', () => {
  test('are planned and reported in bounded time, also when all of them fail', async () => {
    const store = memoryStore('up/x');
    const entries = Array.from({ length: 100_000 }, (_, number) => ({
      source: 'up/x:1',
      destination: `mine/x:${number}`,
    }));
    const destination = memoryStore('mine/x');
    const planned = await plan(entries, {
      open: (text) => ({ store: text.startsWith('up') ? store : destination, tag: text.split(':')[1] }),
      clock: () => 0,
    });
    expect(planned.images.every(({ action }) => action === 'failed')).toBe(true);
    expect((await apply(planned, { clock: () => 0 })).results).toHaveLength(100_000);
  });
});
