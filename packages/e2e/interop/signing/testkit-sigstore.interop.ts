import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeImage, pushImage, type TestImage } from '@lading/testkit';
import {
  type Claims,
  createSigstore,
  generateKeys,
  type RunningSigstore,
  type SigningConfigOptions,
  type SigstoreOptions,
  signWith,
  startSigstore,
} from '@lading/testkit/sigstore';
import { type Cosign, cosign } from '../../peers/cosign.ts';
import { type Distribution, startDistribution } from '../../peers/distribution.ts';
import { type RekorTiles, startRekorTiles } from '../../peers/rekor-tiles.ts';

let registry: Distribution;
let sigstore: RunningSigstore;
let tiles: RekorTiles;

beforeAll(async () => {
  [registry, sigstore, tiles] = await Promise.all([startDistribution(), startSigstore(), startRekorTiles()]);
});
afterAll(async () => {
  await Promise.all([registry, sigstore, tiles].map((server) => server[Symbol.asyncDispose]()));
});

const image: TestImage = makeImage();

async function push(repository: string): Promise<string> {
  await pushImage(registry.url, repository, 'v1', image);
  return `${registry.host}/${repository}@${image.descriptor.digest}`;
}

/** cosign in a home where the trusted root, a signing configuration and a token are. */
async function prepared(
  config: SigningConfigOptions,
  claims?: Claims,
  { root = sigstore.trustedRoot, program = 'cosign' }: { root?: object; program?: 'cosign' | 'cosign2' } = {},
) {
  const running = await cosign(program);
  const trust = ['--allow-http-registry', '--trusted-root', await running.file('trusted-root.json', root)];
  const services = await running.file('signing-config.json', sigstore.signingConfig(config));
  const token = await running.file('token', sigstore.identityToken(claims));
  return { running, trust, services: ['--signing-config', services], token: ['--identity-token', token] };
}

const person = (email = 'someone@example.com'): readonly string[] => [
  ...['--certificate-identity', email],
  ...['--certificate-oidc-issuer', sigstore.issuerUrl],
];

async function refusal(running: Cosign, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await running.run(...args);
  expect(code).not.toBe(0);
  return stderr;
}

interface Cell {
  readonly name: string;
  readonly config: SigningConfigOptions;
  readonly verify?: readonly string[];
}

const cells: readonly Cell[] = [
  { name: 'rekor-v1', config: { log: 'v1', timestamp: false } },
  { name: 'rekor-v1-and-timestamp', config: { log: 'v1', timestamp: true } },
  { name: 'rekor-v2-and-timestamp', config: { log: 'v2', timestamp: true } },
  {
    name: 'timestamp-only',
    config: { log: 'none', timestamp: true },
    verify: ['--insecure-ignore-tlog', '--use-signed-timestamps'],
  },
];

