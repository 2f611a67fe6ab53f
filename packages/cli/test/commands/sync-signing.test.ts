import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import type { RegistryServer } from '@lading/server';
import {
  createSigner,
  decryptPrivateKey,
  generateKeyPair,
  type KeyPairFiles,
  listAttachments,
  publicKey,
  sign,
  type Verdict,
  verify,
} from '@lading/sign';
import { makeDistribution, makeImage, pushImage, startProxy } from '@lading/testkit';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { registryIn, type Scratch, scratch } from '../support/registries.ts';

const alpine = makeDistribution({ payload: 2000 });
const pause = makeImage({ mediaTypes: 'docker' });
const password = 'correct horse battery staple';
const secrets = { COSIGN_PASSWORD: password };

let folder: Scratch;
let source: RegistryServer;
let target: RegistryServer;
let registry: Registry;
let pair: KeyPairFiles;

beforeEach(async () => {
  folder = await scratch();
  source = await registryIn(folder, 'source');
  target = await registryIn(folder, 'target');
  registry = openRegistry();
  await pushImage(source.url, 'up/alpine', '3.17', alpine);
  await pushImage(source.url, 'up/pause', '3.6', pause);
  pair = await generateKeyPair(password);
});
afterEach(async () => {
  await registry.close();
  await source.close();
  await target.close();
  await folder[Symbol.asyncDispose]();
});

const file = (name: string): string => join(folder.path, name);
const entry = (from: string, to: string, more = ''): string =>
  `  - source: ${source.host}/${from}\n    destination: ${target.host}/${to}\n${more}`;
const alpineEntry = (more = ''): string => entry('up/alpine:3.17', 'mine/alpine:3.17', more);
const both = (): string => alpineEntry() + entry('up/pause:3.6', 'mine/pause:3.6');

const config = (sync: string, more = ''): Promise<void> =>
  writeFile(file('config.yaml'), `sync:\n${sync}${more}`);

async function run(options: RunOptions, ...argv: string[]): Promise<RunResult> {
  const result = await lading(argv, { cwd: folder.path, ...options });
  expect(result.stdout + result.stderr).not.toMatch(/PRIVATE KEY|correct horse/);
  return result;
}

/** With the private key in the environment, as in the seed. */
const withKey = (...argv: string[]): Promise<RunResult> =>
  run({ env: { COSIGN_PRIVATE_KEY: pair.privateKey, ...secrets } }, ...argv);

async function verdict(repository: string, image = alpine, by = pair): Promise<Verdict> {
  const policy = { authorities: [{ kind: 'key', key: publicKey(by.publicKey) }] } as const;
  return verify(registry.repository(`${target.host}/${repository}`), image.descriptor, { policy });
}

