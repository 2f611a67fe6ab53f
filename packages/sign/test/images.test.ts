import { describe, expect, test } from '@jest/globals';
import { cosignManifest, type Descriptor, digestOf, mediaTypes, referrersTag } from '@lading/oci';
import { bytesSource, type ContentStore, loadManifest } from '@lading/store';
import { makeImage, makeIndex, makeReferrer } from '@lading/testkit';
import { attachmentTags } from '../src/attachments.ts';
import {
  artifactsOf,
  attest,
  clean,
  downloadAttestations,
  downloadSboms,
  listArtifacts,
  makePredicate,
  replaceSignatures,
  sign,
  verdictError,
  verify,
  verifyAttestation,
} from '../src/index.ts';
import { clock, keySigner, pushTo, storeWith } from './support.ts';

const bom = '{"bomFormat":"CycloneDX","specVersion":"1.6","serial":12345678901234567890}';
const predicate = makePredicate('cyclonedx', new TextEncoder().encode(bom), clock);

/** Counts what is read and written. */
function counting(store: ContentStore): { readonly store: ContentStore; readonly pushes: string[] } {
  const pushes: string[] = [];
  return {
    pushes,
    store: {
      ...store,
      push: (expected, ...rest) => {
        pushes.push(expected.mediaType);
        return store.push(expected, ...rest);
      },
    },
  };
}

async function referrersOf(store: ContentStore, subject: Descriptor): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for await (const referrer of store.referrers(subject)) found.push(referrer);
  return found;
}

