import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeImage, pushImage } from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { type Scratch, scratch } from '../support/registries.ts';

let folder: Scratch;
beforeEach(async () => {
  folder = await scratch();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

interface Served extends AsyncDisposable {
  readonly host: string;
  /** Ends the command, as Ctrl-C does. */
  stop(): Promise<RunResult>;
}

/** Runs `lading serve` on a free port. */
async function serve(argv: readonly string[] = [], options: RunOptions = {}): Promise<Served> {
  const end = new AbortController();
  const ready = Promise.withResolvers<string>();
  const running = lading(['serve', 'store', '--listen', '127.0.0.1:0', ...argv], {
    cwd: folder.path,
    ...options,
    signal: end.signal,
    onStderr(text) {
      const [, host] = /http:\/\/(\S+) serves /.exec(text) ?? [];
      if (host !== undefined) ready.resolve(host);
    },
  });
  running.then(({ stderr }) => ready.reject(new Error(stderr)), ready.reject);
  const host = await ready.promise;
  const stop = (): Promise<RunResult> => {
    end.abort();
    return running;
  };
  return { host, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

const image = makeImage();
const push = (host: string, user?: readonly [string, string]): Promise<void> =>
  pushImage(
    `http://${host}`,
    'a',
    '1',
    image,
    user && { credentials: { username: user[0], password: user[1] } },
  );

describe('lading serve', () => {
  test('says its address on stderr, keeps what is pushed, and ends with 0', async () => {
    const first = await serve();
    await push(first.host);
    const { code, stdout, stderr } = await first.stop();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/serves \S+\/store {3}\(Ctrl-C stops\)\nstopped\n$/);
    await using second = await serve();
    expect((await lading(['digest', `${second.host}/a:1`])).stdout.trim()).toBe(image.descriptor.digest);
  });

  test('--json names the address for programs; --verbose tells of requests', async () => {
    const server = await serve(['--json', '--verbose']);
    await push(server.host);
    const { stdout, stderr } = await server.stop();
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      host: server.host,
      url: `http://${server.host}`,
    });
    expect(stderr).toMatch(/PUT \/v2\/a\/manifests\/1 201 /);
  });

  test('a user from standard input, more from a file, and everyone to pull', async () => {
    await writeFile(join(folder.path, 'users'), '# people\nann:for-ann\n');
    const argv = ['--user', 'bob', '--password-stdin', '--users', 'users', '--allow-anonymous'];
    await using server = await serve(argv, { stdin: 'for-bob\n' });
    await expect(push(server.host)).rejects.toThrow('401');
    await expect(push(server.host, ['bob', 'for-ann'])).rejects.toThrow('401');
    await push(server.host, ['bob', 'for-bob']);
    await push(server.host, ['ann', 'for-ann']);
    expect((await lading(['digest', `${server.host}/a:1`])).code).toBe(0);
  });

  test('--read-only takes no pushes; --gc says what it removed', async () => {
    await using server = await serve(['--read-only']);
    await expect(push(server.host)).rejects.toThrow('405');
    const swept = await serve(['--gc']);
    expect((await swept.stop()).stderr).toContain('removed 0 manifests and 0 blobs');
  });

  test.each([
    [['--listen', '0.0.0.0:0'], 1, 'ERR_LADING_SERVE_OPEN'],
    [['--user', 'bob'], 3, '--user and --password-stdin belong together'],
    [['--users', 'users'], 3, 'users:1 is not NAME:PASSWORD'],
  ])('refuses %j', async (argv, code, message) => {
    await writeFile(join(folder.path, 'users'), 'a line with a-secret\n');
    const result = await lading(['serve', 'store', ...argv], { cwd: folder.path });
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('a-secret');
  });
});

test('a port that is taken is told with what to do', async () => {
  await using server = await serve();
  const { code, stderr } = await lading(['serve', 'other', '--listen', server.host], { cwd: folder.path });
  expect(code).toBe(1);
  expect(stderr).toContain('ERR_LADING_SERVE_LISTEN');
  expect(stderr).toContain('hint: Choose another port');
});

describe('lading login and logout', () => {
  const guarded = (): Promise<Served> => serve(['--user', 'bob', '--password-stdin'], { stdin: 'right\n' });
  const env = (): { env: { DOCKER_CONFIG: string } } => ({
    env: { DOCKER_CONFIG: join(folder.path, 'docker') },
  });
  const login = (host: string, stdin: string): Promise<RunResult> =>
    lading(['login', host, '--user', 'bob', '--password-stdin'], { stdin, ...env() });

  test('keep credentials that the registry takes where docker does, and forget them', async () => {
    await using server = await guarded();
    expect((await lading(['catalog', server.host], env())).code).toBe(4);
    expect(await login(`http://${server.host}/`, 'right\n')).toMatchObject({ code: 0, stdout: '' });
    const file = join(folder.path, 'docker', 'config.json');
    expect(Object.keys(JSON.parse(await readFile(file, 'utf8')).auths)).toEqual([server.host]);
    expect((await lading(['catalog', server.host], env())).code).toBe(0);
    expect((await lading(['logout', server.host], env())).stderr).toContain('forgot the credentials');
    expect((await lading(['logout', server.host], env())).stderr).toContain('there were no credentials');
    expect((await lading(['catalog', server.host], env())).code).toBe(4);
  });

  test('a wrong password is refused with 4, is not kept, and is not shown', async () => {
    await using server = await guarded();
    const { code, stderr } = await login(server.host, 'wrong-word');
    expect(code).toBe(4);
    expect(stderr).toContain('ERR_LADING_UNAUTHORIZED');
    expect(stderr).not.toContain('wrong-word');
    expect((await lading(['logout', server.host], env())).stderr).toContain('there were no credentials');
  });

  test('the password comes from standard input only, and there must be one', async () => {
    expect((await lading(['login', 'ghcr.io', '--user', 'bob'])).code).toBe(3);
    const { code, stderr } = await login('ghcr.io', '\n');
    expect(code).toBe(3);
    expect(stderr).toContain('there is no password on standard input');
  });

  test.each([['login', '--user', 'bob', '--password-stdin'], ['catalog']])(
    'behind a proxy %s asks through it',
    async (verb, ...more) => {
      const asked: string[] = [];
      const proxy = createServer((request, response) => {
        asked.push(request.url!);
        response.end('{}');
      }).on('connect', (request, socket) => {
        asked.push(request.url!);
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
      await once(proxy.listen(0, '127.0.0.1'), 'listening');
      const { port } = proxy.address() as AddressInfo;
      const host = 'registry.test';
      await lading([verb, host, ...more, '--plain-http', host, '--timeout', '5s'], {
        env: { ...env().env, HTTP_PROXY: `127.0.0.1:${port}` },
        stdin: 'right',
      });
      proxy.closeAllConnections();
      proxy.close();
      expect(asked[0]).toContain(host);
    },
  );
});
