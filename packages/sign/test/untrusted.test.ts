import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf, mediaTypes } from '@lading/oci';
import { openRegistry, type Registry } from '@lading/registry';
import { type RegistryServer, startRegistry } from '@lading/server';
import { bytesSource, type ContentStore } from '@lading/store';
import { faults, makeImage, makeIndex, pushImage, startProxy } from '@lading/testkit';
import { attachmentTags } from '../src/attachments.ts';
import { bundleBytes } from '../src/formats/bundle.ts';
import { bundleManifest, emptyConfig } from '../src/formats/bundle-manifest.ts';
import { inTotoPayloadType } from '../src/formats/dsse.ts';
import { attest, sign, verify, verifyAttestation } from '../src/index.ts';
import { clock, keySigner, storeWith } from './support.ts';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Attaches bytes that say they are a bundle. */
async function attach(
  store: ContentStore,
  subject: Descriptor,
  bundle: Uint8Array,
  layer: object = {},
): Promise<void> {
  const bytes = bundleManifest({ subject, bundle, predicateType: 'x', createdAt: 0 });
  const document = JSON.parse(bytes.toString());
  document.layers = [{ ...document.layers[0], ...layer }];
  const manifest = json(document);
  await store.push(emptyConfig.descriptor, bytesSource(emptyConfig.bytes));
  await store.push(
    { mediaType: bundleType, digest: digestOf(bundle), size: bundle.byteLength },
    bytesSource(bundle),
  );
  const descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(manifest),
    size: manifest.byteLength,
  };
  await store.push(descriptor, bytesSource(manifest));
}

describe('over a registry that cannot be trusted', () => {
  let folder = '';
  let server: RegistryServer;
  let client: Registry;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lading-untrusted-'));
    server = await startRegistry({ directory: folder });
    client = openRegistry();
  });
  afterAll(async () => {
    await client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  test('signing case 1: a tag that moves changes nothing: the digest is used everywhere', async () => {
    const [first, second] = [makeImage(), makeImage({ platform: 'linux/arm64' })];
    await pushImage(server.url, 'acme/moving', 'v1', first);
    const store = client.repository(`${server.host}/acme/moving`);
    const subject = await store.resolve('v1');
    await pushImage(server.url, 'acme/moving', 'v1', second);
    const signer = keySigner();
    const [signed] = await sign(store, subject, { signer, clock });
    expect(signed?.subject.digest).toBe(first.descriptor.digest);
    expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(true);
    const moved = await store.resolve('v1');
    expect(moved.digest).toBe(second.descriptor.digest);
    expect((await verify(store, moved, { policy: signer.policy })).ok).toBe(false);
  });

  test('signing case 2: what a manifest is comes from its bytes, not from what the registry says', async () => {
    const image = makeIndex([makeImage(), makeImage({ platform: 'linux/arm64' })]);
    await pushImage(server.url, 'acme/lying', 'v1', image);
    await using proxy = await startProxy({
      target: server.url,
      script: [faults.corrupt(100, { kind: 'manifest', method: 'GET' })],
    });
    const lying = client.repository(`${proxy.host}/acme/lying`);
    const signer = keySigner();
    const subject = await lying.resolve('v1');
    await expect(sign(lying, subject, { signer, clock, recursive: true })).rejects.toMatchObject({
      code: expect.stringMatching(/CONTENT_MISMATCH|MANIFEST/),
    });
    const store = client.repository(`${server.host}/acme/lying`);
    await sign(store, subject, { signer, clock });
    const verdict = await verify(lying, subject, { policy: signer.policy });
    expect(verdict.ok).toBe(false);
    expect(new Set(verdict.rejected.map(({ code }) => code))).toEqual(new Set(['malformed']));
  });

  test.each([401, 403, 500, 503])(
    'signing case 19: %i from the registry is not “no signatures”',
    async (status) => {
      await pushImage(server.url, 'acme/failing', 'v1', makeImage());
      await using proxy = await startProxy({
        target: server.url,
        script: [faults.status(status, { kind: 'referrers' })],
      });
      await using impatient = openRegistry({ retry: { attempts: 1 } });
      const store = impatient.repository(`${proxy.host}/acme/failing`);
      const subject = await store.resolve('v1');
      const { policy } = keySigner();
      await expect(verify(store, subject, { policy })).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_LADING_/),
      });
    },
  );
});