describe('lading sync with a key', () => {
  test('COSIGN_PRIVATE_KEY is enough: images are signed, and say so; a second run finds them signed', async () => {
    await config(both());
    const first = await withKey('sync');
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(
      /✓ \S+\/mine\/pause:3\.6 +sha256:\w{8}… {2}copied \S+ k?B · signed {3}\S+ s\n/,
    );
    expect(first.stdout).toMatch(/^2 changed · /);
    expect(await verdict('mine/alpine')).toMatchObject({ ok: true, accepted: [{}, {}] });

    const again = await withKey('sync');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(/^2 same · nothing to do · /);
  });

  test('the key of config.yaml is found beside it, wherever the command is typed', async () => {
    await writeFile(file('own.key'), pair.privateKey);
    await config(both(), 'sign: {key: own.key}\n');
    const { code, stdout } = await run({ env: secrets, cwd: '/' }, 'sync', '-c', file('config.yaml'));
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 changed/) });
    expect((await verdict('mine/alpine')).ok).toBe(true);
  });

  test('--key is found where the command is typed, and counts before config.yaml', async () => {
    const other = await generateKeyPair(password);
    await writeFile(file('other.key'), other.privateKey);
    await config(both(), 'sign: {key: missing.key, format: legacy}\n');
    const { code } = await run({ env: secrets }, 'sync', '--key', 'other.key');
    expect(code).toBe(0);
    expect(await verdict('mine/alpine', alpine, other)).toMatchObject({
      ok: true,
      accepted: [{ location: { format: 'legacy' } }],
    });
  });

  test('images that are right and not signed are planned and signed where they are', async () => {
    await config(both());
    await run({}, 'sync');
    await config(both() + entry('up/pause:3.6', 'mine/new:1'));
    const plan = await withKey('plan');
    expect(plan.stdout).toMatch(
      /^ {2}\+ \S+\/up\/pause:3\.6 +→ \S+\/mine\/pause:3\.6 +sign +sha256:\w{8}… · no valid signature by env:\/\/COSIGN_PRIVATE_KEY$/m,
    );
    expect(plan.stdout).toMatch(/^1 to create · 2 to sign · \S+ k?B to move$/m);
    expect((await withKey('plan', '--detailed-exitcode')).code).toBe(2);
    expect(await verdict('mine/alpine')).toMatchObject({ ok: false });

    const synced = await withKey('sync');
    expect(synced.stderr).toMatch(/✓ \S+\/mine\/pause:3\.6 +sha256:\w{8}… {2}signed {3}\S+ s\n/);
    expect(synced.stdout).toMatch(/^1 changed · 2 signed · /);
    expect((await verdict('mine/alpine')).ok).toBe(true);
    expect((await withKey('plan', '--detailed-exitcode')).code).toBe(0);
  });

  test('--dry-run and plan only read', async () => {
    await config(both());
    await run({}, 'sync');
    await config(both() + entry('up/pause:3.6', 'mine/new:1'));
    await using proxy = await startProxy({ target: target.url });
    const text = await readFile(file('config.yaml'), 'utf8');
    await writeFile(file('config.yaml'), text.replaceAll(target.host, proxy.host));
    for (const argv of [['plan'], ['sync', '--dry-run']]) expect((await withKey(...argv)).code).toBe(0);
    expect(proxy.requests.length).toBeGreaterThan(0);
    expect(
      proxy.requests.map(({ method }) => method).filter((method) => !/^(GET|HEAD)$/.test(method)),
    ).toEqual([]);
  });

  test('--json and --json-lines tell of signatures', async () => {
    await config(both());
    await run({}, 'sync', '--only', '*/alpine:*');
    const { stdout } = await withKey('sync', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      totals: { created: 1, completed: 1 },
      images: [
        {
          outcome: 'completed',
          reason: { code: 'unsigned' },
          signature: { outcome: 'signed', signer: 'env://COSIGN_PRIVATE_KEY', formats: ['bundle', 'legacy'] },
        },
        { outcome: 'created', signature: { outcome: 'signed' } },
      ],
    });
    await config(both().replaceAll('mine/', 'new/'));
    const lines = (await withKey('sync', '--json-lines')).stdout.trim().split('\n');
    const types = lines.map((line) => JSON.parse(line).type);
    expect(types.filter((type) => type === 'entry:signing')).toHaveLength(2);
    expect(types.at(-1)).toBe('result');
  });

  test('--state remembers what was verified: one listing and one HEAD more than without signatures', async () => {
    await config(both());
    await withKey('sync', '--state', 'state');
    expect(await readdir(file('state/verified-listings'))).toHaveLength(2);
    const { stdout } = await withKey('sync', '--state', 'state');
    expect(stdout).toMatch(/^2 same · nothing to do · 8 requests · /);
    expect((await withKey('sync')).stdout).toMatch(/· 16 requests · /);
  });

  test('COSIGN_REPOSITORY keeps signatures elsewhere', async () => {
    await config(both());
    const env = {
      COSIGN_PRIVATE_KEY: pair.privateKey,
      COSIGN_REPOSITORY: `${target.host}/signatures`,
      ...secrets,
    };
    expect((await run({ env }, 'sync')).code).toBe(0);
    const at = (name: string) =>
      listAttachments(registry.repository(`${target.host}/${name}`), alpine.descriptor);
    expect(await at('mine/alpine')).toEqual([]);
    expect(await at('signatures')).toHaveLength(2);
    expect((await run({ env }, 'sync')).stdout).toMatch(/^2 same/);
  });

  test('"always" signs anew, and takes the old signature away afterwards', async () => {
    await config(entry('up/alpine:3.17', 'mine/alpine:3.17', '    always: true\n'));
    await withKey('sync');
    const { stderr } = await withKey('sync');
    expect(stderr).toMatch(/copied 0 B · signed anew {3}/);
    expect((await verdict('mine/alpine')).accepted).toHaveLength(2);
  });
});

