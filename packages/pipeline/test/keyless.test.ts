import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createSigner,
  generatePrivateKey,
  parseIdentityToken,
  parseSigningConfig,
  parseTrustedRoot,
  type Signer,
  sign,
  type TrustPolicy,
} from '@lading/sign';
import { makeImage } from '@lading/testkit';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { verifiedListingsIn } from '../src/index.ts';
import { outcomes, World } from './support/world.ts';

const app = makeImage({});
const entry = 'sync:\n  - source: UP/app:v1\n    destination: MINE/app:v1\n';
const email = 'release@example.com';

let sigstore: RunningSigstore;
let trustedRoot: NonNullable<TrustPolicy['trustedRoot']>;
let world: World;

beforeAll(async () => {
  sigstore = await startSigstore();
  trustedRoot = parseTrustedRoot(JSON.stringify(sigstore.trustedRoot));
});
afterAll(() => sigstore.stop());
beforeEach(async () => {
  world = await World.start();
  await world.push('app', 'v1', app);
});
afterEach(() => world[Symbol.asyncDispose]());

const services = (log: 'v1' | 'v2') => parseSigningConfig(JSON.stringify(sigstore.signingConfig({ log })));

function keyless(log: 'v1' | 'v2' = 'v1', name = email): Signer {
  const tokens = {
    token: async () =>
      parseIdentityToken(sigstore.identityToken({ email: name, email_verified: true }), 'a test'),
  };
  return createSigner({ keyless: { tokens } }, { transparency: services(log) });
}

const trusted = (name = email): TrustPolicy => ({
  authorities: [{ kind: 'identity', identity: { exact: name }, issuer: { exact: sigstore.issuerUrl } }],
  trustedRoot,
});

describe('without a key', () => {
  test.each(['v1', 'v2'] as const)(
    'images are signed by an identity, with a log of Rekor %s, and recognised',
    async (log) => {
      const signer = keyless(log);
      const config = world.config(entry);
      const { report } = await world.run(config, { signer, trustedRoot });
      expect(outcomes(report)).toEqual(['created app:v1 signed']);
      expect(await world.verdict('app', 'v1', trusted())).toMatchObject({ ok: true, accepted: [{}, {}] });

      const entries = sigstore.count(log === 'v1' ? 'rekor' : 'rekorV2');
      const again = await world.run(config, { signer, trustedRoot });
      expect(outcomes(again.report)).toEqual(['same app:v1']);
      expect(sigstore.count(log === 'v1' ? 'rekor' : 'rekorV2')).toBe(entries);
      expect(again.events.filter(({ type }) => type === 'notice')).toEqual([]);
    },
  );

  test('"always" takes away what the same identity signed before, and nothing of others', async () => {
    await world.run(world.config(entry), { signer: keyless(), trustedRoot });
    await sign(world.destination('app'), app.descriptor, {
      signer: keyless('v1', 'other@example.com'),
      clock: Date.now,
    });
    const always = world.config(`${entry}    always: true\n`);
    const { report } = await world.run(always, { signer: keyless(), trustedRoot });
    expect(outcomes(report)).toEqual(['updated app:v1 (always) replaced']);
    expect(await world.verdict('app', 'v1', trusted())).toMatchObject({ accepted: [{}, {}] });
    expect(await world.verdict('app', 'v1', trusted('other@example.com'))).toMatchObject({
      accepted: [{}, {}],
    });
  });

  test('what was verified with one trusted root is verified again with another', async () => {
    const verified = verifiedListingsIn(`${world.folder}/state`);
    const signer = keyless();
    const config = world.config(entry);
    await world.run(config, { signer, trustedRoot, verified });
    // Once they are read and verified by the trusted root: two manifests, two blobs.
    expect((await world.run(config, { signer, trustedRoot, verified })).requests).toHaveLength(8);
    expect((await world.run(config, { signer, trustedRoot, verified })).requests).toHaveLength(4);
    const stranger = await startSigstore();
    try {
      const other = parseTrustedRoot(JSON.stringify(stranger.trustedRoot));
      const { report } = await world.run(config, { signer, trustedRoot: other, verified });
      expect(report.results[0]?.image).toMatchObject({ action: 'complete', reason: { code: 'unsigned' } });
    } finally {
      await stranger.stop();
    }
  });

  test('what was signed and does not hold by the trusted root is not remembered as verified', async () => {
    const verified = verifiedListingsIn(`${world.folder}/state`);
    const config = world.config(entry);
    const stranger = await startSigstore();
    try {
      const other = parseTrustedRoot(JSON.stringify(stranger.trustedRoot));
      for (const outcome of ['created app:v1 signed', 'completed app:v1 (unsigned) signed']) {
        const { report } = await world.run(config, { signer: keyless(), trustedRoot: other, verified });
        expect(outcomes(report)).toEqual([outcome]);
      }
    } finally {
      await stranger.stop();
    }
  });

  test('sources may be wanted from an identity', async () => {
    const guarded = world.config(`${entry}    verify: {identity: ${email}, issuer: ${sigstore.issuerUrl}}\n`);
    const trust = () => trusted();
    await sign(world.source('app'), app.descriptor, {
      signer: keyless('v1', 'other@example.com'),
      clock: Date.now,
    });
    const refused = await world.run(guarded, { trust });
    expect(outcomes(refused.report)).toEqual(['blocked app:v1 (not-admitted)']);
    expect(refused.report.results[0]?.reason?.message).toBe(
      `no valid signature by ${email} (${sigstore.issuerUrl})`,
    );
    await sign(world.source('app'), app.descriptor, { signer: keyless(), clock: Date.now });
    expect(outcomes((await world.run(guarded, { trust })).report)).toEqual(['created app:v1']);
  });

  test('a missing token ends the run before anything is written', async () => {
    const tokens = {
      token: async (): Promise<never> => {
        throw Object.assign(new Error('there is no identity token'), { code: 'ERR_LADING_TOKEN' });
      },
    };
    const signer = createSigner({ keyless: { tokens } }, { transparency: services('v1') });
    await expect(world.run(world.config(entry), { signer, trustedRoot })).rejects.toMatchObject({
      code: 'ERR_LADING_TOKEN',
    });
    expect(world.requests.filter((request) => !/^(HEAD|GET) /.test(request))).toEqual([]);
  });

  test('a log that does not answer fails the image, and its tag is not set', async () => {
    sigstore.play('rekor', { answer: { status: 400 }, times: 20 });
    try {
      const { report } = await world.run(world.config(entry), { signer: keyless(), trustedRoot });
      expect(outcomes(report)).toEqual(['failed app:v1']);
      expect(report.results[0]?.error).toMatchObject({ code: expect.stringMatching(/^ERR_LADING_SIGSTORE/) });
      await expect(world.held('app', 'v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    } finally {
      sigstore.calm();
    }
  });
});

test('with a key and a log, a signature without an entry is not enough, and one with is', async () => {
  const key = await generatePrivateKey();
  const config = world.config(entry);
  await world.run(config, { signer: createSigner({ key }, { transparency: 'none' }) });
  const signer = createSigner({ key }, { transparency: services('v1') });
  expect(outcomes((await world.run(config, { signer })).report)).toEqual([
    'completed app:v1 (unsigned) signed',
  ]);
  expect(outcomes((await world.run(config, { signer })).report)).toEqual(['same app:v1']);
  const quiet = createSigner({ key }, { transparency: 'none' });
  expect(outcomes((await world.run(config, { signer: quiet })).report)).toEqual(['same app:v1']);
});
