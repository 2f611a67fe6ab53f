import { createHash, createPublicKey, scryptSync, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import fc from 'fast-check';
import { generateKeyPair, generatePrivateKey, type KeyPairFiles } from '../../src/keys/generate.ts';
import { decryptPrivateKey, encryptPrivateKey } from '../../src/keys/key-file.ts';
import { writePem } from '../../src/keys/pem.ts';

const password = 'horse battery';
const data = Buffer.from('what is signed');

let pair: KeyPairFiles;
beforeAll(async () => {
  pair = await generateKeyPair(password);
});

interface Envelope {
  kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
  cipher: { name: string; nonce: string };
  ciphertext: string;
}

function envelopeOf(pem: string): Envelope {
  const body = pem.replace(/-----[^-]+-----/g, '');
  return JSON.parse(Buffer.from(body, 'base64').toString('utf8')) as Envelope;
}

/** The file with something changed in its JSON. */
function changed(change: (envelope: Envelope) => void): string {
  const envelope = envelopeOf(pair.privateKey);
  change(envelope);
  return writePem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(envelope)));
}

const opening = (pem: string, word = password): Promise<unknown> => decryptPrivateKey(pem, word);

describe('a key file', () => {
  test('is what cosign writes: its PEM name, its JSON with its order, N 65536, secretbox over PKCS #8', () => {
    expect(pair.privateKey).toMatch(
      /^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n([\w+/=]{64}\n)+[\w+/=]{1,64}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n$/,
    );
    const envelope = envelopeOf(pair.privateKey);
    expect(JSON.stringify(envelope)).toMatch(
      /^\{"kdf":\{"name":"scrypt","params":\{"N":65536,"r":8,"p":1\},"salt":"[^"]{44}"\},"cipher":\{"name":"nacl\/secretbox","nonce":"[^"]{32}"\},"ciphertext":"[^"]+"\}$/,
    );
    // Opened here by hand, so that reading and writing cannot be wrong in the same way.
    const salt = Buffer.from(envelope.kdf.salt, 'base64');
    const key = scryptSync(password, salt, 32, { N: 65_536, r: 8, p: 1, maxmem: 2 ** 28 });
    const box = xsalsa20poly1305(key, Buffer.from(envelope.cipher.nonce, 'base64'));
    const secret = Buffer.from(box.decrypt(Buffer.from(envelope.ciphertext, 'base64')));
    const pem = `-----BEGIN PRIVATE KEY-----\n${secret.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    expect(createPublicKey(pem).export({ type: 'spki', format: 'pem' })).toBe(pair.publicKey);
  });

  test('opens to a key whose signatures the public half verifies', async () => {
    const key = await decryptPrivateKey(pair.privateKey, password);
    const signature = await key.sign(data);
    expect(key.algorithm).toBe('ecdsa-p256');
    expect(key.publicKey.pem).toBe(pair.publicKey);
    expect(verify('sha256', data, pair.publicKey, signature)).toBe(true);
    expect(key.publicKey.verify(data, signature)).toBe(true);
    expect(key.publicKey.verify(Buffer.from('other'), signature)).toBe(false);
  });

  test.each([
    ['ecdsa-p256', 'sha256'],
    ['ecdsa-p384', 'sha384'],
    ['ecdsa-p521', 'sha512'],
    ['rsa', 'sha256'],
    ['ed25519', null],
  ] as const)('may hold a key of the kind %s, which signs with %s', async (algorithm, hash) => {
    const files = await generateKeyPair('', { algorithm });
    const key = await decryptPrivateKey(files.privateKey, '');
    expect(key.algorithm).toBe(algorithm);
    expect(verify(hash, data, files.publicKey, await key.sign(data))).toBe(true);
    const spki = createPublicKey(files.publicKey).export({ type: 'spki', format: 'der' });
    expect(key.publicKey.hint).toBe(createHash('sha256').update(spki).digest('base64'));
  });

  test('signing case 25: a wrong password, and an empty one in its place, do not open it', async () => {
    for (const word of ['horse batteri', '', `${password} `]) {
      await expect(opening(pair.privateKey, word)).rejects.toMatchObject({
        code: 'ERR_LADING_KEY_PASSWORD',
        hint: expect.stringContaining('COSIGN_PASSWORD'),
      });
    }
  });

  test('signing case 25: the password may be empty, and may have letters of any script', async () => {
    for (const word of ['', 'пароль 密码 🔑']) {
      const files = await generateKeyPair(word);
      expect((await decryptPrivateKey(files.privateKey, word)).publicKey.pem).toBe(files.publicKey);
      await expect(opening(files.privateKey, 'x')).rejects.toMatchObject({ code: 'ERR_LADING_KEY_PASSWORD' });
    }
  });

  test.each([
    ['N', 65_537],
    ['N', 16_384],
    ['N', 2 ** 30],
    ['N', -1],
    ['r', 9],
    ['p', 2],
    ['p', 1_000_000],
  ])(
    'signing case 25: the scrypt setting %s %d is refused before anything is derived',
    async (name, value) => {
      const pem = changed(({ kdf }) => Object.assign(kdf.params, { [name]: value }));
      const started = performance.now();
      await expect(opening(pem)).rejects.toMatchObject({
        code: 'ERR_LADING_KEY',
        message: expect.stringContaining(`kdf.params.${name}`),
        hint: expect.stringContaining('32768, 65536, 131072'),
      });
      // The dearest of these would take hours.
      expect(performance.now() - started).toBeLessThan(1000);
    },
  );

  test.each([32_768, 131_072])('signing case 25: cosign’s other setting, N %d, is read', async (N) => {
    const key = await decryptPrivateKey(pair.privateKey, password);
    const salt = Buffer.alloc(32, 1);
    const nonce = Buffer.alloc(24, 2);
    const derived = scryptSync('pw', salt, 32, { N, r: 8, p: 1, maxmem: 2 ** 29 });
    const ciphertext = xsalsa20poly1305(derived, nonce).encrypt(key.exportSecret());
    const pem = changed((envelope) => {
      envelope.kdf.params.N = N;
      envelope.kdf.salt = salt.toString('base64');
      envelope.cipher.nonce = nonce.toString('base64');
      envelope.ciphertext = Buffer.from(ciphertext).toString('base64');
    });
    expect((await decryptPrivateKey(pem, 'pw')).publicKey.pem).toBe(pair.publicKey);
  });

  test.each<[string, (envelope: Envelope) => void]>([
    ['a short nonce', ({ cipher }) => Object.assign(cipher, { nonce: cipher.nonce.slice(0, 28) })],
    ['a short salt', ({ kdf }) => Object.assign(kdf, { salt: kdf.salt.slice(0, 40) })],
    ['an empty ciphertext', (envelope) => Object.assign(envelope, { ciphertext: '' })],
    [
      'a ciphertext of 16 bytes',
      (envelope) => Object.assign(envelope, { ciphertext: `${'A'.repeat(22)}==` }),
    ],
    ['a ciphertext that is no base64', (envelope) => Object.assign(envelope, { ciphertext: '!' })],
    ['another cipher', ({ cipher }) => Object.assign(cipher, { name: 'aes' })],
    ['another derivation', ({ kdf }) => Object.assign(kdf, { name: 'pbkdf2' })],
    ['no cipher', (envelope) => Object.assign(envelope, { cipher: undefined })],
  ])('signing case 25: %s is damage, whatever the password', async (_what, change) => {
    await expect(opening(changed(change))).rejects.toMatchObject({ code: 'ERR_LADING_KEY' });
  });

  test('signing case 25: the same bytes in another spelling are damage', async () => {
    // Six of the eight bits of the last byte stand in the letter before, so the last letter has four that mean nothing.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const pem = changed((envelope) => {
      const [, head, last = ''] = /^(.*)(.)==$/.exec(envelope.ciphertext) ?? [];
      const respelt = `${head}${letters[letters.indexOf(last) + 1]}==`;
      expect(Buffer.from(respelt, 'base64')).toEqual(Buffer.from(envelope.ciphertext, 'base64'));
      envelope.ciphertext = respelt;
    });
    await expect(opening(pem)).rejects.toMatchObject({ code: 'ERR_LADING_KEY' });
  });

  test('signing case 25: a ciphertext that is cut off does not open', async () => {
    const pem = changed((envelope) =>
      Object.assign(envelope, { ciphertext: envelope.ciphertext.slice(0, envelope.ciphertext.length - 4) }),
    );
    await expect(opening(pem)).rejects.toMatchObject({ code: 'ERR_LADING_KEY_PASSWORD' });
  });

  test('signing case 25: both PEM names are read, with line ends of Windows, indented, and with text around', async () => {
    const older = pair.privateKey.replaceAll('SIGSTORE', 'COSIGN');
    const forms = [
      older,
      pair.privateKey.replaceAll('\n', '\r\n'),
      older.replace(/^/gm, '    '),
      `# our key\n${pair.privateKey}\nend of file`,
      pair.privateKey.trimEnd(),
    ];
    for (const form of forms) {
      expect((await decryptPrivateKey(form, password)).publicKey.pem).toBe(pair.publicKey);
    }
    expect((await decryptPrivateKey(Buffer.from(older), password)).publicKey.pem).toBe(pair.publicKey);
  });

  test.each([
    ['nothing', ''],
    ['a public key', undefined],
    ['text', 'hello'],
    [
      'a block without content',
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----',
    ],
    ['no JSON', writePem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from('secret words'))],
    ['JSON of something else', writePem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from('[1]'))],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('%s is no key file', async (_what, text) => {
    await expect(opening(text ?? pair.publicKey)).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
      message: expect.not.stringContaining('secret words'),
    });
  });

  test('signing case 25: no changed byte of it yields a key', async () => {
    const bytes = Buffer.from(pair.privateKey.trimEnd());
    const flips = fc.tuple(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flips, async ([place, mask]) => {
        const flipped = Buffer.from(bytes);
        flipped[place]! ^= mask;
        const outcome = await decryptPrivateKey(flipped, password).then(
          () => 'a key',
          (error: { code: string }) => error.code,
        );
        expect(['ERR_LADING_KEY', 'ERR_LADING_KEY_PASSWORD']).toContain(outcome);
      }),
      { numRuns: 150 },
    );
  });

  test('two files of one key have nothing in common but the key', async () => {
    const key = await generatePrivateKey();
    const [one, two] = await Promise.all([encryptPrivateKey(key, 'pw'), encryptPrivateKey(key, 'pw')]);
    const [a, b] = [envelopeOf(one), envelopeOf(two)];
    expect(a.kdf.salt).not.toBe(b.kdf.salt);
    expect(a.cipher.nonce).not.toBe(b.cipher.nonce);
    expect(a.ciphertext).not.toBe(b.ciphertext);
  });

  test('opening one leaves the event loop alive', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await decryptPrivateKey(pair.privateKey, password);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  test('signing case 25: neither key nor password is in anything that is printed', async () => {
    const secretWord = 'Xyzzy-Plugh-31337';
    const made = await generatePrivateKey();
    const pem = await encryptPrivateKey(made, secretWord);
    const key = await decryptPrivateKey(pem, secretWord, { name: 'cosign.key' });
    const secret = made.exportSecret();
    const failures = await Promise.all(
      [`${secretWord}-wrong`, ''].map((word) =>
        decryptPrivateKey(pem, word).catch((error: unknown) => error),
      ),
    );
    const printed = [key, made, ...failures].flatMap((value) => [
      inspect(value, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(value),
      String(value),
    ]);
    for (const text of printed) {
      expect(text).not.toContain(secretWord);
      for (const encoding of ['base64', 'hex', 'base64url'] as const) {
        // The part of PKCS #8 that is the secret number: 32 bytes after the head.
        expect(text).not.toContain(secret.subarray(36, 60).toString(encoding));
        expect(text).not.toContain(secret.subarray(33, 60).toString(encoding).slice(4, 24));
      }
    }
  });
});
