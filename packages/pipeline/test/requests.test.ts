import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { attachmentTags, listAttachments, sign } from '@lading/sign';
import { makeImage } from '@lading/testkit';
import { type VerifiedListings, verifiedListingsIn } from '../src/index.ts';
import { keySigner, outcomes, World } from './support/world.ts';

const app = makeImage({});
const { digest } = app.descriptor;
const sig = attachmentTags(app.descriptor).signatures;
const entry = 'sync:\n  - source: UP/app:v1\n    destination: MINE/app:v1\n';
const twoHeads = ['HEAD app/manifests/v1', 'HEAD app/manifests/v1'];
const listing = [`GET app/referrers/${digest}`, `HEAD app/manifests/${sig}`];

let world: World;
let key: Awaited<ReturnType<typeof keySigner>>;
let state: string;
let verified: VerifiedListings;

beforeEach(async () => {
  world = await World.start();
  key = await keySigner();
  await world.push('app', 'v1', app);
  state = join(world.folder, 'state', 'verified');
  verified = verifiedListingsIn(state);
});
afterEach(() => world[Symbol.asyncDispose]());

describe('requests on the wire', () => {
  test('without signing it is what it was: two', async () => {
    const config = world.config(entry);
    await world.run(config);
    expect((await world.run(config)).requests.toSorted()).toEqual(twoHeads);
  });

  test('a signed image that is up to date costs one listing and one HEAD more, also in the run right after it was signed', async () => {
    const config = world.config(entry);
    await world.run(config, { signer: key.signer, verified });
    for (let round = 0; round < 2; round++) {
      const { report, requests } = await world.run(config, { signer: key.signer, verified });
      expect(outcomes(report)).toEqual(['same app:v1']);
      expect(requests.toSorted()).toEqual([...listing, ...twoHeads].toSorted());
    }
  });

  test('without a legacy format there is no HEAD for its tag', async () => {
    const config = world.config(`${entry}sign: {format: bundle}\n`);
    await world.run(config, { signer: key.signer, verified });
    const { report, requests } = await world.run(config, { signer: key.signer, verified });
    expect(outcomes(report)).toEqual(['same app:v1']);
    expect(requests.toSorted()).toEqual([listing[0], ...twoHeads].toSorted());
  });

  test('without remembered listings the signatures are read and verified: two manifests, two blobs', async () => {
    const config = world.config(entry);
    await world.run(config, { signer: key.signer });
    const { requests } = await world.run(config, { signer: key.signer });
    expect(requests).toHaveLength(twoHeads.length + listing.length + 4);
  });

  test('what is written is read back in one listing', async () => {
    const config = world.config(entry);
    await world.run(config);
    const { requests } = await world.run(config, { signer: key.signer });
    // Planned, signed, read back.
    for (const request of listing)
      expect(requests.filter((one) => one === request).length).toBeLessThanOrEqual(4);
    expect(requests.filter((one) => one === listing[0])).toHaveLength(3);
  });
});

describe('remembered listings', () => {
  const signed = async (): Promise<void> => {
    await world.run(world.config(entry), { signer: key.signer, verified });
  };
  const files = async (): Promise<readonly string[]> =>
    (await readdir(state)).map((name) => join(state, name));

  test('are one small file for each image, without anything half written', async () => {
    await signed();
    const [file = '', ...more] = await files();
    expect(more).toEqual([]);
    expect(file).toMatch(/\/[0-9a-f]{64}\.json$/);
    const content = JSON.parse(await readFile(file, 'utf8'));
    expect(content).toMatchObject({ schemaVersion: 1 });
    expect(content.attached).toHaveLength(2);
    await signed();
    expect(await files()).toEqual([file]);
  });

  test.each([
    ['empty', () => ''],
    ['torn', (text: string) => text.slice(0, -10)],
    ['of another version', (text: string) => text.replace('"schemaVersion":1', '"schemaVersion":0')],
    ['no text', () => Buffer.from([0, 255, 254])],
  ])(
    'that are %s count for nothing: the signatures are verified, and the file is made anew',
    async (_, damage) => {
      await signed();
      const [file = ''] = await files();
      const whole = await readFile(file, 'utf8');
      await writeFile(file, damage(whole));
      const { report, requests } = await world.run(world.config(entry), { signer: key.signer, verified });
      expect(outcomes(report)).toEqual(['same app:v1']);
      expect(requests).toHaveLength(8);
      expect(await readFile(file, 'utf8')).toBe(whole);
    },
  );

  test('do not hide that a signature is gone', async () => {
    await signed();
    const store = world.destination('app');
    const [bundle] = await listAttachments(store, app.descriptor);
    await store.delete(bundle!.descriptor.digest);
    const { report } = await world.run(world.config(entry), { signer: key.signer, verified });
    expect(outcomes(report)).toEqual(['completed app:v1 (unsigned) signed']);
  });

  test('of one key say nothing of another, nor of other annotations', async () => {
    await signed();
    const other = await keySigner('other.key');
    const { report } = await world.run(world.config(entry), { signer: other.signer, verified });
    expect(outcomes(report)).toEqual(['completed app:v1 (unsigned) signed']);
    const annotated = world.config(`${entry}sign: {annotations: {env: live}}\n`);
    expect(outcomes((await world.run(annotated, { signer: key.signer, verified })).report)).toEqual([
      'completed app:v1 (unsigned) signed',
    ]);
  });

  test('count no more when somebody else signs, and again after that', async () => {
    await signed();
    const other = await keySigner();
    await sign(world.destination('app'), app.descriptor, { signer: other.signer, clock: Date.now });
    const first = await world.run(world.config(entry), { signer: key.signer, verified });
    expect(outcomes(first.report)).toEqual(['same app:v1']);
    expect(first.requests.length).toBeGreaterThan(4);
    expect((await world.run(world.config(entry), { signer: key.signer, verified })).requests).toHaveLength(4);
  });

  test('that cannot be kept cost requests, and nothing else', async () => {
    await writeFile(join(world.folder, 'a file'), '');
    const nowhere = verifiedListingsIn(join(world.folder, 'a file', 'state'));
    const config = world.config(entry);
    await world.run(config, { signer: key.signer, verified: nowhere });
    const { report, requests } = await world.run(config, { signer: key.signer, verified: nowhere });
    expect(outcomes(report)).toEqual(['same app:v1']);
    expect(requests).toHaveLength(8);
  });

  test('are not made of images that could not be verified', async () => {
    const config = world.config(entry);
    await world.run(config);
    const signer = {
      ...key.signer,
      sign: async () => {
        throw new Error('down');
      },
    };
    const { report } = await world.run(config, { signer, verified });
    expect(outcomes(report)).toEqual(['failed app:v1 (unsigned)']);
    await expect(readdir(state)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