describe('sign and verify', () => {
  test('both formats are written, found and accepted', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    const [signed] = await sign(store, subject, { signer, clock, annotations: { env: 'prod' } });
    expect(signed?.outcome).toBe('signed');
    expect(signed?.written.map(({ format, tag }) => [format, tag])).toEqual([
      ['bundle', undefined],
      ['legacy', attachmentTags(subject).signatures],
    ]);
    const verdict = await verify(store, subject, { policy: signer.policy, annotations: { env: 'prod' } });
    expect(verdict).toMatchObject({ ok: true, reasons: [], rejected: [], signers: { found: 1, needed: 1 } });
    expect(verdict.accepted.map(({ traits }) => traits.format).sort()).toEqual(['bundle', 'legacy']);
    expect(verdict.readers.map(({ program }) => program)).toEqual([
      'cosign 2',
      'cosign 3',
      'policy-controller',
      'Kyverno',
      'podman',
    ]);
    expect(verdictError(verdict)).toBeUndefined();
  });

  test('signing case 28: signing again adds nothing, force adds, another key adds its own', async () => {
    const { store, subject } = await storeWith();
    const [signer, other] = [keySigner(), keySigner()];
    await sign(store, subject, { signer, clock });
    const counted = counting(store);
    const [again] = await sign(counted.store, subject, { signer, clock });
    expect(again).toMatchObject({ outcome: 'present', written: [] });
    expect(counted.pushes).toEqual([]);
    await sign(store, subject, { signer, clock, force: true });
    await sign(store, subject, { signer: other, clock });
    const both = { authorities: [...signer.policy.authorities, ...other.policy.authorities] };
    const verdict = await verify(store, subject, { policy: both, threshold: 2 });
    expect(verdict.ok).toBe(true);
    expect(verdict.accepted).toHaveLength(6);
  });

  test('a signature without the annotations that are asked for is signed anew', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    await sign(store, subject, { signer, clock });
    const [signed] = await sign(store, subject, { signer, clock, annotations: { env: 'prod' } });
    expect(signed?.outcome).toBe('signed');
    const verdict = await verify(store, subject, { policy: signer.policy, annotations: { env: 'prod' } });
    expect([verdict.accepted.length, verdict.rejected.map(({ code }) => code)]).toEqual([
      2,
      ['annotations', 'annotations'],
    ]);
  });

  test('only the format that is missing is written', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    await sign(store, subject, { signer, clock, formats: ['legacy'] });
    const [signed] = await sign(store, subject, { signer, clock });
    expect(signed?.written.map(({ format }) => format)).toEqual(['bundle']);
  });

  test.each(['P-256', 'P-384', 'P-521'] as const)('with a %s key', async (curve) => {
    const { store, subject } = await storeWith();
    const signer = keySigner(curve);
    await sign(store, subject, { signer, clock });
    expect((await verify(store, subject, { policy: signer.policy })).accepted).toHaveLength(2);
    expect((await verify(store, subject, { policy: keySigner(curve).policy })).ok).toBe(false);
  });

  test('nothing at all is another answer than nothing valid', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    const unsigned = await verify(store, subject, { policy: signer.policy });
    expect(verdictError(unsigned)?.code).toBe('ERR_LADING_UNSIGNED');
    await sign(store, subject, { signer: keySigner(), clock });
    const foreign = await verify(store, subject, { policy: signer.policy });
    expect(verdictError(foreign)?.code).toBe('ERR_LADING_UNVERIFIED');
    expect(foreign.rejected.map(({ code }) => code)).toEqual(['other-signer', 'other-signer']);
  });

  test('the error says what was looked for, and under which tag', async () => {
    const { store, subject } = await storeWith();
    const { policy } = keySigner();
    const { attestations } = attachmentTags(subject);
    const none = verdictError(await verifyAttestation(store, subject, { policy }));
    expect(none).toMatchObject({
      code: 'ERR_LADING_UNSIGNED',
      hint: `No bundle refers to it, and there is no ${attestations}.`,
    });
    await attest(store, subject, { signer: keySigner(), clock, predicate });
    const foreign = verdictError(await verifyAttestation(store, subject, { policy }));
    expect(foreign?.message).toMatch(`no valid attestation of ${subject.digest}: `);
  });

  test('a threshold counts different signers, and more than are named is a mistake', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    await sign(store, subject, { signer, clock });
    const two = { authorities: [...signer.policy.authorities, ...keySigner().policy.authorities] };
    const verdict = await verify(store, subject, { policy: two, threshold: 2 });
    expect(verdict).toMatchObject({ ok: false, signers: { found: 1, needed: 2 } });
    await expect(verify(store, subject, { policy: signer.policy, threshold: 2 })).rejects.toMatchObject({
      code: 'ERR_LADING_TRUST_POLICY',
    });
    await expect(verify(store, subject, { policy: { authorities: [] } })).rejects.toMatchObject({
      code: 'ERR_LADING_TRUST_POLICY',
    });
  });

  test('signatures may be kept in another repository', async () => {
    const { store, subject } = await storeWith();
    const { store: signatures } = await storeWith(
      makeImage({ platform: 'linux/arm64' }),
      'reg.example/signatures',
    );
    const signer = keySigner();
    await sign(store, subject, { signer, clock, signatures });
    expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(false);
    expect((await verify(store, subject, { policy: signer.policy, signatures })).accepted).toHaveLength(2);
  });
});

describe('signing case 3: a signature of one image under another’s name', () => {
  test('is refused, in both formats', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    await sign(store, subject, { signer, clock });
    await pushTo(store, makeImage({ platform: 'linux/s390x' }), 'other');
    const other = await store.resolve('other');
    const held = await loadManifest(store, attachmentTags(subject).signatures);
    await store.publish(held.descriptor, held.bytes, attachmentTags(other).signatures);
    const [bundle] = await referrersOf(store, subject);
    const { bytes } = await loadManifest(store, bundle!.digest);
    const moved = Buffer.from(Buffer.from(bytes).toString().replace(subject.digest, other.digest));
    await store.push(
      { mediaType: mediaTypes.ociManifest, digest: digestOf(moved), size: moved.byteLength },
      bytesSource(moved),
    );
    const verdict = await verify(store, other, { policy: signer.policy });
    expect(verdict.ok).toBe(false);
    expect(verdict.rejected.map(({ code }) => code)).toEqual(['other-subject', 'other-subject']);
    const tree = await listArtifacts(store, other, { policy: signer.policy });
    expect(tree.artifacts.map(({ verified }) => verified)).toMatchObject([
      { code: 'other-subject' },
      { code: 'other-subject' },
    ]);
  });
});

