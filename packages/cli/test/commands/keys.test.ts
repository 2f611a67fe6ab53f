import { generateKeyPairSync, verify } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decryptPrivateKey } from '@lading/sign';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { type Scratch, scratch } from '../support/registries.ts';

const password = 'Tr0ub4dor&3';
let folder: Scratch;
beforeEach(async () => {
  folder = await scratch();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, { cwd: folder.path, env: { COSIGN_PASSWORD: password }, ...options });
const content = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');

describe('lading keygen', () => {
  test.each(['keygen', 'generate-key-pair'])(
    '%s writes cosign.key for its owner, and cosign.pub',
    async (verb) => {
      const { code, stdout, stderr } = await run([verb]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr).toMatch(/cosign\.key signs.*\n.*cosign\.pub verifies/);
      expect((await stat(join(folder.path, 'cosign.key'))).mode & 0o777).toBe(0o600);
      const key = await decryptPrivateKey(await content('cosign.key'), password);
      expect(
        verify('sha256', Buffer.from('x'), await content('cosign.pub'), await key.sign(Buffer.from('x'))),
      ).toBe(true);
    },
  );

  test('--json names the files, the kind, and the fingerprint that bundles have', async () => {
    const { stdout } = await run(['keygen', '--json', '--output-key-prefix', 'ci', '--algorithm', 'ed25519']);
    const key = await decryptPrivateKey(await content('ci.key'), password);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      privateKey: expect.stringContaining('ci.key'),
      publicKey: expect.stringContaining('ci.pub'),
      algorithm: 'ed25519',
      fingerprint: key.publicKey.hint,
    });
  });

  test.each(['key', 'pub'])('a .%s that is there stays, and no password is asked for', async (extension) => {
    await writeFile(join(folder.path, `cosign.${extension}`), 'mine');
    const { code, stderr } = await run(['keygen'], { env: {} });
    expect(code).toBe(3);
    expect(stderr).toMatch(new RegExp(`cosign\\.${extension} is there already\\n.*--force`));
    expect(await readdir(folder.path)).toEqual([`cosign.${extension}`]);
    expect((await run(['keygen', '--force'])).code).toBe(0);
    expect(await content(`cosign.${extension}`)).not.toBe('mine');
  });

  test('an empty COSIGN_PASSWORD is a password, with a word on what that means', async () => {
    const { code, stderr } = await run(['keygen'], { env: { COSIGN_PASSWORD: '' } });
    expect(code).toBe(0);
    expect(stderr).toContain('the password is empty');
    await decryptPrivateKey(await content('cosign.key'), '');
  });

  test.each([
    ['pw on stdin\n', 'pw on stdin'],
    ['pw on stdin\r\n', 'pw on stdin'],
    ['  spaces stay  ', '  spaces stay  '],
    ['\n', ''],
  ])('without the variable it is read from standard input: %j', async (stdin, word) => {
    expect((await run(['keygen'], { env: {}, stdin })).code).toBe(0);
    await decryptPrivateKey(await content('cosign.key'), word);
  });

  test.each([
    ['ecdsa-p256', undefined],
    ['ecdsa-p384', 'sha384'],
    ['ecdsa-p521', 'sha512'],
    ['ed25519', undefined],
  ])('says how cosign verifies a key of the kind %s', async (algorithm, digest) => {
    const { stderr } = await run(['keygen', '--algorithm', algorithm]);
    expect(/--signature-digest-algorithm (\w+)/.exec(stderr)?.[1]).toBe(digest);
  });

  test('no password at all makes no key', async () => {
    const { code, stderr } = await run(['keygen'], { env: {} });
    expect(code).toBe(4);
    expect(stderr).toMatch(/ERR_LADING_KEY_PASSWORD[\s\S]*COSIGN_PASSWORD/);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('--import takes over a key that OpenSSL made, from a file or a variable', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
    await writeFile(join(folder.path, 'openssl.pem'), pem);
    expect((await run(['keygen', '--import', 'openssl.pem', '--output-key-prefix', 'a'])).code).toBe(0);
    const env = { COSIGN_PASSWORD: password, PLAIN: pem };
    expect((await run(['keygen', '--import', 'env://PLAIN', '--output-key-prefix', 'b'], { env })).code).toBe(
      0,
    );
    for (const name of ['a.pub', 'b.pub']) {
      expect(await content(name)).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
    }
  });

  test.each<[string, readonly string[], string]>([
    ['a file that is not there', ['--import', 'gone.pem'], 'there is no key file gone.pem'],
    ['no key', ['--import', 'text.pem'], 'holds no private key'],
    ['a key and a kind', ['--import', 'text.pem', '--algorithm', 'rsa'], 'cannot go together'],
    ['an unknown kind', ['--algorithm', 'dsa'], 'ecdsa-p256'],
    ['a folder that is not there', ['--output-key-prefix', 'gone/cosign'], 'there is no folder'],
  ])('%s is wrong usage', async (_what, argv, message) => {
    await writeFile(join(folder.path, 'text.pem'), 'hello');
    const { code, stderr } = await run(['keygen', ...argv]);
    expect(code).toBe(3);
    expect(stderr).toContain(message);
    expect(await readdir(folder.path)).toEqual(['text.pem']);
  });
});

