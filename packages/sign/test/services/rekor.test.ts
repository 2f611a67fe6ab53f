import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { signedBytes } from '../../src/formats/dsse.ts';
import type { SignedContent } from '../../src/material.ts';
import { logInRekorV1 } from '../../src/services/rekor-v1.ts';
import { logInRekorV2 } from '../../src/services/rekor-v2.ts';
import { keyVerifier } from '../../src/services/verifier.ts';
import { double, failureOf, testClock } from './support/double.ts';
import { envelope, message, privateKey } from './support/sigstore.ts';

let sigstore: RunningSigstore;
beforeAll(async () => {
  sigstore = await startSigstore({ maxEntryBytes: 100_000 });
});
afterAll(async () => {
  await sigstore.stop();
});

const options = () => ({ clock: testClock(), random: () => 0 });

async function signed(content: SignedContent) {
  const key = await privateKey();
  const signature = await key.sign(signedBytes(content));
  return { logged: { content, signature }, verifier: keyVerifier(key.publicKey) };
}

describe('Rekor v1', () => {
  test.each([envelope, message].map((content) => ({ kind: content.kind, content })))(
    'signing case 28: a $kind that is in the log already is taken from there',
    async ({ content }) => {
      const { logged, verifier } = await signed(content);
      const first = await logInRekorV1(sigstore.rekorUrl, logged, verifier, options());
      const size = sigstore.rekor.size;
      const second = await logInRekorV1(sigstore.rekorUrl, logged, verifier, options());
      expect(sigstore.rekor.size).toBe(size);
      expect(second.logIndex).toBe(first.logIndex);
      expect(second.canonicalizedBody).toEqual(first.canonicalizedBody);
      expect(second.inclusionPromise).toBeDefined();
      expect(second.inclusionProof?.checkpoint?.envelope).toContain(' - ');
    },
  );

  test('signing case 28: an existing entry without a Location is found by the words', async () => {
    const { logged, verifier } = await signed(message);
    await logInRekorV1(sigstore.rekorUrl, logged, verifier, options());
    sigstore.play('rekor', { edit: () => ({ headers: { 'content-type': 'application/json' } }) });
    const again = await logInRekorV1(sigstore.rekorUrl, logged, verifier, options());
    expect(again.kindVersion).toEqual({ kind: 'hashedrekord', version: '0.0.1' });
  });

  test('signing case 27: an existing entry is fetched from the log itself, whoever the Location names', async () => {
    await using elsewhere = await double(() => ({ body: '{}' }));
    const { logged, verifier } = await signed(message);
    await logInRekorV1(sigstore.rekorUrl, logged, verifier, options());
    sigstore.play('rekor', {
      edit: ({ headers }) => ({ headers: { ...headers, location: elsewhere.url + headers?.location } }),
    });
    await logInRekorV1(sigstore.rekorUrl, logged, verifier, options());
    expect(elsewhere.requests).toHaveLength(0);
  });

  test.each(['/etc/passwd', '../../admin', `${'a'.repeat(64)}?x=`, ''])(
    'a Location that names no entry (%s) is not asked for',
    async (location) => {
      await using server = await double(() => ({
        status: 409,
        headers: { location },
        body: '{"message":"exists"}',
      }));
      const { logged, verifier } = await signed(message);
      const failure = await failureOf(logInRekorV1(server.url, logged, verifier, options()));
      expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE', status: 409 });
      expect(server.requests).toHaveLength(1);
    },
  );

  test('an entry of another signature is refused, also as the existing one', async () => {
    const other = await signed(message);
    const entry = await new Promise<string>((resolve, reject) => {
      sigstore.play('rekor', {
        edit: (answer) => {
          resolve(Buffer.from(answer.body ?? '').toString());
          return {};
        },
      });
      logInRekorV1(sigstore.rekorUrl, other.logged, other.verifier, options()).catch(reject);
    });
    const { logged, verifier } = await signed(message);
    sigstore.play('rekor', { answer: { status: 201, body: entry } });
    const failure = await failureOf(logInRekorV1(sigstore.rekorUrl, logged, verifier, options()));
    expect(failure.message).toContain('of another signature');
    await using server = await double(({ method }) =>
      method === 'POST'
        ? { status: 409, headers: { location: `/api/v1/log/entries/${'a'.repeat(64)}` } }
        : { body: entry },
    );
    const existing = await failureOf(logInRekorV1(server.url, logged, verifier, options()));
    expect(existing.message).toContain('of another signature');
    const envelopes = await signed(envelope);
    sigstore.play('rekor', { answer: { status: 201, body: entry } });
    const kind = await failureOf(
      logInRekorV1(sigstore.rekorUrl, envelopes.logged, envelopes.verifier, options()),
    );
    expect(kind.message).toContain('answered something else');
  });

  test.each(['', 'null', '[]', '{}', '{"abc":{}}', `{"${'a'.repeat(64)}":{"body":"!"}}`])(
    'an answer that is no entry is refused: %s',
    async (body) => {
      sigstore.play('rekor', { answer: { status: 201, body } });
      const { logged, verifier } = await signed(message);
      const failure = await failureOf(logInRekorV1(sigstore.rekorUrl, logged, verifier, options()));
      expect(failure.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
      expect(failure.message).toContain('answered something else');
    },
  );

  test('an envelope that is too large for the log leads to the digest', async () => {
    const payload = Buffer.alloc(120_000, '{}');
    const { logged, verifier } = await signed({ ...envelope, kind: 'envelope', payload } as never);
    const failure = await failureOf(logInRekorV1(sigstore.rekorUrl, logged, verifier, options()));
    expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE', status: 413 });
    expect(failure.hint).toContain('120000 bytes');
    expect(failure.hint).toContain('by its digest');
    // Rekor v2 gets the digest only.
    expect((await logInRekorV2(sigstore.rekorV2Url, logged, verifier, options())).logIndex).toBeDefined();
  });

  test.each([{ status: 502, body: '<html></html>' }, { hangUp: true }])(
    'a log that answers to a large envelope with %j is suspected to find it too large',
    async (answer) => {
      await using server = await double(() => answer);
      const payload = Buffer.alloc(2_000_000, '{}');
      const { logged, verifier } = await signed({ ...envelope, kind: 'envelope', payload } as never);
      const failure = await failureOf(logInRekorV1(server.url, logged, verifier, options()));
      expect(failure.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
      expect(failure.hint).toContain('2000000 bytes may be too large');
    },
  );
});

describe('Rekor v2', () => {
  test.each([envelope, message].map((content) => ({ kind: content.kind, content })))(
    'gets the digest of a $kind and gives a proof',
    async ({ content }) => {
      const { logged, verifier } = await signed(content);
      const entry = await logInRekorV2(`${sigstore.rekorV2Url}/`, logged, verifier, options());
      const { body } = sigstore.requests.filter(({ service }) => service === 'rekorV2').at(-1)!;
      expect(body.byteLength).toBeLessThan(1000);
      expect(entry.inclusionPromise).toBeUndefined();
      expect(entry.inclusionProof?.checkpoint?.envelope).toBeDefined();
    },
  );

  test('an entry of another signature is refused', async () => {
    const other = await signed(message);
    let answered = '';
    sigstore.play('rekorV2', {
      edit: (answer) => {
        answered = Buffer.from(answer.body ?? '').toString();
        return {};
      },
    });
    await logInRekorV2(sigstore.rekorV2Url, other.logged, other.verifier, options());
    const { logged, verifier } = await signed(message);
    sigstore.play('rekorV2', { answer: { status: 201, body: answered } });
    const failure = await failureOf(logInRekorV2(sigstore.rekorV2Url, logged, verifier, options()));
    expect(failure.message).toContain('of another signature');
  });

  test.each(['', 'null', '{}', '{"logIndex":"1","canonicalizedBody":"e30="}'])(
    'an answer that is no entry is refused: %s',
    async (body) => {
      sigstore.play('rekorV2', { answer: { status: 201, body } });
      const { logged, verifier } = await signed(message);
      const failure = await failureOf(logInRekorV2(sigstore.rekorV2Url, logged, verifier, options()));
      expect(failure.message).toContain('answered something else');
    },
  );

  test('a duplicate, of which this API gives no copy, says what to do', async () => {
    sigstore.play('rekorV2', { answer: { status: 409, body: '{"code":6,"message":"already exists"}' } });
    const { logged, verifier } = await signed(message);
    const failure = await failureOf(logInRekorV2(sigstore.rekorV2Url, logged, verifier, options()));
    expect(failure).toMatchObject({ status: 409, hint: expect.stringContaining('this very signature') });
  });
});
