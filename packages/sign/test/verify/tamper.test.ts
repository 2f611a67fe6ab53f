import { describe, expect, test } from '@jest/globals';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import fc from 'fast-check';
import { type SignatureMaterial, type TrustPolicy, verifyMaterial } from '../../src/index.ts';
import { Bench, bare, envelope, flip, keyHand, logged, message } from './support/bench.ts';

const bench = new Bench();
// Neighbours, so that proofs have hashes.
for (let index = 0; index < 5; index += 1) bench.keyless();

type Part = readonly [name: string, bytes: Uint8Array, put: (bytes: Buffer) => SignatureMaterial];

function partsOf(material: SignatureMaterial): readonly Part[] {
  const { content, signer, signature, logEntries, timestamps } = material;
  const [entry] = logEntries;
  const withEntry = (changed: Partial<TransparencyLogEntry>): SignatureMaterial => ({
    ...material,
    logEntries: [{ ...entry!, ...changed }],
  });
  const entryParts = (): readonly Part[] => {
    const { inclusionPromise: promise, inclusionProof } = entry!;
    const proof = inclusionProof!;
    const { envelope: note } = proof.checkpoint!;
    return [
      [
        'the body of the log entry',
        entry!.canonicalizedBody,
        (canonicalizedBody) => withEntry({ canonicalizedBody }),
      ],
      ['the root hash', proof.rootHash, (rootHash) => withEntry({ inclusionProof: { ...proof, rootHash } })],
      [
        'the checkpoint',
        Buffer.from(note),
        (bytes) => withEntry({ inclusionProof: { ...proof, checkpoint: { envelope: bytes.toString() } } }),
      ],
      ...proof.hashes.map(
        (hash, index): Part => [
          `hash ${index} of the proof`,
          hash,
          (bytes) => withEntry({ inclusionProof: { ...proof, hashes: proof.hashes.with(index, bytes) } }),
        ],
      ),
      ...(promise
        ? [
            [
              'the promise',
              promise.signedEntryTimestamp,
              (signedEntryTimestamp: Buffer) => withEntry({ inclusionPromise: { signedEntryTimestamp } }),
            ] as const,
          ]
        : []),
    ];
  };
  return [
    ['the signature', signature, (bytes) => ({ ...material, signature: bytes })],
    content.kind === 'message'
      ? ['the message', content.bytes, (bytes) => ({ ...material, content: { ...content, bytes } })]
      : ['the payload', content.payload, (payload) => ({ ...material, content: { ...content, payload } })],
    ...(signer.kind === 'certificate'
      ? [
          [
            'the certificate',
            signer.certificate,
            (certificate: Buffer) => ({ ...material, signer: { ...signer, certificate } }),
          ] as const,
        ]
      : []),
    ...(entry ? entryParts() : []),
    ...timestamps.map(
      (timestamp): Part => ['the timestamp', timestamp, (bytes) => ({ ...material, timestamps: [bytes] })],
    ),
  ];
}

const hand = keyHand();
const certified = bench.certified();

function withEntry(
  material: SignatureMaterial,
  kind: Parameters<Bench['entry']>[0],
  by: Parameters<typeof logged>[0],
): SignatureMaterial {
  return { ...material, logEntries: [bench.entry(kind, logged(by, material))] };
}

function withTimestamp(material: SignatureMaterial): SignatureMaterial {
  return {
    ...material,
    timestamps: [bench.sigstore.timestamp(material.signature, { nonce: Buffer.from([7]) })],
  };
}

const identities = bench.policy();
const keys = bench.policy({ authorities: [{ kind: 'key', key: hand.key }] });

