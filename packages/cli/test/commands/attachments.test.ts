import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { makeDistribution, pushImage, type TestImage } from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { registryIn, type Scratch, scratch } from '../support/registries.ts';
import { keyPassword, writeKeys } from '../support/signers.ts';

const distribution: TestImage = makeDistribution({ payload: 2000 });
const { digest } = distribution.descriptor;
/** More than a number of JavaScript holds, and laid out by hand: both have to come back as they are. */
const cyclonedx = '{\n  "bomFormat": "CycloneDX",\n  "serial": 12345678901234567890\n}\n';
const spdx = '{"spdxVersion":"SPDX-2.3","name":"app"}';

let folder: Scratch;
let registry: RegistryServer;
let repositories = 0;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  await writeKeys(folder, 'cosign');
  await writeKeys(folder, 'other');
  await writeFile(join(folder.path, 'cdx.json'), cyclonedx);
  await writeFile(join(folder.path, 'spdx.json'), spdx);
  await writeFile(join(folder.path, 'scan.json'), '{"scanner":{"uri":"https://example.com"}}');
});
afterAll(async () => {
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

async function newImage(): Promise<string> {
  const repository = `acme/app${repositories++}`;
  await pushImage(registry.url, repository, '1', distribution);
  return `${registry.host}/${repository}:1`;
}

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, { cwd: folder.path, env: { COSIGN_PASSWORD: keyPassword }, ...options });
const sign = (...argv: string[]): Promise<RunResult> => run(['sign', '--key', 'cosign.key', ...argv]);
const attest = (type: string, file: string, image: string, ...more: string[]): Promise<RunResult> =>
  run(['attest', '--key', 'cosign.key', '--type', type, '--predicate', file, ...more, image]);
/** With the key that is trusted. */
const trusting = (verb: string, ...argv: string[]): Promise<RunResult> =>
  run([...verb.split(' '), '--key', 'cosign.pub', ...argv]);

describe('lading attest', () => {
  test('attaches a document in both formats, once', async () => {
    const image = await newImage();
    const first = await attest('cyclonedx', 'cdx.json', image);
    expect(first).toMatchObject({ code: 0, stdout: `${image.replace(/:1$/, '')}@${digest}\n` });
    expect(first.stderr).toContain(`attested (cyclonedx) by cosign.key   ${digest} (was :1)   bundle, .att`);
    expect((await attest('cyclonedx', 'cdx.json', image)).stderr).toContain('by cosign.key before');
    const { stdout } = await trusting('verify-attestation', '--type', 'cyclonedx', image);
    expect(stdout).toContain('has an attestation of type cyclonedx by cosign.pub (bundle and .att;');
  });

  test('--replace takes the place of what the same signer attested before, and of nothing else', async () => {
    const image = await newImage();
    await attest('vuln', 'scan.json', image);
    await attest('cyclonedx', 'cdx.json', image);
    await writeFile(join(folder.path, 'scan2.json'), '{"scanner":{"uri":"https://example.org"}}');
    await attest('vuln', 'scan2.json', image, '--replace');
    const { stdout } = await trusting('download attestation', '--type', 'vuln', image);
    expect(stdout).toBe('{"scanner":{"uri":"https://example.org"}}');
    expect((await trusting('download sbom', image)).code).toBe(0);
  });

  test('takes the predicate from standard input', async () => {
    const image = await newImage();
    const argv = [
      'attest',
      '--key',
      'cosign.key',
      '--type',
      'https://example.com/v1',
      '--predicate',
      '-',
      image,
    ];
    expect((await run(argv, { stdin: '{"ok":true}' })).code).toBe(0);
    expect((await trusting('download attestation', image)).stdout).toBe('{"ok":true}');
    // Then there is nothing left of it for a password.
    const { code, stderr } = await run(argv, { stdin: '{"ok":true}', env: {} });
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('Set COSIGN_PASSWORD') });
  });

  test.each([
    [
      'a typo in the type',
      ['--type', 'cyclondx', '--predicate', 'cdx.json'],
      'custom, cyclonedx, link, openvex',
    ],
    ['no type', ['--predicate', 'cdx.json'], 'of which type'],
    ['no predicate', ['--type', 'vuln'], 'what is attested'],
    ['the wrong document', ['--type', 'spdxjson', '--predicate', 'cdx.json'], 'no SPDX document'],
    ['no such file', ['--type', 'vuln', '--predicate', 'none.json'], 'the predicate none.json is not there'],
    ['a folder', ['--type', 'vuln', '--predicate', '.'], 'cannot be read'],
    ['what is no JSON', ['--type', 'vuln', '--predicate', 'cosign.pub'], 'the predicate is not JSON'],
  ])('%s is told before anything is opened', async (_what, argv, message) => {
    const { code, stdout, stderr } = await run(['attest', '--key', 'cosign.key', ...argv, await newImage()]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('lading verify-attestation', () => {
  test('prints the statement with --json, with numbers as they were written', async () => {
    const image = await newImage();
    await attest('cyclonedx', 'cdx.json', image);
    const { stdout } = await trusting('verify-attestation', '--type', 'cyclonedx', '--json', image);
    expect(stdout).toContain('"serial": 12345678901234567890');
    const [{ accepted }] = JSON.parse(stdout).images[0].manifests;
    expect(accepted[0].payload).toMatchObject({
      predicateType: 'https://cyclonedx.org/bom',
      predicate: { bomFormat: 'CycloneDX' },
    });
  });

  test('a signature is no attestation, an attestation no signature, and another type is another', async () => {
    const image = await newImage();
    await sign(image);
    const unattested = await trusting('verify-attestation', image);
    expect(unattested.code).toBe(5);
    expect(unattested.stderr).toContain('it is a signature, not an attestation');

    const other = await newImage();
    await attest('cyclonedx', 'cdx.json', other);
    const unsigned = await trusting('verify', other);
    expect(unsigned.code).toBe(5);
    expect(unsigned.stderr).toContain('it is an attestation (cyclonedx), not a signature');
    const wrongType = await trusting('verify-attestation', '--type', 'vuln', other);
    expect(wrongType.code).toBe(5);
    expect(wrongType.stderr).toContain('no valid attestation of type vuln');
  });

  test('a typo in the type is told, with the types there are', async () => {
    const { code, stderr } = await trusting('verify-attestation', '--type', 'cyclondx', await newImage());
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('cyclonedx, link, openvex'),
    });
  });
});

describe('lading download', () => {
  test('sbom prints the document to the byte, CycloneDX before SPDX, and says that there are others', async () => {
    const image = await newImage();
    await attest('spdxjson', 'spdx.json', image);
    await attest('cyclonedx', 'cdx.json', image);
    const { stdout, stderr } = await trusting('download sbom', image);
    expect(stdout).toBe(cyclonedx.trim());
    expect(stderr).toContain('others with --type: spdxjson');
    expect((await trusting('download sbom', '--type', 'spdxjson', image)).stdout).toBe(spdx);
    await trusting('download sbom', '-o', 'out.json', image);
    expect(await readFile(join(folder.path, 'out.json'), 'utf8')).toBe(cyclonedx.trim());
  });

  test('sbom of an index that has none names the platforms, which may have theirs', async () => {
    const image = await newImage();
    await sign(image);
    const { code, stdout, stderr } = await trusting('download sbom', image);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('has no SBOM\n  hint: It is an index');
    expect(stderr).toContain('--platform linux/amd64, linux/arm64');
    const { stdout: child } = await run(['digest', '--platform', 'linux/amd64', image]);
    await attest('spdxjson', 'spdx.json', `${image.replace(/:1$/, '')}@${child.trim()}`);
    expect((await trusting('download sbom', '--platform', 'linux/amd64', image)).stdout).toBe(spdx);
  });

  test('what somebody else attests is not given out, except when nothing is to be verified', async () => {
    const image = await newImage();
    await run(['attest', '--key', 'other.key', '--type', 'cyclonedx', '--predicate', 'cdx.json', image]);
    const { code, stdout, stderr } = await trusting('download sbom', image);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('not with one that is trusted');
    expect((await run(['download', 'sbom', '--no-verify', image])).stdout).toBe(cyclonedx.trim());
    const undecided = await run(['download', 'sbom', image]);
    expect(undecided).toMatchObject({ code: 3, stderr: expect.stringContaining('--no-verify') });
  });

  test('attestation prints several one per line', async () => {
    const image = await newImage();
    await attest('cyclonedx', 'cdx.json', image);
    await attest('spdxjson', 'spdx.json', image);
    const { stdout, stderr } = await trusting('download attestation', image);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toHaveLength(2);
    expect(stderr).toContain('2 documents, one per line');
  });

  test('signature prints the bundle as it is stored, and that of .sig by cosign’s names', async () => {
    const image = await newImage();
    await sign(image);
    const bundle = JSON.parse((await trusting('download signature', '--format', 'bundle', image)).stdout);
    expect(bundle.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    const legacy = JSON.parse((await trusting('download signature', '--format', 'legacy', image)).stdout);
    expect(Buffer.from(legacy.Payload, 'base64').toString()).toContain(digest);
    expect(legacy.Base64Signature).toMatch(/^M/);
    const all = await run(['download', 'signature', '--no-verify', image]);
    expect(all.stdout.trim().split('\n')).toHaveLength(2);
  });
});

describe('lading tree', () => {
  test('shows what is attached to the image and to what it lists, and who made it as far as that is verified', async () => {
    const image = await newImage();
    await sign('-r', image);
    await attest('cyclonedx', 'cdx.json', image);
    const unverified = await run(['tree', image]);
    expect(unverified.stdout).toMatch(
      /^\S+:1 {2}index {2}sha256:\w{8}… {2}2 platforms\n├─ signature {6} by a key, not verified/,
    );
    const { stdout } = await trusting('tree', image);
    const day = new Date().toISOString().slice(0, 10);
    expect(stdout.split('\n').slice(1)).toEqual([
      `├─ signature       by cosign.pub  ${day}  bundle, .sig`,
      `├─ sbom CycloneDX  by cosign.pub  ${day}  bundle, .att`,
      expect.stringMatching(/^├─ linux\/amd64 {2}sha256:/),
      `│  └─ signature  by cosign.pub  ${day}  bundle, .sig`,
      expect.stringMatching(/^└─ linux\/arm64\/v8 {2}sha256:/),
      `   └─ signature  by cosign.pub  ${day}  bundle, .sig`,
      '',
    ]);
  });

  test('--json has all of it', async () => {
    const image = await newImage();
    await sign('--format', 'bundle', image);
    const tree = JSON.parse((await trusting('tree', '--json', image)).stdout);
    expect(tree).toMatchObject({ digest, tag: '1', manifests: [{}, {}] });
    expect(tree.artifacts).toEqual([
      expect.objectContaining({
        kind: 'signature',
        format: 'bundle',
        verified: true,
        signer: expect.objectContaining({ kind: 'key', name: 'cosign.pub' }),
      }),
    ]);
  });

  test('triangulate prints cosign’s tags', async () => {
    const image = await newImage();
    const tag = `${image.replace(/:1$/, '')}:${digest.replace(':', '-')}`;
    expect((await run(['triangulate', image])).stdout).toBe(`${tag}.sig\n`);
    expect((await run(['triangulate', '--type', 'attestation', image])).stdout).toBe(`${tag}.att\n`);
    expect((await run(['triangulate', '--type', 'x', image])).code).toBe(3);
  });
});

describe('lading clean', () => {
  test('removes what is said, and the image stays', async () => {
    const image = await newImage();
    await sign(image);
    await attest('cyclonedx', 'cdx.json', image);
    const rehearsal = await run(['clean', '--type', 'cyclonedx', '--dry-run', image]);
    expect(rehearsal).toMatchObject({ code: 0, stderr: expect.stringContaining('not removed (dry run)') });
    expect((await trusting('download sbom', image)).code).toBe(0);

    expect((await run(['clean', '--type', 'cyclonedx', image])).stdout).toContain(
      '2 removed · 2 artifacts kept',
    );
    expect((await trusting('download sbom', image)).code).toBe(5);
    expect((await trusting('verify', image)).code).toBe(0);
    expect((await run(['digest', image])).stdout.trim()).toBe(digest);
  });

  test('with a key removes only what is by that, and keeps what is younger', async () => {
    const image = await newImage();
    await sign(image);
    await run(['sign', '--key', 'other.key', image]);
    expect((await trusting('clean', '--type', 'all', '--older-than', '1h', image)).stdout).toContain(
      '0 removed',
    );
    expect((await trusting('clean', '--type', 'all', image)).stdout).toContain(
      '2 removed · 2 artifacts kept',
    );
    expect((await trusting('verify', image)).code).toBe(5);
    expect((await run(['verify', '--key', 'other.pub', image])).code).toBe(0);
  });

  test.each([
    ['what is to go', [], 'it is not said what to remove'],
    ['a type that is none', ['--type', 'signatur'], 'is nothing that can be removed'],
    ['an age that is none', ['--type', 'all', '--older-than', 'yesterday'], 'An age is a number'],
  ])('wants to be told %s', async (_what, argv, message) => {
    const { code, stderr } = await run(['clean', ...argv, await newImage()]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(message) });
  });
});
