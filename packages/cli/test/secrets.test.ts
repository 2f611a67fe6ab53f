import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { importPrivateKey, keyPairFiles } from '@lading/sign';
import { makeImage, pushImage } from '@lading/testkit';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { verbGroups } from '../src/verbs/index.ts';
import { signingVerbs } from '../src/verbs/signing.ts';
import { lading } from './support/lading.ts';
import { registryIn, type Scratch, scratch } from './support/registries.ts';
import { keyPassword, person, writeSigstoreFiles } from './support/signers.ts';

/** Everything that a command may know and must not tell. Each is a value of its own, so that one that shows says where it is from. */
const variables: Readonly<Record<string, string>> = {
  COSIGN_PASSWORD: keyPassword,
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: `aws-${randomUUID()}`,
  AWS_SESSION_TOKEN: `aws-session-${randomUUID()}`,
  AZURE_CLIENT_SECRET: `azure-${randomUUID()}`,
  VAULT_TOKEN: `vault-${randomUUID()}`,
  GITHUB_TOKEN: `ghp-${randomUUID()}`,
  QUAY_ROBOT_TOKEN: `quay-${randomUUID()}`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: `actions-${randomUUID()}`,
};
const harmless: readonly string[] = ['AWS_ACCESS_KEY_ID'];