describe('cosign 3 with the test kit’s Sigstore', () => {
  test.each(cells)('signs and verifies without a key: $name', async ({ name, config, verify = [] }) => {
    const { running, trust, services, token } = await prepared(config);
    await using _ = running;
    const reference = await push(name);
    await running.output('sign', ...trust, ...services, ...token, reference);
    const said = await running.output('verify', ...trust, ...verify, ...person(), reference);
    expect(JSON.parse(said)).toHaveLength(1);
    await refusal(running, 'verify', ...trust, ...verify, ...person('other@example.com'), reference);
  });

  test.each(cells)('attests and verifies without a key: $name', async ({ name, config, verify = [] }) => {
    const { running, trust, services, token } = await prepared(config);
    await using _ = running;
    const reference = await push(`attested-${name}`);
    const predicate = await running.file('predicate.json', { bomFormat: 'CycloneDX', specVersion: '1.6' });
    const what = ['--type', 'cyclonedx'];
    await running.output(
      'attest',
      ...trust,
      ...services,
      ...token,
      ...what,
      '--predicate',
      predicate,
      reference,
    );
    await running.output('verify-attestation', ...trust, ...verify, ...person(), ...what, reference);
  });

  test.each(cells)('signs and verifies with a key: $name', async ({ name, config, verify = [] }) => {
    const { running, trust, services } = await prepared(config);
    await using _ = running;
    const { key, publicKey } = await running.keys();
    const reference = await push(`keyed-${name}`);
    await running.output('sign', ...trust, ...services, '--key', key, reference);
    await running.output('verify', ...trust, ...verify, '--key', publicKey, reference);
  });

  test('signs as a workflow of GitHub', async () => {
    const issuer = 'https://token.actions.githubusercontent.com';
    const { running, trust, services, token } = await prepared({}, gitHubClaims(issuer));
    await using _ = running;
    const reference = await push('github');
    await running.output('sign', ...trust, ...services, ...token, reference);
    const workflow = (ref: string): readonly string[] => [
      ...['--certificate-identity', 'https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main'],
      ...['--certificate-oidc-issuer', issuer, '--certificate-github-workflow-repository', 'acme/app'],
      ...['--certificate-github-workflow-trigger', 'push', '--certificate-github-workflow-ref', ref],
    ];
    await running.output('verify', ...trust, ...workflow('refs/heads/main'), reference);
    await refusal(running, 'verify', ...trust, ...workflow('refs/heads/other'), reference);
  });

  test('in its older format', async () => {
    const { running, trust, token } = await prepared({});
    await using _ = running;
    const reference = await push('older');
    const urls = ['--fulcio-url', sigstore.fulcioUrl, '--rekor-url', sigstore.rekorUrl];
    const older = ['--new-bundle-format=false', '--use-signing-config=false'];
    await running.output('sign', ...trust, ...older, ...urls, ...token, reference);
    await running.output('verify', ...trust, '--new-bundle-format=false', ...person(), reference);
  });

  test.each(['v1', 'v2'] as const)(
    'takes trusted root and services from TUF, with a log of Rekor %s',
    async (log) => {
      await using other = await startSigstore({ tuf: { signingConfig: { log } } });
      await using running = await cosign();
      const reference = await push(`tuf-${log}`);
      const root = await running.file('root.json', other.tufRoot);
      const token = await running.file('token', other.identityToken());
      await running.output('initialize', '--mirror', other.tufUrl, '--root', root);
      await running.output('sign', '--allow-http-registry', '--identity-token', token, reference);
      const who = [
        '--certificate-identity',
        'someone@example.com',
        '--certificate-oidc-issuer',
        other.issuerUrl,
      ];
      await running.output('verify', '--allow-http-registry', ...who, reference);
      expect(other.count(log === 'v1' ? 'rekor' : 'rekorV2')).toBe(1);
    },
  );

  test('trusts no other Sigstore', async () => {
    const { running, trust, services, token } = await prepared({});
    await using _ = running;
    const reference = await push('stranger');
    await running.output('sign', ...trust, ...services, ...token, reference);
    const stranger = await running.file('stranger.json', createSigstore().trustedRoot);
    await refusal(
      running,
      'verify',
      '--allow-http-registry',
      '--trusted-root',
      stranger,
      ...person(),
      reference,
    );
  });

  test.each([
    { wrong: 'forged', timestamp: 'forged' },
    { wrong: 'of a log that nobody knows', timestamp: 'unknown log' },
    { wrong: 'missing', timestamp: 'none' },
  ] as const)('refuses a certificate whose promise of transparency is $wrong', async ({ timestamp }) => {
    await using other = await startSigstore({ certificates: { timestamp } });
    await using running = await cosign();
    const reference = await push(`promise-${timestamp.replace(' ', '-')}`);
    const root = await running.file('trusted-root.json', other.trustedRoot);
    const services = await running.file('signing-config.json', other.signingConfig());
    const token = await running.file('token', other.identityToken());
    const trust = ['--allow-http-registry', '--trusted-root', root];
    const args = ['--signing-config', services, '--identity-token', token, reference];
    await running.run('sign', ...trust, ...args);
    const who = [
      '--certificate-identity',
      'someone@example.com',
      '--certificate-oidc-issuer',
      other.issuerUrl,
    ];
    const said = await refusal(running, 'verify', ...trust, ...who, reference);
    expect(said).toMatch(/SCT|signed certificate timestamp|no signatures found/i);
  });
});

