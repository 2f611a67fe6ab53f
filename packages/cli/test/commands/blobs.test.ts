import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { type Scratch, scratch } from '../support/registries.ts';
import { keyPassword, person, writeKeys, writeSigstoreFiles } from '../support/signers.ts';

let folder: Scratch;
let sigstore: RunningSigstore;

beforeAll(async () => {
  folder = await scratch();
  sigstore = await startSigstore();
  await writeKeys(folder, 'cosign');
  await writeKeys(folder, 'other');
  await writeSigstoreFiles(folder, sigstore);
  await writeFile(join(folder.path, 'app.tar'), 'content');
  await writeFile(join(folder.path, 'evil.tar'), 'other content');
});
afterAll(async () => {
  await sigstore.stop();
  await folder[Symbol.asyncDispose]();
});

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, { cwd: folder.path, env: { COSIGN_PASSWORD: keyPassword }, ...options });
const sign = (...argv: string[]): Promise<RunResult> => run(['sign-blob', '--key', 'cosign.key', ...argv]);
const verify = (...argv: string[]): Promise<RunResult> =>
  run(['verify-blob', '--key', 'cosign.pub', ...argv]);

describe('sign-blob and verify-blob', () => {
  test('a bundle verifies, with the log when there is a trusted root, and for no other file', async () => {
    expect(await sign('--signing-config', 'services.json', '--bundle', 'b.json', 'app.tar')).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(await verify('--bundle', 'b.json', '--trusted-root', 'root.json', 'app.tar')).toEqual({
      code: 0,
      stdout: '✓ app.tar is signed by cosign.pub\n',
      stderr: '',
    });
    const { code, stdout, stderr } = await verify('--bundle', 'b.json', 'evil.tar');
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('the bundle is about other bytes');
  });

  test('a bare signature is printed, or written, and verifies as file and as text', async () => {
    const { stdout } = await sign('--transparency', 'none', 'app.tar');
    expect((await verify('--signature', stdout.trim(), 'app.tar')).code).toBe(0);
    await sign('--transparency', 'none', '--output-signature', 'app.sig', 'app.tar');
    expect((await verify('--signature', 'app.sig', 'app.tar')).code).toBe(0);
    expect(await readFile(join(folder.path, 'app.sig'), 'latin1')).toMatch(/^[\w+/]+=*$/);
    const { code, stderr } = await verify('--signature', 'app.sig', 'evil.tar');
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('not by this key, or not over these bytes'),
    });
  });

  test('by identity', async () => {
    const keyless = ['--keyless', '--identity-token', 'token', '--signing-config', 'services.json'];
    await run(['sign-blob', ...keyless, '--bundle', 'k.json', 'app.tar']);
    const identity = ['--certificate-identity', person, '--certificate-oidc-issuer', sigstore.issuerUrl];
    const { code, stdout } = await run([
      'verify-blob',
      '--bundle',
      'k.json',
      '--trusted-root',
      'root.json',
      ...identity,
      'app.tar',
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`by ${person} of`) });
  });

  test('the file may come from standard input', async () => {
    const { stdout } = await run(['sign-blob', '--key', 'cosign.key', '--transparency', 'none', '-'], {
      stdin: 'content',
    });
    expect((await verify('--signature', stdout.trim(), 'app.tar')).code).toBe(0);
  });

  test.each([
    ['a bundle for a log', ['sign-blob', '--key', 'cosign.key', 'app.tar'], '--bundle FILE'],
    [
      'a file',
      ['sign-blob', '--key', 'cosign.key', '--transparency', 'none', 'none.tar'],
      'the file none.tar is not there',
    ],
    [
      'something to verify with',
      ['verify-blob', '--key', 'cosign.pub', 'app.tar'],
      'with its bundle or with a bare signature',
    ],
    [
      'one thing to verify with',
      ['verify-blob', '--key', 'cosign.pub', '--bundle', 'a', '--signature', 'b', 'app.tar'],
      'with its bundle or with a bare signature',
    ],
    [
      'a bundle that is there',
      ['verify-blob', '--key', 'cosign.pub', '--bundle', 'none.json', 'app.tar'],
      'the bundle none.json is not there',
    ],
    [
      'a signature',
      ['verify-blob', '--key', 'cosign.pub', '--signature', 'root.json', 'app.tar'],
      'is not base64',
    ],
  ])('wants %s', async (_what, argv, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('what is no bundle is told', async () => {
    const { code, stderr } = await verify('--bundle', 'root.json', 'app.tar');
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('ERR_LADING_UNVERIFIED') });
  });
});
