import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEngineAddress } from '../src/index.ts';
import { findEngine } from '../src/node/index.ts';
import { fakeEngine } from './fake-engine.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lading-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('parseEngineAddress', () => {
  test.each([
    ['unix:///run/docker.sock', { socket: '/run/docker.sock' }],
    ['npipe:////./pipe/docker_engine', { socket: '\\\\.\\pipe\\docker_engine' }],
    ['tcp://127.0.0.1:2375', { origin: 'http://127.0.0.1:2375' }],
    ['tcp://engine.example.com', { origin: 'http://engine.example.com:2375' }],
    ['https://engine.example.com:8443', { origin: 'https://engine.example.com:8443' }],
    ['tcp://[::1]:2375', { origin: 'http://[::1]:2375' }],
  ])('reads %s', (text, address) => {
    expect(parseEngineAddress(text)).toEqual(address);
  });

  test.each(['', 'docker', 'unix://relative', 'ftp://x', 'tcp://', 'tcp://user:pw@host:1', 'ssh://host'])(
    'refuses %j with a hint',
    (text) => {
      expect(() => parseEngineAddress(text)).toThrow(
        expect.objectContaining({ code: 'ERR_LADING_ENGINE_UNREACHABLE', hint: expect.any(String) }),
      );
    },
  );

  test('says how to reach one over ssh', () => {
    expect(() => parseEngineAddress('ssh://host')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('ssh -L') }),
    );
  });
});

describe('findEngine', () => {
  const socketAt = (socket: string) => ({ address: { socket } });

  test('DOCKER_HOST wins', async () => {
    await useContext('elsewhere', 'unix:///elsewhere.sock');
    const env = { DOCKER_HOST: 'unix:///here.sock', XDG_RUNTIME_DIR: home };
    expect(await findEngine({ env, home })).toEqual(socketAt('/here.sock'));
  });

  test('docker’s context comes next, the chosen one before the usual one', async () => {
    await useContext('elsewhere', 'unix:///elsewhere.sock');
    expect(await findEngine({ env: {}, home })).toEqual(socketAt('/elsewhere.sock'));
    await writeContext('third', 'tcp://127.0.0.1:1');
    expect(await findEngine({ env: { DOCKER_CONTEXT: 'third' }, home })).toEqual({
      address: { origin: 'http://127.0.0.1:1' },
    });
  });

  test('a context that is not there is an error', async () => {
    await expect(findEngine({ env: { DOCKER_CONTEXT: 'none' }, home })).rejects.toMatchObject({
      code: 'ERR_LADING_ENGINE_UNREACHABLE',
      message: 'docker’s context "none" says no address',
    });
  });

  test('else the socket that is there', async () => {
    await using engine = await fakeEngine(() => undefined);
    const runtime = join(engine.socket, '..');
    await rename(engine.socket, join(runtime, 'docker.sock'));
    const found = await findEngine({ env: { XDG_RUNTIME_DIR: runtime }, home });
    // A machine with an engine of its own has that one first.
    expect([socketAt('/var/run/docker.sock'), socketAt(join(runtime, 'docker.sock'))]).toContainEqual(found);
  });

  test('with DOCKER_TLS_VERIFY it is https with the certificates', async () => {
    const certs = join(home, 'certs');
    await mkdir(certs);
    for (const name of ['ca', 'cert', 'key']) await writeFile(join(certs, `${name}.pem`), name);
    const env = { DOCKER_HOST: 'tcp://10.0.0.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certs };
    expect(await findEngine({ env, home })).toEqual({
      address: { origin: 'https://10.0.0.1:2376' },
      certificates: { ca: 'ca', cert: 'cert', key: 'key' },
    });
    await rm(join(certs, 'key.pem'));
    await expect(findEngine({ env, home })).rejects.toMatchObject({
      code: 'ERR_LADING_ENGINE_UNREACHABLE',
      hint: expect.stringContaining('DOCKER_CERT_PATH'),
    });
  });

  async function useContext(name: string, host: string): Promise<void> {
    await writeContext(name, host);
    await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));
  }

  async function writeContext(name: string, host: string): Promise<void> {
    const folder = join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
    await mkdir(folder, { recursive: true });
    const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
    await writeFile(join(folder, 'meta.json'), JSON.stringify(meta));
  }
});
