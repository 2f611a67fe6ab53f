import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { normalizeKey } from '../../src/node/auth-file.ts';
import {
  type CredentialOptions,
  credentials,
  removeCredentials,
  saveCredentials,
} from '../../src/node/index.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lading-credentials-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const encode = (pair: string): string => Buffer.from(pair).toString('base64');

async function file(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), typeof content === 'string' ? content : JSON.stringify(content));
}

/** A credential helper made of a shell script; `$1` is the verb, the server comes on stdin. */
async function helper(name: string, script: string): Promise<void> {
  await file(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  await chmod(join(home, 'bin', `docker-credential-${name}`), 0o755);
}

async function found(host: string, repository?: string, options: CredentialOptions = {}) {
  const env = { PATH: `${join(home, 'bin')}:/usr/bin:/bin`, ...options.env };
  const credential = await credentials({ home, ...options, env })({ host, repository });
  return (
    credential && {
      user: credential.username,
      secret: credential.reveal(),
      kind: credential.kind,
      source: credential.source,
    }
  );
}

describe('credential files', () => {
  test.each([
    'https://index.docker.io/v1/',
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'https://docker.io',
  ])('case 1: %s is Docker Hub', async (key) => {
    await file('.docker/config.json', { auths: { [key]: { auth: encode('bob:x') } } });
    await expect(found('docker.io', 'library/alpine')).resolves.toMatchObject({
      user: 'bob',
      secret: 'x',
      source: '~/.docker/config.json',
    });
  });

  test.each([
    ['https://ghcr.io', 'ghcr.io'],
    ['GHCR.io/', 'ghcr.io'],
    ['http://localhost:5000/v2/', 'localhost:5000'],
    ['quay.io/org/team', 'quay.io/org/team'],
  ])('the key %s stands for %s', (key, name) => expect(normalizeKey(key)).toBe(name));

  test('the longest path that fits wins', async () => {
    await file('.config/containers/auth.json', {
      auths: {
        'quay.io': { auth: encode('host:1') },
        'quay.io/org': { auth: encode('org:2') },
        'quay.io/org/team': { auth: encode('team:3') },
        'quay.io/organic': { auth: encode('wrong:4') },
      },
    });
    await expect(found('quay.io', 'org/team/app')).resolves.toMatchObject({ user: 'team' });
    await expect(found('quay.io', 'org/app')).resolves.toMatchObject({ user: 'org' });
    await expect(found('quay.io', 'other/app')).resolves.toMatchObject({ user: 'host' });
    await expect(found('quay.io')).resolves.toMatchObject({ user: 'host' });
    await expect(found('example.com', 'org/app')).resolves.toBeUndefined();
  });

  test('a password may have colons, a token stands alone, and a trailing NUL is no part of it', async () => {
    await file('.docker/config.json', {
      auths: {
        'a.example': { auth: encode('bob:x:y:z\0') },
        'b.example': { identitytoken: 'refresh', auth: encode('<token>:') },
        'c.example': { registrytoken: 'ready' },
        'd.example': { username: 'eve', password: 'y' },
        'e.example': {},
        'f.example': null,
      },
    });
    await expect(found('a.example')).resolves.toMatchObject({ user: 'bob', secret: 'x:y:z' });
    await expect(found('b.example')).resolves.toMatchObject({
      kind: 'identity-token',
      user: '',
      secret: 'refresh',
    });
    await expect(found('c.example')).resolves.toMatchObject({ kind: 'registry-token', secret: 'ready' });
    await expect(found('d.example')).resolves.toMatchObject({ user: 'eve', secret: 'y' });
    await expect(found('e.example')).resolves.toBeUndefined();
    await expect(found('f.example')).resolves.toBeUndefined();
  });

  test('the places in their order', async () => {
    const auths = (user: string) => ({ auths: { 'r.example': { auth: encode(`${user}:x`) } } });
    await file('.config/containers/auth.json', auths('podman'));
    const run = { XDG_RUNTIME_DIR: join(home, 'run') };
    await expect(found('r.example', 'a', { env: run })).resolves.toMatchObject({ user: 'podman' });
    await file('run/containers/auth.json', auths('podman-run'));
    await expect(found('r.example', 'a', { env: run })).resolves.toMatchObject({ user: 'podman-run' });
    await file('.docker/config.json', auths('docker'));
    await expect(found('r.example', 'a', { env: run })).resolves.toMatchObject({ user: 'docker' });
    await file('elsewhere/config.json', auths('docker-config'));
    const moved = { ...run, DOCKER_CONFIG: join(home, 'elsewhere') };
    await expect(found('r.example', 'a', { env: moved })).resolves.toMatchObject({ user: 'docker-config' });
    await file('auth.json', auths('auth-file'));
    const named = { ...moved, REGISTRY_AUTH_FILE: join(home, 'auth.json') };
    await expect(found('r.example', 'a', { env: named })).resolves.toMatchObject({
      user: 'auth-file',
      source: '~/auth.json',
    });
    const inline = { ...named, DOCKER_AUTH_CONFIG: JSON.stringify(auths('inline')) };
    await expect(found('r.example', 'a', { env: inline })).resolves.toMatchObject({
      user: 'inline',
      source: 'DOCKER_AUTH_CONFIG',
    });
    const registries = { 'r.example': { username: 'explicit', password: 'x' } };
    await expect(found('r.example', 'a', { env: inline, registries })).resolves.toMatchObject({
      user: 'explicit',
      source: 'registries.r.example',
    });
  });

  test('a broken file is named, and nothing of it is shown', async () => {
    await file('.docker/config.json', '{"auths": {"x": {"auth": "c2VjcmV0"');
    await expect(found('r.example')).rejects.toMatchObject({
      code: 'ERR_LADING_CREDENTIALS',
      message: '~/.docker/config.json is not a JSON object',
    });
  });
});

describe('the environment', () => {
  test('GITHUB_TOKEN is for ghcr.io alone', async () => {
    const env = { GITHUB_ACTOR: 'bob', GITHUB_TOKEN: 'ghs_x' };
    await expect(found('ghcr.io', 'acme/a', { env })).resolves.toMatchObject({
      user: 'bob',
      secret: 'ghs_x',
      source: 'GITHUB_TOKEN',
    });
    await expect(found('quay.io', 'acme/a', { env })).resolves.toBeUndefined();
  });

  test('QUAY_USERNAME and QUAY_ROBOT_TOKEN are for quay.io, both or none', async () => {
    await expect(
      found('quay.io', 'a/b', { env: { QUAY_USERNAME: 'acme+robot', QUAY_ROBOT_TOKEN: 'x' } }),
    ).resolves.toMatchObject({ user: 'acme+robot', source: 'QUAY_ROBOT_TOKEN' });
    await expect(
      found('quay.io', 'a/b', { env: { QUAY_USERNAME: 'acme+robot', QUAY_ROBOT_TOKEN: '' } }),
    ).resolves.toBeUndefined();
  });
});

describe('case 17: credential helpers', () => {
  test('are asked once per server, and again when told so', async () => {
    await helper(
      'count',
      `cat >> "${home}/asked"; echo >> "${home}/asked"; echo '{"Username":"AWS","Secret":"s3cret"}'`,
    );
    await file('.docker/config.json', { credHelpers: { 'r.example': 'count' } });
    const provider = credentials({ home, env: { PATH: `${home}/bin:/usr/bin:/bin` } });
    const both = await Promise.all([
      provider({ host: 'r.example' }),
      provider({ host: 'r.example', repository: 'a' }),
    ]);
    expect(both.map((credential) => String(credential))).toEqual(
      Array(2).fill('user "AWS", from docker-credential-count'),
    );
    await expect(readFile(join(home, 'asked'), 'utf8')).resolves.toBe('r.example\n');
    await provider({ host: 'r.example', fresh: true });
    await expect(readFile(join(home, 'asked'), 'utf8')).resolves.toBe('r.example\nr.example\n');
  });

  test('the user <token> marks an identity token; Docker Hub is asked by its old name', async () => {
    await helper(
      'token',
      `[ "$(cat)" = https://index.docker.io/v1/ ] && echo '{"Username":"<token>","Secret":"refresh"}'`,
    );
    await file('.docker/config.json', { credsStore: 'token', auths: { 'https://index.docker.io/v1/': {} } });
    await expect(found('docker.io', 'library/alpine')).resolves.toMatchObject({
      kind: 'identity-token',
      user: '',
      secret: 'refresh',
    });
  });

  test('“credentials not found” means anonymous, on either stream', async () => {
    await helper('none', 'echo "credentials not found in native keychain"; exit 1');
    await file('.docker/config.json', { credsStore: 'none' });
    await expect(found('r.example')).resolves.toBeUndefined();
    await helper('none', 'echo "credentials not found in native keychain" >&2; exit 1');
    await expect(found('r.example')).resolves.toBeUndefined();
  });

  test('noise on stderr does not matter', async () => {
    await helper('loud', `echo "warning: something" >&2; echo '{"Username":"bob","Secret":"x"}'`);
    await file('.docker/config.json', { credsStore: 'loud' });
    await expect(found('r.example')).resolves.toMatchObject({ user: 'bob' });
  });

  test.each([
    ['fails', 'echo "keychain is locked" >&2; exit 1', 'keychain is locked'],
    ['answers nonsense', 'echo hello', 'not JSON'],
    ['answers without a secret', `echo '{"Username":"bob"}'`, 'no user and secret'],
  ])('one that %s is an error that names it', async (_, script, message) => {
    await helper('bad', script);
    await file('.docker/config.json', { credsStore: 'bad' });
    await expect(found('r.example')).rejects.toMatchObject({
      code: 'ERR_LADING_CREDENTIALS',
      message: expect.stringMatching(new RegExp(`docker-credential-bad .*${message}`)),
    });
  });

  test('one that is not installed is an error that names it', async () => {
    await file('.docker/config.json', { credsStore: 'nowhere' });
    await expect(found('r.example')).rejects.toMatchObject({
      code: 'ERR_LADING_CREDENTIALS',
      message: expect.stringContaining('docker-credential-nowhere'),
    });
  });

  test('a name that is a path is not run', async () => {
    await file('.docker/config.json', { credsStore: '../../bin/sh' });
    await expect(found('r.example')).rejects.toMatchObject({ code: 'ERR_LADING_CREDENTIALS' });
  });

  test('one that hangs is given up', async () => {
    await helper('slow', 'exec sleep 60');
    await file('.docker/config.json', { credsStore: 'slow' });
    await expect(found('r.example', 'a', { helperTimeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERR_LADING_CREDENTIALS',
      message: expect.stringContaining('0.2 s'),
    });
  });
});

describe('login and logout', () => {
  const places = () => ({ home, env: { PATH: `${home}/bin:/usr/bin:/bin` } });

  test('write a file that only the owner reads, keep what is in it, and leave nothing beside it', async () => {
    await file('.docker/config.json', {
      proxies: { default: {} },
      auths: { 'other.example': { auth: encode('eve:y') } },
    });
    await expect(saveCredentials('ghcr.io', { username: 'bob', secret: 'x:y' }, places())).resolves.toBe(
      '~/.docker/config.json',
    );
    await expect(found('ghcr.io')).resolves.toMatchObject({ user: 'bob', secret: 'x:y' });
    await expect(found('other.example')).resolves.toMatchObject({ user: 'eve' });
    const path = join(home, '.docker/config.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ proxies: { default: {} } });
    await expect(readdir(join(home, '.docker'))).resolves.toEqual(['config.json']);
    await expect(removeCredentials('ghcr.io', places())).resolves.toBe(true);
    await expect(removeCredentials('ghcr.io', places())).resolves.toBe(false);
    await expect(found('ghcr.io')).resolves.toBeUndefined();
  });

  test('Docker Hub is kept under the key that docker reads', async () => {
    await saveCredentials('docker.io', { username: 'bob', secret: 'x' }, places());
    expect(Object.keys(JSON.parse(await readFile(join(home, '.docker/config.json'), 'utf8')).auths)).toEqual([
      'https://index.docker.io/v1/',
    ]);
    await expect(removeCredentials('index.docker.io', places())).resolves.toBe(true);
  });

  test('an identity token comes back as one', async () => {
    await saveCredentials('acr.example', { username: '<token>', secret: 'refresh' }, places());
    await expect(found('acr.example')).resolves.toMatchObject({
      kind: 'identity-token',
      secret: 'refresh',
      user: '',
    });
  });

  test('a linked file stays a link', async () => {
    await file('real.json', {});
    await mkdir(join(home, '.docker'));
    await symlink(join(home, 'real.json'), join(home, '.docker/config.json'));
    await saveCredentials('ghcr.io', { username: 'bob', secret: 'x' }, places());
    expect(JSON.parse(await readFile(join(home, 'real.json'), 'utf8')).auths['ghcr.io']).toBeDefined();
  });

  test('a configured helper keeps the secret instead of the file', async () => {
    await helper(
      'keep',
      `case "$1" in store) cat > "${home}/kept" ;; get) cat >/dev/null; cat "${home}/kept" ;; erase) rm "${home}/kept" ;; esac`,
    );
    await file('.docker/config.json', { credsStore: 'keep' });
    await expect(saveCredentials('ghcr.io', { username: 'bob', secret: 'hunter2' }, places())).resolves.toBe(
      'docker-credential-keep',
    );
    expect(await readFile(join(home, '.docker/config.json'), 'utf8')).not.toContain(encode('bob:hunter2'));
    await expect(found('ghcr.io')).resolves.toMatchObject({ user: 'bob', secret: 'hunter2' });
    await expect(removeCredentials('ghcr.io', places())).resolves.toBe(true);
    await expect(removeCredentials('ghcr.io', places())).resolves.toBe(false);
  });
});
