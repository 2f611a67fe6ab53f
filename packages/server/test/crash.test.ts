import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type Digest, digestHex, digestOf } from '@lading/oci';
import { makeImage, pushImage, randomLayer, type TestImage } from '@lading/testkit';
import { startChild } from './child.ts';
import { send, temporaryDirectory } from './support.ts';

const rounds = 15;

/** What a killed server had acknowledged, and what it had been asked for. */
interface Ledger {
  readonly acknowledged: Map<string, TestImage>;
  readonly asked: Map<string, TestImage>;
}

test('killed with -9 at random moments, it keeps all that it acknowledged and shows nothing torn', async () => {
  await using directory = await temporaryDirectory();
  const ledger: Ledger = { acknowledged: new Map(), asked: new Map() };
  for (let round = 0; round < rounds; round++) {
    await using server = await startChild(directory.path);
    await checkWhole(server.url, ledger);
    const pushers = [0, 1, 2].map((pusher) => pushUntilKilled(server.url, `${round}-${pusher}`, ledger));
    await sleep(20 + Math.random() * 300);
    await server.kill();
    await Promise.all(pushers);
  }
  await using server = await startChild(directory.path);
  await checkWhole(server.url, ledger);
  expect(ledger.acknowledged.size).toBeGreaterThan(rounds);
  expect(await wrongContents(join(directory.path, 'blobs'))).toEqual([]);
}, 120_000);

/** Pushes one image after another, each under its own tag and under one that all share. */
async function pushUntilKilled(url: string, name: string, { acknowledged, asked }: Ledger): Promise<void> {
  for (let count = 0; ; count++) {
    const tag = `v${name}-${count}`;
    const size = 1_000_000 + Math.floor(Math.random() * 2_000_000);
    const image = makeImage({ layers: [randomLayer(size, tag, { compression: 'none' })] });
    asked.set(tag, image);
    try {
      await pushImage(url, 'acme/app', tag, image);
      acknowledged.set(tag, image);
      await pushImage(url, 'acme/app', 'latest', image);
    } catch {
      return;
    }
  }
}

async function checkWhole(url: string, { acknowledged, asked }: Ledger): Promise<void> {
  for (const [tag, image] of asked) {
    const answer = await send(url, 'GET', `/v2/acme/app/manifests/${tag}`);
    const mayLack = answer.status === 404 && !acknowledged.has(tag);
    if (!mayLack) expect([tag, digestOf(answer.body)]).toEqual([tag, image.descriptor.digest]);
    for (const { descriptor } of image.blobs) await checkBlob(url, descriptor.digest, mayLack);
  }
  const latest = await send(url, 'GET', '/v2/acme/app/manifests/latest');
  const digests = [...asked.values()].map((image) => image.descriptor.digest as string);
  if (latest.status !== 404) expect(digests).toContain(digestOf(latest.body));
}

async function checkBlob(url: string, digest: Digest, mayLack: boolean): Promise<void> {
  const { body, status } = await send(url, 'GET', `/v2/acme/app/blobs/${digest}`);
  if (status !== 404 || !mayLack) expect([status, digestOf(body)]).toEqual([200, digest]);
}

/** Files of content that are not what their names say. */
async function wrongContents(folder: string): Promise<string[]> {
  const wrong: string[] = [];
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const digest = digestOf(await readFile(join(file.parentPath, file.name)));
    if (digestHex(digest) !== file.name) wrong.push(file.name);
  }
  expect(files.length).toBeGreaterThan(rounds);
  return wrong;
}
