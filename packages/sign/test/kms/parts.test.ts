import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { signAwsRequest } from '../../src/kms/aws-signature.ts';
import { crc32c } from '../../src/kms/crc32c.ts';
import { ecdsaDer } from '../../src/kms/ecdsa-der.ts';
import { holdToken } from '../../src/kms/held-token.ts';
import { awsIdentity } from './support/doubles.ts';

describe('AWS Signature Version 4', () => {
  const request = {
    url: new URL('https://example.amazonaws.com/'),
    headers: {},
    body: '',
    region: 'us-east-1',
    service: 'service',
    time: Date.UTC(2015, 7, 30, 12, 36, 0),
  };

  test('is that of AWS’s own test suite: post-vanilla', () => {
    expect(signAwsRequest(request, awsIdentity).authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    );
  });

  test('is that of AWS’s own test suite: post-sts-header-before', () => {
    const sessionToken =
      'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
    expect(signAwsRequest(request, { ...awsIdentity, sessionToken }).authorization).toMatch(
      /SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead$/,
    );
  });
});

test.each([
  // RFC 3720, appendix B.4
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 times 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('CRC-32C of %s', (_what, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test.each(['prime256v1', 'secp384r1', 'secp521r1'])(
  'r and s of a signature on %s become the DER that Node verifies',
  (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const data = Buffer.from('data');
    for (let round = 0; round < 64; round++) {
      const raw = sign('sha512', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verify('sha512', data, publicKey, ecdsaDer(raw))).toBe(true);
    }
  },
);

test('zeros in front of r and s are left out, and one put back where the number would be negative', () => {
  // r = 0x0102, s = 0x800000
  expect(Buffer.from(ecdsaDer(Buffer.from('000102800000', 'hex'))).toString('hex')).toBe(
    ['300a', '02020102', '020400800000'].join(''),
  );
});

test('a token is held until a minute before its end', async () => {
  let [time, fetched] = [1_000_000, 0];
  const token = holdToken(
    async () => ({ token: `t${++fetched}`, lifetimeMs: 600_000 }),
    () => time,
  );
  expect(await token(undefined)).toBe('t1');
  time += 539_999;
  expect(await token(undefined)).toBe('t1');
  time += 1;
  expect(await token(undefined)).toBe('t2');
});
