import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { makeDistribution, makeImage, pushImage, type TestImage } from '@lading/testkit';
import { lading } from '../support/lading.ts';
import { deadHost, registryIn, type Scratch, scratch } from '../support/registries.ts';

const distribution: TestImage = makeDistribution({ payload: 2000 });
const single: TestImage = makeImage({ platform: 'linux/arm64' });
let folder: Scratch;
let source: RegistryServer;
let target: RegistryServer;
let image: string;

beforeAll(async () => {
  folder = await scratch();
  source = await registryIn(folder, 'source');
  target = await registryIn(folder, 'target');
  image = `${source.host}/acme/alpine:3.17`;
  await pushImage(source.url, 'acme/alpine', '3.17', distribution);
  await pushImage(source.url, 'acme/single', '1', single);
});
afterAll(async () => {
  await source.close();
  await target.close();
  await folder[Symbol.asyncDispose]();
});

const digest = distribution.descriptor.digest;
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('lading digest', () => {
  test('prints the digest alone, so that it composes', async () => {
    expect(await lading(['digest', image])).toEqual({ code: 0, stdout: `${digest}\n`, stderr: '' });
  });

  test('with --platform prints that of the platform’s manifest', async () => {
    const amd = distribution.manifests.find(({ descriptor }) => descriptor.digest !== digest)!;
    const { stdout } = await lading(['digest', image, '--platform', 'linux/amd64']);
    expect(stdout.trim()).toBe(amd.descriptor.digest);
  });

  test('names the platforms there are when one is missing', async () => {
    const { code, stderr } = await lading(['digest', image, '--platform', 'windows/amd64']);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_LADING_PLATFORM');
    expect(stderr).toContain('linux/amd64, linux/arm64/v8');
  });

  test('a wrong reference is pointed at, with exit code 3', async () => {
    const { code, stderr } = await lading(['digest', 'ghcr.io/Acme/x']);
    expect(code).toBe(3);
    expect(stderr).toContain('a repository must be lower case\n    ghcr.io/Acme/x\n            ^');
  });

  test('what is not there is told on stderr, with exit code 1 and nothing on stdout', async () => {
    const { code, stdout, stderr } = await lading(['digest', `${source.host}/acme/none:1`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('ERR_LADING_NOT_FOUND');
  });

  test('a dead host is told with a hint', async () => {
    const { code, stderr } = await lading(['digest', `${deadHost}/x`]);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_LADING_UNREACHABLE');
    expect(stderr).toContain(`hint: is the registry running at ${deadHost}?`);
  });

  test.each(['oci:none', `${deadHost}/x`])(
    'a --plain-http that is no host is told before %s is opened',
    async (image) => {
      const { code, stderr } = await lading(['digest', image, '--plain-http', 'bad host']);
      expect({ code, stderr }).toEqual({
        code: 3,
        stderr: expect.stringContaining('"bad host" is not the host of a registry'),
      });
    },
  );

  test('--timeout ends what takes longer', async () => {
    const { code, stderr } = await lading(['digest', `${deadHost}/x`, '--timeout', '1ms']);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_LADING_TIMEOUT');
  });
});

describe('lading copy', () => {
  test('prints the copy with its digest on stdout and how it went on stderr', async () => {
    const { code, stdout, stderr } = await lading(['copy', image, `${target.host}/mine/alpine:1`]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${target.host}/mine/alpine@${digest}\n` });
    expect(stderr).toMatch(/✓ \S+\/mine\/alpine:1 {3}sha256:\w{8}… {2}copied \S+ kB {3}\S+ s\n/);
    expect((await lading(['digest', `${target.host}/mine/alpine:1`])).stdout.trim()).toBe(digest);
  });

  test('takes the source’s tag when none is given', async () => {
    await lading(['copy', image, `${target.host}/mine/same-tag`]);
    expect((await lading(['tags', `${target.host}/mine/same-tag`])).stdout).toBe('3.17\n');
  });

  test('says that there was nothing to do', async () => {
    await lading(['copy', image, `${target.host}/mine/twice:1`]);
    const { stderr } = await lading(['copy', image, `${target.host}/mine/twice:1`]);
    expect(stderr).toContain('same');
  });

  test('with --dry-run writes nothing, not even a folder', async () => {
    const layout = join(folder.path, 'never');
    expect((await lading(['copy', '--dry-run', image, `oci:${layout}:1`])).stdout).toContain('create');
    expect((await lading(['copy', '--dry-run', image, `${target.host}/mine/never:1`])).stdout).toContain(
      'create',
    );
    expect(existsSync(layout)).toBe(false);
    expect((await lading(['digest', `${target.host}/mine/never:1`])).code).toBe(1);
  });

  test.each(['oci', 'oci-archive'])('goes through %s and back with the same digest', async (kind) => {
    const place = `${kind}:${join(folder.path, `through-${kind}`)}`;
    expect((await lading(['copy', image, place])).code).toBe(0);
    expect((await lading(['digest', place])).stdout.trim()).toBe(digest);
    expect((await lading(['tags', place])).stdout).toBe('3.17\n');
    const { stdout } = await lading(['copy', place, `${target.host}/back/${kind}:1`]);
    expect(stdout).toBe(`${target.host}/back/${kind}@${digest}\n`);
  });

  test('to docker-archive takes one platform’s image as it is, under its whole name', async () => {
    const place = `docker-archive:${join(folder.path, 'docker.tar')}`;
    expect((await lading(['copy', image, place])).stderr).toContain('ERR_LADING_UNSUPPORTED');
    expect((await lading(['copy', image, place, '--platform', 'linux/amd64'])).code).toBe(0);
    const platform = await lading(['digest', image, '--platform', 'linux/amd64']);
    expect((await lading(['digest', place])).stdout).toBe(platform.stdout);
    expect(await readFile(join(folder.path, 'docker.tar'), 'latin1')).toContain(`"RepoTags":["${image}"]`);
  });

  test('a subset of platforms has a digest of its own', async () => {
    const { stdout } = await lading([
      'copy',
      image,
      `${target.host}/mine/sub:1`,
      '--platform',
      'linux/amd64',
    ]);
    expect(stdout).not.toContain(digest);
    const manifest = await lading(['manifest', `${target.host}/mine/sub:1`]);
    expect(JSON.parse(manifest.stdout).manifests).toHaveLength(1);
  });

  test('an archive that cannot be written fails the command', async () => {
    await writeFile(join(folder.path, 'file'), '');
    const place = `oci-archive:${join(folder.path, 'file', 'below-a-file.tar')}`;
    const { code, stdout } = await lading(['copy', image, place]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('--json prints one document, --json-lines events and then the document', async () => {
    const { stdout } = await lading(['copy', '--json', image, `${target.host}/mine/json:1`]);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, digest, changed: true });
    const lines = await lading(['copy', '--json-lines', image, `${target.host}/mine/lines:1`]);
    const events = lines.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events[0]?.type).toBe('copy:planned');
    expect(events.at(-1)).toMatchObject({ type: 'result', digest });
  });
});

describe('lading manifest, config-blob and blob print bytes as they are', () => {
  test('a manifest', async () => {
    const { stdout } = await lading(['manifest', image]);
    expect(sha256(stdout)).toBe(digest);
  });

  test('a config; of several platforms one must be chosen', async () => {
    const { code, stderr } = await lading(['config-blob', image]);
    expect(code).toBe(1);
    expect(stderr).toContain('Choose one with --platform: linux/amd64, linux/arm64/v8.');
    const { stdout } = await lading(['config-blob', image, '--platform', 'linux/amd64']);
    expect(JSON.parse(stdout)).toMatchObject({ os: 'linux', architecture: 'amd64' });
    expect(JSON.parse((await lading(['config-blob', `${source.host}/acme/single:1`])).stdout)).toMatchObject({
      architecture: 'arm64',
    });
  });

  test('a blob, from a registry and from a folder', async () => {
    const config = single.blobs[0]!.descriptor.digest;
    const { code, stdout } = await lading(['blob', `${source.host}/acme/single@${config}`]);
    expect({ code, digest: sha256(stdout) }).toEqual({ code: 0, digest: config });
    const layout = `oci:${join(folder.path, 'blobs')}`;
    await lading(['copy', `${source.host}/acme/single:1`, layout]);
    expect((await lading(['blob', `${layout}@${config}`])).stdout).toBe(stdout);
  });

  test('a blob without a digest, or one that is not there, is an error', async () => {
    expect((await lading(['blob', `${source.host}/acme/single`])).code).toBe(3);
    const { code, stderr } = await lading(['blob', `${source.host}/acme/single@sha256:${'0'.repeat(64)}`]);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_LADING_NOT_FOUND');
  });
});

describe('lading tags, tag, delete and catalog', () => {
  test('set, list and remove tags', async () => {
    const repository = `${target.host}/mine/tagged`;
    await lading(['copy', image, `${repository}:1`]);
    expect((await lading(['tag', `${repository}:1`, '2', 'latest'])).code).toBe(0);
    expect((await lading(['tags', repository])).stdout).toBe('1\n2\nlatest\n');
    expect((await lading(['tags', repository, '--limit', '2'])).stdout).toBe('1\n2\n');
    expect((await lading(['delete', `${repository}:2`, '--dry-run'])).stderr).toContain('dry run');
    expect((await lading(['delete', `${repository}:2`])).code).toBe(0);
    expect(JSON.parse((await lading(['tags', repository, '--json'])).stdout)).toEqual({
      schemaVersion: 1,
      repository,
      tags: ['1', 'latest'],
    });
    expect((await lading(['delete', `${repository}@${digest}`])).code).toBe(0);
    expect((await lading(['digest', `${repository}:1`])).code).toBe(1);
  });

  test('a tag that is none, and a delete that does not say what, are usage errors', async () => {
    expect((await lading(['tag', image, 'not/a/tag'])).code).toBe(3);
    expect((await lading(['delete', `${target.host}/mine/alpine`])).code).toBe(3);
    expect((await lading(['tags', image])).stderr).toContain('names more than a repository');
  });

  test('deleting in a folder that is not there makes none', async () => {
    const path = join(folder.path, 'absent');
    expect((await lading(['delete', `oci:${path}:1`])).stderr).toContain('ERR_LADING_NOT_FOUND');
    expect(existsSync(path)).toBe(false);
  });

  test('catalog lists repositories', async () => {
    expect((await lading(['catalog', source.host])).stdout).toBe('acme/alpine\nacme/single\n');
  });
});

describe('lading validate', () => {
  test('reads everything and says so', async () => {
    const { code, stdout } = await lading(['validate', image]);
    expect(code).toBe(0);
    expect(stdout).toContain('3 manifests · 6 blobs');
  });

  test('says the digest once, also of an only image', async () => {
    const layout = `oci:${join(folder.path, 'only')}`;
    await lading(['copy', `${source.host}/acme/single:1`, layout]);
    expect((await lading(['validate', layout])).stdout.match(/sha256:/g)).toHaveLength(1);
  });

  test('finds a byte that was changed, with exit code 5', async () => {
    const layout = join(folder.path, 'damaged');
    await lading(['copy', `${source.host}/acme/single:1`, `oci:${layout}`]);
    const [, hex = ''] = single.blobs[1]!.descriptor.digest.split(':');
    const file = join(layout, 'blobs', 'sha256', hex);
    const bytes = await readFile(file);
    bytes[20]! ^= 1;
    await writeFile(file, bytes);
    const { code, stderr } = await lading(['validate', `oci:${layout}`]);
    expect(code).toBe(5);
    expect(stderr).toContain('ERR_LADING_CONTENT_MISMATCH');
  });
});
