import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { loadManifest, openLayout } from '@lading/store';
import { apply, type Plan, type PlanContext, plan } from '@lading/sync';
import { type RegistryProxy, startProxy } from '@lading/testkit';
import { crane, regctlPush } from '../../peers/clients.ts';
import { type Distribution, startDistribution } from '../../peers/distribution.ts';
import { corpus } from '../../peers/peer.ts';

const names = ['debian', 'debian-multi', 'debian-python', 'big'];

let folder = '';
let distribution: Distribution;
let server: RegistryServer;
/** Proxies before both registries, to see what is written. */
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

const context: PlanContext = {
  open: (repository) => ({ store: client.repository(repository), tag: 'latest' }),
  clock: Date.now,
};

/** The images from one place to another, as a sync does it. */
async function planned(source: string, destination: string): Promise<Plan> {
  const entries = names.map((name) => ({
    source: `${source}/${name}`,
    destination: `${destination}/${name}`,
  }));
  return plan(entries, context);
}

test('real images go from distribution to lading serve and back with the same digests, and the second time nothing is written', async () => {
  const upstream = `${before.distribution.host}/upstream`;
  const mine = `${before.server.host}/mine`;
  const back = `${before.distribution.host}/back`;
  for (const name of names) await regctlPush(corpus(name), distribution.host, `upstream/${name}`, 'latest');

  for (const [source, destination] of [
    [upstream, mine],
    [mine, back],
  ] as const) {
    const report = await apply(await planned(source, destination), { clock: Date.now });
    expect(report.results.map(({ outcome, error }) => error ?? outcome)).toEqual(names.map(() => 'created'));
  }
  for (const name of names) {
    const { descriptor, bytes } = await loadManifest(await openLayout(corpus(name)), 'latest');
    const actual = await crane.manifest(distribution.host, `back/${name}`, descriptor.digest);
    expect([name, Buffer.compare(actual, bytes)]).toEqual([name, 0]);
    expect((await client.repository(`${back}/${name}`).resolve('latest')).digest).toBe(descriptor.digest);
  }

  before.distribution.forget();
  before.server.forget();
  for (const [source, destination] of [
    [upstream, mine],
    [mine, back],
  ] as const) {
    const report = await apply(await planned(source, destination), { clock: Date.now });
    expect(report.results.map(({ outcome }) => outcome)).toEqual(names.map(() => 'same'));
  }
  // Two legs, and for each image a question to its source and one to its destination.
  const methods = [...before.distribution.requests, ...before.server.requests].map(({ method }) => method);
  expect(methods).toEqual(Array.from({ length: 2 * 2 * names.length }, () => 'HEAD'));
});
