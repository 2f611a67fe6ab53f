import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { pushImage } from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { app } from '../support/packages.ts';
import { registryIn, type Scratch, scratch } from '../support/registries.ts';
import { keyPassword, writeKeys } from '../support/signers.ts';

let folder: Scratch;
let registry: RegistryServer;
let image: string;
let sbom: string;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  await pushImage(registry.url, 'acme/app', '1', app);
  image = `${registry.host}/acme/app:1`;
  await writeKeys(folder, 'cosign');
  await run(['sbom', image, '--author', 'Ann <ann@example.com>', '--file', 'app.cdx.json']);
  await run(['sbom', image, '-o', 'cyclonedx-xml', '--file', 'app.cdx.xml']);
  sbom = (await run(['sbom', image, '-o', 'spdx'])).stdout;
});
afterAll(async () => {
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, {
    cwd: folder.path,
    env: { XDG_CACHE_HOME: join(folder.path, 'cache'), COSIGN_PASSWORD: keyPassword },
    ...options,
  });
const check = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  run(['sbom', 'check', ...argv], options);

interface Checked {
  readonly sbom: string;
  readonly document: object;
  readonly profiles: readonly {
    readonly name: string;
    readonly score: number;
    readonly requirements: readonly { readonly title: string; readonly outcome: string }[];
  }[];
  readonly gate?: { readonly isPassed: boolean };
}
const read = (text: string): Checked => JSON.parse(text) as Checked;
const outcomeOf = (checked: Checked, title: string): string | undefined =>
  checked.profiles.flatMap(({ requirements }) => requirements).find((one) => one.title === title)?.outcome;

describe('lading sbom check', () => {
  test('shows what each profile asks for, and what is missing', async () => {
    const { code, stdout, stderr } = await check(['app.cdx.json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^CycloneDX 1\.6 · \d+ components\n/);
    for (const title of ['CISA 2026', 'NTIA 2021', 'BSI TR-03183-2']) expect(stdout).toContain(title);
    expect(stdout).toMatch(/✓ SBOM Author\b/);
    expect(stdout).toMatch(/✗ SBOM Author Signature +there is no signature/);
    expect(stdout).toMatch(
      /✗ Filename of the component +0 of 5; not \S+\/acme\/app@sha256:\w{8}…, alpine@3\.20\.1, \S+, …\n/,
    );
    expect(stdout).not.toMatch(/ $/m);
  });

  test('reads SPDX, and standard input', async () => {
    const { code, stdout } = await check(['-', '--profile', 'ntia'], { stdin: sbom });
    expect(code).toBe(0);
    expect(stdout).toContain('SPDX 2.3');
    expect(stdout).toContain('NTIA 2021');
    expect(stdout).not.toContain('CISA');
  });

  test('--json says it as data, with the profiles that were asked for', async () => {
    const { stdout } = await check(['app.cdx.json', '--json', '--profile', 'bsi', '--profile', 'cisa-2026']);
    const checked = read(stdout);
    expect(checked).toMatchObject({ schemaVersion: 1, sbom: 'app.cdx.json' });
    expect(checked.profiles.map(({ name }) => name)).toEqual(['cisa-2026', 'bsi-tr-03183-2']);
    expect(checked.gate).toBeUndefined();
  });

  test('--min-score is a gate for every profile', async () => {
    const { stdout: plain } = await check(['app.cdx.json', '--json', '--profile', 'ntia']);
    const [ntia] = read(plain).profiles;
    const argv = ['app.cdx.json', '--profile', 'ntia', '--min-score'];
    expect((await check([...argv, String(ntia!.score)])).code).toBe(0);
    const failed = await check(['app.cdx.json', '--min-score', '100', '--json']);
    expect(failed.code).toBe(1);
    expect(read(failed.stdout).gate?.isPassed).toBe(false);
    expect(failed.stderr).toMatch(/✗ cisa-2026: [\d.]+ is below 100\n/);
  });

  test.each([
    ['a score of nothing', ['--min-score', 'high'], 'invalid score'],
    ['a score over 100', ['--min-score', '101'], 'invalid score'],
    ['an unknown profile', ['--profile', 'cisa'], 'There is: cisa-2026, bsi, ntia.'],
  ])('%s is a wrong usage', async (_what, argv, message) => {
    const { code, stderr } = await check(['app.cdx.json', ...argv]);
    expect(code).toBe(3);
    expect(stderr).toContain(message);
  });

  test.each([
    ['none.json', 3, 'the SBOM none.json is not there'],
    ['./none', 3, 'the SBOM ./none is not there'],
    ['registry', 3, 'registry is a folder'],
    ['cosign.pub', 3, 'cosign.pub is no JSON'],
    ['app.cdx.xml', 3, 'lading sbom convert'],
    ['other.json', 1, 'ERR_LADING_SBOM'],
    ['empty.json', 3, 'empty.json is no JSON'],
  ])('%s ends with %d: %s', async (file, exitCode, message) => {
    await writeFile(join(folder.path, 'other.json'), '[{"name":"app"}]');
    await writeFile(join(folder.path, 'empty.json'), '');
    const { code, stdout, stderr } = await check([file]);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
  });

  describe('of an image', () => {
    const attest = (): Promise<RunResult> =>
      run(['attest', '--key', 'cosign.key', '--type', 'cyclonedx', '--predicate', 'app.cdx.json', image]);

    test('wants to know whose SBOM counts', async () => {
      const { code, stderr } = await check([image]);
      expect(code).toBe(3);
      expect(stderr).toContain('--no-verify');
    });

    test('that has none is told, with what to do', async () => {
      await pushImage(registry.url, 'acme/bare', '1', app);
      const { code, stdout, stderr } = await check([`${registry.host}/acme/bare:1`, '--key', 'cosign.pub']);
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
      expect(stderr).toContain('has no SBOM');
      expect(stderr).toContain('lading tree shows');
    });

    test('judges what is attached, and counts its signature', async () => {
      expect((await attest()).code).toBe(0);
      const signed = await check([image, '--key', 'cosign.pub', '--json', '--profile', 'cisa-2026']);
      expect(signed.code).toBe(0);
      expect(read(signed.stdout).sbom).toBe(`${registry.host}/acme/app@${app.descriptor.digest}`);
      expect(outcomeOf(read(signed.stdout), 'SBOM Author Signature')).toBe('met');
      // Who takes what is there has verified nothing.
      const unverified = await check([image, '--no-verify', '--json', '--profile', 'cisa-2026']);
      expect(outcomeOf(read(unverified.stdout), 'SBOM Author Signature')).toBe('missing');
    });
  });
});

describe('lading sbom convert', () => {
  test('keeps the packages from format to format', async () => {
    const spdx3 = await run(['sbom', 'convert', 'app.cdx.json', '-o', 'spdx@3.0.1']);
    const spdx = await run(['sbom', 'convert', '-', '-o', 'spdx'], { stdin: spdx3.stdout });
    expect(spdx.code).toBe(0);
    const xml = await run(['sbom', 'convert', '-', '-o', 'cyclonedx-xml'], { stdin: spdx.stdout });
    const syft = await run(['sbom', 'convert', '-', '-o', 'syft-json'], { stdin: xml.stdout });
    const table = await run(['sbom', 'convert', '-', '-o', 'table'], { stdin: syft.stdout });
    expect(table.stdout).toMatch(/^left-pad +1\.3\.0 +npm +WTFPL +2$/m);
    expect(table.stdout.trimEnd().split('\n')).toHaveLength(4);
  });

  test('says what it read, and writes into files', async () => {
    const { code, stdout } = await run(
      ['sbom', 'convert', '-', '-o', 'cyclonedx@1.5=c.json', '-o', 'spdx=c.spdx.json', '--json'],
      { stdin: sbom },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'spdx-json',
      version: '2.3',
      digest: app.descriptor.digest,
      files: ['c.json', 'c.spdx.json'],
      packages: [expect.any(Object), expect.any(Object), expect.any(Object)],
    });
    expect((await check(['c.json'])).stdout).toContain('CycloneDX 1.5');
  });

  test('options behind it are its own, and not those of lading sbom', async () => {
    const { code, stderr } = await run(['sbom', 'convert', 'app.cdx.json', '--base', 'x', '-o', 'spdx']);
    expect(code).toBe(3);
    expect(stderr).toContain("unknown option '--base'");
  });

  test.each([
    [['app.cdx.json'], 3, 'it is not said into what'],
    [['none.json', '-o', 'spdx'], 3, 'the SBOM none.json is not there'],
    [['.', '-o', 'spdx'], 3, 'cannot be read'],
    [['cosign.pub', '-o', 'spdx'], 1, 'cosign.pub: the SBOM is not JSON'],
    [['-', '-o', 'spdx'], 1, 'standard input: the SBOM is not JSON'],
    [['app.cdx.json', '-o', 'github'], 3, 'GITHUB_SHA'],
  ])('%j ends with %d: %s', async (argv, exitCode, message) => {
    const { code, stdout, stderr } = await run(['sbom', 'convert', ...argv]);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
  });
});