describe('signing case 6: an attestation is no signature, and a signature no attestation', () => {
  test('also when the annotation of the manifest lies', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    await attest(store, subject, { signer, clock, predicate });
    const unsigned = await verify(store, subject, { policy: signer.policy });
    expect(unsigned).toMatchObject({ ok: false, rejected: [{ code: 'other-statement' }] });

    const [bundle] = await referrersOf(store, subject);
    const { bytes } = await loadManifest(store, bundle!.digest);
    const lying = Buffer.from(
      Buffer.from(bytes).toString().replace(predicate.type, 'https://sigstore.dev/cosign/sign/v1'),
    );
    await store.push(
      { mediaType: mediaTypes.ociManifest, digest: digestOf(lying), size: lying.byteLength },
      bytesSource(lying),
    );
    expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(false);

    const { store: signedStore, subject: signed } = await storeWith();
    await sign(signedStore, signed, { signer, clock });
    expect((await verifyAttestation(signedStore, signed, { policy: signer.policy })).ok).toBe(false);
    const typed = { policy: signer.policy, predicateType: 'https://spdx.dev/Document' };
    expect(await verifyAttestation(store, subject, typed)).toMatchObject({ ok: false });
  });
});

describe('signing case 19: broken neighbours', () => {
  test('a broken bundle and a broken layer are told of, and the good ones count', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    await sign(store, subject, { signer, clock });
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    await pushTo(store, makeReferrer(subject, type), 'broken');
    await pushTo(store, makeReferrer(subject, 'application/vnd.oci.empty.v1+json', { layers: [] }), 'empty');
    const { signatures } = attachmentTags(subject);
    const held = await loadManifest(store, signatures);
    const [good] = JSON.parse(Buffer.from(held.bytes).toString()).layers;
    const unsigned = { ...good, annotations: {} };
    const changed = cosignManifest(undefined, [unsigned, good, { ...good, mediaType: 'text/plain' }]);
    await store.push(changed.config.descriptor, bytesSource(changed.config.bytes));
    const descriptor = {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(changed.bytes),
      size: changed.bytes.byteLength,
    };
    await store.publish(descriptor, changed.bytes, signatures);
    const verdict = await verify(store, subject, { policy: signer.policy });
    expect(verdict.ok).toBe(true);
    expect(verdict.accepted).toHaveLength(2);
    expect(verdict.rejected.map(({ code }) => code)).toEqual(['malformed', 'malformed', 'malformed']);
  });

  test('a store that does not answer is not one without signatures', async () => {
    const signer = keySigner();
    const { store, subject } = await storeWith();
    const failing: ContentStore = {
      ...store,
      // biome-ignore lint/correctness/useYield: it fails before there is anything to give
      async *referrers() {
        throw Object.assign(new Error('503'), { code: 'ERR_LADING_UNAVAILABLE' });
      },
    };
    await expect(verify(failing, subject, { policy: signer.policy })).rejects.toThrow('503');
    await expect(sign(failing, subject, { signer, clock })).rejects.toThrow('503');
  });
});

test('signing case 18: a .sig with 2,000 layers is told of, not read, and hides no bundle', async () => {
  const signer = keySigner();
  const { store, subject } = await storeWith();
  await sign(store, subject, { signer, clock });
  const { signatures } = attachmentTags(subject);
  const held = await loadManifest(store, signatures);
  const [layer] = JSON.parse(Buffer.from(held.bytes).toString()).layers;
  const crowded = cosignManifest(undefined, new Array(2000).fill(layer));
  await store.push(crowded.config.descriptor, bytesSource(crowded.config.bytes));
  const descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(crowded.bytes),
    size: crowded.bytes.byteLength,
  };
  await store.publish(descriptor, crowded.bytes, signatures);
  const verdict = await verify(store, subject, { policy: signer.policy });
  expect(verdict.ok).toBe(true);
  expect(verdict.rejected).toEqual([
    expect.objectContaining({ code: 'too-large', message: expect.stringContaining('2000 layers') }),
  ]);
});

test('signing case 18: sixty referrers are all looked at, and Kyverno is not named', async () => {
  const signer = keySigner();
  const { store, subject } = await storeWith();
  for (let n = 0; n < 60; n++)
    await pushTo(store, makeReferrer(subject, `application/vnd.example.n${n}`), `r${n}`);
  await sign(store, subject, { signer, clock, formats: ['bundle'] });
  const verdict = await verify(store, subject, { policy: signer.policy });
  expect(verdict.ok).toBe(true);
  expect(verdict.readers.map(({ program }) => program)).toEqual(['cosign 3']);
});

