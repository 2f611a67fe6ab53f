import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeImage, pushImage } from '@lading/testkit';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { type Cosign, cosign, password } from '../../peers/cosign.ts';
import { type Distribution, startDistribution } from '../../peers/distribution.ts';
import { peer } from '../../peers/peer.ts';
import { type RunResult, run } from '../../peers/run.ts';

/**
 * What people type who come from a repository of workflows around cosign: its commands, word for word, on images that `lading sync` signed with
 * a transparency log. cosign is told of the log as of the public one: by a TUF repository.
 */

const program = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

let sigstore: RunningSigstore;
let registry: Distribution;
let user: Cosign;
let reference = '';

beforeAll(async () => {
  [sigstore, registry, user] = await Promise.all([startSigstore(), startDistribution(), cosign()]);
  await user.keys();
  await pushImage(registry.url, 'upstream/app', 'v1', makeImage());
  reference = `${registry.host}/mine/app:v1`;
  await user.file(
    'signing-config.json',
    sigstore.signingConfig({ log: 'v1', timestamp: false, fulcio: false }),
  );
  await user.file('trusted-root.json', sigstore.trustedRoot);
  await user.file('config.yaml', config());
  const root = await user.file('root.json', sigstore.tufRoot);
  await user.output('initialize', '--mirror', sigstore.tufUrl, '--root', root);
});
afterAll(async () => {
  await Promise.all([sigstore, registry, user].map((one) => one?.[Symbol.asyncDispose]()));
});

function config(): string {
  return `sync:
  - source: ${registry.host}/upstream/app:v1
    destination: ${reference}
sign:
  key: cosign.key
  transparency: signing-config.json
  trustedRoot: trusted-root.json
`;
}

const env = (): Record<string, string> => ({
  HOME: user.folder,
  DOCKER_CONFIG: user.folder,
  TUF_ROOT: join(user.folder, 'tuf'),
  COSIGN_PASSWORD: password,
  PATH: [...new Set([peer('cosign'), peer('jq')].map(dirname)), process.env.PATH].join(':'),
});

function lading(...args: readonly string[]): Promise<RunResult> {
  const node = ['--conditions=@lading/source', '--no-warnings', program];
  return run(process.execPath, [...node, ...args], { cwd: user.folder, env: env() });
}

/** A line as it is typed. */
async function type(line: string): Promise<string> {
  const { code, stdout, stderr } = await run('bash', ['-o', 'pipefail', '-c', line], {
    cwd: user.folder,
    env: env(),
  });
  if (code !== 0) throw new Error(`${line}: exit ${code}\n${stderr}`);
  return stdout.toString();
}

describe('an image that lading sync signed with a log', () => {
  beforeAll(async () => {
    const { code, stderr } = await lading('sync');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(sigstore.rekor.size).toBeGreaterThan(0);
  });

  test('cosign verify --key cosign.pub IMAGE_REF', async () => {
    const said = JSON.parse(await type(`cosign verify --key cosign.pub ${reference}`));
    expect(said).toHaveLength(1);
  });

  test('cosign verify in its old format, told of the log by a file', async () => {
    const flags = '--new-bundle-format=false --trusted-root trusted-root.json';
    expect(
      JSON.parse(await type(`cosign verify --key cosign.pub ${flags} ${reference}`))[0].optional.Bundle,
    ).toBeDefined();
  });

  test('cosign tree IMAGE_REF', async () => {
    expect(await type(`cosign tree ${reference}`)).toContain('Signatures');
  });

  test('a second sync adds nothing', async () => {
    const entries = sigstore.rekor.size;
    const { code, stdout } = await lading('sync');
    expect([code, stdout.toString()]).toEqual([0, expect.stringContaining('1 same')]);
    expect(sigstore.rekor.size).toBe(entries);
  });

  test('cosign verify-attestation --key cosign.pub IMAGE_REF | jq …', async () => {
    const sbom = await readFile(
      await user.file('sbom.json', { bomFormat: 'CycloneDX', specVersion: '1.6' }),
      'utf8',
    );
    const services = ['--transparency', 'signing-config.json', '--trusted-root', 'trusted-root.json'];
    const { code, stderr } = await lading(
      'attest',
      reference,
      '--key',
      'cosign.key',
      ...services,
      '--type',
      'custom',
      '--predicate',
      'sbom.json',
    );
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    const data = await type(
      `cosign verify-attestation --key cosign.pub ${reference} | jq -r .payload | base64 -d | jq -r .predicate.Data`,
    );
    expect(data.trim()).toBe(sbom);
  });
});
