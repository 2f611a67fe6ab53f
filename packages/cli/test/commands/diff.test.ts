import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { makeIndex, pushImage } from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { app, nextApp } from '../support/packages.ts';
import { deadHost, registryIn, type Scratch, scratch } from '../support/registries.ts';

let folder: Scratch;
let registry: RegistryServer;
let before: string;
let after: string;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  await pushImage(registry.url, 'acme/app', '1', app);
  await pushImage(registry.url, 'acme/app', '2', nextApp);
  await pushImage(registry.url, 'acme/multi', '1', makeIndex([app]));
  before = `${registry.host}/acme/app:1`;
  after = `${registry.host}/acme/app:2`;
});
afterAll(async () => {
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, {
    cwd: folder.path,
    ...options,
    env: { XDG_CACHE_HOME: join(folder.path, 'cache'), ...options.env },
  });
const diff = (...argv: string[]): Promise<RunResult> => run(['diff', ...argv]);

const changes = {
  isSame: false,
  packages: {
    added: [{ type: 'apk', name: 'busybox', version: '1.36.1-r29' }],
    removed: [{ type: 'apk', name: 'zlib', version: '1.3.1-r1' }],
    changed: [{ type: 'apk', name: 'musl', before: '1.2.5-r0', after: '1.2.5-r1', direction: 'upgraded' }],
  },
};

describe('lading diff', () => {
  test('shows packages, layers and size', async () => {
    const { code, stdout, stderr } = await diff(before, after);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S+\/acme\/app@sha256:\w+ → \S+\/acme\/app@sha256:\w+\n/);
    expect(stdout).toMatch(/^ {2}\+ apk busybox .*1\.36\.1-r29$/m);
    expect(stdout).toMatch(/^ {2}- apk zlib .*1\.3\.1-r1$/m);
    expect(stdout).toMatch(/^ {2}↑ apk musl .*1\.2\.5-r0 → 1\.2\.5-r1$/m);
    expect(stdout).toContain('Layers: ');
    expect(stderr.match(/✓/g)).toHaveLength(2);
  });

  test('colours what came and what went', async () => {
    const { stdout } = await run(['diff', before, after], { env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain('\u001b[32m  + apk busybox');
    expect(stdout).toContain('\u001b[31m  - apk zlib');
  });

  test('--json says it as data', async () => {
    const { stdout } = await diff(before, after, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, ...changes });
  });

  test('--detailed-exitcode tells whether there is a difference', async () => {
    expect((await diff(before, after, '--detailed-exitcode')).code).toBe(2);
    const same = await diff(before, before, '--detailed-exitcode');
    expect(same.code).toBe(0);
    expect(same.stdout).toContain('No differences');
  });

  test('places of all kinds, and SBOM files, can be compared', async () => {
    await run(['copy', after, 'oci-archive:next.tar']);
    await run(['sbom', before, '-o', 'spdx=before.spdx.json', '-o', 'cyclonedx-xml=before.xml']);
    for (const first of ['before.spdx.json', 'before.xml']) {
      const { code, stdout } = await diff(first, 'oci-archive:next.tar', '--json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject(changes);
      expect((await diff(first, before, '--detailed-exitcode')).stdout).not.toContain('Packages: 1');
    }
    const { stdout: document } = await run(['sbom', before]);
    const piped = await run(['diff', '-', after, '--json'], { stdin: document });
    expect(JSON.parse(piped.stdout)).toMatchObject(changes);
  });

  test('of an index takes the platform that is named', async () => {
    const { code, stdout } = await diff(
      `${registry.host}/acme/multi:1`,
      before,
      '--platform',
      'linux/amd64',
      '--detailed-exitcode',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('No differences') });
  });

  test('one that fails is the failure', async () => {
    expect((await diff(before, `${deadHost}/x`)).stderr).toContain('ERR_LADING_UNREACHABLE');
    expect(await diff(before, 'none.json')).toMatchObject({ code: 3, stdout: '' });
    expect(await diff('-', '-')).toMatchObject({ code: 3, stdout: '' });
    expect(await diff(before)).toMatchObject({ code: 3, stdout: '' });
  });

  test('says which of the two is to blame', async () => {
    await writeFile(join(folder.path, 'tag-value.spdx'), 'SPDXVersion: SPDX-2.3\n');
    const noSbom = await diff(before, 'tag-value.spdx');
    expect(noSbom).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tag-value.spdx: the SBOM is not'),
    });
    expect(noSbom.stderr).toContain('hint: CycloneDX in JSON and XML is read');
    const many = `${registry.host}/acme/two:1`;
    await pushImage(registry.url, 'acme/two', '1', makeIndex([app, nextApp]));
    expect((await diff(before, many)).stderr).toContain(`${many}: the index has 2 images`);
    await run(['copy', after, 'oci:damaged']);
    const manifest = join(folder.path, 'damaged/blobs', nextApp.descriptor.digest.replace(':', '/'));
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('2', '3'));
    const damaged = await diff(before, 'oci:damaged');
    expect(damaged).toMatchObject({ code: 5, stderr: expect.stringContaining('oci:damaged') });
  });
});