test('a bundle under the tag of a .sig does not stand for the signature that readers of a .sig look for', async () => {
  const signer = keySigner();
  const { store, subject } = await storeWith();
  const [bundled] = await sign(store, subject, { signer, clock, formats: ['bundle'] });
  const [bundle] = await referrersOf(store, subject);
  const { bytes } = await loadManifest(store, bundle!.digest);
  const tag = attachmentTags(subject).signatures;
  await store.publish({ ...bundle!, mediaType: mediaTypes.ociManifest }, bytes, tag);
  expect(bundled?.written).toHaveLength(1);
  const { accepted, rejected } = await verify(store, subject, { policy: signer.policy });
  expect(accepted.map(({ location }) => location.tag)).toEqual([undefined]);
  expect(rejected).toMatchObject([{ code: 'malformed', location: { tag } }]);
});

test('manifests that have to be asked what they are are not asked all at once', async () => {
  const { store, subject } = await storeWith();
  for (let i = 0; i < 40; i++)
    await pushTo(store, makeReferrer(subject, `application/vnd.example.${i}`), `r${i}`);
  let [open, most] = [0, 0];
  const watched: ContentStore = {
    ...store,
    async *referrers(image, options) {
      for await (const { artifactType: _, ...rest } of store.referrers(image, options)) yield rest;
    },
    async fetch(target, options) {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open--;
      return store.fetch(target, options);
    },
  };
  expect(await artifactsOf(watched, subject, {})).toHaveLength(40);
  expect(most).toBeLessThanOrEqual(8);
});

test('a tag that holds something else than signatures is left alone', async () => {
  const signer = keySigner();
  const { store, subject } = await storeWith();
  const { signatures } = attachmentTags(subject);
  await pushTo(store, makeImage({ platform: 'linux/riscv64' }), signatures);
  const before = await store.resolve(signatures);
  await expect(sign(store, subject, { signer, clock })).rejects.toMatchObject({
    code: 'ERR_LADING_ATTACHMENT',
  });
  expect(await store.resolve(signatures)).toEqual(before);
});

describe('signing case 22: images of many platforms', () => {
  const children = ['linux/amd64', 'linux/arm64'].map((platform) => makeImage({ platform }));

  test('recursive signs the index, nested ones and their images, BuildKit’s attestations left out', async () => {
    const attestation = makeImage({ platform: 'unknown/unknown' });
    const nested = makeIndex([makeImage({ platform: 'linux/ppc64le' })]);
    const index = makeIndex([...children, nested, attestation]);
    const listed = JSON.parse(Buffer.from(index.manifests.at(-1)!.bytes).toString());
    listed.manifests.at(-1).annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
    const bytes = Buffer.from(JSON.stringify(listed));
    const root = {
      descriptor: { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength },
      bytes,
    };
    const { store, subject } = await storeWith({
      ...index,
      descriptor: root.descriptor,
      manifests: [...index.manifests, root],
    });
    const signer = keySigner();
    const signed = await sign(store, subject, { signer, clock, recursive: true });
    expect(signed).toHaveLength(5);
    expect(signed.at(-1)?.subject.digest).toBe(subject.digest);
    for (const child of children) {
      expect((await verify(store, child.descriptor, { policy: signer.policy })).ok).toBe(true);
    }
    expect((await verify(store, attestation.descriptor, { policy: signer.policy })).ok).toBe(false);
  });

  test('the signature of an index is not one of its images', async () => {
    const { store, subject } = await storeWith(makeIndex(children));
    const signer = keySigner();
    await sign(store, subject, { signer, clock });
    expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(true);
    expect((await verify(store, children[0]!.descriptor, { policy: signer.policy })).ok).toBe(false);
  });
});

test('signing case 23: a name is compared only when asked for', async () => {
  const signer = keySigner();
  const { store, subject } = await storeWith();
  await sign(store, subject, { signer, clock, formats: ['legacy'], reference: 'upstream.example/app' });
  expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(true);
  const asked = await verify(store, subject, { policy: signer.policy, reference: 'reg.example/acme/app' });
  expect(asked.reasons[0]).toContain('it was signed as upstream.example/app, not as reg.example/acme/app');
});

