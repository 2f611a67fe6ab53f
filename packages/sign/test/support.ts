import { generateKeyPairSync, sign as signRaw } from 'node:crypto';
import type { Descriptor } from '@lading/oci';
import { bytesSource, type ContentStore, memoryStore } from '@lading/store';
import { makeImage, type TestImage } from '@lading/testkit';
import { signedBytes } from '../src/formats/dsse.ts';
import { algorithmOf, hashOf } from '../src/keys/algorithm.ts';
import { type PublicKey, publicKey } from '../src/keys/public-key.ts';
import type { Signer } from '../src/signer.ts';
import type { TrustPolicy } from '../src/verify/types.ts';

export interface TestSigner extends Signer {
  readonly key: PublicKey;
  /** Believes this signer alone. */
  readonly policy: TrustPolicy;
}

/** A signer with a key of its own and no witnesses. */
export function keySigner(curve: 'P-256' | 'P-384' | 'P-521' = 'P-256'): TestSigner {
  const pair = generateKeyPairSync('ec', { namedCurve: curve });
  const key = publicKey(pair.publicKey, { name: 'cosign.pub' });
  const hash = hashOf[algorithmOf(pair.privateKey)];
  return {
    name: 'cosign.key',
    key,
    policy: { authorities: [{ kind: 'key', key }] },
    witnesses: { log: 'none', timestamp: false },
    authority: async () => ({ kind: 'key', key }),
    sign: async (content) => ({
      content,
      signature: signRaw(hash, signedBytes(content), pair.privateKey),
      signer: { kind: 'key', hint: key.hint },
      logEntries: [],
      timestamps: [],
    }),
  };
}

/** A store in memory with an image under the tag `v1`. */
export async function storeWith(
  image: TestImage = makeImage(),
  name = 'reg.example/acme/app',
): Promise<{
  readonly store: ContentStore;
  readonly subject: Descriptor;
}> {
  const store = memoryStore(name);
  await pushTo(store, image);
  return { store, subject: await store.resolve('v1') };
}

export async function pushTo(store: ContentStore, image: TestImage, tag = 'v1'): Promise<void> {
  for (const { descriptor, bytes } of [...image.blobs, ...image.manifests])
    await store.push(descriptor, bytesSource(bytes));
  const root = image.manifests.find(({ descriptor }) => descriptor.digest === image.descriptor.digest)!;
  await store.publish(root.descriptor, root.bytes, tag);
}

/** A fixed time, milliseconds since 1970. */
export const clock = (): number => Date.UTC(2026, 0, 2, 3, 4, 5);