describe('signing case 17: sizes', () => {
  test('a declared gigabyte is told of and never fetched', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    await sign(store, subject, { signer, clock });
    await attach(store, subject, Buffer.from('{}'), { size: 1_073_741_824 });
    const fetched: number[] = [];
    const watched: ContentStore = {
      ...store,
      fetch: (target, options) => {
        fetched.push(target.size);
        return store.fetch(target, options);
      },
    };
    const verdict = await verify(watched, subject, { policy: signer.policy });
    expect(verdict.ok).toBe(true);
    expect(verdict.rejected).toEqual([expect.objectContaining({ code: 'too-large' })]);
    expect(Math.max(...fetched)).toBeLessThan(10_000);
  });

  test('content that goes on and on is left after what was declared', async () => {
    const { store, subject } = await storeWith();
    await attach(store, subject, Buffer.from('{}'));
    let pulled = 0;
    const endless: ContentStore = {
      ...store,
      fetch: async (target, options) => {
        if (target.mediaType !== bundleType) return store.fetch(target, options);
        return new ReadableStream({
          pull(controller) {
            pulled += 65_536;
            controller.enqueue(new Uint8Array(65_536));
          },
        });
      },
    };
    const verdict = await verify(endless, subject, { policy: keySigner().policy });
    expect(verdict.rejected.map(({ code }) => code)).toEqual(['malformed']);
    expect(pulled).toBeLessThan(4_000_000);
  });

  test('of many large attestations only as much is held at once as one may have', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    const predicate = { type: 'https://example.com/x', json: '{}' };
    await attest(store, subject, { signer, clock, predicate });
    for (let i = 0; i < 20; i++) await attach(store, subject, Buffer.alloc(600_000, 97 + i));
    let [held, most] = [0, 0];
    const watched: ContentStore = {
      ...store,
      fetch: async (target, options) => {
        if (target.size === 600_000) {
          most = Math.max(most, ++held);
          await new Promise((resolve) => setTimeout(resolve, 2));
          held--;
        }
        return store.fetch(target, options);
      },
    };
    const about = { policy: signer.policy, maxBytes: 1_000_000 };
    const { accepted, rejected } = await verifyAttestation(watched, subject, about);
    expect([accepted.length, rejected.length, most]).toEqual([2, 20, 1]);
  });

  test('100,000 layers, compressed layers and JSON without end in depth are refused', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    await sign(store, subject, { signer, clock, formats: ['bundle'] });
    const layer = { mediaType: bundleType, digest: digestOf(Buffer.from('{}')), size: 2 };
    const many = json({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: emptyConfig.descriptor,
      layers: new Array(100_000).fill(layer),
    });
    const tag = attachmentTags(subject).signatures;
    const crowded: ContentStore = {
      ...store,
      resolve: async (reference, options) =>
        reference === tag
          ? { mediaType: mediaTypes.ociManifest, digest: digestOf(many), size: many.byteLength }
          : store.resolve(reference, options),
      fetch: async (target, options) =>
        target.digest === digestOf(many) ? bytesSource(many).open() : store.fetch(target, options),
    };
    await attach(store, subject, Buffer.from('x'), {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    });
    await attach(store, subject, Buffer.from('{"a":'.repeat(100_000)));
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await attach(store, subject, Buffer.from(`{"mediaType":${deep}}`));
    const material = await signer.sign({ kind: 'message', bytes: json({}) });
    const bundle = Buffer.from(bundleBytes(material)).toString();
    await attach(store, subject, Buffer.from(`${bundle.slice(0, -1)},"more":${deep}}`));
    const verdict = await verify(crowded, subject, { policy: signer.policy });
    expect(verdict.ok).toBe(true);
    expect(verdict.rejected.map(({ code }) => code)).toEqual(new Array(5).fill('malformed'));
    for (const { message } of verdict.rejected) expect(message.length).toBeLessThan(500);
  });
});

describe('signing case 30: what older versions wrote', () => {
  /** A bundle as somebody wrote it, with a statement of our choice. */
  async function withBundle(
    statement: object,
    change: (bundle: Record<string, unknown>) => object = (same) => same,
  ) {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    const payload = json({ subject: [{ digest: { sha256: subject.digest.slice(7) } }], ...statement });
    const material = await signer.sign({ kind: 'envelope', payloadType: inTotoPayloadType, payload });
    await attach(store, subject, json(change(JSON.parse(Buffer.from(bundleBytes(material)).toString()))));
    return verify(store, subject, { policy: signer.policy });
  }
  const predicateType = 'https://sigstore.dev/cosign/sign/v1';

  test('a statement without a predicate (cosign 3.0.0 to 3.0.4)', async () => {
    expect(await withBundle({ _type: 'https://in-toto.io/Statement/v1', predicateType })).toMatchObject({
      ok: true,
    });
  });

  test('a statement v0.1, whose subjects have names', async () => {
    expect(
      await withBundle({ _type: 'https://in-toto.io/Statement/v0.1', predicateType, predicate: {} }),
    ).toMatchObject({ ok: true });
    expect(await withBundle({ _type: 'https://in-toto.io/Statement/v9', predicateType })).toMatchObject({
      ok: false,
      rejected: [{ code: 'malformed' }],
    });
  });

  test.each(['0.1', '0.2', '0.3'])('a bundle %s', async (version) => {
    const mediaType = `application/vnd.dev.sigstore.bundle+json;version=${version}`;
    const statement = { _type: 'https://in-toto.io/Statement/v1', predicateType, predicate: {} };
    expect(await withBundle(statement, (bundle) => ({ ...bundle, mediaType }))).toMatchObject({ ok: true });
  });

  test('an image with a sha512 digest', async () => {
    const { store, subject } = await storeWith(makeImage({ algorithm: 'sha512' }));
    expect(subject.digest).toMatch(/^sha512:/);
    const signer = keySigner();
    await sign(store, subject, { signer, clock });
    expect((await verify(store, subject, { policy: signer.policy })).accepted).toHaveLength(2);
  });

  test('a referrer of cosign 2 whose artifact type is that of its config', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    await sign(store, subject, { signer, clock, formats: ['legacy'] });
    const held = await store.load!(attachmentTags(subject).signatures);
    const document = JSON.parse(Buffer.from(held.bytes).toString());
    document.config.mediaType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
    const { store: other } = await storeWith();
    const config = await store.fetch({ ...document.config, mediaType: 'application/octet-stream' });
    await other.push(document.config, { open: async () => config });
    for (const layer of document.layers) await other.push(layer, { open: () => store.fetch(layer) });
    const { mediaType, digest, size } = subject;
    const bytes = json({ ...document, subject: { mediaType, digest, size } });
    await other.push(
      { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
      bytesSource(bytes),
    );
    const verdict = await verify(other, subject, { policy: signer.policy });
    expect(verdict.accepted.map(({ location }) => [location.format, location.tag])).toEqual([
      ['legacy', undefined],
    ]);
    expect(verdict.readers.map(({ program }) => program)).toEqual([]);
  });
});
