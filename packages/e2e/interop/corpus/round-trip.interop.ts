import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { type ContentStore, copy, loadManifest, openLayout } from '@lading/store';
import { type RegistryProxy, startProxy } from '@lading/testkit';
import { crane } from '../../peers/clients.ts';
import { type Distribution, startDistribution } from '../../peers/distribution.ts';
import { corpus } from '../../peers/peer.ts';

let folder = '';
let distribution: Distribution;
let server: RegistryServer;
/** Before the two registries, to see what is written. */
let before: { readonly distribution: RegistryProxy; readonly server: RegistryProxy };
let client: Registry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-corpus-'));
  distribution = await startDistribution();
  server = await startRegistry({ directory: join(folder, 'registry') });
  before = {
    distribution: await startProxy({ target: distribution.url }),
    server: await startProxy({ target: server.url }),
  };
  client = openRegistry();
});
afterAll(async () => {
  await client.close();
  await before.distribution.close();
  await before.server.close();
  await server.close();
  await distribution[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const writes = { method: ['POST', 'PUT', 'PATCH', 'DELETE'] } as const;

test.each(['debian', 'debian-multi', 'debian-python', 'big'])(
  '%s goes from distribution to lading serve and back with the same digest, and the second time nothing is written',
  async (name) => {
    const layout = await openLayout(corpus(name), { readOnly: true });
    const { descriptor, bytes } = await loadManifest(layout, 'latest');
    const { digest } = descriptor;
    const upstream = client.repository(`${before.distribution.host}/upstream/${name}`);
    const mine = client.repository(`${before.server.host}/mine/${name}`);
    const back = client.repository(`${before.distribution.host}/back/${name}`);
    const legs: readonly (readonly [ContentStore, ContentStore])[] = [
      [layout, upstream],
      [upstream, mine],
      [mine, back],
    ];
    for (const [source, destination] of legs) {
      const result = await copy(source, 'latest', destination, 'latest');
      expect([result.digest, result.changed]).toEqual([digest, true]);
    }
    const seen = await crane.manifest(distribution.host, `back/${name}`, digest);
    expect(Buffer.compare(seen, bytes)).toBe(0);

    before.distribution.forget();
    before.server.forget();
    for (const [source, destination] of legs) {
      const result = await copy(source, 'latest', destination, 'latest');
      expect([result.digest, result.changed]).toEqual([digest, false]);
    }
    expect([before.distribution.count(writes), before.server.count(writes)]).toEqual([0, 0]);
  },
);
