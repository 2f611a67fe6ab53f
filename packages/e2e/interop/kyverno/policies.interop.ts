import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import {
  attest,
  createSigner,
  generatePrivateKey,
  type LocalPrivateKey,
  makePredicate,
  type SignatureFormat,
  type Signer,
  sign,
} from '@lading/sign';
import { makeImage, pushImage } from '@lading/testkit';
import { peer } from '../../peers/peer.ts';
import { run } from '../../peers/run.ts';

const policies = fileURLToPath(new URL('../../../../examples/policies/kyverno/', import.meta.url));

let folder = '';
let server: RegistryServer;
let client: Registry;
let key: LocalPrivateKey;
let signer: Signer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-kyverno-'));
  server = await startRegistry({ directory: join(folder, 'registry') });
  client = openRegistry();
  key = await generatePrivateKey();
  signer = createSigner({ key }, { transparency: 'none' });
});
afterAll(async () => {
  await client?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;

/** An image of its own for each test; gives its name with its digest. */
async function pushed(formats: readonly SignatureFormat[], by: Signer = signer): Promise<string> {
  const name = `acme/app${count++}`;
  await pushImage(server.url, name, 'v1', makeImage({ config: { comment: name } }));
  const store = client.repository(`${server.host}/${name}`);
  const image = await store.resolve('v1');
  if (formats.length > 0) await sign(store, image, { signer: by, formats, clock: Date.now });
  return `${store.name}@${image.digest}`;
}

async function example(name: string): Promise<string> {
  const text = await readFile(join(policies, name), 'utf8');
  const lines = key.publicKey.pem.trim().split('\n').slice(1, -1);
  return text
    .replaceAll('registry.example.com', server.host)
    .replace(/^( *)PASTE-THE-CONTENT.*$/m, (_, indent: string) =>
      lines.map((line) => `${indent}${line}`).join('\n'),
    );
}

/** What Kyverno says of a pod with this image. */
async function admit(image: string, policy: string, more: object = {}): Promise<string> {
  const [policyFile, pod] = [join(folder, 'policy.yaml'), join(folder, 'pod.yaml')];
  await writeFile(policyFile, policy);
  const resource = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', namespace: 'default' },
    spec: { containers: [{ name: 'app', image }], ...more },
  };
  await writeFile(pod, JSON.stringify(resource)); // JSON is YAML
  const { code, stdout, stderr } = await run(
    peer('kyverno'),
    ['apply', policyFile, '--resource', pod, '--registry'],
    { env: { HOME: folder, TUF_ROOT: join(folder, 'tuf'), DOCKER_CONFIG: folder } },
  );
  return code === 0 && /pass: [1-9].*fail: 0.*error: 0/.test(`${stdout}`) ? 'let in' : `${stdout}${stderr}`;
}

test('key.yaml: an image that lading has signed with the key is let in, no other', async () => {
  const policy = await example('key.yaml');
  expect(await admit(await pushed(['bundle', 'legacy']), policy)).toBe('let in');
  expect(await admit(await pushed(['legacy']), policy)).toBe('let in');
  expect(await admit(await pushed(['bundle']), policy)).toMatch(/no signatures found/);
  expect(await admit(await pushed([]), policy)).toMatch(/no signatures found/);
  const other = createSigner({ key: await generatePrivateKey() }, { transparency: 'none' });
  expect(await admit(await pushed(['legacy'], other), policy)).toMatch(/failed to verify image/);
});

// Who signs by certificate is checked against the public Sigstore alone, so the key stands in for the workflow here.
test('keyless.yaml: a signature in a bundle is let in, an attestation is not', async () => {
  const [head = '', keys = ''] = (await example('key.yaml')).split(/(?=^ *- keys:)/m);
  expect(head).toContain('verifyImages');
  const policy = (await example('keyless.yaml')).replace(/^ *- keyless:[\s\S]*/m, indented(keys, 4));
  expect(await admit(await pushed(['bundle']), policy)).toBe('let in');
  expect(await admit(await pushed(['legacy']), policy)).toMatch(/fail: [1-9]/);
  const attested = await pushed([]);
  const [name = '', digest = ''] = attested.split('@');
  const store = client.repository(name);
  const predicate = makePredicate('custom', Buffer.from('tested'), Date.now);
  await attest(store, await store.resolve(digest), {
    signer,
    predicate,
    formats: ['bundle'],
    clock: Date.now,
  });
  expect(await admit(attested, policy)).toMatch(/fail: [1-9]/);
});

test('image-validating-policy.yaml: signed with the key in either format is let in, an unsigned image in no place', async () => {
  // The workflow would be looked for in the public Sigstore.
  const policy = (await example('image-validating-policy.yaml')).replace(', attestors.workflow', '');
  const signed = await pushed(['bundle', 'legacy']);
  expect(await admit(signed, policy)).toBe('let in');
  expect(await admit(await pushed(['legacy']), policy)).toBe('let in');
  expect(await admit(await pushed(['bundle']), policy)).toBe('let in');
  const unsigned = await pushed([]);
  expect(await admit(unsigned, policy)).toMatch(/signed neither/);
  const initContainers = [{ name: 'first', image: unsigned }];
  expect(await admit(signed, policy, { initContainers })).toMatch(/signed neither/);
});

function indented(text: string, more: number): string {
  return text.replaceAll(/^/gm, ' '.repeat(more));
}
