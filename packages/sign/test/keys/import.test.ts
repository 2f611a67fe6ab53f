import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { algorithmOf } from '../../src/keys/algorithm.ts';
import { importPrivateKey } from '../../src/keys/import.ts';
import { writePem } from '../../src/keys/pem.ts';

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number, publicExponent = 65_537): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' } as never) as unknown as string;

describe('importing a key', () => {
  test.each<[string, string, () => string]>([
    ['PRIVATE KEY', 'ecdsa-p256', () => pem(ec('prime256v1'))],
    ['EC PRIVATE KEY', 'ecdsa-p384', () => pem(ec('secp384r1'), 'sec1')],
    ['PRIVATE KEY', 'ecdsa-p521', () => pem(ec('secp521r1'))],
    ['RSA PRIVATE KEY', 'rsa', () => pem(rsa(2048), 'pkcs1')],
    ['PRIVATE KEY', 'rsa', () => pem(rsa(3072))],
    ['PRIVATE KEY', 'ed25519', () => pem(generateKeyPairSync('ed25519').privateKey)],
  ])('reads %s of the kind %s', async (label, algorithm, make) => {
    const text = make();
    expect(text).toContain(`BEGIN ${label}-`);
    const key = await importPrivateKey(text);
    expect(key.algorithm).toBe(algorithm);
    expect(key.publicKey.verify(Buffer.from('x'), await key.sign(Buffer.from('x')))).toBe(true);
  });

  test('finds the key behind the parameters that OpenSSL writes first', async () => {
    const text = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec('prime256v1'), 'sec1')}`;
    expect((await importPrivateKey(text)).algorithm).toBe('ecdsa-p256');
  });

  test.each<[string, () => KeyObject, string]>([
    ['RSA of 1024 bits', () => rsa(1024), 'rsa 1024'],
    ['RSA with the exponent 3', () => rsa(2048, 3), 'the exponent 3'],
    ['a curve that is not taken', () => ec('secp256k1'), 'secp256k1'],
    ['Ed448', () => generateKeyPairSync('ed448').privateKey, 'ed448'],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey, 'rsa-pss'],
  ])('refuses %s', async (_what, make, named) => {
    await expect(importPrivateKey(pem(make()))).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
      message: expect.stringContaining(named),
      hint: expect.stringContaining('P-256'),
    });
  });

  test('refuses a key whose public half is another’s', async () => {
    const [one, two] = [ec('prime256v1'), ec('prime256v1')].map((key) =>
      key.export({ type: 'pkcs8', format: 'der' }),
    ) as [Buffer, Buffer];
    // PKCS #8 of an EC key ends with the public point.
    const mixed = Buffer.concat([one.subarray(0, -64), two.subarray(-64)]);
    await expect(importPrivateKey(writePem('PRIVATE KEY', mixed))).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
    });
  });

  test('says what to do with other files', async () => {
    const encrypted = ec('prime256v1').export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    }) as string;
    const open = (text: string): Promise<unknown> => importPrivateKey(text, { name: 'my.pem' });
    await expect(open(encrypted)).rejects.toMatchObject({
      message: 'my.pem is encrypted',
      hint: expect.stringContaining('openssl pkcs8 -in my.pem'),
    });
    await expect(open('hello')).rejects.toMatchObject({ code: 'ERR_LADING_KEY' });
    await expect(open(writePem('PRIVATE KEY', Buffer.from('rubbish')))).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
      message: 'my.pem holds no private key that can be read',
    });
    await expect(open(writePem('ENCRYPTED COSIGN PRIVATE KEY', Buffer.from('{}')))).rejects.toMatchObject({
      message: 'my.pem is a key of cosign already',
    });
  });
});

test('a public key is of a kind as its private key is', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  expect(algorithmOf(publicKey)).toBe('ecdsa-p384');
});
