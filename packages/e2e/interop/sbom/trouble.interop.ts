import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fault, faults, type ProxyOptions, type RegistryProxy, startProxy } from '@lading/testkit';
import { type Cosign, cosign } from '../../peers/cosign.ts';
import { type Distribution, startDistribution } from '../../peers/distribution.ts';
import type { RunResult } from '../../peers/run.ts';
import { ladingOf, pushSource } from '../../peers/sbom/attached.ts';

/** `lading sbom` and a sync with SBOMs where the registry wants to know who asks, answers with errors, or is not there. */

let distribution: Distribution;
let user: Cosign;
let lading: (...args: readonly string[]) => Promise<RunResult>;
/** What the image has, from the registry itself. */
let expected = '';

const repository = 'upstream/app';
const platform = ['--platform', 'linux/arm64', '--name', 'app'];

beforeAll(async () => {
  [distribution, user] = await Promise.all([startDistribution(), cosign()]);
  await user.keys();
  lading = ladingOf(user);
  await pushSource(`${distribution.host}/${repository}:v1`);
  const { code, stdout, stderr } = await lading('sbom', ...platform, `${distribution.host}/${repository}:v1`);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expected = stdout.toString();
  expect(JSON.parse(expected).components.length).toBeGreaterThan(7);
});
afterAll(async () => {
  await Promise.all([distribution, user].map((one) => one?.[Symbol.asyncDispose]()));
});

/** Reads the image through a proxy, and nothing that is known from before. */
async function read(
  options: Omit<ProxyOptions, 'target'>,
  login?: string,
): Promise<RunResult & { /** How much went wrong. */ readonly faults: number }> {
  await using proxy = await startProxy({ target: distribution.url, ...options });
  const [name = '', password = ''] = login?.split(':') ?? [];
  const auth = { [proxy.host]: { auth: Buffer.from(`${name}:${password}`).toString('base64') } };
  await user.file('config.json', login === undefined ? {} : { auths: auth });
  const result = await lading('sbom', '--no-cache', ...platform, `${proxy.host}/${repository}:v1`);
  return { ...result, faults: faultsOf(proxy) };
}

const faultsOf = ({ requests }: RegistryProxy): number =>
  requests.reduce((sum, { faults }) => sum + faults.length, 0);

const users = { alice: 'correct' };

describe.each(['basic', 'bearer'] as const)('a registry with %s authentication', (type) => {
  test('gives its image to who may have it', async () => {
    const { code, stdout } = await read({ auth: { type, users } }, 'alice:correct');
    expect([code, stdout.toString()]).toEqual([0, expected]);
  });

  test.each([
    ['a wrong password', 'alice:guessed'],
    ['nobody', undefined],
  ])('to %s it says who is not let in, and nothing comes out', async (_who, login) => {
    const { code, stdout, stderr } = await read({ auth: { type, users } }, login);
    expect([code, stdout.toString()]).toEqual([4, '']);
    expect(stderr).toContain('ERR_LADING_UNAUTHORIZED');
    expect(stderr).not.toContain('guessed');
  });
});

const troubles: Readonly<Record<string, readonly Fault[]>> = {
  'too many requests, for manifests and layers': [
    faults.tooManyRequests(0, { kind: 'manifest' }),
    faults.tooManyRequests(undefined, { kind: 'blob' }),
  ],
  'a server that is not up to it': [faults.status(503, { first: 2 })],
  'a line that drops in the middle of a layer': [faults.dropAfter(100_000, { kind: 'blob' })],
  'a line that drops at once': [faults.hangUp({ kind: 'manifest' })],
};

test.each(Object.keys(troubles))('the SBOM is the same after %s', async (trouble) => {
  const { code, stdout, stderr, faults } = await read({ script: troubles[trouble] });
  expect(faults).toBeGreaterThan(0);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(stdout.toString()).toBe(expected);
});

test.each<readonly [string, Fault, string]>([
  ['a layer of another content', faults.corrupt(1000, { kind: 'blob' }), 'ERR_LADING_CONTENT_MISMATCH'],
  ['a registry that forbids', faults.status(403), 'ERR_LADING_'],
])('%s is an error, and no SBOM', async (_what, fault, error) => {
  const { code, stdout, stderr } = await read({ script: [fault] });
  expect(code).not.toBe(0);
  expect(stdout.toString()).toBe('');
  expect(stderr).toContain(error);
});

test('a host that is not there is named', async () => {
  const host = '127.0.0.1:1';
  const { code, stdout, stderr } = await lading('sbom', `${host}/${repository}:v1`);
  expect(code).not.toBe(0);
  expect(stdout.toString()).toBe('');
  expect(stderr).toContain(host);
});

test('sbom case 44: a sync attaches all SBOMs though the registry has errors while they are attached', async () => {
  const script = [
    faults.tooManyRequests(0, { kind: 'manifest', method: 'PUT' }),
    faults.statusOnce(503, { kind: 'upload' }),
    faults.statusOnce(502, { path: /sha256-[0-9a-f]{64}$/ }),
    faults.statusOnce(500, { path: /\.att$/ }),
  ];
  await using proxy = await startProxy({ target: distribution.url, script });
  await user.file(
    'config.yaml',
    `sync:
  - source: ${distribution.host}/${repository}:v1
    destination: ${proxy.host}/mine/app:v1
sbom: {referrer: true}
sign: {key: cosign.key, transparency: none}
`,
  );
  const first = await lading('sync', '--json');
  expect([first.code, first.code === 0 ? '' : first.stderr]).toEqual([0, '']);
  const [image] = JSON.parse(first.stdout.toString()).images;
  // Two formats of three attestations, and of two plain ones.
  expect(image.sbom).toMatchObject({ outcome: 'attached', documents: { length: 10 } });
  expect(faultsOf(proxy)).toBe(script.length);
  const second = await lading('sync');
  expect([second.code, second.stdout.toString()]).toEqual([0, expect.stringContaining('1 same')]);
});
