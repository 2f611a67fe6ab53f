import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPair, type KeyPairFiles } from '../../src/keys/generate.ts';
import { type KeySources, openPrivateKey, openPublicKey } from '../../src/keys/open.ts';
import { keySources } from '../../src/node/keys.ts';
import { keyPairPaths, refuseKeyPairFiles, writeKeyPair } from '../../src/node/write-key-pair.ts';

const password = 'correct horse';
let folder = '';
let pair: KeyPairFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-keys-'));
  pair = await generateKeyPair(password);
  await writeKeyPair(keyPairPaths(join(folder, 'cosign')), pair);
});
afterAll(() => rm(folder, { recursive: true }));

const sources = (env: Record<string, string> = { COSIGN_PASSWORD: password }): KeySources =>
  keySources({ env, home: folder, cwd: folder });
const code = (value: Promise<unknown>): Promise<unknown> =>
  value.then(
    () => 'a key',
    (error: { code: string }) => error.code,
  );

describe('opening a key', () => {
  test('from a file, below the folder or by its whole path', async () => {
    for (const name of ['cosign.key', './cosign.key', join(folder, 'cosign.key')]) {
      const key = await openPrivateKey(name, sources());
      expect(key).toMatchObject({ name, algorithm: 'ecdsa-p256' });
      expect(key.publicKey.pem).toBe(pair.publicKey);
    }
    expect(await openPublicKey('cosign.pub', sources())).toMatchObject({
      name: 'cosign.pub',
      pem: pair.publicKey,
    });
  });

  test('from a variable, as CI has it', async () => {
    const env = {
      COSIGN_PRIVATE_KEY: pair.privateKey,
      COSIGN_PUBLIC_KEY: pair.publicKey,
      COSIGN_PASSWORD: password,
    };
    const key = await openPrivateKey('env://COSIGN_PRIVATE_KEY', sources(env));
    expect(key.name).toBe('env://COSIGN_PRIVATE_KEY');
    expect((await openPublicKey('env://COSIGN_PUBLIC_KEY', sources(env))).pem).toBe(key.publicKey.pem);
  });

  test('an empty COSIGN_PASSWORD is a password; none at all is an error that says so', async () => {
    const unprotected = await generateKeyPair('');
    const env = { KEY: unprotected.privateKey };
    expect(await code(openPrivateKey('env://KEY', sources({ ...env, COSIGN_PASSWORD: '' })))).toBe('a key');
    expect(await code(openPrivateKey('env://KEY', sources(env)))).toBe('ERR_LADING_KEY_PASSWORD');
  });

  test('what keys are opened with prints no variable', () => {
    expect(inspect(sources({ COSIGN_PASSWORD: 'hunter2' }), { depth: 10 })).not.toContain('hunter2');
  });

  test('asks for the password once, by the key’s name, and only when the file needs one', async () => {
    const asked: string[] = [];
    const asking = (env: Record<string, string>): KeySources => ({
      ...sources(env),
      password: async (name) => {
        asked.push(name);
        return password;
      },
    });
    await openPrivateKey('cosign.key', asking({}));
    await code(openPrivateKey('cosign.pub', asking({})));
    await code(openPrivateKey('gone.key', asking({})));
    await code(openPrivateKey('env://GONE', asking({})));
    expect(asked).toEqual(['cosign.key']);
  });

  test.each<[string, string, string | undefined, string, string]>([
    ['a file that is not there', 'gone.key', undefined, 'there is no key file gone.key', 'lading keygen'],
    ['a folder', '.', undefined, 'cannot be read: EISDIR', ''],
    ['a public key', 'cosign.pub', undefined, 'is public', 'cosign.key'],
    ['a variable that is not set', 'env://GONE', undefined, 'GONE is not set', 'secret'],
    ['an empty variable', 'env://KEY', '', 'KEY is empty', 'secret'],
    ['something else in a variable', 'env://KEY', 'hunter2', 'no private key', 'lading keygen'],
    ['a path in a variable', 'env://KEY', './cosign.key', 'no private key', 'lading keygen'],
  ])('%s is an error that helps', async (_what, reference, value, message, hint) => {
    const env = { COSIGN_PASSWORD: password, ...(value !== undefined && { KEY: value }) };
    const error = await openPrivateKey(reference, sources(env)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_LADING_KEY', message: expect.stringContaining(message) });
    expect((error as { hint?: string }).hint ?? '').toContain(hint);
    expect(inspect(error)).not.toContain('hunter2');
  });

  test('a key that is not encrypted is not used, as cosign does not either', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await expect(openPrivateKey('env://KEY', sources({ KEY: plain }))).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
      hint: expect.stringContaining('--import'),
    });
  });

  test('a private key is not taken for a public one', async () => {
    await expect(openPublicKey('cosign.key', sources())).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
      hint: expect.stringMatching(/lading public-key --key \S*cosign\.key$/),
    });
  });

  test('an endless file is read only so far', async () => {
    await expect(openPrivateKey('/dev/zero', sources())).rejects.toMatchObject({
      code: 'ERR_LADING_KEY',
      message: expect.stringContaining('too long'),
    });
    expect((await sources().readFile('/dev/zero', {})).byteLength).toBeLessThan(66_000);
    await expect(openPublicKey('/dev/zero', sources())).rejects.toMatchObject({ code: 'ERR_LADING_KEY' });
  });

  test('an aborted signal ends it with its reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(openPrivateKey('cosign.key', sources(), { signal })).rejects.toBe(reason);
    const key = await openPrivateKey('cosign.key', sources());
    await expect(key.sign(Buffer.from('x'), { signal })).rejects.toBe(reason);
  });
});