describe('lading public-key', () => {
  test('prints what cosign.pub has, of a file and of a variable', async () => {
    await run(['keygen']);
    const pem = await content('cosign.pub');
    expect(await run(['public-key', '--key', 'cosign.key'])).toEqual({ code: 0, stdout: pem, stderr: '' });
    const env = { COSIGN_PASSWORD: password, COSIGN_PRIVATE_KEY: await content('cosign.key') };
    expect((await run(['public-key', '--key', 'env://COSIGN_PRIVATE_KEY'], { env })).stdout).toBe(pem);
    expect(JSON.parse((await run(['public-key', '--key', 'cosign.key', '--json'])).stdout)).toMatchObject({
      algorithm: 'ecdsa-p256',
      publicKey: pem,
    });
  });

  test('a wrong password ends with 4', async () => {
    await run(['keygen']);
    const { code, stderr } = await run(['public-key', '--key', 'cosign.key'], {
      env: { COSIGN_PASSWORD: 'x' },
    });
    expect(code).toBe(4);
    expect(stderr).toContain('the password does not open cosign.key');
  });

  test.each<[readonly string[], string]>([
    [[], 'takes one private key'],
    [['--key', 'gone.key'], 'lading keygen'],
    [['--key', 'k8s://ns/secret'], 'env://COSIGN_PRIVATE_KEY'],
    [['--key', 'awskms:///release'], 'alias/NAME'],
  ])('%j is wrong usage', async (argv, hint) => {
    const { code, stderr } = await run(['public-key', ...argv]);
    expect(code).toBe(3);
    expect(stderr).toContain(hint);
  });
});

test('signing case 25: no output has a key or a password in it', async () => {
  const texts: string[] = [];
  const collect = async (argv: readonly string[], options: RunOptions = {}): Promise<void> => {
    const { stdout, stderr } = await run([...argv, '--verbose'], options);
    texts.push(stdout, stderr);
  };
  await collect(['keygen', '--json']);
  const pem = await content('cosign.key');
  await collect(['keygen', '--json']);
  await collect(['public-key', '--key', 'cosign.key', '--json']);
  await collect(['public-key', '--key', 'cosign.key'], { env: { COSIGN_PASSWORD: `${password}-wrong` } });
  // As when a variable is written without its quotes and env://.
  await collect(['public-key', '--key', pem]);
  await collect(['keygen', '--import', pem, '--output-key-prefix', 'other']);
  await collect(['public-key', '--key', 'env://K'], {
    env: { K: pem.slice(0, 400), COSIGN_PASSWORD: password },
  });
  await collect(['keygen', '--output-key-prefix', 'third'], { env: {}, stdin: `${password}\n` });
  const body = pem.split('\n').slice(1, -2);
  for (const text of texts) {
    expect(text).not.toContain(password);
    for (const line of body) expect(text).not.toContain(line.slice(0, 24));
  }
});