describe('closed by default: before anything is written', () => {
  const untouched = async (): Promise<void> => {
    expect((await run({}, 'digest', `${target.host}/mine/alpine:3.17`)).code).toBe(1);
  };

  test.each([
    [
      '"sign" and no key',
      'sign: {format: both}\n',
      'config.yaml has "sign", and there is no key to sign with',
    ],
    ['a key file that is not there', 'sign: {key: cosign.key}\n', 'there is no key file cosign.key'],
    ['an empty variable', 'sign: {key: "env://RELEASE_KEY"}\n', 'the variable RELEASE_KEY is not set'],
  ])('%s is an error', async (_, more, message) => {
    await config(both(), more);
    const { code, stderr, stdout } = await run({ env: secrets }, 'sync');
    expect(code).toBe(3);
    expect(stderr).toContain('ERR_LADING_KEY');
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    await untouched();
  });

  test('cosign.pub beside config.yaml and no key is an error, a plan does with cosign.pub', async () => {
    await config(both());
    await run({}, 'sync', '--only', '*/pause:*');
    await writeFile(file('cosign.pub'), pair.publicKey);
    const { code, stderr } = await run({ env: secrets }, 'sync');
    expect(code).toBe(3);
    expect(stderr).toContain('cosign.pub stands beside config.yaml, and there is no key to sign with');
    await untouched();
    const plan = await run({}, 'plan');
    expect(plan.code).toBe(0);
    expect(plan.stdout).toContain('no valid signature by cosign.pub');
    expect((await withKey('sync')).code).toBe(0);
    expect((await run({}, 'plan')).stdout).toMatch(/^2 same · nothing to do$/m);
  });

  test('another key than that of cosign.pub is an error', async () => {
    await config(both());
    await writeFile(file('cosign.pub'), (await generateKeyPair('')).publicKey);
    const { code, stderr } = await withKey('sync');
    expect(code).toBe(3);
    expect(stderr).toContain('env://COSIGN_PRIVATE_KEY is not the key of cosign.pub');
    await untouched();
  });

  test('a wrong password is an error that does not show it', async () => {
    await config(both());
    const env = { COSIGN_PRIVATE_KEY: pair.privateKey, COSIGN_PASSWORD: 'hunter2' };
    const { code, stderr } = await run({ env }, 'sync');
    expect(code).toBe(4);
    expect(stderr).toContain('ERR_LADING_KEY_PASSWORD');
    expect(stderr).not.toContain('hunter2');
    await untouched();
  });

  test('a key of "verify" that is not there is an error', async () => {
    await config(entry('up/alpine:3.17', 'mine/alpine:3.17', '    verify: {key: keys/up.pub}\n'));
    const { code, stderr } = await run({}, 'sync');
    expect(code).toBe(3);
    expect(stderr).toContain('there is no key file keys/up.pub');
  });

  test('a plan without any key says what it does not look at', async () => {
    await config(both(), 'sign: {format: both}\n');
    const { code, stderr } = await run({}, 'plan', '-q');
    expect(code).toBe(0);
    expect(stderr).toMatch(/there is no key to sign with: which images are not signed is not looked at/);
  });

  test('"sign: false" is no signature and not a word, whatever is there', async () => {
    await config(both(), 'sign: false\n');
    await writeFile(file('cosign.pub'), 'not even a key');
    const { code, stderr } = await run({ env: { COSIGN_PRIVATE_KEY: 'nor this' } }, 'sync', '-q');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await verdict('mine/alpine')).toMatchObject({ ok: false, rejected: [] });
    expect(existsSync(file('state'))).toBe(false);
  });

  test('lock needs no keys', async () => {
    await config(
      entry('up/alpine:3.17', 'mine/alpine:3.17', '    verify: {key: up.pub}\n'),
      'sign: {key: a.key}\n',
    );
    expect((await run({}, 'lock')).code).toBe(0);
  });
});