describe('cosign 3 refuses what the test kit’s Sigstore gets wrong', () => {
  const past = new Date(Date.now() - 60_000);

  test.each<{ what: string; wrong: SigstoreOptions; said: RegExp }>([
    {
      what: 'a certificate that is for something else',
      wrong: { certificates: { extendedKeyUsage: ['clientAuth'] } },
      said: /leaf certificate verification failed/,
    },
    {
      what: 'an issuer that has expired',
      wrong: { intermediate: { notBefore: new Date(0), notAfter: past } },
      said: /leaf certificate verification failed/,
    },
    {
      what: 'a timestamp certificate that has expired',
      wrong: { timestampCertificate: { notAfter: past } },
      said: /outside of certificate validity/,
    },
    {
      what: 'a timestamp certificate that is for something else',
      wrong: { timestampCertificate: { extendedKeyUsage: ['codeSigning'] } },
      said: /incompatible key usage/,
    },
  ])('$what', async ({ wrong, said }) => {
    await using other = await startSigstore(wrong);
    await using running = await cosign();
    const reference = await push('wrong');
    const root = await running.file('trusted-root.json', other.trustedRoot);
    const services = await running.file('signing-config.json', other.signingConfig({ log: 'v2' }));
    const token = await running.file('token', other.identityToken());
    const args = ['--trusted-root', root, '--signing-config', services, '--identity-token', token];
    expect(await refusal(running, 'sign', '--allow-http-registry', ...args, reference)).toMatch(said);
  });
});

describe('cosign 2 with the test kit’s Sigstore', () => {
  test.each([
    { name: 'a log', flags: () => [] },
    {
      name: 'a log and a timestamp',
      flags: () => ['--timestamp-server-url', `${sigstore.tsaUrl}/api/v1/timestamp`],
    },
  ])('signs and verifies without a key: $name', async ({ name, flags }) => {
    const { running, trust, token } = await prepared({}, undefined, { program: 'cosign2' });
    await using _ = running;
    const reference = await push(`cosign2-${name.replaceAll(' ', '-')}`);
    const urls = ['--fulcio-url', sigstore.fulcioUrl, '--rekor-url', sigstore.rekorUrl, ...flags()];
    await running.output('sign', ...trust, ...urls, ...token, reference);
    await running.output('verify', ...trust, ...person(), reference);
  });

  test.each(['dsse', 'intoto'])('attests and verifies without a key: %s', async (type) => {
    const { running, trust, token } = await prepared({}, undefined, { program: 'cosign2' });
    await using _ = running;
    const reference = await push(`cosign2-attested-${type}`);
    const urls = ['--fulcio-url', sigstore.fulcioUrl, '--rekor-url', sigstore.rekorUrl];
    const predicate = await running.file('predicate.json', { bomFormat: 'CycloneDX', specVersion: '1.6' });
    const what = ['--type', 'cyclonedx', '--rekor-entry-type', type, '--predicate', predicate];
    await running.output('attest', ...trust, ...urls, ...token, ...what, reference);
    // cosign 2 itself takes no trusted root for attestations in this format.
    await using reader = await cosign();
    const older = ['--new-bundle-format=false', '--type', 'cyclonedx'];
    await reader.output('verify-attestation', ...trust, ...older, ...person(), reference);
  });

  // RSA signs the same in the same way, so the second entry is the first one again. (cosign 3.1.3 gives up on a 409.)
  test('finds the entry that the log has already', async () => {
    const { running, trust } = await prepared({}, undefined, { program: 'cosign2' });
    await using _ = running;
    const reference = await push('cosign2-again');
    const pem = generateKeys('RSA').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await running.output('import-key-pair', '--key', await running.file('rsa.pem', pem));
    const key = (part: string): readonly string[] => ['--key', join(running.folder, `import-cosign.${part}`)];
    const log = ['--rekor-url', sigstore.rekorUrl];
    const before = sigstore.rekor.size;
    await running.output('sign', ...trust, ...log, ...key('key'), reference);
    await running.output('sign', ...trust, ...log, ...key('key'), reference);
    expect(sigstore.rekor.size).toBe(before + 1);
    await running.output('verify', ...trust, ...key('pub'), reference);
  });
});

