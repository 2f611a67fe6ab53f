import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegistryServer } from '@lading/server';
import { faults, makeDistribution, makeImage, pushImage, randomLayer, startProxy } from '@lading/testkit';
import { registryIn, type Scratch, scratch } from './support/registries.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const workingTree = join(root, 'bin', 'lading.js');
let folder: Scratch;
let registry: RegistryServer;
/** bin and dist as they are published, away from the sources. */
let published: string;

beforeAll(async () => {
  folder = await scratch();
  registry = await registryIn(folder, 'registry');
  await pushImage(registry.url, 'a', '1', makeDistribution({ payload: 3_000_000 }));
  published = join(folder.path, 'published');
  await cp(join(root, 'bin'), join(published, 'bin'), { recursive: true });
  await cp(join(root, 'package.json'), join(published, 'package.json'));
  await run(process.execPath, [join(root, 'bundle.mjs'), join(published, 'dist')]);
}, 60_000);
afterAll(async () => {
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  command: string,
  argv: readonly string[],
  cwd: string = root,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, argv, { cwd, env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

const lading = (...argv: string[]): Promise<Ended> => run(process.execPath, [workingTree, ...argv]);

describe('where the system tells less than usual', () => {
  /** Runs a shell that changes something and then becomes lading. */
  const after = (change: string, ...argv: string[]): Promise<Ended> =>
    run('sh', ['-c', `${change}; exec "$@"`, 'sh', process.execPath, workingTree, ...argv]);
  const image = (): string => `${registry.host}/a:1`;

  test('a folder that is gone: files in it are not found, and all else works', async () => {
    const gone = `mkdir ${join(folder.path, 'gone')} && cd ${join(folder.path, 'gone')} && rmdir ${join(folder.path, 'gone')}`;
    expect((await after(gone, 'digest', image())).code).toBe(0);
    const { code, stderr } = await after(gone, 'plan');
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('config.yaml') });
    expect(stderr).not.toContain('uv_cwd');
  });

  test('a user id without an entry and without HOME', async () => {
    const preload = `
      import os from 'node:os';
      import { syncBuiltinESMExports } from 'node:module';
      os.homedir = () => { throw new Error('uv_os_homedir returned ENOENT'); };
      syncBuiltinESMExports();`;
    const url = `data:text/javascript,${encodeURIComponent(preload)}`;
    const result = await run(process.execPath, ['--import', url, workingTree, 'digest', image()]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the bin file', () => {
  test('runs the sources in the working tree', async () => {
    expect(await lading('--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
    expect((await lading('sycn')).code).toBe(3);
    expect((await lading('digest', `${registry.host}/none`)).code).toBe(1);
  });

  test('runs the bundle when published, without any dependency, and so does dist/main.js itself', async () => {
    for (const script of ['bin/lading.js', 'dist/main.js']) {
      const { code, stdout, stderr } = await run(process.execPath, [
        join(published, script),
        'digest',
        `${registry.host}/a:1`,
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    }
    const layout = await run(process.execPath, [
      join(published, 'bin', 'lading.js'),
      'copy',
      `${registry.host}/a:1`,
      `oci-archive:${join(folder.path, 'published.tar')}`,
    ]);
    expect(layout.code).toBe(0);
    const { stdout } = await run(process.execPath, [join(published, 'bin', 'lading.js'), 'config', 'schema']);
    expect(JSON.parse(stdout).properties.sync).toBeDefined();
  });

  test('goes through a proxy when published', async () => {
    const target = new URL(registry.url);
    const asked: string[] = [];
    // Whatever host is asked for, it leads to the registry.
    const proxy = createServer((request, response) => {
      const { pathname } = new URL(request.url!);
      asked.push(request.url!);
      const { hostname, port } = target;
      forward(
        { hostname, port, path: pathname, method: request.method, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      ).end();
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { port } = proxy.address() as AddressInfo;
    const argv = ['digest', 'registry.example/a:1', '--plain-http', 'registry.example'];
    const { code, stderr } = await run(
      process.execPath,
      [join(published, 'bin', 'lading.js'), ...argv],
      root,
      {
        HTTP_PROXY: `http://127.0.0.1:${port}`,
      },
    );
    proxy.closeAllConnections();
    proxy.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(asked).toEqual(['http://registry.example/v2/a/manifests/1']);
  });

  test.each(['10.24.1', '20.20.2', '22.22.1', '24.14.9', '25.9.0'])(
    'on Node %s says in one sentence which ones it needs, and ends with 3',
    async (version) => {
      const pretend = join(folder.path, 'pretend.mjs');
      await writeFile(pretend, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
      const { code, stdout, stderr } = await run(process.execPath, [
        '--import',
        pretend,
        join(published, 'bin', 'lading.js'),
        '--version',
      ]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr.trim().split('\n')).toEqual([
        `lading needs Node 22.22.2 or later, 24.15 or later, or 26: this is Node ${version}.`,
      ]);
    },
  );
});

describe('a reader that has had enough', () => {
  test.each([
    ['tags', 'head -0'],
    ['manifest', 'head -c 5'],
    ['blob', 'head -c 5'],
  ])('lading %s … | %s ends quietly with 0', async (verb, reader) => {
    const manifest = JSON.parse(
      (await lading('manifest', `${registry.host}/a:1`, '--platform', 'linux/amd64')).stdout,
    );
    const image = { tags: 'a', manifest: 'a:1', blob: `a@${manifest.layers[1].digest}` }[verb];
    const pipe = `"$0" "$1" ${verb} ${registry.host}/${image} | ${reader} >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['--norc', '-c', pipe, process.execPath, workingTree]);
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });
});

describe('case 67: signals', () => {
  async function interruptedSync(signals: readonly NodeJS.Signals[]): Promise<Ended> {
    const name = `big-${signals.join('-').toLowerCase()}`;
    await pushImage(registry.url, name, '1', makeImage({ layers: [randomLayer(3_000_000, 'big')] }));
    await using proxy = await startProxy({
      target: registry.url,
      script: [faults.slowDownload(50_000, { path: /blobs/ })],
    });
    const config = join(folder.path, `${name}.yaml`);
    await writeFile(
      config,
      `sync: [{source: "${proxy.host}/${name}:1", destination: "${registry.host}/to-${name}:1"}]`,
    );
    const child = spawn(process.execPath, [workingTree, 'sync', '--json', '-c', config], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
    while (proxy.count({ path: /blobs/ }) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const signal of signals) child.kill(signal);
    const [code] = (await once(child, 'close')) as [number | null];
    const [stdout, stderr] = await output;
    return { code, stdout: stdout.join(''), stderr: stderr.join('') };
  }

  test.each([['SIGINT'], ['SIGTERM']] as const)(
    'after %s the report is whole and the exit code 130',
    async (signal) => {
      const { code, stdout } = await interruptedSync([signal]);
      expect(code).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({ interrupted: true });
    },
  );

  test('serve ends in order on SIGTERM', async () => {
    const child = spawn(
      process.execPath,
      [workingTree, 'serve', join(folder.path, 's'), '--listen', '127.0.0.1:0'],
      {
        env: {},
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
