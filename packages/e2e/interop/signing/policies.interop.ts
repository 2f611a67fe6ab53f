import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import {
  attest,
  createSigner,
  generatePrivateKey,
  type LocalPrivateKey,
  makePredicate,
  parseIdentityToken,
  parseSigningConfig,
  type SignatureFormat,
  type Signer,
  type SignImageOptions,
  sign,
} from '@lading/sign';
import { copy } from '@lading/store';
import { makeImage, makeIndex, pushImage } from '@lading/testkit';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { peer } from '../../peers/peer.ts';
import { run } from '../../peers/run.ts';

const policies = fileURLToPath(new URL('../../../../examples/policies/', import.meta.url));

let folder = '';
let server: RegistryServer;
let client: Registry;
let key: LocalPrivateKey;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-policies-'));
  server = await startRegistry({ directory: join(folder, 'registry') });
  client = openRegistry();
  key = await generatePrivateKey();
});
afterAll(async () => {
  await client?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;

interface Pushed {
  /** Without a tag or digest. */
  readonly name: string;
  readonly repository: string;
}

/** An image of its own for each test, for two platforms if wanted, signed if wanted. */
async function pushed(
  options: { readonly platforms?: readonly string[]; readonly repository?: string } = {},
  signing?: Partial<SignImageOptions> & { readonly by?: LocalPrivateKey },
): Promise<Pushed> {
  const repository = options.repository ?? `acme/app${count++}`;
  const images = (options.platforms ?? ['linux/amd64']).map((platform) =>
    makeImage({ platform, config: { comment: repository } }),
  );
  await pushImage(server.url, repository, 'v1', images.length === 1 ? images[0]! : makeIndex(images));
  const name = `${server.host}/${repository}`;
  if (signing !== undefined) {
    const store = client.repository(name);
    const { by = key, signer = createSigner({ key: by }, { transparency: 'none' }), ...rest } = signing;
    await sign(store, await store.resolve('v1'), { signer, clock: Date.now, ...rest });
  }
  return { name, repository };
}

/** The example of that name, for the registry and the key of this test. */
async function example(name: string): Promise<string> {
  const text = await readFile(join(policies, name), 'utf8');
  const [, ...lines] = key.publicKey.pem.trim().split('\n').slice(0, -1);
  return text
    .replaceAll('registry.example.com', server.host)
    .replace(/^( *)PASTE-THE-CONTENT.*$/m, (_, indent: string) =>
      lines.map((line) => `${indent}${line}`).join('\n'),
    );
}

describe('containers policy.json, by the library of podman, CRI-O and skopeo', () => {
  let policy: string;
  let registries: string;
  beforeAll(async () => {
    const publicKey = join(folder, 'cosign.pub');
    await writeFile(publicKey, key.publicKey.pem);
    policy = join(folder, 'policy.json');
    const text = await example('containers/policy.json');
    await writeFile(policy, text.replace('/etc/pki/containers/cosign.pub', publicKey));
    registries = join(folder, 'registries.d');
    await mkdir(registries);
    await writeFile(join(registries, 'acme.yaml'), await example('containers/registries.yaml'));
  });

  async function pull({ name }: Pushed, ...more: readonly string[]): Promise<string> {
    const target = await mkdtemp(join(folder, 'pulled-'));
    const { code, stderr } = await run(peer('policy-pull'), [
      policy,
      registries,
      `${name}:v1`,
      target,
      ...more,
    ]);
    return code === 0 ? 'let in' : stderr;
  }

  test('an image that lading has signed is let in, in the old format or in both', async () => {
    expect(await pull(await pushed({}, { formats: ['legacy'] }))).toBe('let in');
    expect(await pull(await pushed({}, {}))).toBe('let in');
    expect(await pull(await pushed({}, { annotations: { by: 'acme' } }))).toBe('let in');
  });

  test('an image without a signature, with a bundle alone or with one by another key is not', async () => {
    expect(await pull(await pushed())).toMatch(/signature was required, but no signature exists/);
    expect(await pull(await pushed({}, { formats: ['bundle'] }))).toMatch(/no signature exists/);
    const by = await generatePrivateKey();
    expect(await pull(await pushed({}, { by }))).toMatch(/cryptographic signature verification failed/);
  });

  test('one of several signatures is enough', async () => {
    const image = await pushed({}, { by: await generatePrivateKey() });
    const store = client.repository(image.name);
    const signer = createSigner({ key }, { transparency: 'none' });
    await sign(store, await store.resolve('v1'), { signer, clock: Date.now });
    expect(await pull(image)).toBe('let in');
  });

  test('what is signed under another name is not let in under this one', async () => {
    const image = await pushed({}, { reference: `${server.host}/acme/other` });
    expect(await pull(image)).toMatch(/Signature for identity .*other.* is not accepted/);
    const original = await pushed({}, {});
    const elsewhere = { repository: 'acme/moved', name: `${server.host}/acme/moved` };
    const stores = [original, elsewhere].map(({ name }) => client.repository(name));
    await copy(stores[0]!, 'v1', stores[1]!, 'v1', { referrers: true });
    expect(await pull(elsewhere)).toMatch(/is not accepted/);
  });

  test('images from elsewhere are refused', async () => {
    expect(await pull(await pushed({ repository: 'elsewhere/app' }, {}))).toMatch(/rejected by policy/);
  });

  test('for several platforms the manifest of the own one has to be signed: --recursive', async () => {
    const platforms = ['linux/amd64', 'linux/arm64'];
    expect(await pull(await pushed({ platforms }, {}))).toMatch(/no signature exists/);
    expect(await pull(await pushed({ platforms }, { recursive: true }))).toBe('let in');
    expect(await pull(await pushed({ platforms }, { recursive: true }), 'all')).toBe('let in');
  });
});

describe('ClusterImagePolicy, by the tester of policy-controller', () => {
  const workflow = 'acme/images/.github/workflows/sync.yml@refs/heads/main';
  let sigstore: RunningSigstore;
  let trustRoot: string;
  beforeAll(async () => {
    sigstore = await startSigstore();
    trustRoot = join(folder, 'trust-root.json'); // JSON is YAML
    await writeFile(trustRoot, JSON.stringify(trustRootOf(sigstore)));
  });
  afterAll(async () => sigstore?.[Symbol.asyncDispose]());

  async function admit({ name }: Pushed, policy: string): Promise<string> {
    const file = join(folder, 'cluster-image-policy.yaml');
    await writeFile(file, policy);
    const { digest } = await client.repository(name).resolve('v1');
    const { code, stdout, stderr } = await run(
      peer('policy-tester'),
      ['-policy', file, '-image', `${name}@${digest}`, '-trustroot', trustRoot, '-log-level', 'error'],
      // Nothing of this machine's.
      { env: { HOME: folder, TUF_ROOT: join(folder, 'tuf'), DOCKER_CONFIG: folder } },
    );
    return code === 0 ? 'let in' : `${stdout}${stderr}`;
  }

  function keyless(workflowRef: string): Signer {
    const claims = {
      email: undefined,
      sub: 'repo:acme/images:ref:refs/heads/main',
      job_workflow_ref: workflowRef,
    };
    const token = parseIdentityToken(sigstore.identityToken(claims), 'the test');
    return createSigner(
      { keyless: { tokens: { token: async () => token } } },
      { transparency: parseSigningConfig(JSON.stringify(sigstore.signingConfig())) },
    );
  }

  /** The example, with the Sigstore of this test in the public one's place. */
  async function keylessPolicy(name: string): Promise<string> {
    const policy = (await example(`policy-controller/${name}`))
      .replaceAll(/url: https:.*/g, 'trustRootRef: test')
      .replace('https://token.actions.githubusercontent.com', sigstore.issuerUrl);
    return policy.includes('signatureFormat: bundle') ? withoutLogs(policy) : policy;
  }

  /** policy-controller 0.13 gets the ids of a TrustRoot's logs wrong and finds no log for a bundle, so a timestamp has to do. */
  function withoutLogs(policy: string): string {
    return policy
      .replace('ctlog:', 'rfc3161timestamp:')
      .replace(/^( *)trustRootRef/m, '$1insecureIgnoreSCT: true\n$1trustRootRef');
  }

  test('key.yaml: an image that lading has signed with the key is let in, no other', async () => {
    const policy = await example('policy-controller/key.yaml');
    expect(await admit(await pushed({}, {}), policy)).toBe('let in');
    expect(await admit(await pushed({}, { formats: ['legacy'] }), policy)).toBe('let in');
    expect(await admit(await pushed(), policy)).toMatch(/no signatures found/);
    expect(await admit(await pushed({}, { formats: ['bundle'] }), policy)).toMatch(/no signatures found/);
    expect(await admit(await pushed({}, { by: await generatePrivateKey() }), policy)).toMatch(
      /no matching signatures/,
    );
    expect(await admit(await pushed({ repository: 'elsewhere/app' }, {}), policy)).toMatch(
      /is uncovered by policy/,
    );
  });

  test('key.yaml cannot read bundles: it says why', async () => {
    const policy = (await example('policy-controller/key.yaml')).replace('Format: legacy', 'Format: bundle');
    expect(await admit(await pushed({}, {}), policy)).toMatch(/the authority must be keyless/);
  });

  test.each<[string, SignatureFormat]>([
    ['keyless.yaml', 'legacy'],
    ['keyless-bundle.yaml', 'bundle'],
  ])('%s: an image that the workflow has signed is let in, by no other workflow', async (name, format) => {
    const policy = await keylessPolicy(name);
    const signer = keyless(workflow);
    expect(await admit(await pushed({}, { signer }), policy)).toBe('let in');
    expect(await admit(await pushed({}, { signer, formats: [format] }), policy)).toBe('let in');
    const none =
      /none of the expected identities matched|no matching attestations|no signatures found|no valid bundles/;
    const other = keyless(workflow.replace('sync.yml', 'other.yml'));
    expect(await admit(await pushed({}, { signer: other }), policy)).toMatch(none);
    const wrong = format === 'legacy' ? 'bundle' : 'legacy';
    expect(await admit(await pushed({}, { signer, formats: [wrong] }), policy)).toMatch(none);
    expect(await admit(await pushed({}, {}), policy)).toMatch(/errors/);
  });

  test('keyless-bundle.yaml: an attestation by the workflow is no signature', async () => {
    const policy = await keylessPolicy('keyless-bundle.yaml');
    const image = await pushed();
    const store = client.repository(image.name);
    await attest(store, await store.resolve('v1'), {
      signer: keyless(workflow),
      predicate: makePredicate('custom', Buffer.from('tested'), Date.now),
      clock: Date.now,
    });
    expect(await admit(image, policy)).toMatch(/no matching attestations/);
  });

  test('bundles as signatures of images are what it cannot read yet', async () => {
    const policy = (await keylessPolicy('keyless-bundle.yaml')).split('attestations:')[0]!;
    expect(await admit(await pushed({}, { signer: keyless(workflow) }), policy)).toMatch(
      /bundle support for image signatures is not yet implemented/,
    );
  });
});

/** The trusted root as policy-controller's own kind of resource has it. */
function trustRootOf({ trustedRoot }: RunningSigstore): object {
  const { certificateAuthorities, timestampAuthorities, ctlogs, tlogs } =
    trustedRoot as unknown as TrustedRootJson;
  const pem = (label: string, base64: string): string =>
    `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  const authority = ({ subject, uri, certChain }: AuthorityJson): object => ({
    subject,
    uri,
    certChain: encoded(certChain.certificates.map(({ rawBytes }) => pem('CERTIFICATE', rawBytes)).join('')),
  });
  const log = ({ baseUrl, publicKey }: LogJson): object => ({
    baseURL: baseUrl,
    hashAlgorithm: 'sha-256',
    publicKey: encoded(pem('PUBLIC KEY', publicKey.rawBytes)),
  });
  return {
    apiVersion: 'policy.sigstore.dev/v1alpha1',
    kind: 'TrustRoot',
    metadata: { name: 'test' },
    spec: {
      sigstoreKeys: {
        certificateAuthorities: certificateAuthorities.map(authority),
        timestampAuthorities: timestampAuthorities.map(authority),
        ctLogs: ctlogs.map(log),
        // It knows no logs of Rekor v2 yet.
        tLogs: tlogs.slice(0, 1).map(log),
      },
    },
  };
}

interface AuthorityJson {
  readonly subject: object;
  readonly uri: string;
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
}

interface LogJson {
  readonly baseUrl: string;
  readonly publicKey: { readonly rawBytes: string };
}

interface TrustedRootJson {
  readonly certificateAuthorities: readonly AuthorityJson[];
  readonly timestampAuthorities: readonly AuthorityJson[];
  readonly ctlogs: readonly LogJson[];
  readonly tlogs: readonly LogJson[];
}