describe('Rekor v2 of the test kit and the real one', () => {
  const digest = createHash('sha256').update('an artifact').digest();
  const keys = generateKeys('P-256');
  const request = (changes: object = {}, verifier: object = {}): string => {
    const rawBytes = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const content = signWith(keys.privateKey, Buffer.from('an artifact')).toString('base64');
    return JSON.stringify({
      hashedRekordRequestV002: {
        digest: digest.toString('base64'),
        signature: {
          content,
          verifier: { publicKey: { rawBytes }, keyDetails: 'PKIX_ECDSA_P256_SHA_256', ...verifier },
        },
        ...changes,
      },
    });
  };
  const propose = async (url: string, body: string) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v2/log/entries`, { method: 'POST', headers, body });
    const said = (await answer.json()) as Record<string, unknown>;
    return { status: answer.status, said };
  };

  test('write the same down for the same request, and say the same about it', async () => {
    const body = request();
    const [real, own] = await Promise.all([propose(tiles.url, body), propose(sigstore.rekorV2Url, body)]);
    expect(own.status).toBe(real.status);
    expect(own.said.canonicalizedBody).toBe(real.said.canonicalizedBody);
    expect(own.said.kindVersion).toEqual(real.said.kindVersion);
    expect(own.said.integratedTime).toEqual(real.said.integratedTime);
    expect(own.said.inclusionPromise).toEqual(real.said.inclusionPromise);
    expect(Object.keys(own.said).sort()).toEqual(Object.keys(real.said).sort());
  });

  test.each([
    {
      what: 'another digest',
      body: () => request({ digest: createHash('sha256').update('b').digest('base64') }),
    },
    { what: 'another hash', body: () => request({}, { keyDetails: 'PKIX_ECDSA_P384_SHA_384' }) },
    { what: 'no key details', body: () => request({}, { keyDetails: 'PUBLIC_KEY_DETAILS_UNSPECIFIED' }) },
    { what: 'no key', body: () => request({}, { publicKey: { rawBytes: '' } }) },
    { what: 'an envelope', body: () => JSON.stringify({ dsseRequestV002: { envelope: {}, verifiers: [] } }) },
    { what: 'no JSON', body: () => 'no JSON' },
  ])('refuse with the same status: $what', async ({ body }) => {
    const [real, own] = await Promise.all([propose(tiles.url, body()), propose(sigstore.rekorV2Url, body())]);
    expect(own.status).toBe(real.status);
    expect(real.status).toBe(400);
  });
});

function gitHubClaims(iss: string): Claims {
  return {
    iss,
    sub: 'repo:acme/app:ref:refs/heads/main',
    event_name: 'push',
    sha: 'f'.repeat(40),
    workflow: 'CI',
    repository: 'acme/app',
    repository_id: '1',
    repository_owner: 'acme',
    repository_owner_id: '2',
    repository_visibility: 'public',
    ref: 'refs/heads/main',
    job_workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
    job_workflow_sha: 'f'.repeat(40),
    workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
    workflow_sha: 'f'.repeat(40),
    runner_environment: 'github-hosted',
    run_id: '3',
    run_attempt: '1',
  };
}
