import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type Descriptor, type Digest, digestOf, mediaTypes, parseManifest } from '@lading/oci';
import { bytesSource, type ContentStore, memoryStore } from '@lading/store';
import { makeImage } from '@lading/testkit';
import { RFC3161Timestamp } from '@sigstore/core';
import {
  parseTrustedRoot,
  publicKey,
  type TrustPolicy,
  type Verdict,
  verify,
  verifyAttestation,
} from '../src/index.ts';
import { pushTo } from './support.ts';

/** What `packages/e2e/golden/make.ts` kept of a signature that cosign wrote. Bytes are base64. */
interface Golden {
  readonly operation: 'sign' | 'attest';
  readonly witness: string;
  readonly format: 'bundle' | 'legacy';
  readonly subject: Descriptor;
  readonly tag?: string;
  readonly manifest: string;
  readonly blobs: Readonly<Record<Digest, string>>;
  readonly publicKey?: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly trustedRoot: object;
}

const folder = join(import.meta.dirname, 'golden');
const goldens = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  golden: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Golden,
}));

interface Content {
  readonly manifest: Buffer;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

function contentOf({ manifest, blobs }: Golden): Content {
  const decoded = Object.entries(blobs).map(
    ([digest, base64]) => [digest as Digest, Buffer.from(base64, 'base64')] as const,
  );
  return { manifest: Buffer.from(manifest, 'base64'), blobs: new Map(decoded) };
}

/** A registry that gives out these bytes, whatever their digests. */
async function storeOf({ subject, tag }: Golden, content: Content, addressed = true): Promise<ContentStore> {
  const store = memoryStore('reg.example/app');
  await pushTo(store, makeImage());
  const original = (goldens.find(({ golden }) => golden.subject === subject) as { golden: Golden }).golden;
  const manifestDigest = addressed
    ? digestOf(content.manifest)
    : digestOf(Buffer.from(original.manifest, 'base64'));
  const descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: manifestDigest,
    size: content.manifest.byteLength,
  };
  return {
    ...store,
    resolve: async (reference, options) =>
      reference === tag ? descriptor : store.resolve(reference, options),
    load: undefined as never,
    fetch: async (target, options) => {
      const bytes = target.digest === manifestDigest ? content.manifest : content.blobs.get(target.digest);
      return bytes === undefined ? store.fetch(target, options) : bytesSource(bytes).open();
    },
    async *referrers() {
      if (tag === undefined)
        yield { ...descriptor, artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' };
    },
  };
}

const policies = new WeakMap<Golden, TrustPolicy>();

/** As strict as the golden lets it be. */
function policyOf(golden: Golden): TrustPolicy {
  const { publicKey: pem, identity = '', issuer = '', trustedRoot, witness } = golden;
  const policy = policies.get(golden) ?? {
    authorities: [
      pem === undefined
        ? { kind: 'identity' as const, identity: { exact: identity }, issuer: { exact: issuer } }
        : { kind: 'key' as const, key: publicKey(pem) },
    ],
    trustedRoot: parseTrustedRoot(JSON.stringify(trustedRoot)),
    log: witness.startsWith('rekor') ? ('required' as const) : ('checked' as const),
  };
  policies.set(golden, policy);
  return policy;
}

async function verdictOn(golden: Golden, store: ContentStore): Promise<Verdict> {
  const options = { policy: policyOf(golden) };
  return golden.operation === 'sign'
    ? verify(store, golden.subject, options)
    : verifyAttestation(store, golden.subject, { ...options, predicateType: 'https://cyclonedx.org/bom' });
}

/** Chance that comes out the same in every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

function flipped(bytes: Buffer, position: number, chance: Generator<number>): Buffer {
  const copy = Buffer.from(bytes);
  copy[position]! ^= 1 << (chance.next().value % 8);
  return copy;
}

/** Each position with `LADING_ALL_FLIPS=1`; else as many as an everyday test has time for. */
function positions(length: number): number[] {
  const step = process.env.LADING_ALL_FLIPS ? 1 : Math.max(1, Math.floor(length / 150));
  return Array.from({ length: Math.ceil(length / step) }, (_, n) => n * step);
}

describe.each(goldens)('$name', ({ golden }) => {
  const content = contentOf(golden);
  const [[layer, blob]] = [...content.blobs] as [[Digest, Buffer]];

  test('is accepted', async () => {
    const verdict = await verdictOn(golden, await storeOf(golden, content));
    expect(verdict).toMatchObject({ ok: true, rejected: [] });
    expect(verdict.accepted.map(({ traits }) => traits.format)).toEqual([golden.format]);
  });

  test('is refused with any bit turned where it is stored', async () => {
    const chance = numbers(1);
    for (const position of positions(content.manifest.length)) {
      const manifest = flipped(content.manifest, position, chance);
      const store = await storeOf(golden, { ...content, manifest }, false);
      expect([position, (await verdictOn(golden, verifyingStore(store))).ok]).toEqual([position, false]);
    }
    for (const position of positions(blob.length)) {
      const blobs = new Map([[layer, flipped(blob, position, chance)]]);
      const store = await storeOf(golden, { ...content, blobs });
      expect([position, (await verdictOn(golden, verifyingStore(store))).ok]).toEqual([position, false]);
    }
  });

  test('is refused with any bit of it turned by somebody who adapts all digests', async () => {
    const chance = numbers(2);
    for (const position of positions(blob.length)) {
      const changed = flipped(blob, position, chance);
      const manifest = Buffer.from(
        content.manifest.toString('latin1').replaceAll(layer, digestOf(changed)),
        'latin1',
      );
      const store = await storeOf(golden, { manifest, blobs: new Map([[digestOf(changed), changed]]) });
      const { ok } = await verdictOn(golden, store);
      if (ok) expect(harmless(blob, changed)).toBe('nothing that counts');
    }
  });

  test('says the same or is refused with any bit of its manifest turned by somebody who adapts all digests', async () => {
    const { accepted } = await verdictOn(golden, await storeOf(golden, content));
    const chance = numbers(3);
    for (const position of positions(content.manifest.length)) {
      const manifest = flipped(content.manifest, position, chance);
      const verdict = await verdictOn(golden, await storeOf(golden, { ...content, manifest }));
      if (!verdict.ok) continue;
      // What the manifest itself says is nothing that anybody signed, so it changes nothing.
      expect(verdict.accepted.map(({ claim, signer }) => ({ claim, signer }))).toEqual(
        accepted.map(({ claim, signer }) => ({ claim, signer })),
      );
      expect(manifestOf(manifest)).toEqual(manifestOf(content.manifest));
    }
  });
});

/** A store as all of ours are: what does not have its digest is an error. */
function verifyingStore(store: ContentStore): ContentStore {
  return {
    ...store,
    async fetch(target, options) {
      const bytes = new Uint8Array(await new Response(await store.fetch(target, options)).arrayBuffer());
      if (digestOf(bytes) !== target.digest) {
        throw Object.assign(new Error('another digest'), { code: 'ERR_LADING_CONTENT_MISMATCH' });
      }
      return bytesSource(bytes).open();
    },
  };
}

/**
 * What nobody signed and nothing depends on: the hint of a key and the key id of an envelope, which only help to find keys; of a timestamp what
 * stands around the signed part (a list of hashes, certificates that are sent along).
 */
function harmless(before: Buffer, after: Buffer): string {
  const rest = (bytes: Buffer): unknown => {
    const document = JSON.parse(bytes.toString());
    if (document.verificationMaterial?.publicKey) document.verificationMaterial.publicKey = undefined;
    for (const signature of document.signatures ?? []) signature.keyid = undefined;
    for (const timestamp of document.verificationMaterial?.timestampVerificationData?.rfc3161Timestamps ?? [])
      timestamp.signedTimestamp = signedPart(timestamp.signedTimestamp);
    return document.signatures
      ? [document.payload, document.payloadType, document.signatures[0].sig]
      : document;
  };
  return isDeepStrictEqual(rest(before), rest(after)) ? 'nothing that counts' : after.toString();
}

function signedPart(timestamp: string): unknown {
  const { tstInfo, signatureValue } = RFC3161Timestamp.parse(Buffer.from(timestamp, 'base64'));
  return [tstInfo.raw.toString('hex'), signatureValue.toString('hex')];
}

const speaking: readonly string[] = [
  'cosign/signature',
  'cosign/certificate',
  'cosign/bundle',
  'cosign/rfc3161timestamp',
];

/** What of the manifest leads to the signature: the layer and what speaks for it. The chain does not: authorities come from the trusted root alone. */
function manifestOf(bytes: Buffer): unknown {
  const manifest = parseManifest(bytes);
  if (manifest.kind !== 'image') return manifest;
  return manifest.layers.map(({ digest, annotations = {} }) => ({
    digest,
    annotations: Object.entries(annotations)
      .filter(([key, value]) => value !== '' && speaking.some((name) => key.endsWith(name)))
      .map(([key, value]) =>
        key.endsWith('timestamp') ? signedPart(JSON.parse(value).SignedRFC3161Timestamp) : [key, value],
      ),
  }));
}
