import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import {
  makeImage,
  makeIndex,
  makeReferrer,
  pushImage,
  randomLayer,
  type TestImage,
  withReferrers,
} from '@lading/testkit';
import { collectGarbage, type RegistryServer } from '../../src/index.ts';
import { removeUnclaimed, settleSwept } from '../../src/storage/files.ts';
import { pushBlob, send, startTemporary, temporaryDirectory } from '../support.ts';

const hour = 3_600_000;
const image = makeImage();
/** The same layer, another config and manifest. */
const sibling = makeImage({ config: { author: 'somebody' } });

/** A collection as it would be done in two hours. */
function later(server: RegistryServer, options: { untagged?: boolean; dryRun?: boolean } = {}) {
  return collectGarbage(server, { ...options, clock: () => Date.now() + 2 * hour });
}

async function isWhole(server: RegistryServer, repository: string, made: TestImage): Promise<boolean> {
  for (const [kind, contents] of [
    ['manifests', made.manifests],
    ['blobs', made.blobs],
  ] as const) {
    for (const { descriptor } of contents) {
      const { body, status } = await send(
        server.url,
        'GET',
        `/v2/${repository}/${kind}/${descriptor.digest}`,
      );
      if (status !== 200 || digestOf(body) !== descriptor.digest) return false;
    }
  }
  return true;
}

