import { createHash, createPublicKey, type JsonWebKey, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { initTUF } from '@sigstore/tuf';
import { boolean, integer, nothing, octetString, oid, sequence } from '../../src/sigstore/asn1/write.ts';
import { type RunningSigstore, startSigstore } from '../../src/sigstore/index.ts';
import { bundleOf, signEnvelope, verified } from './bundles.ts';

let sigstore: RunningSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.stop());

const withoutLog = { tlogThreshold: 0, timestampThreshold: 1 };

describe('the timestamp authority', () => {
  const stamp = async (type: string, body: string | Uint8Array) => {
    const url = `${sigstore.tsaUrl}/api/v1/timestamp`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      bytes: Buffer.from(await answer.arrayBuffer()),
    };
  };
  const query = (digest: Uint8Array, ...rest: readonly Uint8Array[]) =>
    sequence(
      integer(1),
      sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), nothing()), octetString(digest)),
      ...rest,
    );

  test('answers a request in DER, with its nonce and, when asked for, its certificates', async () => {
    const signed = signEnvelope(sigstore.certificate());
    const digest = createHash('sha256').update(signed.signature).digest();
    const nonce = Buffer.from('8badf00ddeadbeef', 'hex');
    const body = query(digest, integer(nonce), boolean(true));
    const { status, type, bytes } = await stamp('application/timestamp-query', body);
    expect([status, type]).toEqual([201, 'application/timestamp-reply']);
    expect(bytes.includes(integer(nonce))).toBe(true);
    expect(sigstore.tsa.chain.every((certificate) => bytes.includes(certificate))).toBe(true);
    expect(verified(sigstore, bundleOf(signed, { timestamps: [bytes] }), withoutLog)).toBe(
      'someone@example.com',
    );
    const without = await stamp('application/timestamp-query', query(digest));
    expect(without.bytes.includes(sigstore.tsa.chain[0]!)).toBe(false);
    expect(verified(sigstore, bundleOf(signed, { timestamps: [without.bytes] }), withoutLog)).toBeDefined();
  });

  test('answers a request in JSON', async () => {
    const signed = signEnvelope(sigstore.certificate());
    const artifactHash = createHash('sha512').update(signed.signature).digest('base64');
    const { bytes } = await stamp(
      'application/json',
      JSON.stringify({ artifactHash, hashAlgorithm: 'SHA512' }),
    );
    expect(verified(sigstore, bundleOf(signed, { timestamps: [bytes] }), withoutLog)).toBe(
      'someone@example.com',
    );
  });

  test.each<{ what: string; type: string; body: string | Uint8Array }>([
    { what: 'no DER', type: 'application/timestamp-query', body: 'x' },
    { what: 'a short digest', type: 'application/timestamp-query', body: query(Buffer.alloc(31)) },
    { what: 'a weak hash', type: 'application/json', body: '{"artifactHash":"AAAA","hashAlgorithm":"sha1"}' },
    { what: 'another type', type: 'text/plain', body: 'x' },
  ])('refuses $what', async ({ type, body }) => {
    expect((await stamp(type, body)).status).toBe(400);
  });

  test('tells its certificates, its own first', async () => {
    const text = await (await fetch(`${sigstore.tsaUrl}/api/v1/timestamp/certchain`)).text();
    const chain = text.match(/-----BEGIN.+?END CERTIFICATE-----/gs)?.map((pem) => new X509Certificate(pem));
    expect(chain?.map(({ raw }) => raw)).toEqual(sigstore.tsa.chain);
    expect(chain?.[0]?.verify(chain[1]!.publicKey)).toBe(true);
  });
});

