import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type RegistryServer, startRegistry } from '@lading/server';
import { bytesSource, storeSource } from '@lading/store';
import {
  type Fault,
  faults,
  makeImage,
  type ProxyAuth,
  pushImage,
  randomLayer,
  startProxy,
} from '@lading/testkit';
import { Credential } from '../src/index.ts';
import { testRegistry } from './fake-registry.ts';

// One layer for the relay, one below its threshold.
const image = makeImage({ layers: [randomLayer(6_000_000, 'large'), randomLayer(400_000, 'small')] });
const bob = new Credential('password', 'bob', 'hunter2', 'the test');
const blobs = { kind: 'blob', method: 'GET' } as const;
const puts = { kind: 'upload', method: 'PUT' } as const;

let directory: string;
let server: RegistryServer;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-faults-'));
  server = await startRegistry({ directory });
  await pushImage(server.url, 'from', 'v1', image);
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

interface Weather {
  readonly source?: readonly Fault[];
  readonly destination?: readonly Fault[];
  readonly auth?: ProxyAuth;
}

/** Copies the image from behind one proxy to behind another, and looks at what came to be at the registry itself. */
async function copyThrough(weather: Weather): Promise<void> {
  const { auth } = weather;
  await using source = await startProxy({ target: server.url, script: weather.source, auth });
  await using destination = await startProxy({ target: server.url, script: weather.destination, auth });
  await using registry = testRegistry({ credentials: async () => bob });
  const [from, to] = [
    registry.repository(`${source.host}/from`),
    registry.repository(`${destination.host}/to`),
  ];

  const { descriptor, bytes } = await from.load('v1');
  expect(descriptor.digest).toBe(image.descriptor.digest);
  await Promise.all(image.blobs.map((blob) => to.push(blob.descriptor, storeSource(from, blob.descriptor))));
  await to.publish(descriptor, bytes, 'v1');

  await using clear = testRegistry();
  const result = clear.repository(`${server.host}/to`);
  await expect(result.resolve('v1')).resolves.toMatchObject({ digest: image.descriptor.digest });
  for (const { descriptor: blob } of image.blobs) {
    // Reading to the end verifies.
    for await (const _ of await result.fetch(blob));
  }
}

describe('an image arrives whole through', () => {
  test.each<[string, Weather]>([
    ['fair weather', {}],
    ['one 503 for everything', { source: [faults.statusOnce(503)], destination: [faults.statusOnce(503)] }],
    ['429 with seconds', { source: [faults.tooManyRequests(3)], destination: [faults.tooManyRequests(2)] }],
    ['downloads that break off', { source: [faults.dropAfter(100_000, { ...blobs, first: 3 })] }],
    ['uploads that break off', { destination: [faults.dropUploadAfter(100_000, { ...puts, first: 2 })] }],
    ['connections that end before an answer', { source: [faults.hangUp()], destination: [faults.hangUp()] }],
    [
      'a 401 in the middle of an upload',
      {
        auth: { type: 'bearer', users: { bob: 'hunter2' } },
        destination: [faults.unauthorizedOnce(puts)],
      },
    ],
    [
      'a 401 before the upload’s body is read',
      {
        auth: { type: 'bearer', users: { bob: 'hunter2' } },
        destination: [faults.unauthorizedOnce(puts, { readBytes: 0 })],
      },
    ],
    [
      'tokens for one scope at a time',
      { auth: { type: 'bearer', users: { bob: 'hunter2' }, singleScope: true } },
    ],
    ['passwords', { auth: { type: 'basic', users: { bob: 'hunter2' } } }],
    ['relative Locations', { destination: [faults.relativeLocation()] }],
    ['answers without digests', { source: [faults.noDigest()], destination: [faults.noDigest()] }],
    [
      'a HEAD that lies about the size',
      { source: [faults.lyingHead({ size: 7 })], destination: [faults.lyingHead({ size: 7 })] },
    ],
    ['a media type that is none', { source: [faults.contentType('text/plain', { kind: 'manifest' })] }],
  ])('%s', async (_, weather) => {
    await copyThrough(weather);
  });
});

describe('an image does not arrive when', () => {
  test.each<[string, Weather, string]>([
    ['a blob is corrupt', { source: [faults.corrupt(1000, blobs)] }, 'ERR_LADING_CONTENT_MISMATCH'],
    [
      'a manifest is corrupt',
      { source: [faults.corrupt(20, { kind: 'manifest', method: 'GET' })] },
      'ERR_LADING_CONTENT_MISMATCH',
    ],
    ['a blob is too long', { source: [faults.extraBytes(10, blobs)] }, 'ERR_LADING_CONTENT_MISMATCH'],
    [
      'the destination names another digest',
      { destination: [faults.wrongDigest(puts)] },
      'ERR_LADING_CONTENT_MISMATCH',
    ],
    ['the destination stays down', { destination: [faults.status(503)] }, 'ERR_LADING_REGISTRY'],
    ['redirects go in circles', { source: [faults.redirectLoop(307, blobs)] }, 'ERR_LADING_URL_POLICY'],
    [
      'the password is wrong',
      { auth: { type: 'basic', users: { bob: 'other' } } },
      'ERR_LADING_UNAUTHORIZED',
    ],
  ])('%s', async (_, weather, code) => {
    await expect(copyThrough(weather)).rejects.toMatchObject({ code });
    await using clear = testRegistry();
    await expect(clear.repository(`${server.host}/to`).resolve('v1')).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
    });
  });
});

test('case 50: pieces within the cap of a registry that takes no more', async () => {
  await using proxy = await startProxy({
    target: server.url,
    script: [faults.chunkCap(1_000_000), faults.status(413, { ...puts, first: 1 })],
  });
  await using registry = testRegistry({ hosts: { [proxy.host]: { quirks: { maxChunkBytes: 1_000_000 } } } });
  const large = image.blobs.find(({ descriptor }) => descriptor.size > 4_000_000)!;
  await registry.repository(`${proxy.host}/to`).push(large.descriptor, bytesSource(large.bytes));
  expect(proxy.count({ kind: 'upload', method: 'PATCH' })).toBe(Math.ceil(large.descriptor.size / 1_000_000));
});