describe('a collection', () => {
  test('takes nothing from images, whatever their age', async () => {
    await using server = await startTemporary();
    const made = withReferrers(makeIndex([image, sibling]), makeReferrer(image, 'application/vnd.example'));
    await pushImage(server.url, 'acme/app', 'v1', made);
    expect(await later(server, { untagged: true })).toEqual({
      manifests: 0,
      blobs: 0,
      contents: 0,
      bytes: 0,
    });
    expect(await isWhole(server, 'acme/app', made)).toBe(true);
  });

  test('takes what a deleted image alone had, and leaves what others share', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'v1', image);
    await pushImage(server.url, 'acme/app', 'v2', sibling);
    await pushImage(server.url, 'acme/other', 'v1', sibling);
    await send(server.url, 'DELETE', `/v2/acme/app/manifests/${image.descriptor.digest}`);
    const config = image.blobs[0]!;
    expect(await later(server, { dryRun: true })).toMatchObject({ blobs: 1, contents: 2 });
    expect((await send(server.url, 'GET', `/v2/acme/app/blobs/${config.descriptor.digest}`)).status).toBe(
      200,
    );
    await later(server);
    const report = await later(server);
    expect(report).toEqual({ manifests: 0, blobs: 0, contents: 0, bytes: 0 });
    expect((await send(server.url, 'GET', `/v2/acme/app/blobs/${config.descriptor.digest}`)).status).toBe(
      404,
    );
    expect(await isWhole(server, 'acme/app', sibling)).toBe(true);
    expect(await isWhole(server, 'acme/other', sibling)).toBe(true);
  });

  test('tells how many bytes it took', async () => {
    await using server = await startTemporary();
    await pushBlob(server.url, 'acme/app', 'x'.repeat(1000));
    expect(await later(server)).toEqual({ manifests: 0, blobs: 1, contents: 1, bytes: 1000 });
  });

  test('takes manifests without a tag when told to: not children, nor what refers to something kept', async () => {
    await using server = await startTemporary();
    const index = makeIndex([image]);
    const signature = makeReferrer(image, 'application/vnd.example.signature');
    const lost = withReferrers(sibling, makeReferrer(sibling, 'application/vnd.example.signature'));
    await pushImage(server.url, 'acme/app', 'v1', withReferrers(index, signature));
    await pushImage(server.url, 'acme/app', 'v2', lost);
    await send(server.url, 'DELETE', '/v2/acme/app/manifests/v2');
    expect(await later(server)).toMatchObject({ manifests: 0 });
    expect(await later(server, { untagged: true })).toMatchObject({ manifests: 2 });
    expect(await isWhole(server, 'acme/app', withReferrers(index, signature))).toBe(true);
    const { digest } = sibling.descriptor;
    expect((await send(server.url, 'GET', `/v2/acme/app/manifests/${digest}`)).status).toBe(404);
    const referrers = await send(server.url, 'GET', `/v2/acme/app/referrers/${digest}`);
    expect(referrers.json).toMatchObject({ manifests: [] });
  });

  test('leaves blobs for which the manifest has yet to come', async () => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'acme/app', 'content');
    expect(await collectGarbage(server)).toMatchObject({ blobs: 0, contents: 0 });
    expect((await send(server.url, 'HEAD', `/v2/acme/app/blobs/${digest}`)).status).toBe(200);
  });

  test.each([
    ['asked for', (path: string) => ['HEAD', `/v2/acme/app/blobs/${path}`]],
    ['mounted', (path: string) => ['POST', `/v2/acme/other/blobs/uploads/?mount=${path}&from=acme/app`]],
  ])('leaves an old blob that was %s a moment ago', async (_, requestOf) => {
    await using server = await startTemporary();
    const digest = await pushBlob(server.url, 'acme/app', 'content');
    await ageAll(server);
    const [method = '', path = ''] = requestOf(digest);
    expect((await send(server.url, method, path)).status).toBeLessThan(202);
    expect(await collectGarbage(server)).toMatchObject({ blobs: 0, contents: 0 });
    await ageAll(server);
    expect(await collectGarbage(server)).toMatchObject({ contents: 1 });
    expect((await send(server.url, method, path)).status).toBeGreaterThan(201);
  });

  test('leaves uploads under way to the server', async () => {
    await using server = await startTemporary();
    const digest = digestOf(Buffer.from('abcdef'));
    const { headers } = await send(server.url, 'POST', '/v2/acme/app/blobs/uploads/');
    const location = headers.location ?? '';
    await send(server.url, 'PATCH', location, { body: 'abc' });
    await later(server);
    await send(server.url, 'PATCH', location, { body: 'def' });
    expect((await send(server.url, 'PUT', `${location}?digest=${digest}`)).status).toBe(201);
  });

  test('can be done on a folder that nothing serves; one that is no registry is left alone', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'thesis.txt'), 'x');
    await expect(collectGarbage(directory.path)).rejects.toMatchObject({
      code: 'ERR_LADING_SERVE_DIRECTORY',
    });
  });

  test('can be stopped', async () => {
    await using server = await startTemporary();
    await pushImage(server.url, 'acme/app', 'v1', image);
    const reason = new Error('enough');
    await expect(collectGarbage(server, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test('collections without pause under pushes and deletes: no push that was told "it is here" fails, all images stay whole', async () => {
  await using server = await startTemporary();
  const graceMs = 1000;
  let running = true;
  let removed = 0;
  const collecting = (async () => {
    while (running) removed += (await collectGarbage(server, { graceMs, untagged: true })).contents;
  })();
  const layers = Array.from({ length: 6 }, (_, n) => randomLayer(2000, n));
  const kept = new Map<string, TestImage>();
  const pusher = async (name: string): Promise<void> => {
    for (let count = 0; count < 6; count++) {
      const chosen = layers.filter(() => Math.random() < 0.5);
      const made = makeImage({ layers: chosen, config: { author: `${name} ${count}` } });
      await pushMissing(server, name, made, () => sleep(Math.random() * 0.4 * graceMs));
      kept.set(name, made);
      if (count % 3 === 0) {
        kept.delete(name);
        await send(server.url, 'DELETE', `/v2/${name}/manifests/${made.descriptor.digest}`);
      }
      await sleep(Math.random() * 1.6 * graceMs);
    }
  };
  await Promise.all(['a', 'b', 'c', 'd'].map(pusher));
  running = false;
  await collecting;
  expect(removed).toBeGreaterThan(0);
  expect(kept.size).toBe(4);
  for (const [name, made] of kept) expect(await isWhole(server, name, made)).toBe(true);
}, 60_000);

/** Pushes as clients do: what the registry says it has is not sent again, though the manifest comes only after a while. */
async function pushMissing(
  server: RegistryServer,
  repository: string,
  made: TestImage,
  pause: () => Promise<void>,
): Promise<void> {
  for (const { bytes, descriptor } of made.blobs) {
    const { status } = await send(server.url, 'HEAD', `/v2/${repository}/blobs/${descriptor.digest}`);
    if (status === 404) await pushBlob(server.url, repository, bytes);
  }
  await pause();
  const { bytes, descriptor } = made.manifests[0]!;
  const headers = { 'content-type': descriptor.mediaType };
  const answer = await send(server.url, 'PUT', `/v2/${repository}/manifests/v1`, {
    body: bytes,
    headers,
  });
  expect([answer.status, answer.body.toString()]).toEqual([201, '']);
}

describe('a file that a killed collection has left out of sight', () => {
  test('comes back when somebody had claimed it, else it goes', async () => {
    await using directory = await temporaryDirectory();
    const [claimed, old] = [join(directory.path, 'a'), join(directory.path, 'b')];
    for (const path of [claimed, old]) await writeFile(`${path}~`, path);
    await utimes(`${old}~`, 1, 1);
    await settleSwept(directory.path, Date.now() - hour);
    expect(await readdir(directory.path)).toEqual(['a']);
    expect(await readFile(claimed, 'utf8')).toBe(claimed);
  });

  test('does not take the place of what came anew', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'a');
    await writeFile(`${path}~`, 'old');
    await writeFile(path, 'new');
    await settleSwept(directory.path, Date.now() - hour);
    expect(await readdir(directory.path)).toEqual(['a']);
    expect(await readFile(path, 'utf8')).toBe('new');
  });
});

test('a file is removed once when two collections meet', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'a');
  await writeFile(path, 'x');
  await utimes(path, 1, 1);
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => removeUnclaimed(path, Date.now())));
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value).length).toBe(1);
  expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toEqual([]);
  expect(await readdir(directory.path)).toEqual([]);
});

/** Makes every file of a registry look as if it had been written two hours ago. */
async function ageAll(server: RegistryServer): Promise<void> {
  const then = Date.now() / 1000 - 7200;
  for (const entry of await readdir(server.directory, { recursive: true })) {
    const path = join(server.directory, entry);
    if ((await stat(path)).isFile()) await utimes(path, then, then);
  }
}
