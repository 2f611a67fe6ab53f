import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAttachments, sign, type TrustPolicy } from '@lading/sign';
import { syncExitCode } from '@lading/sync';
import { makeImage, makeIndex } from '@lading/testkit';
import { Pipeline } from '../src/index.ts';
import { keySigner, outcomes, World } from './support/world.ts';

const app = makeImage({});
const entry = 'sync:\n  - source: UP/app:v1\n    destination: MINE/app:v1\n';
const guarded = `${entry}    verify: {key: up.pub}\n`;

let world: World;
let up: Awaited<ReturnType<typeof keySigner>>;

beforeEach(async () => {
  world = await World.start();
  up = await keySigner('up.key');
  await world.push('app', 'v1', app);
});
afterEach(() => world[Symbol.asyncDispose]());

const signSource = (signer = up.signer, repository = 'app', subject = app.descriptor): Promise<unknown> =>
  sign(world.source(repository), subject, { signer, clock: Date.now });

describe('an entry with "verify"', () => {
  test('lets in what is signed by whom it names, and asks once whom that is', async () => {
    await signSource();
    const asked: unknown[] = [];
    const trust = (settings: unknown): TrustPolicy => {
      asked.push(settings);
      return up.policy;
    };
    const config = world.config(
      `${guarded}  - source: UP/app:v1\n    destination: MINE/app:v2\n    verify: {key: up.pub}\n`,
    );
    expect(outcomes((await world.run(config, { trust })).report)).toEqual([
      'created app:v1',
      'created app:v2',
    ]);
    expect(asked).toEqual([{ key: 'up.pub' }]);
  });

  test('keeps out what nobody signed, or somebody else, and lets the others pass', async () => {
    await signSource((await keySigner()).signer);
    await world.push('bare', 'v1', makeImage({ config: { author: 'bare' } }));
    const config = world.config(
      `${guarded}  - source: UP/bare:v1\n    destination: MINE/bare:v1\n    verify: {key: up.pub}\n  - source: UP/bare:v1\n    destination: MINE/free:v1\n`,
    );
    const { report } = await world.run(config, { trust: () => up.policy });
    expect(outcomes(report)).toEqual([
      'blocked app:v1 (not-admitted)',
      'blocked bare:v1 (not-admitted)',
      'created free:v1',
    ]);
    expect(report.results).toMatchObject([
      { reason: { message: 'no valid signature by up.pub' }, error: { code: 'ERR_LADING_UNVERIFIED' } },
      { error: { code: 'ERR_LADING_UNSIGNED', hint: expect.stringContaining('has no signature') } },
      {},
    ]);
    expect(syncExitCode(report)).toBe(5);
    await expect(world.held('app', 'v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('keeps everything out when it is not said whom to trust', async () => {
    await signSource();
    const { report } = await world.run(world.config(guarded));
    expect(outcomes(report)).toEqual(['blocked app:v1 (not-admitted)']);
    expect(report.results).toMatchObject([{ error: { code: 'ERR_LADING_TRUST_POLICY' } }]);
  });

  test('is asked with the index, of which only some platforms are taken', async () => {
    const index = makeIndex([makeImage({ platform: 'linux/amd64' }), makeImage({ platform: 'linux/arm64' })]);
    await world.push('multi', 'v1', index);
    await signSource(up.signer, 'multi', index.descriptor);
    const config = world.config(
      'sync:\n  - source: UP/multi:v1\n    destination: MINE/multi:v1\n    platforms: [linux/arm64]\n    verify: {key: up.pub}\n',
    );
    expect(outcomes((await world.run(config, { trust: () => up.policy })).report)).toEqual([
      'created multi:v1',
    ]);
  });

  test('does not get a signature of ours when its source has none', async () => {
    await world.run(world.config(entry));
    const { signer } = await keySigner();
    const { report } = await world.run(world.config(guarded), { signer, trust: () => up.policy });
    expect(outcomes(report)).toEqual(['blocked app:v1 (not-admitted)']);
    expect(await listAttachments(world.destination('app'), app.descriptor)).toEqual([]);
  });

  test('may want the signature that the run itself makes', async () => {
    const mine = await keySigner();
    const config = world.config(
      `${entry}  - source: MINE/app:v1\n    destination: MINE/live:v1\n    verify: {key: cosign.pub}\n`,
    );
    const { report } = await world.run(config, { signer: mine.signer, trust: () => mine.policy });
    expect(outcomes(report)).toEqual(['created app:v1 signed', 'created live:v1 signed']);
  });
});

describe('signing case 24: what refers to an image', () => {
  const travelling = `${entry}    referrers: true\n`;

  test.each([['an image'], ['an index']])(
    'travels byte for byte with %s, and verifies at the destination',
    async (kind) => {
      const image =
        kind === 'an image'
          ? app
          : makeIndex([makeImage({ platform: 'linux/amd64' }), makeImage({ platform: 'linux/arm64' })]);
      await world.push('app', 'v1', image);
      const { descriptor } = image;
      await sign(world.source('app'), descriptor, { signer: up.signer, clock: Date.now, recursive: true });
      await world.run(world.config(travelling));

      const there = await world.held('app', 'v1');
      expect(there.digest).toBe(descriptor.digest);
      const digests = async (store: ReturnType<World['source']>) =>
        (await listAttachments(store, descriptor))
          .map(({ descriptor, tag }) => `${tag} ${descriptor.digest}`)
          .toSorted();
      expect(await digests(world.destination('app'))).toEqual(await digests(world.source('app')));
      expect(await world.verdict('app', 'v1', up.policy)).toMatchObject({
        ok: true,
        accepted: [{}, {}],
        rejected: [],
      });
    },
  );

  test('is there before our own signature, which takes nothing away', async () => {
    await signSource();
    const mine = await keySigner();
    const config = world.config(travelling);
    const { report } = await world.run(config, { signer: mine.signer });
    expect(outcomes(report)).toEqual(['created app:v1 signed']);
    for (const { policy } of [up, mine]) {
      expect(await world.verdict('app', 'v1', policy)).toMatchObject({ ok: true, accepted: [{}, {}] });
    }
    const again = await world.run(config, { signer: mine.signer });
    expect(outcomes(again.report)).toEqual(['same app:v1 (referrers)']);
    expect(await world.verdict('app', 'v1', mine.policy)).toMatchObject({ accepted: [{}, {}] });
  });

  test('may be the signature that is wanted: nothing is signed twice', async () => {
    await world.run(world.config(entry));
    await signSource();
    const pipeline = new Pipeline(world.config(travelling), world.options({ signer: up.signer }));
    const report = await pipeline.apply(await pipeline.plan());
    expect(outcomes(report)).toEqual(['completed app:v1 (unsigned) present']);
    expect(await world.verdict('app', 'v1', up.policy)).toMatchObject({ accepted: [{}, {}] });
  });
});
