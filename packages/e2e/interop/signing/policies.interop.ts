import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import {
  createSigner,
  generatePrivateKey,
  type LocalPrivateKey,
  type SignImageOptions,
  sign,
} from '@lading/sign';
import { copy } from '@lading/store';
import { makeImage, makeIndex, pushImage } from '@lading/testkit';
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
    const { by = key, ...rest } = signing;
    const signer = createSigner({ key: by }, { transparency: 'none' });
    await sign(store, await store.resolve('v1'), { signer, clock: Date.now, ...rest });
  }
  return { name, repository };
}

/** The example of that name, for the registry and the key of this test. */
async function example(name: string): Promise<string> {
  const text = await readFile(join(policies, name), 'utf8');
  return text.replaceAll('registry.example.com', server.host);
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