describe.each<[string, SignatureMaterial, TrustPolicy]>([
  ['a key', bare(hand), { authorities: keys.authorities }],
  ['a key, in Rekor v1', withEntry(bare(hand, envelope), 'dsse 0.0.1', hand), keys],
  ['a key, in Rekor v2', withEntry(bare(hand), 'hashedrekord 0.0.2', hand), keys],
  ['a certificate, in Rekor v1', withEntry(bare(certified), 'hashedrekord 0.0.1', certified), identities],
  ['a certificate, with a timestamp', withTimestamp(bare(certified, envelope)), identities],
  [
    'a certificate, in Rekor v2, with a timestamp',
    withTimestamp(withEntry(bare(certified, message), 'hashedrekord 0.0.2', certified)),
    { ...identities, log: 'required' },
  ],
])('a signature by %s', (_, material, policy) => {
  const good = verifyMaterial(material, policy);

  test('is good', () => {
    expect(good).toMatchObject({ ok: true });
  });

  test.each(partsOf(material).map((part) => [part[0], part] as const))(
    'is not with a bit of %s changed',
    (name, [, bytes, put]) => {
      fc.assert(
        fc.property(fc.nat(bytes.byteLength * 8 - 1), (bit) => {
          const verdict = verifyMaterial(put(flip(bytes, bit)), policy);
          // What is around a timestamp's signed parts is signed by nobody; a change there changes nothing that is believed.
          if (name === 'the timestamp' && verdict.ok) expect(verdict).toEqual(good);
          else expect(verdict.ok).toBe(false);
        }),
        { numRuns: 60 },
      );
    },
  );

  test.each(partsOf(material).map((part) => [part[0], part] as const))(
    'is not with %s cut off or grown',
    (_name, [, bytes, put]) => {
      fc.assert(
        fc.property(
          fc.nat(bytes.byteLength - 1),
          fc.uint8Array({ minLength: 1, maxLength: 4 }),
          (length, more) => {
            // An empty root hash is one that was left out; the checkpoint has it.
            if (length > 0)
              expect(verifyMaterial(put(Buffer.from(bytes.subarray(0, length))), policy).ok).toBe(false);
            expect(verifyMaterial(put(Buffer.concat([bytes, more])), policy).ok).toBe(false);
          },
        ),
        { numRuns: 12 },
      );
    },
  );
});

test('a bit of what is signed in a timestamp changed is never good', () => {
  const material = withTimestamp(bare(certified));
  const [timestamp] = material.timestamps as [Buffer];
  // TSTInfo, and the attributes up to the signature's end but for the kinds of hash and signature between them.
  const info = timestamp.indexOf(Buffer.from([0x30, 3, 2, 1, 1])) - 30;
  const attributes = timestamp.indexOf(Buffer.from([0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3]));
  expect(info).toBeGreaterThan(0);
  expect(attributes).toBeGreaterThan(info);
  for (const [start, end] of [
    [info, info + 30],
    [attributes, attributes + 230],
    [timestamp.byteLength - 60, timestamp.byteLength],
  ] as const) {
    for (let bit = start * 8; bit < end * 8; bit += 7) {
      expect(verifyMaterial({ ...material, timestamps: [flip(timestamp, bit)] }, identities).ok).toBe(false);
    }
  }
});

test('junk of every kind gets a verdict, and no error', () => {
  const junk = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const entry = fc.record({
    logIndex: fc.oneof(fc.string(), fc.bigInt().map(String)),
    logId: fc.constantFrom(
      { keyId: bench.sigstore.rekor.id },
      { keyId: Buffer.alloc(0) },
      { keyId: bench.sigstore.rekorV2.id },
    ),
    kindVersion: fc.constantFrom({ kind: 'dsse', version: '0.0.1' }, undefined as never),
    integratedTime: fc.oneof(fc.string(), fc.bigInt().map(String)),
    inclusionPromise: fc.option(fc.record({ signedEntryTimestamp: junk }), { nil: undefined }),
    inclusionProof: fc.option(
      fc.record({
        logIndex: fc.string(),
        rootHash: junk,
        treeSize: fc.string(),
        hashes: fc.array(junk, { maxLength: 3 }),
        checkpoint: fc.option(fc.record({ envelope: fc.string() }), { nil: undefined }),
      }),
      { nil: undefined },
    ),
    canonicalizedBody: fc.oneof(
      junk,
      fc.json().map((text) => Buffer.from(text)),
      fc
        .tuple(
          fc.constantFrom('dsse', 'hashedrekord', 'intoto', 'rekord', '__proto__'),
          fc.constantFrom('0.0.1', '0.0.2'),
          fc.jsonValue(),
        )
        .map(([kind, apiVersion, spec]) => Buffer.from(JSON.stringify({ kind, apiVersion, spec }))),
    ),
  });
  const material = withTimestamp(bare(certified));
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 3 }),
      fc.array(junk, { maxLength: 2 }),
      (logEntries, timestamps) => {
        const verdict = verifyMaterial({ ...material, logEntries, timestamps }, identities);
        expect(verdict.ok).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});
