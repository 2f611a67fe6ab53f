import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { timestamp } from '../../src/services/timestamp-authority.ts';
import { integer, timestampRequest } from '../../src/services/timestamp-request.ts';
import { failureOf, testClock } from './support/double.ts';

let sigstore: RunningSigstore;
let url: string;
beforeAll(async () => {
  sigstore = await startSigstore();
  url = `${sigstore.tsaUrl}/api/v1/timestamp`;
});
afterAll(async () => {
  await sigstore.stop();
});

const data = Buffer.from('to be stamped');
const options = () => ({ clock: testClock(), random: () => 0 });

describe('timestampRequest', () => {
  test('is DER as RFC 3161 has it', () => {
    const digest = createHash('sha256').update(data).digest('hex');
    expect(timestampRequest(data, Buffer.from('0123456789abcdef', 'hex')).toString('hex')).toBe(
      `3043020101${'3031300d060960864801650304020105000420'}${digest}${'02080123456789abcdef'}${'0101ff'}`,
    );
  });

  test.each([
    ['00', '020100'],
    ['0000', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['000080ff', '02030080ff'],
    ['ffffffffffffffff', '020900ffffffffffffffff'],
  ])('an integer of %s is %s', (bytes, der) => {
    expect(integer(Buffer.from(bytes, 'hex')).toString('hex')).toBe(der);
  });
});

describe('timestamp', () => {
  test('is over what was sent', async () => {
    const der = await timestamp(url, data, options());
    expect(Buffer.from(der).includes(createHash('sha256').update(data).digest())).toBe(true);
    const { headers } = sigstore.requests.at(-1)!;
    expect(headers['content-type']).toBe('application/timestamp-query');
  });

  const foreign: readonly (readonly [string, () => Uint8Array, string])[] = [
    ['over other bytes', () => sigstore.timestamp(Buffer.from('other')), 'over other bytes'],
    [
      'for another request',
      () => sigstore.timestamp(data, { nonce: Buffer.of(1, 2, 3) }),
      'for another request',
    ],
    ['without a nonce', () => sigstore.timestamp(data), 'for another request'],
    ['over another hash', () => sigstore.timestamp(data, { hash: 'sha512' }), 'over another hash'],
    ['a refusal', () => Buffer.from('30053003020102', 'hex'), 'does not grant the timestamp (status 2)'],
    ['that grants nothing', () => Buffer.from('30053003020100', 'hex'), 'it is no timestamp'],
    ['no DER', () => Buffer.from('hello'), 'it is no timestamp'],
    ['nothing', () => Buffer.alloc(0), 'it is no timestamp'],
    [
      'with more behind it',
      () => Buffer.concat([sigstore.timestamp(data), Buffer.of(0)]),
      'it is no timestamp',
    ],
  ];
  test.each(foreign)('an answer %s is refused', async (_, body, words) => {
    sigstore.play('tsa', { answer: { status: 201, body: body() } });
    const failure = await failureOf(timestamp(url, data, options()));
    expect(failure).toMatchObject({
      code: 'ERR_LADING_SIGSTORE_SERVICE',
      service: 'The timestamp authority',
    });
    expect(failure.message).toContain(words);
  });

  test('any flipped byte of an answer gives a clear error or the same timestamp of another signature', async () => {
    let answered: Uint8Array = Buffer.alloc(0);
    sigstore.play('tsa', {
      edit: (answer) => {
        answered = Buffer.from(answer.body as Uint8Array);
        return {};
      },
    });
    await timestamp(url, data, options());
    for (let index = 0; index < answered.byteLength; index += 7) {
      sigstore.play('tsa', {
        edit: ({ body }) => {
          const bytes = Buffer.from(body as Uint8Array);
          bytes[Math.min(index, bytes.byteLength - 1)]! ^= 0x55;
          return { body: bytes };
        },
      });
      const outcome = await timestamp(url, data, options()).then(
        () => 'fine',
        (error: { code?: unknown }) => error.code,
      );
      expect(['fine', 'ERR_LADING_SIGSTORE_SERVICE']).toContain(outcome);
    }
  });

  test('a refusal is told', async () => {
    sigstore.play('tsa', { answer: { status: 400, body: '{"code":400,"message":"no such policy"}' } });
    const failure = await failureOf(timestamp(url, data, options()));
    expect(failure).toMatchObject({ status: 400 });
    expect(failure.message).toContain('no such policy');
  });
});