describe('writing a key pair', () => {
  test('gives the private key to its owner alone and the public key to everybody', async () => {
    const mode = async (name: string): Promise<string> =>
      ((await stat(join(folder, name))).mode & 0o777).toString(8);
    expect(await mode('cosign.key')).toBe('600');
    expect(await mode('cosign.pub')).toBe('644');
  });

  test.each(['key', 'pub'])('leaves a .%s that is there, and then writes nothing', async (extension) => {
    const prefix = join(folder, `taken-${extension}`);
    await writeFile(`${prefix}.${extension}`, 'mine');
    const paths = keyPairPaths(prefix);
    const refusal = {
      code: 'ERR_LADING_KEY',
      message: `${prefix}.${extension} is there already`,
      hint: expect.stringContaining('--force'),
    };
    await expect(refuseKeyPairFiles(paths)).rejects.toMatchObject(refusal);
    await expect(writeKeyPair(paths, pair)).rejects.toMatchObject(refusal);
    expect(await readFile(`${prefix}.${extension}`, 'utf8')).toBe('mine');
    expect((await readdir(folder)).filter((name) => name.startsWith(`taken-${extension}`))).toEqual([
      `taken-${extension}.${extension}`,
    ]);
  });

  test('with force takes the place of both, with the right permissions', async () => {
    const prefix = join(folder, 'forced');
    for (const extension of ['key', 'pub']) {
      await writeFile(`${prefix}.${extension}`, 'old');
      await chmod(`${prefix}.${extension}`, 0o666);
    }
    await writeKeyPair(keyPairPaths(prefix), pair, { force: true });
    expect(await readFile(`${prefix}.key`, 'utf8')).toBe(pair.privateKey);
    expect(await readFile(`${prefix}.pub`, 'utf8')).toBe(pair.publicKey);
    expect((await stat(`${prefix}.key`)).mode & 0o777).toBe(0o600);
  });

  test('two at the same time: one wins whole', async () => {
    const prefix = join(folder, 'race');
    const pairs = await Promise.all([generateKeyPair(''), generateKeyPair('')]);
    const outcomes = await Promise.allSettled(
      pairs.map((files) => writeKeyPair(keyPairPaths(prefix), files)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const winner = pairs[outcomes.findIndex(({ status }) => status === 'fulfilled')]!;
    expect(await readFile(`${prefix}.key`, 'utf8')).toBe(winner.privateKey);
    expect(await readFile(`${prefix}.pub`, 'utf8')).toBe(winner.publicKey);
  });
});