describe('always: a new signature, and then the older ones by the same key go', () => {
  test('there is a valid one at every moment, and others’ stay', async () => {
    const { store, subject } = await storeWith();
    const [signer, other] = [keySigner(), keySigner()];
    await sign(store, subject, { signer: other, clock });
    await sign(store, subject, { signer, clock });
    await sign(store, subject, { signer, clock, force: true });
    const watched: boolean[] = [];
    const watch = async (): Promise<void> => {
      watched.push((await verify(store, subject, { policy: signer.policy })).ok);
    };
    const observed: ContentStore = {
      ...store,
      push: async (...args) => {
        await watch();
        return store.push(...args);
      },
      delete: async (...args) => {
        await watch();
        await store.delete!(...args);
        await watch();
      },
      updateTag: async (...args) => {
        await watch();
        await store.updateTag!(...args);
        await watch();
      },
    };
    const signed = await replaceSignatures(observed, subject, { signer, clock });
    expect(watched.length).toBeGreaterThan(4);
    expect(watched).not.toContain(false);
    const own = await verify(store, subject, { policy: signer.policy });
    expect(own.accepted).toHaveLength(2);
    expect(own.accepted.map(({ location }) => location.blob.digest).sort()).toEqual(
      signed.written.map(({ blob }) => blob.digest).sort(),
    );
    expect((await verify(store, subject, { policy: other.policy })).accepted).toHaveLength(2);
  });

  test('nothing is removed when the new one cannot be read back', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    await sign(store, subject, { signer, clock });
    const broken = {
      ...signer,
      sign: async (...args: Parameters<typeof signer.sign>) => ({
        ...(await signer.sign(...args)),
        signature: Buffer.of(1),
      }),
    };
    await expect(replaceSignatures(store, subject, { signer: broken, clock })).rejects.toMatchObject({
      code: 'ERR_LADING_UNVERIFIED',
    });
    expect((await verify(store, subject, { policy: signer.policy })).accepted).toHaveLength(2);
  });
});

test('two that replace their signatures at the same time do not take away each other’s', async () => {
  const { store, subject } = await storeWith();
  const signer = keySigner();
  await sign(store, subject, { signer, clock });
  // Both are written before either looks for what is older.
  let arrived = 0;
  const { promise: both, resolve } = Promise.withResolvers<void>();
  const meeting = (): ContentStore => {
    let [isWritten, isMet] = [false, false];
    return {
      ...store,
      async updateTag(...args) {
        await store.updateTag!(...args);
        isWritten = true;
      },
      async *referrers(...args) {
        if (isWritten && !isMet) {
          isMet = true;
          if (++arrived === 2) resolve();
          await both;
        }
        yield* store.referrers(...args);
      },
    };
  };
  const times = [clock(), clock() + 5000];
  await Promise.all(times.map((at) => replaceSignatures(meeting(), subject, { signer, clock: () => at })));
  const { accepted } = await verify(store, subject, { policy: signer.policy });
  expect(accepted.map(({ location }) => location.format).sort()).toEqual([
    'bundle',
    'bundle',
    'legacy',
    'legacy',
  ]);
});