test('the token issuer can be asked for the key that a token is signed with', async () => {
  const [head = '', payload = '', signature = ''] = sigstore
    .identityToken({ sub: 'https://example.com' })
    .split('.');
  const read = async (url: string) => (await fetch(url)).json() as Promise<Record<string, never>>;
  const { issuer, jwks_uri } = await read(`${sigstore.issuerUrl}/.well-known/openid-configuration`);
  expect(issuer).toBe(JSON.parse(Buffer.from(payload, 'base64url').toString()).iss);
  const { keys } = await read(jwks_uri!);
  const [jwk] = keys as unknown as [JsonWebKey & { kid: string }];
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toMatchObject({ alg: 'RS256', kid: jwk.kid });
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  expect(verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(
    true,
  );
});

describe('faults', () => {
  const ask = async (signal?: AbortSignal) =>
    (await fetch(`${sigstore.rekorUrl}/api/v1/log`, signal ? { signal } : {})).status;

  test('are played as often as was said, on the service that was named', async () => {
    sigstore.play(
      'rekor',
      { answer: { status: 503, headers: { 'retry-after': '1' } }, times: 2 },
      { answer: { status: 429 } },
    );
    sigstore.play('fulcio', { answer: { status: 500 } });
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([503, 503, 429, 200]);
    expect([sigstore.count('rekor'), sigstore.count('fulcio'), sigstore.count()]).toEqual([4, 0, 4]);
    expect(sigstore.requests.map(({ status }) => status)).toEqual([503, 503, 429, 200]);
  });

  test('can be for a path or a method only, and be taken back', async () => {
    sigstore.play(
      'rekor',
      { answer: { status: 500 }, path: /entries/ },
      { answer: { status: 500 }, method: 'POST' },
    );
    expect(await ask()).toBe(200);
    sigstore.play('rekor', { answer: { status: 500 } });
    sigstore.calm();
    expect(await ask()).toBe(200);
  });

  test('are delays, silence and torn connections', async () => {
    sigstore.play('rekor', { delayMs: 100 }, { hangUp: true }, { hang: true });
    const started = performance.now();
    expect(await ask()).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(90);
    await expect(ask()).rejects.toThrow('fetch failed');
    await expect(ask(AbortSignal.timeout(100))).rejects.toThrow(/timeout|aborted/);
    expect(await ask()).toBe(200);
  });

  test('can spoil an answer after the work is done', async () => {
    sigstore.play('rekor', { edit: ({ body }) => ({ body: String(body).slice(0, 10) }) });
    const answer = await fetch(`${sigstore.rekorUrl}/api/v1/log`);
    expect(await answer.text()).toHaveLength(10);
  });

  test('do not keep it from stopping', async () => {
    sigstore.play('rekor', { hang: true }, { delayMs: 60_000 });
    const asked = [ask(), ask()].map((answer) => answer.catch(() => 'gone'));
    while (sigstore.count('rekor') < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await sigstore.stop();
    await sigstore.stop(); // a second time does no harm
    expect(await Promise.all(asked)).toEqual(['gone', 'gone']);
    sigstore = await startSigstore();
  });
});

describe('the TUF repository, read by @sigstore/tuf', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lading-tuf-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function open(from: RunningSigstore) {
    const rootPath = join(folder, 'root.json');
    await writeFile(rootPath, from.tufRoot);
    return initTUF({ mirrorURL: from.tufUrl, rootPath, cachePath: join(folder, 'cache'), retry: 0 });
  }

  test('gives the trusted root and a signing configuration', async () => {
    const client = await open(sigstore);
    expect(JSON.parse(await client.getTarget('trusted_root.json'))).toEqual(sigstore.trustedRoot);
    expect(JSON.parse(await client.getTarget('signing_config.v0.2.json'))).toEqual(sigstore.signingConfig());
  });

  test('gives other targets', async () => {
    await using other = await startSigstore({ tuf: { targets: { 'folder/extra.json': '{}' } } });
    expect(await (await open(other)).getTarget('folder/extra.json')).toBe('{}');
  });

  test.each(['timestamp', 'snapshot', 'targets', 'root'] as const)('can be out of date: %s', async (role) => {
    await using other = await startSigstore({ tuf: { expires: { [role]: new Date(0) } } });
    await expect(open(other)).rejects.toThrow(/expired/i);
  });

  test('is trusted by its own root only', async () => {
    await using other = await startSigstore();
    const mixed = { ...sigstore, tufRoot: other.tufRoot };
    await expect(open(mixed)).rejects.toThrow();
  });
});
