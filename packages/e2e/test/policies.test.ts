import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createSigner, generatePrivateKey, sign } from '@lading/sign';
import { loadManifest, memoryStore, readAll } from '@lading/store';
import { makeImage } from '@lading/testkit';
import { parse } from 'yaml';

const folder = fileURLToPath(new URL('../../../examples/policies/', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(?:ya?ml|json)$/.test(name),
);

/** Every value under a key, wherever it stands. */
function valuesOf(document: unknown, key: string): unknown[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(value, key),
  ]);
}

function read(file: string): unknown {
  return parse(readFileSync(join(folder, file), 'utf8'));
}

test.each(files)(
  'the example %s can be read, is named by the README, and is about registry.example.com/acme',
  (file) => {
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`](${file})`);
    expect(JSON.stringify(read(file))).toContain('registry.example.com/acme');
  },
);

test('resources for Kubernetes can be applied together: no two of a kind have one name', () => {
  const resources = files.map(read).filter((document) => Object.hasOwn(document as object, 'apiVersion'));
  const names = resources.map((resource) => {
    const { kind, metadata } = resource as { kind: string; metadata: { name: string } };
    return `${kind}/${metadata.name}`;
  });
  expect(names).toHaveLength(6);
  expect(new Set(names).size).toBe(names.length);
});

test('the type of predicate that policies ask for is the one that lading signs images with', async () => {
  const store = memoryStore('registry.example.com/acme/app');
  const image = makeImage();
  const { descriptor, bytes } = image.manifests[0]!;
  await store.publish(descriptor, bytes, 'v1');
  const signer = createSigner({ key: await generatePrivateKey() }, { transparency: 'none' });
  await sign(store, descriptor, { signer, formats: ['bundle'], clock: () => 0 });
  for await (const referrer of store.referrers(descriptor)) {
    const manifest = JSON.parse(Buffer.from((await loadManifest(store, referrer.digest)).bytes).toString());
    const bundle = JSON.parse(
      Buffer.from(await readAll(await store.fetch(manifest.layers[0]), 100_000)).toString(),
    );
    const { predicateType } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
    const asked = [
      ...valuesOf(read('policy-controller/keyless-bundle.yaml'), 'predicateType'),
      ...valuesOf(read('kyverno/keyless.yaml'), 'attestations').flatMap((them) => valuesOf(them, 'type')),
    ];
    expect(asked).toEqual([predicateType, predicateType]);
  }
  expect.assertions(1);
});