describe('attestations', () => {
  test('replace takes nothing away when the new one cannot be read back', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    await attest(store, subject, { signer, clock, predicate });
    const newer = makePredicate('cyclonedx', Buffer.from(bom.replace('1.6', '1.7')), clock);
    const broken = {
      ...signer,
      sign: async (...args: Parameters<typeof signer.sign>) => ({
        ...(await signer.sign(...args)),
        signature: Buffer.of(1),
      }),
    };
    const replaced = attest(store, subject, { signer: broken, clock, predicate: newer, replace: true });
    await expect(replaced).rejects.toMatchObject({ code: 'ERR_LADING_UNVERIFIED' });
    expect((await verifyAttestation(store, subject, { policy: signer.policy })).accepted).toHaveLength(2);
  });

  test('come back to the byte, once', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    expect((await attest(store, subject, { signer, clock, predicate })).outcome).toBe('signed');
    expect((await attest(store, subject, { signer, clock, predicate })).outcome).toBe('present');
    const { documents, verdict } = await downloadSboms(store, subject, { policy: signer.policy });
    expect(documents.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([bom]);
    expect(verdict?.accepted).toHaveLength(2);
    expect((await downloadSboms(store, subject, { policy: keySigner().policy })).documents).toEqual([]);
    expect((await downloadAttestations(store, subject)).documents).toHaveLength(1);
  });

  test('replace takes away the signer’s other ones of that type', async () => {
    const { store, subject } = await storeWith();
    const [signer, other] = [keySigner(), keySigner()];
    await attest(store, subject, { signer, clock, predicate });
    await attest(store, subject, { signer: other, clock, predicate });
    const newer = makePredicate('cyclonedx', Buffer.from(bom.replace('1.6', '1.7')), clock);
    await attest(store, subject, { signer, clock, predicate: newer, replace: true });
    const { documents } = await downloadSboms(store, subject, { policy: signer.policy });
    expect(documents.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([newer.json]);
    expect((await downloadSboms(store, subject, { policy: other.policy })).documents).toHaveLength(1);
  });

  test('a document that is too large for the log is stored beside the image, and its digest attested', async () => {
    const { store, subject } = await storeWith();
    const signer = {
      ...keySigner(),
      witnesses: { log: 'none', timestamp: false, logLimit: 100_000 } as const,
    };
    const large = makePredicate(
      'cyclonedx',
      Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', x: 'y'.repeat(200_000) })),
      clock,
    );
    await attest(store, subject, { signer, clock, predicate: large });
    expect((await attest(store, subject, { signer, clock, predicate: large })).outcome).toBe('present');
    const { documents } = await downloadSboms(store, subject, { policy: signer.policy });
    expect(documents.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([large.json]);
    const held = await loadManifest(store, attachmentTags(subject).attestations);
    expect(JSON.parse(Buffer.from(held.bytes).toString()).layers[0].size).toBeLessThan(2000);
    expect((await artifactsOf(store, subject, {})).map(({ kind }) => kind).sort()).toEqual([
      'attestation',
      'attestation',
      'sbom',
    ]);
  });

  test('one that is larger than what is read is told of', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    await attest(store, subject, { signer, clock, predicate });
    const verdict = await verifyAttestation(store, subject, { policy: signer.policy, maxBytes: 100 });
    expect(verdict.rejected.map(({ code }) => code)).toEqual(['too-large', 'too-large']);
  });
});

