import { createHash, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ed25519ph } from '@noble/curves/ed25519.js';
import {
  createSigstore,
  generateKeys,
  type RunningSigstore,
  signWith,
  startSigstore,
} from '../../src/sigstore/index.ts';
import { bundleOf, proposals, proposalV2, signEnvelope, verified } from './bundles.ts';

let sigstore: RunningSigstore;
beforeEach(async () => {
  sigstore = await startSigstore({ maxEntryBytes: 20_000 });
});
afterEach(() => sigstore.stop());

const entries = '/api/v1/log/entries';

async function post(path: string, document: unknown, base = sigstore.rekorUrl) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(document) });
  return { status: answer.status, headers: answer.headers, document: JSON.parse(await answer.text()) };
}

describe('Rekor v1', () => {
  test('answers with the entry under its UUID, which stands in ETag and Location as well', async () => {
    const { status, headers, document } = await post(
      entries,
      proposals.dsse(signEnvelope(sigstore.certificate())),
    );
    expect(status).toBe(201);
    const [uuid = ''] = Object.keys(document);
    expect(uuid).toMatch(/^[0-9a-f]{80}$/);
    expect(headers.get('etag')).toBe(uuid);
    expect(headers.get('location')).toBe(`${entries}/${uuid}`);
    expect(document[uuid].verification.inclusionProof).toMatchObject({
      logIndex: 0,
      treeSize: 1,
      hashes: [],
    });
    expect(document[uuid].logIndex).not.toBe(0);
  });

  test('takes an entry once, and shows where it is', async () => {
    const proposed = proposals.hashedrekord(signEnvelope(sigstore.certificate()));
    const first = await post(entries, proposed);
    const { status, headers } = await post(entries, proposed);
    expect([status, headers.get('location')]).toEqual([409, first.headers.get('location')]);
    expect(sigstore.rekor.size).toBe(1);
  });

  test('finds an entry by UUID, by index and by itself, with a proof for the tree as it is', async () => {
    const signed = signEnvelope(sigstore.certificate());
    const { uuid, entry } = sigstore.rekor.add(proposals.hashedrekord(signed));
    for (let more = 0; more < 5; more += 1)
      sigstore.rekor.add(proposals.dsse(signEnvelope(sigstore.certificate())));
    const byId = (await (await fetch(`${sigstore.rekorUrl}${entries}/${uuid}`)).json()) as Record<
      string,
      unknown
    >;
    expect(byId).toEqual({
      [uuid]: expect.objectContaining({ body: entry.body, integratedTime: entry.integratedTime }),
    });
    expect(byId).toHaveProperty([uuid, 'verification', 'inclusionProof', 'treeSize'], 6);
    const byIndex = await fetch(`${sigstore.rekorUrl}${entries}?logIndex=${entry.logIndex}`);
    expect(Object.keys((await byIndex.json()) as object)).toEqual([uuid]);
    const retrieved = await post(`${entries}/retrieve`, {
      entryUUIDs: [uuid.slice(16)],
      logIndexes: [entry.logIndex],
      entries: [proposals.hashedrekord(signed)],
    });
    expect(retrieved.document.map((found: object) => Object.keys(found)[0])).toEqual([uuid, uuid, uuid]);
    expect(
      verified(sigstore, bundleOf(signed, { logEntries: [sigstore.rekor.find(uuid)!.transparencyLogEntry] })),
    ).toBe('someone@example.com');
  });

  test('has no other entries', async () => {
    const ask = async (path: string) => (await fetch(`${sigstore.rekorUrl}${entries}${path}`)).status;
    expect([await ask(`/${'0'.repeat(80)}`), await ask('?logIndex=0'), await ask('?logIndex=x')]).toEqual([
      404, 404, 404,
    ]);
  });

  test.each(Object.keys(proposals) as (keyof typeof proposals)[])(
    'refuses what does not hold: %s',
    async (kind) => {
      const signed = signEnvelope(sigstore.certificate());
      const proposed = proposals[kind]({ ...signed, signer: sigstore.certificate() });
      expect((await post(entries, proposed)).status).toBe(400);
      expect(sigstore.rekor.size).toBe(0);
    },
  );

  test.each([
    {},
    { kind: 'rpm', apiVersion: '0.0.1', spec: {} },
    { kind: 'dsse', apiVersion: '0.0.1' },
    [],
    'text',
  ])('refuses what it does not know: %j', async (proposed) => {
    expect((await post(entries, proposed)).status).toBe(400);
  });

  test('refuses what is too large', async () => {
    expect((await post(entries, { kind: 'dsse', filling: 'x'.repeat(20_000) })).status).toBe(413);
  });

  test.each(['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const)(
    'takes the hash of an artifact signed by a key: %s',
    (kind) => {
      const { algorithm, digest, proposed } = hashedRekord(kind, Buffer.from('an artifact'));
      const { entry } = sigstore.rekor.add(proposed);
      const body = JSON.parse(Buffer.from(entry.body, 'base64').toString());
      expect(body.spec.data.hash).toEqual({ algorithm, value: digest.toString('hex') });
      const other = hashedRekord(kind, Buffer.from('another')).proposed.spec.signature;
      const mixed = { ...proposed, spec: { ...proposed.spec, signature: other } };
      expect(() => sigstore.rekor.add(mixed)).toThrow('verifying signature');
    },
  );

  test('tells its key', async () => {
    const pem = await (await fetch(`${sigstore.rekorUrl}/api/v1/log/publicKey`)).text();
    const { entry } = sigstore.rekor.add(proposals.dsse(signEnvelope(sigstore.certificate())));
    const { body, integratedTime, logID, logIndex } = entry;
    const promised = Buffer.from(JSON.stringify({ body, integratedTime, logID, logIndex }));
    const signature = Buffer.from(entry.verification.signedEntryTimestamp, 'base64');
    expect(verify('sha256', promised, pem, signature)).toBe(true);
  });
});

describe('Rekor v2', () => {
  const propose = (document: unknown) => post('/api/v2/log/entries', document, sigstore.rekorV2Url);

  test('answers with the entry of a bundle', async () => {
    const signed = signEnvelope(sigstore.certificate());
    const { status, document } = await propose(proposalV2(signed));
    expect(status).toBe(201);
    const bundle = bundleOf(signed, {
      logEntries: [document],
      timestamps: [sigstore.timestamp(signed.signature)],
    });
    expect(verified(sigstore, bundle)).toBe('someone@example.com');
  });

  test('takes an entry once', async () => {
    const proposed = proposalV2(signEnvelope(sigstore.certificate()));
    await propose(proposed);
    const { status, headers } = await propose(proposed);
    expect([status, headers.get('x-log-index')]).toEqual([409, '0']);
  });

  test('refuses what does not hold', async () => {
    const signed = signEnvelope(sigstore.certificate());
    expect((await propose(proposalV2({ ...signed, signer: sigstore.certificate() }))).status).toBe(400);
    expect((await propose({ dsseRequestV002: {} })).document.message).toBe(
      'invalid type, must be hashedrekord',
    );
  });

  test('shows its tree in tiles that give the root of its checkpoint', async () => {
    for (let count = 0; count < 3; count += 1)
      sigstore.rekorV2.add(proposalV2(signEnvelope(sigstore.certificate())));
    const read = async (path: string) => {
      const answer = await fetch(`${sigstore.rekorV2Url}/api/v2/${path}`);
      return answer.ok ? Buffer.from(await answer.arrayBuffer()) : answer.status;
    };
    const [, size, root] = String(await read('checkpoint')).split('\n');
    expect(size).toBe('3');
    const tile = (await read('tile/0/000.p/3')) as Buffer;
    const node = (...parts: Buffer[]) =>
      createHash('sha256')
        .update(Buffer.concat([Buffer.of(1), ...parts]))
        .digest();
    const leaf = (index: number) => tile.subarray(index * 32, index * 32 + 32);
    expect(node(node(leaf(0), leaf(1)), leaf(2)).toString('base64')).toBe(root);
    const bundle = (await read('tile/entries/000.p/3')) as Buffer;
    const first = bundle.subarray(2, 2 + bundle.readUInt16BE());
    expect(createHash('sha256').update(Buffer.of(0)).update(first).digest()).toEqual(leaf(0));
    expect(await read('tile/0/000')).toBe(404);
  });
});

test('two Sigstores are strangers to each other', () => {
  const [one, other] = [createSigstore(), createSigstore()];
  const signed = signEnvelope(one.certificate());
  const { transparencyLogEntry } = one.rekor.add(proposals.dsse(signed));
  expect(() => verified(other, bundleOf(signed, { logEntries: [transparencyLogEntry] }))).toThrow();
});

/** An entry for an artifact of which the log learns only the hash. */
function hashedRekord(kind: Parameters<typeof generateKeys>[0], artifact: Buffer) {
  const keys = generateKeys(kind);
  const algorithm =
    ({ 'P-384': 'sha384', 'P-521': 'sha512', Ed25519: 'sha512' } as Record<string, string>)[kind] ?? 'sha256';
  const secret =
    kind === 'Ed25519' && Buffer.from(keys.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const signature = secret ? ed25519ph.sign(artifact, secret) : signWith(keys.privateKey, artifact);
  const digest = createHash(algorithm).update(artifact).digest();
  const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const spec = {
    data: { hash: { algorithm, value: digest.toString('hex') } },
    signature: {
      content: Buffer.from(signature).toString('base64'),
      publicKey: { content: Buffer.from(pem).toString('base64') },
    },
  };
  return { algorithm, digest, proposed: { apiVersion: '0.0.1', kind: 'hashedrekord', spec } };
}
