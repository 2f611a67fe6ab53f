import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf, mediaTypes } from '@lading/oci';
import { type RegistryServer, startRegistry } from '@lading/server';
import { bytesSource, copy, createLedger, storeSource } from '@lading/store';
import { Credential, openRegistry, type RegistryStore } from '../src/index.ts';
import { blobOf, bytesOf, manifestOf } from './fake-registry.ts';

let directory: string;
let server: RegistryServer;
const config = blobOf('{}', mediaTypes.ociConfig);
const layer = blobOf(Buffer.alloc(5_000_000, 'layer'));
const image = manifestOf({ config: { ...config }, layers: [{ ...layer }] });
const bob = new Credential('password', 'bob', 'hunter2', 'the test');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-registry-'));
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

describe.each(['open', 'basic', 'bearer'] as const)('a %s registry', (kind) => {
  beforeEach(async () => {
    const auth = kind === 'open' ? undefined : { type: kind, users: { bob: 'hunter2' } };
    server = await startRegistry({ directory, auth });
  });

  test('takes an image, gives it back, lists it, copies it within itself and lets it be deleted', async () => {
    await using registry = openRegistry({ credentials: async () => bob });
    const one = registry.repository(`${server.host}/acme/one`);
    await expect(one.isEmpty()).resolves.toBe(true);
    for (const blob of [config, layer])
      await expect(one.push(blob, bytesSource(blob.bytes))).resolves.toBe('uploaded');
    await one.publish(image, image.bytes, 'v1');

    await expect(one.resolve('v1')).resolves.toEqual(image);
    await expect(one.exists(layer)).resolves.toBe(true);
    expect(digestOf(await bytesOf(await one.fetch(layer)))).toBe(layer.digest);
    expect((await bytesOf(await one.fetch(layer, { offset: 5, length: 5 }))).toString()).toBe('layer');

    const two = registry.repository(`${server.host}/acme/two`);
    await expect(two.push(config, bytesSource(config.bytes), { mountFrom: ['acme/one'] })).resolves.toBe(
      'mounted',
    );
    await expect(two.push(layer, storeSource(one, layer))).resolves.toBe('uploaded');
    await two.publish(image, image.bytes, 'v1');
    const tags: string[] = [];
    for await (const tag of two.tags()) tags.push(tag);
    expect(tags).toEqual(['v1']);

    const { bytes: _, ...subject } = { ...image, bytes: image.bytes };
    const signature = manifestOf({
      config: { ...config },
      artifactType: 'application/vnd.example.signature',
      subject,
    });
    await one.push(signature, bytesSource(signature.bytes));
    const referrers = [];
    for await (const referrer of one.referrers(image, { artifactType: 'application/vnd.example.signature' }))
      referrers.push(referrer.digest);
    expect(referrers).toEqual([signature.digest]);

    await one.delete('v1');
    await expect(one.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('turns a stranger away, or not', async () => {
    await using registry = openRegistry();
    const asked = registry.repository(`${server.host}/acme/one`).resolve('v1');
    await expect(asked).rejects.toMatchObject({
      code: kind === 'open' ? 'ERR_LADING_NOT_FOUND' : 'ERR_LADING_UNAUTHORIZED',
    });
  });
});

test('ten entries that did not change cost twelve requests at a registry with tokens', async () => {
  server = await startRegistry({ directory, auth: { type: 'bearer', users: { bob: 'hunter2' } } });
  const names = Array.from({ length: 10 }, (_, index) => `${server.host}/acme/r${index}`);
  const empty = manifestOf({ config: { ...config } });
  {
    await using registry = openRegistry({ credentials: async () => bob });
    for (const name of names) {
      await registry.repository(name).push(config, bytesSource(config.bytes));
      await registry.repository(name).publish(empty, empty.bytes, 'v1');
    }
  }
  let requests = 0;
  await using registry = openRegistry({
    credentials: async () => bob,
    onRequest: ({ phase }) => void (phase === 'start' && requests++),
  });
  registry.expect(names.map((repository) => ({ repository, actions: ['pull', 'push'] })));
  await Promise.all(names.map((name) => registry.repository(name).resolve('v1')));
  expect(requests).toBe(12);
});

test('what a registry has lost behind our back is sent again when it refuses the manifest', async () => {
  server = await startRegistry({ directory });
  await using registry = openRegistry();
  const [from, to] = ['from', 'to'].map((name) => registry.repository(`${server.host}/acme/${name}`)) as [
    RegistryStore,
    RegistryStore,
  ];
  const other = manifestOf({ config: { ...config }, layers: [{ ...layer }], annotations: { version: '2' } });
  for (const blob of [config, layer]) await from.push(blob, bytesSource(blob.bytes));
  await from.publish(image, image.bytes, 'v1');
  await from.publish(other, other.bytes, 'v2');
  const ledger = createLedger();
  await copy(from, 'v1', to, 'v1', { ledger });
  await fetch(`${server.url}/v2/acme/to/blobs/${layer.digest}`, { method: 'DELETE' });

  const notices: string[] = [];
  await copy(from, 'v2', to, 'v2', {
    ledger,
    onEvent: (event) => void (event.type === 'notice' && notices.push(event.code)),
  });
  expect(notices).toEqual(['sent-again']);
  expect(digestOf(await bytesOf(await to.fetch(layer)))).toBe(layer.digest);
});
