import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { publicKey } from '../../src/keys/public-key.ts';

const data = Buffer.from('what is signed');
const pairs = {
  p256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: generateKeyPairSync('ed25519'),
} as const;

describe('a public key', () => {
  test('signing case 13: does not verify what a key of another kind signed', () => {
    for (const [name, { publicKey: verifying }] of Object.entries(pairs)) {
      for (const [other, { privateKey }] of Object.entries(pairs)) {
        const hash = { p256: 'sha256', p384: 'sha384', rsa: 'sha256', ed25519: null }[other] ?? null;
        const signature = sign(hash, data, privateKey);
        expect([name, other, publicKey(verifying).verify(data, signature)]).toEqual([
          name,
          other,
          name === other,
        ]);
      }
    }
  });

  test('signing case 13: of P-384 does not verify a signature over SHA-256, nor of P-256 one over SHA-384', () => {
    expect(publicKey(pairs.p384.publicKey).verify(data, sign('sha256', data, pairs.p384.privateKey))).toBe(
      false,
    );
    expect(publicKey(pairs.p256.publicKey).verify(data, sign('sha384', data, pairs.p256.privateKey))).toBe(
      false,
    );
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['rubbish', Buffer.from('rubbish')],
    ['r and s without DER', sign('sha256', data, { key: pairs.p256.privateKey, dsaEncoding: 'ieee-p1363' })],
    ['r and s of zero', Buffer.from('3006020100020100', 'hex')],
    [
      'a signature with something behind',
      Buffer.concat([sign('sha256', data, pairs.p256.privateKey), Buffer.of(0)]),
    ],
    ['a megabyte', Buffer.alloc(1_000_000, 0x30)],
  ])('takes %s for no signature', (_what, signature) => {
    for (const pair of Object.values(pairs))
      expect(publicKey(pair.publicKey).verify(data, signature)).toBe(false);
  });

  test('is read from PEM with line ends of Windows, as PKCS #1, and from a private key object', () => {
    const { publicKey: key, privateKey } = pairs.rsa;
    const pem = String(key.export({ type: 'spki', format: 'pem' }));
    for (const form of [
      pem.replaceAll('\n', '\r\n'),
      String(key.export({ type: 'pkcs1', format: 'pem' })),
      Buffer.from(pem),
      privateKey,
    ]) {
      expect(publicKey(form).pem).toBe(pem);
    }
  });

  test.each([
    ['text', 'hello'],
    ['a damaged key', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n'],
  ])('is not read from %s', (_what, text) => {
    expect(() => publicKey(text, { name: 'cosign.pub' })).toThrow(
      expect.objectContaining({
        code: 'ERR_LADING_KEY',
        message: 'cosign.pub is no public key in PEM format',
      }),
    );
  });
});