describe('tree and clean', () => {
  test('what is attached is listed for each platform, with what is in it', async () => {
    const children = ['linux/amd64', 'linux/arm64'].map((platform) => makeImage({ platform }));
    const { store, subject } = await storeWith(makeIndex(children));
    const signer = keySigner();
    await sign(store, subject, { signer, clock });
    await attest(store, children[0]!.descriptor, { signer, clock, predicate });
    await pushTo(store, makeReferrer(subject, 'application/vnd.example.thing'), 'thing');
    const tree = await listArtifacts(store, subject, { policy: signer.policy });
    expect(tree.artifacts.map(({ kind }) => kind).sort()).toEqual(['other', 'signature', 'signature']);
    expect(
      tree.children.map(({ platform, artifacts }) => [platform?.architecture, artifacts.length]),
    ).toEqual([
      ['amd64', 2],
      ['arm64', 0],
    ]);
    const [attestation] = tree.children[0]!.artifacts;
    expect(attestation).toMatchObject({
      kind: 'attestation',
      predicateType: predicate.type,
      verified: { kind: 'key' },
    });
    expect(tree.artifacts.find(({ location }) => location?.format === 'bundle')?.created?.getTime()).toBe(
      clock(),
    );
  });

  /** As cosign 2 writes its own format where it is told to use referrers: all signatures in one manifest. */
  async function asReferrer(store: ContentStore, subject: Descriptor): Promise<void> {
    const held = await loadManifest(store, attachmentTags(subject).signatures);
    const { mediaType, digest, size } = subject;
    const document = {
      ...JSON.parse(Buffer.from(held.bytes).toString()),
      subject: { mediaType, digest, size },
    };
    const config = { ...document.config, mediaType: 'application/vnd.dev.cosign.artifact.sig.v1+json' };
    const bytes = Buffer.from(JSON.stringify({ ...document, config }));
    await store.push(
      { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
      bytesSource(bytes),
    );
  }

  test('signatures of others stay that share a manifest with what is taken away', async () => {
    const { store, subject } = await storeWith();
    const [signer, other] = [keySigner(), keySigner()];
    for (const by of [signer, other]) await sign(store, subject, { signer: by, clock, formats: ['legacy'] });
    await asReferrer(store, subject);
    await clean(store, subject, { by: signer.policy });
    expect((await verify(store, subject, { policy: signer.policy })).accepted).toEqual([]);
    expect((await verify(store, subject, { policy: other.policy })).accepted).toHaveLength(2);
    await clean(store, subject, {});
    expect(await artifactsOf(store, subject, {})).toEqual([]);
  });

  test('what somebody else has taken away meanwhile is no failure', async () => {
    const { store, subject } = await storeWith();
    const signer = keySigner();
    for (let i = 0; i < 2; i++)
      await sign(store, subject, { signer, clock, formats: ['bundle'], force: true });
    const hasty: ContentStore = {
      ...store,
      async delete(reference, options) {
        await store.delete!(reference, options);
        return store.delete!(reference, options);
      },
    };
    await clean(hasty, subject, {});
    expect(await artifactsOf(store, subject, {})).toEqual([]);
  });

  test('what many indexes list is looked at once', async () => {
    let level = [makeImage(), makeImage({ platform: 'linux/arm64' })];
    for (let i = 0; i < 4; i++) level = [makeIndex(level), makeIndex([...level].reverse())];
    const { store, subject } = await storeWith(makeIndex(level));
    let listed = 0;
    const watched: ContentStore = {
      ...store,
      referrers: (image, options) => {
        listed++;
        return store.referrers(image, options);
      },
    };
    await listArtifacts(watched, subject);
    expect(listed).toBe(11);
  });

  test('clean leaves alone what is under a tag of cosign and does not belong there, and says so', async () => {
    const image = makeImage();
    const { store, subject } = await storeWith(image);
    await pushTo(store, image, attachmentTags(subject).sbom);
    await pushTo(store, makeIndex([image]), attachmentTags(subject).signatures);
    const [cleaned] = await clean(store, subject, {});
    expect(cleaned).toMatchObject({ removed: [], kept: [{ kind: 'signature' }, { kind: 'sbom' }] });
    expect(await store.resolve('v1')).toMatchObject({ digest: subject.digest });
  });

  test('clean takes what was chosen and nothing else', async () => {
    const { store, subject } = await storeWith();
    const [signer, other] = [keySigner(), keySigner()];
    for (const by of [signer, other]) {
      await sign(store, subject, { signer: by, clock });
      await attest(store, subject, { signer: by, clock, predicate });
    }
    const dry = await clean(store, subject, { kinds: ['signature'], by: signer.policy, dryRun: true });
    expect(dry[0]?.removed).toHaveLength(2);
    expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(true);
    await clean(store, subject, { kinds: ['signature'], by: signer.policy });
    expect((await verify(store, subject, { policy: signer.policy })).ok).toBe(false);
    expect((await verify(store, subject, { policy: other.policy })).accepted).toHaveLength(2);
    expect((await verifyAttestation(store, subject, { policy: signer.policy })).accepted).toHaveLength(2);
    await clean(store, subject, { before: clock() });
    expect((await verify(store, subject, { policy: other.policy })).ok).toBe(true);
    await clean(store, subject, {});
    expect(await artifactsOf(store, subject, {})).toEqual([]);
    expect(await store.resolve('v1')).toMatchObject({ digest: subject.digest });
    await expect(store.resolve(attachmentTags(subject).signatures)).rejects.toMatchObject({
      code: 'ERR_LADING_NOT_FOUND',
    });
  });
});

test('the fallback tag of an image is none of cosign’s', () => {
  const digest = digestOf(Buffer.from('x'));
  expect(Object.values(attachmentTags({ digest }))).not.toContain(referrersTag(digest));
});
