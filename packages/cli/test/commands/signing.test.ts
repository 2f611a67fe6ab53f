import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LadingError } from '@lading/oci';
import type { RegistryServer } from '@lading/server';
import { makeDistribution, makeImage, pushImage, type TestImage } from '@lading/testkit';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { deadHost, registryIn, type Scratch, scratch } from '../support/registries.ts';
import { keyPassword, person, writeKeys, writeSigstoreFiles } from '../support/signers.ts';

const distribution: TestImage = makeDistribution({ payload: 2000 });
const { digest } = distribution.descriptor;
const platforms = distribution.manifests.filter(({ descriptor }) => descriptor.digest !== digest);

let folder: Scratch;
let registry: RegistryServer;
let sigstore: RunningSigstore;
let privateKey: string;
let repositories = 0;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  sigstore = await startSigstore();
  privateKey = await writeKeys(folder, 'cosign');
  await writeKeys(folder, 'other');
  await writeSigstoreFiles(folder, sigstore);
});
afterAll(async () => {
  await sigstore.stop();
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

/** An index of two platforms that nobody has signed. @returns its name, with the tag 1 */
async function newImage(image: TestImage = distribution): Promise<string> {
  const repository = `acme/app${repositories++}`;
  await pushImage(registry.url, repository, '1', image);
  return `${registry.host}/${repository}:1`;
}

/** Without the tag. */
const nameOf = (image: string): string => image.replace(/:1$/, '');

const env = { COSIGN_PASSWORD: keyPassword };
const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, { cwd: folder.path, env, ...options });
const sign = (...argv: string[]): Promise<RunResult> => run(['sign', '--key', 'cosign.key', ...argv]);
const verify = (...argv: string[]): Promise<RunResult> => run(['verify', '--key', 'cosign.pub', ...argv]);
const keyless = ['--keyless', '--identity-token', 'token', '--signing-config', 'services.json'];
const identity = (): string[] => [
  '--trusted-root',
  'root.json',
  '--certificate-identity',
  person,
  '--certificate-oidc-issuer',
  sigstore.issuerUrl,
];

interface VerifiedImage {
  readonly ok: boolean;
  readonly manifests: readonly [{ readonly accepted: unknown[]; readonly readers: { program: string }[] }];
}
const verified = async (...argv: string[]): Promise<VerifiedImage[]> =>
  JSON.parse((await verify('--json', ...argv)).stdout).images;

describe('lading sign', () => {
  test('signs the digest of a tag in both formats, says so, and prints what verify takes', async () => {
    const image = await newImage();
    const { code, stdout, stderr } = await sign(image);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${nameOf(image)}@${digest}\n`,
    });
    expect(stderr).toContain(`signed by cosign.key   ${digest} (was :1)   bundle, .sig`);
    expect((await verify(stdout.trim())).code).toBe(0);
  });

  test('a second time finds that there is nothing to do; --force adds one more', async () => {
    const image = await newImage();
    await sign(image);
    expect((await sign(image)).stderr).toContain('signed by cosign.key before');
    expect((await sign('--force', image)).stderr).toContain('bundle, .sig');
    expect((await verified(image))[0]!.manifests[0].accepted).toHaveLength(4);
  });

  test.each([
    ['bundle', 'bundle', ['cosign 3', 'Kyverno']],
    ['legacy', '.sig', ['cosign 2', 'cosign 3', 'policy-controller', 'Kyverno', 'podman']],
  ])('--format %s writes one, and verify says who can read it', async (format, shown, readers) => {
    const image = await newImage();
    expect((await sign('--format', format, image)).stderr).toMatch(new RegExp(`\\(was :1\\) {3}${shown}\n$`));
    const [found] = await verified(image);
    expect(found!.manifests[0].readers.map(({ program }) => program)).toEqual(readers);
  });

  test('several tags of one image are signed once', async () => {
    const image = await newImage();
    await run(['tag', image, '2', '3']);
    const images = ['1', '2', '3'].map((tag) => image.replace(/1$/, tag));
    const { code, stdout } = await sign(...images);
    expect({ code, lines: stdout.split('\n') }).toEqual({
      code: 0,
      lines: [...Array(3).fill(expect.stringContaining(digest)), ''],
    });
    expect((await verified(image))[0]!.manifests[0].accepted).toHaveLength(2);
  });

  test('many images need the password once, which is then not asked of standard input again', async () => {
    const images = await Promise.all(Array.from({ length: 5 }, () => newImage()));
    const { code, stdout } = await run(['sign', '--key', 'cosign.key', ...images], {
      env: {},
      stdin: `${keyPassword}\n`,
    });
    expect({ code, lines: stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 5 });
    expect((await verify(...images)).code).toBe(0);
  });

  test('one image that cannot be signed stops no other, and the exit code says that some failed', async () => {
    const image = await newImage();
    const { code, stdout, stderr } = await sign(`${registry.host}/acme/none:1`, image);
    expect({ code, stdout }).toEqual({ code: 7, stdout: `${nameOf(image)}@${digest}\n` });
    expect(stderr).toContain('acme/none:1   ERR_LADING_NOT_FOUND');
  });

  test('--dry-run says what would be written and writes nothing', async () => {
    const image = await newImage();
    const { code, stderr } = await sign('--dry-run', image);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('not signed by cosign.key (dry run)'),
    });
    expect((await verify(image)).code).toBe(5);
    await sign('--format', 'bundle', image);
    expect((await sign('--dry-run', image)).stderr).toMatch(/ {3}\.sig\n$/);
  });

  test('--recursive signs what an index lists, too', async () => {
    const image = await newImage();
    await sign(image);
    const before = await verify('-r', image);
    expect(before.code).toBe(5);
    expect(before.stderr).toContain('lading sign --recursive');
    expect(before.stdout).toContain('is signed by cosign.pub');
    expect((await sign('-r', image)).stderr.match(/signed by cosign\.key {3}/g)).toHaveLength(2);
    expect(await verify('-r', image)).toMatchObject({ code: 0, stderr: '' });
  });

  test('annotations are signed, and can be asked for', async () => {
    const image = await newImage();
    await sign('-a', 'env=prod', '-a', 'note=a=b', image);
    expect((await verify('-a', 'env=prod', '-a', 'note=a=b', image)).code).toBe(0);
    const { code, stderr } = await verify('-a', 'env=test', image);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('its annotation env is "prod"'),
    });
  });

  test('--reference is the name that is signed', async () => {
    const image = await newImage();
    await sign('--format', 'legacy', '--reference', 'ghcr.io/acme/app', image);
    expect((await verify('--reference', 'ghcr.io/acme/app', image)).code).toBe(0);
    expect((await verify('--reference', 'ghcr.io/acme/other', image)).stderr).toContain(
      'it was signed as ghcr.io/acme/app',
    );
  });

  test('the key in COSIGN_PRIVATE_KEY signs when no other is named', async () => {
    const image = await newImage();
    const { code, stderr } = await run(['sign', image], { env: { ...env, COSIGN_PRIVATE_KEY: privateKey } });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('env://COSIGN_PRIVATE_KEY'),
    });
    expect((await verify(image)).code).toBe(0);
  });

  test('signatures are kept where COSIGN_REPOSITORY says', async () => {
    const image = await newImage();
    const elsewhere = { ...env, COSIGN_REPOSITORY: `${registry.host}/signatures` };
    expect((await run(['sign', '--key', 'cosign.key', image], { env: elsewhere })).code).toBe(0);
    expect((await verify(image)).code).toBe(5);
    expect((await run(['verify', '--key', 'cosign.pub', image], { env: elsewhere })).code).toBe(0);
    const wrong = await run(['verify', '--key', 'cosign.pub', await newImage(makeImage())], {
      env: elsewhere,
    });
    expect(wrong.stderr).toContain('which COSIGN_REPOSITORY names');
  });

  test('in an OCI layout folder works the same', async () => {
    const layout = `oci:${join(folder.path, 'layout')}`;
    await run(['copy', await newImage(), layout]);
    expect((await sign(layout)).code).toBe(0);
    expect((await verify(layout)).stdout).toContain('is signed by cosign.pub (bundle and .sig');
  });

  test('what Go’s programs write as --switch=true is understood', async () => {
    const image = await newImage();
    expect((await sign('--tlog-upload=false', '--yes=true', '--recursive=false', image)).code).toBe(0);
    expect((await verify('--insecure-ignore-tlog=true', image)).code).toBe(0);
  });

  test('an interruption ends the waiting for a service that says nothing, and nothing is written', async () => {
    const image = await newImage();
    const interruption = new AbortController();
    sigstore.play('rekor', { hang: true });
    const signing = run(['sign', '--key', 'cosign.key', '--signing-config', 'services.json', image], {
      signal: interruption.signal,
    });
    while (sigstore.count('rekor') === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    interruption.abort(new LadingError('ERR_LADING_INTERRUPTED', 'interrupted by SIGINT'));
    expect(await signing).toMatchObject({ code: 130, stdout: '' });
    sigstore.calm();
    expect((await verify(image)).stderr).toContain('ERR_LADING_UNSIGNED');
  });
});

describe('lading sign --keyless', () => {
  test('signs with a certificate, says as whom, and is recognised by the trusted root', async () => {
    const image = await newImage();
    const first = await run(['sign', ...keyless, '--trusted-root', 'root.json', image]);
    expect({ code: first.code, stderr: first.stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`signed by ${person} `),
    });
    const second = await run(['sign', ...keyless, '--trusted-root', 'root.json', image]);
    expect(second.stderr).toContain(`signed by ${person} before`);
    const { code, stdout } = await run(['verify', ...identity(), image]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`is signed by ${person} of ${sigstore.issuerUrl} (bundle and .sig`),
    });
  });

  test('without a trusted root says that each run adds one', async () => {
    const { stderr } = await run(['sign', ...keyless, await newImage()]);
    expect(stderr).toContain('signatures that are there already are not recognised');
  });

  test('asks the services that the signing config names, and none for an image on this machine with a key', async () => {
    const before = sigstore.count();
    await sign(await newImage());
    expect(sigstore.count()).toBe(before);
    await sign('--transparency', 'services.json', await newImage());
    expect(sigstore.count('rekor')).toBeGreaterThan(0);
  });
});

describe('lading verify', () => {
  test('says what is not valid, signature by signature, with exit code 5', async () => {
    const image = await newImage();
    await sign(image);
    const { code, stdout, stderr } = await run(['verify', '--key', 'other.pub', image]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('ERR_LADING_UNVERIFIED');
    expect(stderr).toMatch(/bundle sha256:\w+: it is signed with a key, and not with one that is trusted/);
    expect(stderr).toMatch(/\.sig, layer 0: it is signed with a key, and not with one that is trusted/);
    expect(stderr).toContain('hint: Is it the right key?');
  });

  test('an image that nobody signed is told apart', async () => {
    const { code, stderr } = await verify(await newImage());
    expect(code).toBe(5);
    expect(stderr).toContain(`ERR_LADING_UNSIGNED\n  ${digest} has no signature\n  hint: `);
  });

  test('one bad image among several hides no good one, and each is named', async () => {
    const [good, bad] = [await newImage(), await newImage()];
    await sign(good);
    const { code, stdout, stderr } = await verify(good, bad, `${registry.host}/acme/none:1`);
    expect(code).toBe(5);
    expect(stdout).toContain(`✓ ${nameOf(good)}@sha256:`);
    expect(stderr).toContain(`✗ ${nameOf(bad)}@${digest}   ERR_LADING_UNSIGNED`);
    expect(stderr).toContain('acme/none:1   ERR_LADING_NOT_FOUND');
    expect((await verified(good, bad)).map(({ ok }) => ok)).toEqual([true, false]);
  });

  test('the platform of a signed index is not signed by that, and the hint says so', async () => {
    const image = await newImage();
    await sign(image);
    const { code, stderr } = await verify('--platform', 'linux/amd64', image);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('The index sha256:') });
    const child = platforms[0]!.descriptor.digest;
    const byDigest = await verify(`${nameOf(image)}@${child}`);
    expect(byDigest.stderr).toContain('If it is one platform of an index, that may be signed');
  });

  test('--threshold counts different keys', async () => {
    const image = await newImage();
    const two = ['verify', '--key', 'cosign.pub', '--key', 'other.pub', '--threshold', '2', image];
    await sign(image);
    const { code, stderr } = await run(two);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('1 of 2 different signers'),
    });
    await run(['sign', '--key', 'other.key', image]);
    expect((await run(two)).stdout).toContain('is signed by cosign.pub and other.pub');
  });

  test('with a trusted root an entry of a log is needed, unless it is not to be looked at', async () => {
    const image = await newImage();
    await sign(image);
    const { code, stderr } = await verify('--trusted-root', 'root.json', image);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('it has no entry of a trusted log'),
    });
    expect((await verify('--trusted-root', 'root.json', '--insecure-ignore-tlog', image)).code).toBe(0);
    await sign('--signing-config', 'services.json', image);
    expect((await verify('--trusted-root', 'root.json', image)).code).toBe(0);
  });

  test('a pattern that would match in the middle of a text is told, and has to match the whole', async () => {
    const image = await newImage();
    await run(['sign', ...keyless, image]);
    const pattern = (text: string) =>
      run([
        'verify',
        '--trusted-root',
        'root.json',
        '--certificate-identity-regexp',
        text,
        '--certificate-oidc-issuer-regexp',
        '^http://.*$',
        image,
      ]);
    expect(await pattern('example.com')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('here it has to match the whole'),
    });
    expect(await pattern('^[a-z]+@example\\.com$')).toMatchObject({ code: 0, stderr: '' });
  });

  test('what the certificate says of a GitHub workflow can be asked for', async () => {
    const image = await newImage();
    const token = await sigstore.identityToken({
      sub: 'repo:acme/app:ref:refs/heads/main',
      repository: 'acme/app',
      ref: 'refs/heads/main',
      job_workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main',
    });
    await writeFile(join(folder.path, 'workflow-token'), token);
    await run([
      'sign',
      '--keyless',
      '--identity-token',
      'workflow-token',
      '--signing-config',
      'services.json',
      image,
    ]);
    const { code, stderr } = await run([
      'verify',
      '--trusted-root',
      'root.json',
      '--github-repo',
      'acme/other',
      image,
    ]);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('who is not trusted') });
  });

  test('2,000 layers in a .sig are refused, and say so', async () => {
    const image = await newImage();
    const [, repository = ''] = /\/(acme\/app\d+):/.exec(image) ?? [];
    const layer = {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      size: 2,
      digest: `sha256:${'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'}`,
    };
    const base = `${registry.url}/v2/${repository}`;
    const started = await fetch(`${base}/blobs/uploads/?digest=${layer.digest}`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(started.status).toBe(201);
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { ...layer, mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: Array(2000).fill(layer),
    };
    const put = await fetch(`${base}/manifests/${digest.replace(':', '-')}.sig`, {
      method: 'PUT',
      body: JSON.stringify(manifest),
      headers: { 'content-type': manifest.mediaType },
    });
    expect(put.status).toBe(201);
    const { code, stderr } = await verify(image);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('it has 2000 layers, more than the limit of 1000'),
    });
  });
});

describe('a command line that cannot be carried out', () => {
  const image = () => `${registry.host}/acme/app0:1`;
  test.each<[string, () => string[], number, string]>([
    [
      'nobody signs',
      () => ['sign', image()],
      3,
      'neither --key nor --keyless is given, and COSIGN_PRIVATE_KEY is not set',
    ],
    ['two keys', () => ['sign', '--key', 'a', '--key', 'b', image()], 3, 'one command signs with one key'],
    [
      'a key and an identity sign',
      () => ['sign', '--key', 'cosign.key', '--keyless', image()],
      3,
      'exclude each other',
    ],
    ['a public key signs', () => ['sign', '--key', 'cosign.pub', image()], 3, 'ERR_LADING_KEY'],
    ['a private key verifies', () => ['verify', '--key', 'cosign.key', image()], 3, 'ERR_LADING_KEY'],
    ['no such key', () => ['sign', '--key', 'none.key', image()], 3, 'there is no key file none.key'],
    [
      'a tag with --strict',
      () => ['sign', '--strict', '--key', 'cosign.key', image()],
      3,
      'does not say which digest',
    ],
    [
      'no such config',
      () => ['sign', '--key', 'cosign.key', '--signing-config', 'none.json', image()],
      3,
      'ERR_LADING_SIGNING_CONFIG',
    ],
    [
      'services said twice',
      () => [
        'sign',
        '--key',
        'cosign.key',
        '--signing-config',
        'services.json',
        '--transparency',
        'none',
        image(),
      ],
      3,
      'twice',
    ],
    [
      'a log that is not to be told',
      () => ['sign', '--key', 'cosign.key', '--tlog-upload=false', '--transparency', 'public', image()],
      3,
      'contradicts',
    ],
    [
      'an identity that nobody witnesses',
      () => ['sign', '--keyless', '--identity-token', 'token', '--transparency', 'none', image()],
      3,
      'need a log or a timestamp',
    ],
    ['a token without --keyless', () => ['sign', '--identity-token', 'token', image()], 3, 'Add --keyless'],
    ['nobody is trusted', () => ['verify', image()], 3, 'it is not said whose signature counts'],
    [
      'signing case 13: a key and an identity are trusted',
      () => ['verify', '--key', 'cosign.pub', ...identity(), image()],
      3,
      'a key and an identity are both named',
    ],
    [
      'signing case 13: also when the identity is incomplete',
      () => ['verify', '--key', 'cosign.pub', '--certificate-identity', 'x', image()],
      3,
      'a key and an identity are both named',
    ],
    [
      'an identity without an issuer',
      () => ['verify', '--certificate-identity', 'x', image()],
      3,
      '--certificate-oidc-issuer is missing',
    ],
    [
      'an issuer without an identity',
      () => ['verify', '--certificate-oidc-issuer', 'x', image()],
      3,
      '--certificate-identity is missing',
    ],
    [
      'an identity said twice',
      () => ['verify', ...identity(), '--certificate-identity-regexp', 'x', image()],
      3,
      'exclude each other',
    ],
    [
      'a workflow without a repository',
      () => ['verify', '--github-ref', 'refs/heads/main', image()],
      3,
      'of which repository',
    ],
    [
      'a repository and an identity',
      () => ['verify', '--github-repo', 'a/b', ...identity(), image()],
      3,
      'twice',
    ],
    [
      'a repository that is none',
      () => ['verify', '--github-repo', 'acme', '--trusted-root', 'root.json', image()],
      3,
      'is no repository of GitHub',
    ],
    [
      'more signers than are named',
      () => ['verify', '--key', 'cosign.pub', '--threshold', '2', image()],
      3,
      '2 different signers are asked for',
    ],
    [
      'a broken trusted root',
      () => ['verify', ...identity(), '--trusted-root', 'services.json', image()],
      3,
      'ERR_LADING_TRUSTED_ROOT',
    ],
    [
      'an annotation that is none',
      () => ['sign', '--key', 'cosign.key', '-a', 'x', image()],
      3,
      'An annotation is written key=value',
    ],
    [
      'a format that is none',
      () => ['sign', '--key', 'cosign.key', '--format', 'x', image()],
      3,
      'both, bundle, legacy',
    ],
  ])('%s', async (_what, argv, expected, message) => {
    await newImage();
    const { code, stdout, stderr } = await run(argv());
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('what goes wrong in signing', () => {
  test('a wrong password is told apart from everything else, with exit code 4', async () => {
    const { code, stderr } = await run(['sign', '--key', 'cosign.key', await newImage()], {
      env: { COSIGN_PASSWORD: 'wrong' },
    });
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('ERR_LADING_KEY_PASSWORD') });
  });

  test('no password anywhere is told, and nothing is waited for', async () => {
    const { code, stderr } = await run(['sign', '--key', 'cosign.key', await newImage()], { env: {} });
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('there is no password for cosign.key'),
    });
  });

  test('no token anywhere: it is told what was looked for', async () => {
    const { code, stderr } = await run([
      'sign',
      '--keyless',
      '--signing-config',
      'services.json',
      await newImage(),
    ]);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('SIGSTORE_ID_TOKEN') });
  });

  test('an expired token is not sent anywhere', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const token = await sigstore.identityToken({
      email: person,
      email_verified: true,
      iat: seconds - 7200,
      exp: seconds - 3600,
    });
    await writeFile(join(folder.path, 'old-token'), token);
    const before = sigstore.count('fulcio');
    const { code, stderr } = await run([
      'sign',
      '--keyless',
      '--identity-token',
      'old-token',
      '--signing-config',
      'services.json',
      await newImage(),
    ]);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('has expired') });
    expect(sigstore.count('fulcio')).toBe(before);
  });

  test('a log that cannot be reached is named, and nothing is written', async () => {
    const image = await newImage();
    const services = JSON.stringify(sigstore.signingConfig()).replaceAll(
      new URL(sigstore.rekorUrl).host,
      deadHost,
    );
    await writeFile(join(folder.path, 'dead.json'), services);
    const { code, stderr } = await sign('--signing-config', 'dead.json', image);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('ERR_LADING_SIGSTORE_SERVICE'),
    });
    expect(stderr).toContain('Rekor');
    expect((await verify(image)).stderr).toContain('ERR_LADING_UNSIGNED');
  });

  test('a registry that cannot be reached is no registry without signatures', async () => {
    const { code, stderr } = await verify(`${deadHost}/acme/app:1`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ERR_LADING_UNREACHABLE') });
  });
});