let folder: Scratch;
let registry: RegistryServer;
let sigstore: RunningSigstore;
let image: string;
let env: Readonly<Record<string, string>>;
let secrets: ReadonlyMap<string, string>;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  sigstore = await startSigstore();
  image = `${registry.host}/acme/app:1`;
  await pushImage(registry.url, 'acme/app', '1', makeImage());
  const { privateKey: own } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = own.export({ type: 'pkcs8', format: 'pem' }).toString();
  const files = await keyPairFiles(await importPrivateKey(pem), keyPassword);
  await writeFile(join(folder.path, 'cosign.pub'), files.publicKey);
  const token = await writeSigstoreFiles(folder, sigstore);
  await writeFile(join(folder.path, 'doc.json'), '{"ok":true}');
  const { host } = new URL(sigstore.issuerUrl);
  env = {
    ...variables,
    COSIGN_PRIVATE_KEY: files.privateKey,
    SIGSTORE_ID_TOKEN: token,
    AWS_REGION: 'eu-west-1',
    // Something answers there, and not as these services do.
    VAULT_ADDR: `http://${host}`,
    AZURE_TENANT_ID: 'acme',
    AZURE_CLIENT_ID: 'acme',
    AZURE_AUTHORITY_HOST: `http://${host}`,
  };
  const [, claims = '', signature = ''] = token.split('.');
  secrets = new Map([
    ...Object.entries(variables).filter(([name]) => !harmless.includes(name)),
    ['the private key’s file', files.privateKey.split('\n')[1]!],
    ['the private key', own.export({ type: 'pkcs8', format: 'der' }).toString('base64')],
    ['the private number', own.export({ format: 'jwk' }).d!],
    ['the claims of the token', claims],
    ['the signature of the token', signature],
  ]);
});
afterAll(async () => {
  await sigstore.stop();
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

interface Written {
  readonly argv: readonly string[];
  readonly code: number;
  readonly text: string;
}

async function run(argv: readonly string[], own: Readonly<Record<string, string>> = {}): Promise<Written> {
  const written: Written[] = [];
  for (const flags of [[], ['--json'], ['--verbose']]) {
    const { code, stdout, stderr } = await lading([...argv, ...flags], {
      cwd: folder.path,
      env: { ...env, ...own },
      stdin: keyPassword,
    });
    written.push({ argv, code, text: stdout + stderr });
  }
  return { argv, code: written[0]!.code, text: written.map(({ text }) => text).join('\n') };
}

function expectNoSecrets({ argv, text }: Written): void {
  for (const [name, secret] of secrets) {
    // Of long secrets a part is too much as well.
    const parts = secret.length > 64 ? [secret.slice(0, 48), secret.slice(-48)] : [secret];
    for (const part of parts) {
      if (text.includes(part)) throw new Error(`${name} shows in the output of: lading ${argv.join(' ')}`);
    }
  }
}

const keyless = ['--keyless', '--signing-config', 'services.json'];
const identity = (): readonly string[] => [
  '--trusted-root',
  'root.json',
  '--certificate-identity',
  person,
  '--certificate-oidc-issuer',
  sigstore.issuerUrl,
];

/** By verb: command lines that go well and such that do not. */
const lines: Readonly<Record<string, () => readonly (readonly string[])[]>> = {
  sign: () => [
    ['sign', image],
    ['sign', '--force', '--signing-config', 'services.json', image],
    ['sign', '--force', ...keyless, '--trusted-root', 'root.json', image],
    ['sign', ...keyless, '--identity-token', env.SIGSTORE_ID_TOKEN!, image],
    ['sign', ...keyless, '--identity-token', `${env.SIGSTORE_ID_TOKEN}x y`, image],
    ['sign', '--key', env.COSIGN_PRIVATE_KEY!, image],
    ['sign', '--key', 'env://VAULT_TOKEN', image],
    ['sign', '--key', 'hashivault://release', image],
    ['sign', '--key', 'azurekms://127.0.0.1:1/release', image],
    ['sign', '--key', 'awskms://127.0.0.1:1/alias/release', image],
    ['sign', '--strict', image],
    ['sign', `${registry.host}/acme/none:1`],
  ],
  verify: () => [
    ['verify', '--key', 'cosign.pub', image],
    ['verify', ...identity(), image],
    ['verify', '--key', env.COSIGN_PRIVATE_KEY!, image],
    ['verify', '--key', 'env://COSIGN_PRIVATE_KEY', image],
    ['verify', '--key', 'env://COSIGN_PASSWORD', image],
  ],
  attest: () => [
    ['attest', '--type', 'custom', '--predicate', 'doc.json', image],
    ['attest', '--type', 'custom', '--predicate', 'none.json', image],
  ],
  'verify-attestation': () => [['verify-attestation', '--key', 'cosign.pub', image]],
  tree: () => [
    ['tree', image],
    ['tree', ...identity(), image],
  ],
  triangulate: () => [['triangulate', image]],
  'download sbom': () => [['download', 'sbom', '--no-verify', image]],
  'download attestation': () => [['download', 'attestation', '--key', 'cosign.pub', image]],
  'download signature': () => [['download', 'signature', '--no-verify', image]],
  'sign-blob': () => [
    ['sign-blob', '--transparency', 'none', 'doc.json'],
    ['sign-blob', ...keyless, '--bundle', 'bundle.json', 'doc.json'],
  ],
  'verify-blob': () => [['verify-blob', ...identity(), '--bundle', 'bundle.json', 'doc.json']],
  clean: () => [['clean', '--type', 'all', '--dry-run', image]],
};

test('every verb of signing is tried', () => {
  expect(Object.keys(lines).sort()).toEqual(signingVerbs.map(({ name }) => name).sort());
});

test.each(Object.keys(lines))(
  'no key, password or token shows in what lading %s writes',
  async (verb) => {
    const codes: number[] = [];
    for (const argv of lines[verb]!()) {
      const written = await run(argv);
      expectNoSecrets(written);
      codes.push(written.code);
    }
    // If nothing went well, little was tried.
    expect(codes).toContain(verb === 'download sbom' ? 5 : 0);
  },
  120_000,
);

test('nor when Fulcio says back what it was sent', async () => {
  sigstore.play('fulcio', {
    times: 20,
    answer: {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: 3, message: `bad token ${env.SIGSTORE_ID_TOKEN}` }),
    },
  });
  const written = await run(['sign', '--force', ...keyless, image]);
  sigstore.calm();
  expect(written.text).toContain('bad token');
  expectNoSecrets(written);
});

test('the files that are written hold no secret either', async () => {
  await run(['sign-blob', ...keyless, '--bundle', 'bundle.json', 'doc.json']);
  const text = await readFile(join(folder.path, 'bundle.json'), 'utf8');
  expectNoSecrets({ argv: ['sign-blob'], code: 0, text });
});

test('no help shows the environment', async () => {
  for (const { name } of verbGroups.flatMap(({ verbs }) => verbs)) {
    const { stdout, stderr } = await lading([...name.split(' '), '--help'], { env });
    expectNoSecrets({ argv: [name, '--help'], code: 0, text: stdout + stderr });
  }
});
