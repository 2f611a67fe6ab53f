import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { pushImage } from '@lading/testkit';
import { type FakeEngine, startEngine } from '../support/engine.ts';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { app } from '../support/packages.ts';
import { registryIn, type Scratch, scratch } from '../support/registries.ts';

let folder: Scratch;
let registry: RegistryServer;
let engine: FakeEngine;
/** Told when the engine has begun to send what it never ends. */
let stalled: () => void = () => undefined;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  await mkdir(join(folder.path, 'tmp'));
  await pushImage(registry.url, 'acme/app', '1', app);
  const archive = join(folder.path, 'app.tar');
  await lading(['copy', `${registry.host}/acme/app:1`, `docker-archive:${archive}:example.com/acme/app:1`]);
  const bytes = await readFile(archive);
  engine = await startEngine(folder, {
    'example.com/acme/app:1': archive,
    'app:latest': archive,
    '0123456789ab': archive,
    'short:1': (response) => {
      response.write(bytes.subarray(0, 2000));
      setImmediate(() => response.destroy());
    },
    'cut:1': (response) => response.end(bytes.subarray(0, 2000)),
    'nothing:1': (response) => response.end(),
    'full:1': (response) => {
      response.statusCode = 500;
      response.end('{"message":"no space left on device"}');
    },
    'silent:1': (response) => {
      response.write(bytes.subarray(0, 2000));
      setImmediate(stalled);
    },
  });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lading(argv, {
    cwd: folder.path,
    ...options,
    env: {
      DOCKER_HOST: engine.host,
      TMPDIR: join(folder.path, 'tmp'),
      XDG_CACHE_HOME: join(folder.path, 'cache'),
      ...options.env,
    },
  });
/** What is left of archives that were on their way. */
const leftovers = (): Promise<string[]> => readdir(join(folder.path, 'tmp'));

describe('docker-daemon:', () => {
  test('lading sbom finds what is in an image of the engine, and calls it by its repository', async () => {
    const { code, stdout, stderr } = await run(['sbom', 'docker-daemon:example.com/acme/app:1']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      metadata: { component: { name: 'example.com/acme/app', version: app.descriptor.digest } },
      components: expect.arrayContaining([expect.objectContaining({ name: 'left-pad' })]),
    });
    expect(stderr).toContain(`example.com/acme/app@${app.descriptor.digest}`);
    expect(await leftovers()).toEqual([]);
  });

  test.each([
    ['app', 'docker.io/library/app'],
    ['0123456789ab', '0123456789ab'],
  ])('%s is asked for as docker would', async (image, name) => {
    const { stdout } = await run(['sbom', `docker-daemon:${image}`]);
    expect(JSON.parse(stdout)).toMatchObject({ metadata: { component: { name } } });
  });

  test('other commands that read images take it, too', async () => {
    const image = 'docker-daemon:example.com/acme/app:1';
    expect((await run(['digest', image])).stdout).toBe(`${app.descriptor.digest}\n`);
    const copied = await run(['copy', image, `${registry.host}/from/engine:1`]);
    expect(copied.stdout).toBe(`${registry.host}/from/engine@${app.descriptor.digest}\n`);
    expect(await leftovers()).toEqual([]);
  });

  test('nothing is written into an engine', async () => {
    const { code, stderr } = await run(['copy', `${registry.host}/acme/app:1`, 'docker-daemon:app:2']);
    expect(code).toBe(3);
    expect(stderr).toContain('can only be read');
  });

  test.each([
    ['none:1', 'ERR_LADING_NOT_FOUND', 'the engine has no image none:1: No such image: none:1'],
    ['full:1', 'ERR_LADING_ENGINE', 'no space left on device'],
    ['short:1', 'ERR_LADING_ENGINE', 'broke the connection off'],
    ['cut:1', 'ERR_LADING_LAYOUT', 'docker-archive:'],
    ['nothing:1', 'ERR_LADING_LAYOUT', 'docker-archive:'],
  ])('%s fails with %s and leaves nothing behind', async (image, errorCode, message) => {
    const { code, stdout, stderr } = await run(['sbom', `docker-daemon:${image}`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(errorCode);
    expect(stderr).toContain(message);
    expect(await leftovers()).toEqual([]);
  });

  test('Ctrl-C ends it, and nothing is left behind', async () => {
    const interruption = new AbortController();
    let seen: string[] = [];
    stalled = () => {
      void leftovers().then((names) => {
        seen = names;
        interruption.abort(Object.assign(new Error('interrupted'), { code: 'ERR_LADING_INTERRUPTED' }));
      });
    };
    const { code, stdout } = await run(['sbom', 'docker-daemon:silent:1'], { signal: interruption.signal });
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(seen).toEqual([expect.stringMatching(/^lading-.*\.tar$/)]);
    expect(await leftovers()).toEqual([]);
  });

  test('no engine is told with what to do', async () => {
    const env = { DOCKER_HOST: `unix://${join(folder.path, 'none.sock')}` };
    const { code, stderr } = await run(['sbom', 'docker-daemon:app'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_LADING_ENGINE_UNREACHABLE');
    expect(stderr).toContain('hint: Is the engine running?');
    const over = await run(['sbom', 'docker-daemon:app'], { env: { DOCKER_HOST: 'ssh://host' } });
    expect(over.stderr).toContain('ssh -L');
  });

  test('a place for the archive that is not there is told', async () => {
    const env = { TMPDIR: join(folder.path, 'none') };
    const { code, stderr } = await run(['sbom', 'docker-daemon:app'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('ENOENT');
  });
});
