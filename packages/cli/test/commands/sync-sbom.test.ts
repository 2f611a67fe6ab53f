import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { generateKeyPair, type KeyPairFiles } from '@lading/sign';
import { fileLayer, makeArtifact, makeImage, makeIndex, pushImage, rawLayer } from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { registryIn, type Scratch, scratch } from '../support/registries.ts';

const apkDatabase = 'P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\nP:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\n';
const base = fileLayer({
  'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n',
  'lib/apk/db/installed': apkDatabase,
});
const amd = makeImage({ layers: [base] });
const arm = makeImage({ platform: 'linux/arm64', layers: [base, fileLayer({ 'etc/hello': 'hello' })] });
const index = makeIndex([amd, arm]);
const password = 'correct horse battery staple';

let folder: Scratch;
let source: RegistryServer;
let target: RegistryServer;
let pair: KeyPairFiles;

beforeEach(async () => {
  folder = await scratch();
  source = await registryIn(folder, 'source');
  target = await registryIn(folder, 'target');
  await pushImage(source.url, 'up/alpine', '3.20', index);
  pair = await generateKeyPair(password);
  await writeFile(join(folder.path, 'cosign.pub'), pair.publicKey);
});
afterEach(async () => {
  await source.close();
  await target.close();
  await folder[Symbol.asyncDispose]();
});

const config = (more: string, sbom = 'sbom: {}\n'): Promise<void> =>
  writeFile(
    join(folder.path, 'config.yaml'),
    `sync:\n  - source: ${source.host}/up/alpine:3.20\n    destination: ${target.host}/mine/alpine:3.20\n${more}${sbom}`,
  );

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, { cwd: folder.path, ...options });

const withKey = (...argv: string[]): Promise<RunResult> =>
  run(argv, { env: { COSIGN_PRIVATE_KEY: pair.privateKey, COSIGN_PASSWORD: password } });

describe('lading sync with sbom in its configuration', () => {
  test('says how many packages an image has, attests them, and has nothing to do in a second run', async () => {
    await config('');
    const first = await withKey('sync');
    expect(first.stderr).toMatch(/✓ \S+\/mine\/alpine:3\.20 .* copied .* · 2 packages · signed {3}/);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 changed · /) });
    const second = await withKey('sync');
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 same · nothing to do · /) });

    const tree = await run(['tree', `${target.host}/mine/alpine:3.20`, '--key', 'cosign.pub']);
    expect(tree.stdout.match(/sbom CycloneDX/g)).toHaveLength(3);
    expect(tree.stdout.match(/sbom SPDX/g)).toHaveLength(3);

    const downloaded = await run([
      ...['download', 'sbom', '--key', 'cosign.pub', '--platform', 'linux/arm64', '--type', 'cyclonedx'],
      `${target.host}/mine/alpine:3.20`,
    ]);
    const document = JSON.parse(downloaded.stdout);
    expect(document.metadata.component.version).toBe(arm.descriptor.digest);
    expect(document.metadata.tools.components).toMatchObject([
      { name: 'lading', version: expect.any(String) },
    ]);
  });

  test('says of an artifact that it is no image, and not that its content is no layer', async () => {
    const content = rawLayer('a text', 'application/vnd.oci.image.layer.v1.tar');
    await pushImage(
      source.url,
      'up/alpine',
      '3.20',
      makeArtifact('application/vnd.acme.text', { layers: [content] }),
    );
    await config('');
    const { code, stderr } = await withKey('sync');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('is no image and gets no SBOM'),
    });
    expect(stderr).not.toContain('no tar archive');
  });

  test('says what an image that is there lacks, and gives it that', async () => {
    await config('', '');
    await withKey('sync');
    await config('');
    const plan = await withKey('plan');
    expect(plan.stdout).toMatch(/no valid SBOM \(CycloneDX\)/);
    const completed = await withKey('sync');
    expect(completed.stderr).toMatch(
      /✓ \S+\/mine\/alpine:3\.20 +sha256:\w{8}… {2}2 packages · signed before {3}/,
    );
    expect(completed.stdout).toMatch(/^1 completed · /);
  });

  test('an artifactName writes the documents into the working folder', async () => {
    await config('    sbom: {artifactName: alpine}\n');
    await withKey('sync');
    const files = (await readdir(folder.path)).filter((name) => name.startsWith('alpine'));
    expect(files.sort()).toEqual([
      'alpine-linux-amd64.cdx.json',
      'alpine-linux-amd64.spdx.json',
      'alpine-linux-arm64.cdx.json',
      'alpine-linux-arm64.spdx.json',
      'alpine.cdx.json',
      'alpine.spdx.json',
    ]);
    const spdx = JSON.parse(await readFile(join(folder.path, 'alpine-linux-amd64.spdx.json'), 'utf8'));
    expect(spdx).toMatchObject({ spdxVersion: 'SPDX-2.3' });
  });

  test('an artifactName that leads elsewhere is refused', async () => {
    await config('    sbom: {artifactName: ../alpine}\n');
    expect(await withKey('sync')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no name of a file'),
    });
  });

  test('without signing says that nobody vouches for them', async () => {
    await config('', 'sbom: {formats: [cyclonedx]}\nsign: false\n');
    const synced = await run(['sync']);
    expect(synced.stderr).toContain('nobody signs, so SBOMs are attached as plain referrers');
    const tree = await run(['tree', `${target.host}/mine/alpine:3.20`]);
    // One for each image; a plain one of the index would be taken for the packages of the image.
    expect(tree.stdout.match(/sbom application\/vnd\.cyclonedx\+json/g) ?? tree.stdout).toHaveLength(2);
  });

  test('needs no cache: a home that cannot be written to does no harm', async () => {
    await config('');
    const home = join(folder.path, 'file');
    await writeFile(home, 'a file and no folder');
    const env = { COSIGN_PRIVATE_KEY: pair.privateKey, COSIGN_PASSWORD: password, XDG_CACHE_HOME: home };
    expect(await run(['sync'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 changed/),
    });
    expect(await run(['plan'], { env })).toMatchObject({ code: 0 });
  });

  test('what an image says of itself does not steer the terminal', async () => {
    const evil = '\u001b[2Jevil.spdx.json';
    await pushImage(
      source.url,
      'up/alpine',
      '3.20',
      makeImage({ layers: [base, fileLayer({ [evil]: '{' })] }),
    );
    await config('');
    const { code, stderr } = await withKey('sync');
    expect(code).toBe(0);
    expect(stderr).toContain('[2Jevil.spdx.json could not be read');
    expect(stderr).not.toContain('\u001b[2J');
  });

  test('a time that is none is of no interest where no SBOM is made', async () => {
    const env = { COSIGN_PRIVATE_KEY: pair.privateKey, COSIGN_PASSWORD: password, SOURCE_DATE_EPOCH: 'x' };
    await config('', '');
    expect(await run(['sync'], { env })).toMatchObject({ code: 0 });
    await config('');
    expect(await run(['sync'], { env })).toMatchObject({ code: 3 });
  });

  test('tells machines what was attached, and to what', async () => {
    await config('');
    const { stdout } = await withKey('sync', '--json');
    const { images } = JSON.parse(stdout);
    expect(images[0].sbom).toMatchObject({ outcome: 'attached', packages: 2 });
    expect(images[0].sbom.documents).toHaveLength(6);
  });
});