describe('sync[].verify', () => {
  const guarded = (): string => alpineEntry('    verify: {key: keys.pub}\n');

  test('lets in what its key has signed, and nothing else; others are copied', async () => {
    await writeFile(file('keys.pub'), pair.publicKey);
    await config(guarded() + entry('up/pause:3.6', 'mine/pause:3.6'));
    const refused = await run({}, 'sync');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(
      /! \S+\/mine\/alpine:3\.17 +blocked: no valid signature by keys\.pub {2}\(config\.yaml:2\)/,
    );
    expect(refused.stdout).toMatch(/^1 changed · 1 blocked · /);
    expect((await run({}, 'plan')).stdout).toMatch(
      /^ {2}! .* blocked +no valid signature by keys\.pub {2}\(config\.yaml:2\)$/m,
    );

    const key = await decryptPrivateKey(pair.privateKey, password);
    await sign(registry.repository(`${source.host}/up/alpine`), alpine.descriptor, {
      signer: createSigner({ key }, { transparency: 'none' }),
      clock: Date.now,
    });
    const { code, stdout } = await run({}, 'sync');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 changed · 1 same · /);
  });
});

describe('without a key', () => {
  let sigstore: RunningSigstore;
  beforeAll(async () => {
    sigstore = await startSigstore();
  });
  afterAll(() => sigstore.stop());

  const keyless = 'sign: {keyless: true, transparency: ./services.json, trustedRoot: ./root.json}\n';
  const token = (claims = {}): string =>
    sigstore.identityToken({ email: 'release@example.com', email_verified: true, ...claims });

  beforeEach(async () => {
    await writeFile(file('root.json'), JSON.stringify(sigstore.trustedRoot));
    await writeFile(file('services.json'), JSON.stringify(sigstore.signingConfig({ log: 'v1' })));
  });

  test('the identity of the CI signs, and is recognised; its signature lets images in', async () => {
    await config(both(), keyless);
    const env = { SIGSTORE_ID_TOKEN: token() };
    const first = await run({ env }, 'sync');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 changed/) });
    expect(first.stderr).toMatch(/· signed {3}/);
    expect(first.stdout + first.stderr).not.toContain(env.SIGSTORE_ID_TOKEN);
    expect((await run({ env }, 'sync')).stdout).toMatch(/^2 same · nothing to do/);

    const whose = (identity: string): string =>
      `verify: {identity: ${identity}, issuer: "${sigstore.issuerUrl}"}\n`;
    const promoted = (identity: string, tag: string): string =>
      `  - source: ${target.host}/mine/alpine:3.17\n    destination: ${target.host}/live/alpine:${tag}\n    ${whose(identity)}`;
    await config(promoted('release@example.com', 'good') + promoted('other@example.com', 'bad'), keyless);
    const { code, stdout, stderr } = await run({ env }, 'sync');
    expect(code).toBe(5);
    expect(stdout).toMatch(/^1 changed · 1 blocked/);
    expect(stderr).toContain('blocked: no valid signature by other@example.com');
  });

  test.each([
    ['no token', {}, 'ERR_LADING_TOKEN', 4],
    ['a token that has expired', { exp: 1 }, 'ERR_LADING_TOKEN', 4],
  ])('%s is told before anything is written', async (what, claims, message, expected) => {
    await config(both(), keyless);
    const env = what === 'no token' ? {} : { SIGSTORE_ID_TOKEN: token(claims) };
    const { code, stderr } = await run({ env }, 'sync');
    expect({ code, stderr }).toMatchObject({ code: expected, stderr: expect.stringContaining(message) });
    expect((await run({}, 'digest', `${target.host}/mine/alpine:3.17`)).code).toBe(1);
  });

  test('what lies on this machine is told to nobody unless the configuration says so', async () => {
    await config(both(), 'sign: {keyless: true}\n');
    const { code, stderr } = await run({ env: { SIGSTORE_ID_TOKEN: token() } }, 'sync');
    expect(code).toBe(3);
    expect(stderr).toContain('ERR_LADING_SIGNING_CONFIG');
  });

  test('a key and a log are looked for together', async () => {
    await config(both(), 'sign: {transparency: ./services.json}\n');
    await withKey('sync');
    expect(sigstore.count('rekor')).toBeGreaterThanOrEqual(4);
    const { accepted } = await verdict('mine/alpine');
    expect(accepted.map(({ traits }) => traits.log)).toEqual(['promised', 'promised']);
  });
});
