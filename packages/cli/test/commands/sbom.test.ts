import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import {
  faults,
  fileLayer,
  makeArtifact,
  makeImage,
  makeIndex,
  pushImage,
  rawLayer,
  startProxy,
} from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { alpineFiles, app, appLayer, base, baseLayer } from '../support/packages.ts';
import { deadHost, registryIn, type Scratch, scratch } from '../support/registries.ts';

const arm = makeImage({ platform: 'linux/arm64', layers: [baseLayer] });
const index = makeIndex([app, arm]);
let folder: Scratch;
let registry: RegistryServer;
let image: string;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  image = `${registry.host}/acme/app:1`;
  await pushImage(registry.url, 'acme/app', '1', app);
  await pushImage(registry.url, 'acme/base', '1', base);
  await pushImage(registry.url, 'acme/multi', '1', index);
});
afterAll(async () => {
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(['sbom', ...argv], {
    cwd: folder.path,
    ...options,
    env: { XDG_CACHE_HOME: join(folder.path, 'cache'), ...options.env },
  });

interface CycloneDx {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: {
    readonly timestamp: string;
    readonly component: { readonly name: string; readonly version: string };
    readonly authors?: readonly { readonly name: string; readonly email: string }[];
  };
  readonly components: readonly { readonly type: string; readonly name: string; readonly version: string }[];
}

const read = (text: string): CycloneDx => JSON.parse(text) as CycloneDx;
const packagesOf = (text: string): string[] =>
  read(text)
    .components.filter(({ type }) => type === 'library')
    .map(({ name, version }) => `${name} ${version}`)
    .sort();
const all = ['left-pad 1.3.0', 'musl 1.2.5-r0', 'zlib 1.3.1-r1'];

describe('lading sbom', () => {
  test('into a pipe writes CycloneDX 1.6, and tells of the digest on standard error', async () => {
    const { code, stdout, stderr } = await run([image]);
    expect(code).toBe(0);
    expect(read(stdout)).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: {
        timestamp: '2026-01-01T00:00:00Z',
        component: { name: `${registry.host}/acme/app`, version: app.descriptor.digest },
      },
    });
    expect(packagesOf(stdout)).toEqual(all);
    expect(stdout.endsWith('}\n')).toBe(true);
    expect(stderr).toBe(
      `  ✓ ${registry.host}/acme/app@${app.descriptor.digest} · linux/amd64 · 3 packages (2 apk, 1 npm) on Alpine Linux v3.20\n`,
    );
  });

  test('on a terminal shows a table', async () => {
    const { code, stdout } = await run([image], { stdoutTerminal: { columns: 100, rows: 40 } });
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'NAME      VERSION   TYPE  LICENSE  LAYER',
        'left-pad  1.3.0     npm   WTFPL    2',
        'musl      1.2.5-r0  apk   MIT      1',
        'zlib      1.3.1-r1  apk   Zlib     1',
        '',
      ].join('\n'),
    );
    // What goes into a file is for programs.
    await run([image, '--file', 'terminal.json'], { stdoutTerminal: { columns: 100, rows: 40 } });
    expect(packagesOf(await readFile(join(folder.path, 'terminal.json'), 'utf8'))).toEqual(all);
  });

  test('--quiet leaves nothing but the result', async () => {
    const { stdout, stderr } = await run([image, '-q']);
    expect({ packages: packagesOf(stdout), stderr }).toEqual({ packages: all, stderr: '' });
  });

  test.each([
    ['cyclonedx', '"specVersion":"1.6"'],
    ['cyclonedx-json@1.7', '"specVersion":"1.7"'],
    ['cyclonedx-json@1.4', '"specVersion":"1.4"'],
    ['cyclonedx-xml', 'xmlns="http://cyclonedx.org/schema/bom/1.6"'],
    ['cyclonedx-xml@1.5', 'xmlns="http://cyclonedx.org/schema/bom/1.5"'],
    ['spdx', '"spdxVersion":"SPDX-2.3"'],
    ['spdx-json@2.3', '"spdxVersion":"SPDX-2.3"'],
    ['spdx@3.0.1', '"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"'],
    ['syft-json', '"artifacts":'],
    ['table', 'NAME      VERSION'],
  ])('-o %s', async (format, sign) => {
    const { code, stdout } = await run([image, '-o', format]);
    expect(code).toBe(0);
    expect(stdout).toContain(sign);
    expect(stdout).toContain('left-pad');
  });

  test('-o github belongs to a commit', async () => {
    const without = await run([image, '-o', 'github']);
    expect(without).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('GITHUB_SHA') });
    const env = {
      GITHUB_SHA: 'a'.repeat(40),
      GITHUB_REF: 'refs/heads/main',
      GITHUB_RUN_ID: '7',
      GITHUB_JOB: 'build',
      GITHUB_WORKFLOW: 'CI',
      GITHUB_SERVER_URL: 'https://github.example.com',
      GITHUB_REPOSITORY: 'acme/app',
    };
    const { code, stdout } = await run([image, '-o', 'github'], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 0,
      sha: env.GITHUB_SHA,
      ref: env.GITHUB_REF,
      job: {
        id: '7',
        correlator: `CI build ${registry.host}/acme/app linux/amd64`,
        html_url: 'https://github.example.com/acme/app/actions/runs/7',
      },
      manifests: { [`${registry.host}/acme/app (linux/amd64)`]: { resolved: expect.any(Object) } },
    });
  });

  test('writes several formats at once, each into its file', async () => {
    const { code, stdout, stderr } = await run([
      image,
      '-o',
      'spdx=a.spdx.json',
      '-o',
      'cyclonedx@1.5=a.cdx.json',
      '-o',
      'table',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('left-pad  1.3.0');
    expect(stderr).toContain('✓ a.spdx.json');
    expect(await readFile(join(folder.path, 'a.spdx.json'), 'utf8')).toContain('SPDX-2.3');
    expect(read(await readFile(join(folder.path, 'a.cdx.json'), 'utf8')).specVersion).toBe('1.5');
  });

  test.each([
    ['an unknown format', ['-o', 'cyclonedx-yaml'], 'cyclonedx-json, cyclonedx-xml, spdx-json'],
    ['an unknown version', ['-o', 'cyclonedx@1.9'], 'cyclonedx-json@1.6'],
    ['a version of what has none', ['-o', 'table@2'], 'no versions'],
    ['no file behind =', ['-o', 'spdx='], 'names no file'],
    ['two formats in one place', ['-o', 'spdx', '-o', 'cyclonedx'], '-o spdx-json=FILE'],
    ['two formats in one file', ['-o', 'spdx=x', '-o', 'cyclonedx=x'], 'two formats would be written to x'],
    ['two formats in one file, named in two ways', ['-o', 'spdx=./x', '-o', 'cyclonedx=x'], 'written to x'],
    ['a file for nothing', ['-o', 'spdx=x', '--file', 'y'], '--file has no format left'],
    ['all platforms in one file', ['--platform', 'all', '--file', 'x.json'], 'sbom-{platform}.json'],
    ['several XML documents', ['--platform', 'all', '-o', 'cyclonedx-xml'], 'sbom-{platform}.xml'],
    ['--json and a format', ['--json', '-o', 'spdx'], 'both want standard output'],
    ['a broken platform', ['--platform', 'linux/'], 'invalid platform'],
    ['an author without a name', ['--author', ' '], '--author names nobody'],
    ['a name without a character', ['--name', ' '], '--name names nothing'],
  ])('%s is told before anything is asked', async (_what, argv, message) => {
    const { code, stderr } = await run([`${deadHost}/app`, ...argv]);
    expect(code).toBe(3);
    expect(stderr).toContain(message);
  });

  test('SOURCE_DATE_EPOCH is the time, and nonsense is refused', async () => {
    const { stdout } = await run([image], { env: { SOURCE_DATE_EPOCH: '1000000000' } });
    expect(read(stdout).metadata.timestamp).toBe('2001-09-09T01:46:40Z');
    const wrong = await run([image], { env: { SOURCE_DATE_EPOCH: 'yesterday' } });
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('SOURCE_DATE_EPOCH') });
  });

  test('--author and --name stand in the document', async () => {
    const { stdout } = await run([image, '--author', 'Ann <ann@example.com>', '--name', 'acme-app']);
    expect(read(stdout).metadata).toMatchObject({
      authors: [{ name: 'Ann', email: 'ann@example.com' }],
      component: { name: 'acme-app' },
    });
  });

  test('--json prints one document', async () => {
    const { code, stdout, stderr } = await run([image, '--json', '-o', 'spdx=j.json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      image,
      files: ['j.json'],
      images: [
        {
          digest: app.descriptor.digest,
          platform: 'linux/amd64',
          os: { id: 'alpine' },
          packages: expect.arrayContaining([expect.objectContaining({ purl: 'pkg:npm/left-pad@1.3.0' })]),
          notes: [],
        },
      ],
    });
    expect(stderr).toContain('✓');
  });

  test('the same image gives the same bytes: cold, from the cache, and without one', async () => {
    const env = { XDG_CACHE_HOME: join(folder.path, 'other-cache') };
    const cold = await run([image], { env });
    const warm = await run([image], { env });
    const without = await run([image, '--no-cache']);
    expect(warm.stdout).toBe(cold.stdout);
    expect(without.stdout).toBe(cold.stdout);
  });

  test('what is known of layers is kept below the cache folder or --state, or not at all', async () => {
    const kept = async (path: string): Promise<number> =>
      (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.facts')).length;
    const env = { XDG_CACHE_HOME: join(folder.path, 'third-cache') };
    await run([image, '--no-cache'], { env });
    expect(existsSync(env.XDG_CACHE_HOME)).toBe(false);
    await run([image], { env });
    expect(await kept(join(env.XDG_CACHE_HOME, 'lading/layers'))).toBe(2);
    await run([image, '--state', 'state'], { env });
    expect(await kept(join(folder.path, 'state/layers'))).toBe(2);
    await run([image], { env: { XDG_CACHE_HOME: 'relative' } });
    expect(existsSync(join(folder.path, 'relative'))).toBe(false);
  });

  test('--base leaves out what the base has', async () => {
    const { code, stdout, stderr } = await run([image, '--base', `${registry.host}/acme/base:1`]);
    expect(code).toBe(0);
    expect(packagesOf(stdout)).toEqual(['left-pad 1.3.0']);
    expect(stderr).toContain(`without what ${registry.host}/acme/base has`);
  });

  test('--all-layers finds what was removed', async () => {
    const removed = makeImage({ layers: [baseLayer, appLayer, fileLayer({ 'srv/.wh.app': '' })] });
    await pushImage(registry.url, 'acme/removed', '1', removed);
    const name = `${registry.host}/acme/removed:1`;
    expect(packagesOf((await run([name])).stdout)).toEqual(all.slice(1));
    expect(packagesOf((await run([name, '--all-layers'])).stdout)).toEqual(all);
  });

  test('sbom case 18: an image without anything in it is fine, and said to be empty', async () => {
    for (const [tag, layers] of [
      ['scratch', []],
      ['files', [fileLayer({ hello: 'hello' })]],
    ] as const) {
      await pushImage(registry.url, 'acme/empty', tag, makeImage({ layers }));
      const { code, stdout, stderr } = await run([`${registry.host}/acme/empty:${tag}`]);
      expect(code).toBe(0);
      expect(packagesOf(stdout)).toEqual([]);
      expect(stderr).toContain('0 packages');
      expect(stderr).toContain('! nothing in it is a package of a kind that is known here');
    }
  });

  test('sbom case 20: a package database that an upper layer removes is told of', async () => {
    const removed = makeImage({ layers: [baseLayer, fileLayer({ 'lib/apk/.wh.db': '' })] });
    await pushImage(registry.url, 'acme/no-db', '1', removed);
    const { code, stdout, stderr } = await run([`${registry.host}/acme/no-db:1`]);
    expect(code).toBe(0);
    expect(packagesOf(stdout)).toEqual([]);
    expect(stderr).toMatch(/! .*layer 2/);
  });

  test('what an image says cannot steer a terminal', async () => {
    const hostile = fileLayer({
      'etc/os-release': 'ID=alpine\nVERSION_ID=3\nPRETTY_NAME="Al\u009b2Jpi\u202ene"\n',
      'lib/apk/db/installed': 'P:mu\u001b[2Jsl\nV:1\u202e2\n\n',
    });
    await pushImage(registry.url, 'acme/hostile', '1', makeImage({ layers: [hostile] }));
    const formats = ['table', 'cyclonedx-json', 'cyclonedx-xml', 'spdx-json', 'spdx-json@3.0.1', 'syft-json'];
    for (const more of [[], ['--platform', 'all'], ['--json'], ...formats.map((name) => ['-o', name])]) {
      const options = { stdoutTerminal: { columns: 100, rows: 40 } };
      const { code, stdout, stderr } = await run([`${registry.host}/acme/hostile:1`, ...more], options);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('1 package') });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  test('a long list of notes is cut', async () => {
    const layers = Array.from({ length: 23 }, (_, at) =>
      rawLayer(`${at}`, `application/vnd.acme.layer${at}`),
    );
    await pushImage(registry.url, 'acme/notes', '1', makeImage({ layers }));
    const { stderr } = await run([`${registry.host}/acme/notes:1`]);
    expect(stderr.match(/^ {4}! /gm)).toHaveLength(22);
    expect(stderr).toContain('! and 3 more');
  });
});

