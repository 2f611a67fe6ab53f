import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  decryptPrivateKey,
  generateKeyPair,
  importPrivateKey,
  type KeyAlgorithm,
  keyPairFiles,
  publicKey,
} from '@lading/sign';
import { type Cosign, cosign, password } from '../../peers/cosign.ts';
import { peer as pathOf } from '../../peers/peer.ts';
import { output } from '../../peers/run.ts';

const blob = Buffer.from('what is signed\n');
const algorithms: readonly KeyAlgorithm[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'];
/** With --key cosign hashes with SHA-256 whatever the curve, so it cannot verify these, its own among them. */
const unverifiable: readonly KeyAlgorithm[] = ['ecdsa-p384', 'ecdsa-p521'];

/** cosign 3 has to be told to keep to the old ways of blobs, which cosign 2 has no flags for. */
const old = (program: Cosign['program']): readonly string[] =>
  program === 'cosign' ? ['--new-bundle-format=false'] : [];
const quiet = (program: Cosign['program']): readonly string[] =>
  program === 'cosign' ? ['--use-signing-config=false'] : [];

describe.each(['cosign', 'cosign2'] as const)('%s', (program) => {
  let peer: Cosign;
  beforeAll(async () => {
    peer = await cosign(program);
    await peer.file('blob', blob.toString());
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
  });

  const signBlob = async (key: string): Promise<Uint8Array> => {
    const file = join(peer.folder, 'its-signature');
    await peer.output(
      ...['sign-blob', '--key', key, '--tlog-upload=false', '--output-signature', file],
      ...[...old(program), ...quiet(program), join(peer.folder, 'blob')],
    );
    return Buffer.from(await readFile(file, 'utf8'), 'base64');
  };
  const verifyBlob = async (key: string, signature: Uint8Array): Promise<boolean> => {
    const file = await peer.file('signature', Buffer.from(signature).toString('base64'));
    const { code } = await peer.run(
      ...['verify-blob', '--key', key, '--signature', file, '--insecure-ignore-tlog', ...old(program)],
      join(peer.folder, 'blob'),
    );
    return code === 0;
  };

  test('its key pair is read, and signs what it verifies', async () => {
    const files = await peer.keys();
    const pem = await readFile(files.key, 'utf8');
    expect(pem).toContain('ENCRYPTED SIGSTORE PRIVATE KEY');
    const key = await decryptPrivateKey(pem, password);
    expect(key.publicKey.pem).toBe(await readFile(files.publicKey, 'utf8'));
    expect(await verifyBlob(files.publicKey, await key.sign(blob))).toBe(true);
    expect(await verifyBlob(files.publicKey, await key.sign(Buffer.from('other')))).toBe(false);
    expect(key.publicKey.verify(blob, await signBlob(files.key))).toBe(true);
    await expect(decryptPrivateKey(pem, 'another')).rejects.toMatchObject({
      code: 'ERR_LADING_KEY_PASSWORD',
    });
  });

  test.each(algorithms)('a key pair of ours of the kind %s is one of its own', async (algorithm) => {
    const files = await generateKeyPair(password, { algorithm });
    const key = await peer.file(`${algorithm}.key`, files.privateKey);
    const pub = await peer.file(`${algorithm}.pub`, files.publicKey);
    expect(await peer.output('public-key', '--key', key)).toBe(files.publicKey);
    const ours = await (await decryptPrivateKey(files.privateKey, password)).sign(blob);
    if (program === 'cosign2' && algorithm === 'ed25519') {
      // It verifies these signatures, and panics when it has to make one.
      expect(await verifyBlob(pub, ours)).toBe(true);
      await expect(signBlob(key)).rejects.toThrow('panic');
      return;
    }
    const theirs = await signBlob(key);
    expect(publicKey(files.publicKey).verify(blob, theirs)).toBe(true);
    const isVerified = !unverifiable.includes(algorithm);
    expect([await verifyBlob(pub, ours), await verifyBlob(pub, theirs)]).toEqual([isVerified, isVerified]);
  });

  test.each<[string, () => KeyObject, 'pkcs1' | 'sec1' | 'pkcs8']>([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'pkcs1'],
    ['EC', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey, 'sec1'],
    ['EC in PKCS #8', () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey, 'pkcs8'],
  ])('a key of the kind %s is the same whether it takes it over or we do', async (kind, make, type) => {
    const plain = make().export({ type, format: 'pem' } as never) as unknown as string;
    const prefix = join(peer.folder, kind.replaceAll(/\W/g, ''));
    await peer.output(
      'import-key-pair',
      '--key',
      await peer.file('plain.pem', plain),
      '--output-key-prefix',
      prefix,
    );
    const theirs = await decryptPrivateKey(await readFile(`${prefix}.key`, 'utf8'), password);
    const ours = await keyPairFiles(await importPrivateKey(plain), password);
    expect(theirs.publicKey.pem).toBe(ours.publicKey);
    const key = await peer.file('ours.key', ours.privateKey);
    expect(await peer.output('public-key', '--key', key)).toBe(ours.publicKey);
  });

  test('an empty password is one for it, too', async () => {
    const files = await generateKeyPair('');
    const key = await peer.file('empty.key', files.privateKey);
    const env = { HOME: peer.folder, COSIGN_PASSWORD: '' };
    const shown = await output(pathOf(program), ['public-key', '--key', key], { env });
    expect(shown.toString()).toBe(files.publicKey);
    // With its other password it does not open.
    expect((await peer.run('public-key', '--key', key)).code).not.toBe(0);
  });
});
