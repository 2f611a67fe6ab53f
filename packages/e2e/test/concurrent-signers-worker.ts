/**
 * A process of its own that signs like many others at once: `concurrent-signers-worker.ts NAME`. Each line on its standard input is a task;
 * the answer is one line. Run with Node itself.
 */
import { createInterface } from 'node:readline';
import { digestOf, type ImageManifest, mediaTypes, parseManifest } from '@lading/oci';
import { openRegistry, type RegistryStore } from '@lading/registry';
import { bytesSource, type LoadedManifest } from '@lading/store';
import { makeReferrer } from '@lading/testkit';
import type { SignerAnswer, SignerTask } from './concurrent-signers.ts';

const [name = ''] = process.argv.slice(2);
await using registry = openRegistry();
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const task: SignerTask = JSON.parse(line);
  const store = registry.repository(task.repository);
  const begun = performance.now();
  const outcomes = await Promise.allSettled([refer(store, task), extend(store, task)]);
  const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? codeOf(outcome.reason) : []));
  const answer: SignerAnswer = { codes, ms: performance.now() - begun };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** A signature as a referrer of its own. */
async function refer(store: RegistryStore, { subject }: SignerTask): Promise<void> {
  const referrer = makeReferrer(
    { descriptor: subject, blobs: [], manifests: [] },
    'application/vnd.example',
    {
      annotations: { name },
    },
  );
  for (const { descriptor, bytes } of referrer.blobs) await store.push(descriptor, bytesSource(bytes));
  const { descriptor, bytes } = referrer.manifests.at(-1)!;
  await store.push(descriptor, bytesSource(bytes));
}

/** A signature as one more layer of the manifest that all share, with a config that fits the layers: as cosign keeps them. */
async function extend(store: RegistryStore, { tag }: SignerTask): Promise<void> {
  const payload = Buffer.from(`signature by ${name}`);
  const layer = { mediaType: 'application/vnd.example', digest: digestOf(payload), size: payload.byteLength };
  await store.push(layer, bytesSource(payload));
  await store.updateTag(tag, async (current) => {
    const layers = current === undefined ? [] : layersOf(current);
    if (layers.some(({ digest }) => digest === layer.digest)) return undefined;
    const all = [...layers, { ...layer, annotations: { name } }];
    const config = bytesOf({ rootfs: { type: 'layers', diff_ids: all.map(({ digest }) => digest) } });
    const configDescriptor = {
      mediaType: mediaTypes.ociConfig,
      digest: digestOf(config),
      size: config.byteLength,
    };
    await store.push(configDescriptor, bytesSource(config));
    const mediaType = mediaTypes.ociManifest;
    const bytes = bytesOf({ schemaVersion: 2, mediaType, config: configDescriptor, layers: all });
    return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
  });
}

function layersOf({ descriptor, bytes }: LoadedManifest): ImageManifest['layers'] {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  return manifest.kind === 'image' ? manifest.layers : [];
}

function bytesOf(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return `${code}: ${message}`;
}