describe('lading sbom of several platforms', () => {
  const name = (): string => `${registry.host}/acme/multi:1`;

  test('asks which one, and says what there is', async () => {
    const { code, stdout, stderr } = await run([name()]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('ERR_LADING_PLATFORM');
    expect(stderr).toContain('--platform all');
    expect(stderr).toContain('linux/amd64, linux/arm64');
    expect(stderr).toContain(`  ${name()}: the index has 2 images`);
  });

  test('takes the one that is named, and refuses one that is not there', async () => {
    const { stdout } = await run([name(), '--platform', 'linux/arm64']);
    expect(packagesOf(stdout)).toEqual(all.slice(1));
    expect(read(stdout).metadata.component.version).toBe(arm.descriptor.digest);
    expect((await run([name(), '--platform', 'windows/amd64'])).stderr).toContain('ERR_LADING_PLATFORM');
  });

  test('a single image for another platform is refused', async () => {
    const { code, stdout, stderr } = await run([image, '--platform', 'linux/arm64']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('the image is for linux/amd64 and not for linux/arm64');
  });

  test('all: a file for each, and a thin one for the index', async () => {
    const { code, stdout } = await run([name(), '--platform', 'all', '--file', 'all-{platform}.json']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const digests = await Promise.all(
      ['index', 'linux-amd64', 'linux-arm64'].map(async (part) => {
        const text = await readFile(join(folder.path, `all-${part}.json`), 'utf8');
        return read(text).metadata.component.version;
      }),
    );
    expect(digests).toEqual([index, app, arm].map(({ descriptor }) => descriptor.digest));
    // Each is what it would be alone.
    const alone = await run([name(), '--platform', 'linux/amd64']);
    expect(await readFile(join(folder.path, 'all-linux-amd64.json'), 'utf8')).toBe(alone.stdout);
  });

  test('all: on standard output a document a line', async () => {
    const { stdout } = await run([name(), '--platform', 'all']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => read(line).metadata.component.version)).toEqual(
      [index, app, arm].map(({ descriptor }) => descriptor.digest),
    );
    const tables = await run([name(), '--platform', 'all', '-o', 'table']);
    expect(tables.stdout).toContain(`\n\nlinux/arm64  ${arm.descriptor.digest}\nNAME`);
  });

  test('all: of a single image it is that one', async () => {
    const { stdout } = await run([image, '--platform', 'all', '-o', 'cyclonedx=one-{platform}.json']);
    expect(stdout).toBe('');
    expect(packagesOf(await readFile(join(folder.path, 'one-linux-amd64.json'), 'utf8'))).toEqual(all);
  });

  test('all: two images of one platform have a file each', async () => {
    const twin = makeImage({ layers: [appLayer] });
    await pushImage(registry.url, 'acme/twins', '1', makeIndex([app, twin]));
    await run([`${registry.host}/acme/twins:1`, '--platform', 'all', '--file', 'twin-{platform}.json']);
    expect(packagesOf(await readFile(join(folder.path, 'twin-linux-amd64.json'), 'utf8'))).toEqual(all);
    expect(packagesOf(await readFile(join(folder.path, 'twin-linux-amd64-2.json'), 'utf8'))).toEqual(
      all.slice(0, 1),
    );
  });

  test('all: github has no place for the index', async () => {
    const env = { GITHUB_SHA: 'a'.repeat(40), GITHUB_REF: 'refs/heads/main' };
    const { stdout } = await run([name(), '--platform', 'all', '-o', 'github'], { env });
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('--base is that of each platform', async () => {
    const { stdout } = await run([name(), '--platform', 'all', '--base', name(), '--json']);
    const { images } = JSON.parse(stdout) as { images: { packages: unknown[]; base?: { digest: string } }[] };
    expect(images.map(({ packages }) => packages)).toEqual([[], [], []]);
    expect(images.map(({ base: left }) => left?.digest)).toEqual([
      undefined,
      app.descriptor.digest,
      arm.descriptor.digest,
    ]);
  });
});

describe('lading sbom of what lies on this machine', () => {
  test.each(['oci', 'oci-archive', 'docker-archive'])(
    '%s gives the same packages, and calls the image by its file',
    async (kind) => {
      const place = `${kind}:${join(folder.path, `${kind}.tar`)}`;
      await lading(['copy', image, place]);
      const { code, stdout } = await run([place]);
      expect(code).toBe(0);
      expect(packagesOf(stdout)).toEqual(all);
      expect(read(stdout).metadata.component).toMatchObject({ name: kind, version: app.descriptor.digest });
    },
  );

  test('dir: finds what is in a folder, now', async () => {
    for (const [name, content] of Object.entries(alpineFiles(['musl 1.2.5-r0 MIT']))) {
      await mkdir(dirname(join(folder.path, 'rootfs', name)), { recursive: true });
      await writeFile(join(folder.path, 'rootfs', name), content);
    }
    const before = Date.now();
    const { code, stdout, stderr } = await run(['dir:rootfs']);
    expect(code).toBe(0);
    expect(packagesOf(stdout)).toEqual(['musl 1.2.5-r0']);
    const { metadata } = read(stdout);
    expect(metadata.component.name).toBe('rootfs');
    expect(Date.parse(metadata.timestamp)).toBeGreaterThanOrEqual(before - 1000);
    expect(stderr).toContain('rootfs@sha256:');
    const env = { SOURCE_DATE_EPOCH: '0' };
    expect(read((await run(['dir:./rootfs/'], { env })).stdout).metadata.timestamp).toBe(
      '1970-01-01T00:00:00Z',
    );
  });

  test.each([
    [['dir:'], 'names no folder', 3],
    [['dir:none'], 'ERR_LADING_FOLDER', 1],
    [['dir:rootfs', '--platform', 'linux/amd64'], 'a folder has no platforms', 3],
    [['dir:rootfs', '--all-layers'], 'a folder has no layers', 3],
    [['oci:none'], 'ERR_LADING_NOT_FOUND', 1],
    [['docker-archive:'], 'names no file or folder', 3],
    [['docker-daemon:'], 'names no image', 3],
  ])('%j: %s', async (argv, message, exitCode) => {
    const { code, stdout, stderr } = await run(argv as string[]);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
  });

  test.each([
    'docker-deamon:app',
    'oci-dir:./layout',
    'podman:alpine',
    'registry:ghcr.io/acme/app',
    'file:/tmp/x.tar',
    'directory:rootfs',
    'containers-storage:alpine',
    'docker:alpine:3.20',
  ])('%s is no place, and the hint lists those there are', async (place) => {
    const { code, stderr } = await run([place]);
    expect(code).toBe(3);
    expect(stderr).toContain(
      'oci:DIR, oci-archive:FILE, docker-archive:FILE, docker-daemon:IMAGE, dir:PATH, or a reference',
    );
  });

  test.each(['/srv/rootfs', './rootfs', '../app.tar', '~/rootfs'])(
    '%s is a path, and the hint says how to write one',
    async (path) => {
      const { code, stderr } = await run([path]);
      expect({ code, stderr }).toEqual({
        code: 3,
        stderr: expect.stringContaining(`dir:${path} for the files`),
      });
    },
  );

  test.each(['registry:2', 'docker:dind', 'localhost:1/app', 'localhost:1/a/b:2@sha256:0', 'dind:1'])(
    '%s is a reference',
    async (place) => {
      const { stderr } = await run([place, '--timeout', '1ms']);
      expect(stderr).not.toContain('there is no place of the kind');
    },
  );
});

describe('lading sbom when something is wrong', () => {
  test('an artifact is no image', async () => {
    await pushImage(registry.url, 'acme/chart', '1', makeArtifact('application/vnd.acme.chart'));
    const { code, stderr } = await run([`${registry.host}/acme/chart:1`]);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_LADING_NOT_AN_IMAGE');
  });

  test('a dead host, a missing image, and a wrong password', async () => {
    expect((await run([`${deadHost}/x`])).stderr).toContain('ERR_LADING_UNREACHABLE');
    expect((await run([`${registry.host}/acme/none:1`])).stderr).toContain('ERR_LADING_NOT_FOUND');
    await using closed = await registryIn(folder, 'closed', {
      auth: { type: 'basic', users: { ann: 'secret' } },
    });
    const { code, stderr } = await run([`${closed.host}/x`]);
    expect(code).toBe(4);
    expect(stderr).toContain('ERR_LADING_UNAUTHORIZED');
  });

  test('a layer that is not what its digest says costs the result', async () => {
    const lying = makeImage({ layers: [{ ...baseLayer, diffId: appLayer.diffId }] });
    await pushImage(registry.url, 'acme/lying', '1', lying);
    const { code, stdout, stderr } = await run([`${registry.host}/acme/lying:1`, '--no-cache']);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('ERR_LADING_CONTENT_MISMATCH');
  });

  test('a file is replaced whole or not at all', async () => {
    const file = join(folder.path, 'kept.json');
    await writeFile(file, 'former', { mode: 0o640 });
    await symlink('kept.json', join(folder.path, 'link.json'));
    await run([`${registry.host}/acme/none:1`, '--file', 'kept.json']);
    expect(await readFile(file, 'utf8')).toBe('former');
    await run([image, '--file', 'link.json']);
    expect(packagesOf(await readFile(file, 'utf8'))).toEqual(all);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('what cannot be written is told, and nothing is left', async () => {
    const { code, stdout, stderr } = await run([image, '--file', 'none/sbom.json']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('none/sbom.json');
    expect((await run([image, '--file', '/dev/full'])).stderr).toContain('The disk is full.');
    expect(existsSync('/dev/full')).toBe(true);
  });

  test('an interruption ends it', async () => {
    const controller = new AbortController();
    controller.abort(Object.assign(new Error('interrupted'), { code: 'ERR_LADING_INTERRUPTED' }));
    const { code, stdout } = await run([image], { signal: controller.signal });
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
  });

  test('shows how far it is on a terminal, and the result stands where that stood', async () => {
    await using proxy = await startProxy({
      target: registry.url,
      script: [faults.delay(400, { path: /blobs/ })],
    });
    const screen = new Screen();
    const size = { columns: 120, rows: 30 };
    const { code } = await run([`${proxy.host}/acme/app:1`, '--no-cache', '--no-color'], {
      terminal: size,
      stdoutTerminal: size,
      onStderr: screen.write,
      onStdout: screen.write,
    });
    expect(code).toBe(0);
    expect(screen.seen).toContain(`▸ reading ${proxy.host}/acme/app:1: 0 of 2 layers`);
    expect(screen.lines).toEqual([
      expect.stringMatching(/^NAME/),
      expect.stringMatching(/^left-pad/),
      expect.stringMatching(/^musl/),
      expect.stringMatching(/^zlib/),
      expect.stringMatching(/✓ .* 3 packages/),
    ]);
  });
});

/** A terminal that knows lines, and how to go up and erase. */
class Screen {
  lines: string[] = [];
  seen = '';

  readonly write = (text: string): void => {
    this.seen += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what goes up some lines and erases them
    const [, up, rest = ''] = /^\u001b\[(\d+)A\u001b\[0J(.*)$/s.exec(text) ?? ['', '0', text];
    this.lines.splice(this.lines.length - Number(up));
    if (rest !== '') this.lines.push(...rest.replace(/\n$/, '').split('\n'));
  };
}
