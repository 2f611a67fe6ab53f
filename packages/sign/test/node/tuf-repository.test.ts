import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type RunningSigstore, type SigstoreOptions, startSigstore } from '@lading/testkit/sigstore';
import {
  type SigstoreRepository,
  signingConfigFromFile,
  sigstoreRepository,
  type TufOptions,
  trustedRootFromFile,
} from '../../src/node/index.ts';
import { failureOf, testClock } from '../services/support/double.ts';

let folder: string;
let cacheDirectory: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-tuf-'));
  cacheDirectory = join(folder, 'cache');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function open(
  sigstore: Pick<RunningSigstore, 'tufUrl' | 'tufRoot'>,
  more: Partial<TufOptions> = {},
): SigstoreRepository {
  const { tufUrl: mirror, tufRoot: root } = sigstore;
  return sigstoreRepository({ cacheDirectory, mirror, root, random: () => 0, ...more });
}

async function cachePath(...parts: readonly string[]): Promise<string> {
  const [repository] = await readdir(cacheDirectory);
  return join(cacheDirectory, repository!, ...parts);
}

/** A Sigstore that has been asked for its trusted root once, and is gone. */
async function gone(options: SigstoreOptions = {}): Promise<RunningSigstore> {
  const sigstore = await startSigstore(options);
  await open(sigstore).trustedRoot();
  await sigstore.stop();
  return sigstore;
}

/** As if it had been fetched two days ago. */
async function makeStale(): Promise<void> {
  const past = new Date(Date.now() - 2 * 86_400_000);
  await utimes(await cachePath('timestamp.json'), past, past);
}

describe('sigstoreRepository', () => {
  test('gives the trusted root and the signing config, and asks nobody twice a day', async () => {
    await using sigstore = await startSigstore();
    const repository = open(sigstore);
    expect((await repository.trustedRoot()).tlogs).toHaveLength(2);
    expect((await repository.signingConfig()).certificateAuthorities[0]!.url).toBe(sigstore.fulcioUrl);
    const before = sigstore.count('tuf');
    await repository.trustedRoot();
    await open(sigstore).signingConfig();
    expect(sigstore.count('tuf')).toBe(before);
    await makeStale();
    await repository.trustedRoot();
    expect(sigstore.count('tuf')).toBeGreaterThan(before);
  });

  test('goes through the dispatcher that is given', async () => {
    await using sigstore = await startSigstore();
    const { Agent } = await import('undici');
    let asked = 0;
    const dispatcher = new Agent().compose((dispatch) => (request, handler) => {
      asked++;
      return dispatch(request, handler);
    });
    await open(sigstore, { dispatcher }).trustedRoot();
    expect(asked).toBe(sigstore.count('tuf'));
    await dispatcher.close();
  });

  test('signing case 16: what was fetched before serves while the repository cannot be reached', async () => {
    const sigstore = await gone();
    expect((await open(sigstore).trustedRoot()).tlogs).toHaveLength(2);
    await makeStale();
    const stale = open(sigstore, { clock: testClock() });
    expect((await stale.trustedRoot()).tlogs).toHaveLength(2);
  });

  test('signing case 16: without a network and with nothing fetched before, the error says what to do', async () => {
    const sigstore = await startSigstore();
    await sigstore.stop();
    const failure = await failureOf(open(sigstore, { clock: testClock() }).trustedRoot());
    expect(failure.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
    expect(failure.message).toContain('cannot be reached');
    expect(failure.hint).toContain('--trusted-root');
    // Nor can a file that was never fetched be had.
    const known = await gone();
    const missing = await failureOf(open(known, { clock: testClock() }).signingConfig());
    expect(missing.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
  });

  test('signing case 16: what was fetched before does not serve when it has expired', async () => {
    const timestamp = new Date(Date.now() + 2_000);
    const sigstore = await gone({ tuf: { expires: { timestamp } } });
    await wait(timestamp.getTime() - Date.now() + 50);
    const failure = await failureOf(open(sigstore, { clock: testClock() }).trustedRoot());
    expect(failure.code).toBe('ERR_LADING_SIGSTORE_SERVICE');
    expect(failure.hint).toContain('--trusted-root');
  });

  test.each(['timestamp', 'snapshot', 'targets', 'root'] as const)(
    'signing case 16: a repository whose %s has expired is told as such',
    async (role) => {
      const past = new Date(Date.now() - 86_400_000);
      await using sigstore = await startSigstore({ tuf: { expires: { [role]: past } } });
      const failure = await failureOf(open(sigstore).trustedRoot());
      expect(failure.code).toBe('ERR_LADING_TRUSTED_ROOT');
      expect(failure.message).toContain('has expired');
      expect(failure.hint).toContain('clock');
    },
  );

  test('signing case 16: a target name that climbs out of the folder reaches nothing', async () => {
    const targets = { '../../../climbed.json': '{}', 'trusted_root.json/../../x': '{}' };
    await using sigstore = await startSigstore({ tuf: { targets } });
    await open(sigstore).trustedRoot();
    expect(await readdir(folder)).toEqual(['cache']);
    expect(await readdir(cacheDirectory)).toHaveLength(1);
    expect(await readdir(await cachePath('targets'))).toEqual(['trusted_root.json']);
  });

  test('a repository of somebody else is not believed', async () => {
    await using sigstore = await startSigstore();
    await using stranger = await startSigstore();
    const failure = await failureOf(open({ ...sigstore, tufRoot: stranger.tufRoot }).trustedRoot());
    expect(failure.code).toBe('ERR_LADING_TRUSTED_ROOT');
    expect(failure.message).toContain('cannot be trusted');
  });

  test('a file that was changed in the cache is fetched again', async () => {
    await using sigstore = await startSigstore();
    const repository = open(sigstore);
    await repository.trustedRoot();
    const path = await cachePath('targets', 'trusted_root.json');
    const good = await readFile(path, 'utf8');
    await writeFile(path, good.replace('sigstore.test', 'sigstore.evil'));
    expect((await repository.trustedRoot()).certificateAuthorities[0]!.subject?.organization).toBe(
      'sigstore.test',
    );
    expect(await readFile(path, 'utf8')).toBe(good);
  });

  test.each(['root.json', 'timestamp.json', '1.snapshot.json', 'snapshot.json', 'targets.json'])(
    'a cache whose %s is torn heals',
    async (name) => {
      await using sigstore = await startSigstore();
      await open(sigstore).trustedRoot();
      await writeFile(await cachePath(name), '{"signed":{');
      expect((await open(sigstore).trustedRoot()).tlogs).toHaveLength(2);
    },
  );

  test('several at once in one new cache do not disturb each other', async () => {
    await using sigstore = await startSigstore();
    const roots = await Promise.all(Array.from({ length: 8 }, () => open(sigstore).trustedRoot()));
    expect(roots.every(({ tlogs }) => tlogs.length === 2)).toBe(true);
  });

  test('a cache that cannot be written says so', async () => {
    await using sigstore = await startSigstore();
    await mkdir(folder, { recursive: true });
    await writeFile(cacheDirectory, 'a file');
    const failure = await failureOf(open(sigstore).trustedRoot());
    expect(failure.code).toBe('ERR_LADING_TRUSTED_ROOT');
    expect(failure.hint).toContain('folder that can be written');
  });

  test('a repository without the file says so, and one without a root is not begun with', async () => {
    await using sigstore = await startSigstore();
    expect(await failureOf(open(sigstore).signingConfig({ rekorV2: true }))).toMatchObject({
      code: 'ERR_LADING_TRUSTED_ROOT',
    });
    const rootless = sigstoreRepository({ cacheDirectory, mirror: 'https://tuf.example.com' });
    const failure = await failureOf(rootless.trustedRoot());
    expect(failure).toMatchObject({ code: 'ERR_LADING_TRUSTED_ROOT' });
    expect(failure.hint).toContain('root.json');
  });

  test('Sigstore’s public one begins with the root that comes along', async () => {
    const { Agent } = await import('undici');
    const asked: string[] = [];
    const dispatcher = new Agent().compose(() => (request, _handler) => {
      asked.push(`${request.origin}${request.path}`);
      throw Object.assign(new Error('no network'), { code: 'ENOTFOUND' });
    });
    const failure = await failureOf(
      sigstoreRepository({ cacheDirectory, dispatcher, clock: testClock() }).trustedRoot(),
    );
    expect(failure).toMatchObject({ code: 'ERR_LADING_SIGSTORE_SERVICE' });
    const { version } = JSON.parse(await readFile(await cachePath('root.json'), 'utf8')).signed;
    expect(version).toBeGreaterThanOrEqual(10);
    expect(new Set(asked)).toEqual(new Set([`https://tuf-repo-cdn.sigstore.dev/${version + 1}.root.json`]));
    await dispatcher.close();
  });

  test('is given up with the reason', async () => {
    await using sigstore = await startSigstore();
    sigstore.play('tuf', { hang: true, times: 9 });
    const later = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => later.abort(reason), 50);
    expect(await failureOf(open(sigstore).trustedRoot({ signal: later.signal }))).toBe(reason);
  });
});

describe('files', () => {
  test('signing case 16: a trusted root and a signing config from files touch no network', async () => {
    await using sigstore = await startSigstore();
    const root = join(folder, 'root.json');
    const config = join(folder, 'config.json');
    await writeFile(root, JSON.stringify(sigstore.trustedRoot));
    await writeFile(config, JSON.stringify(sigstore.signingConfig()));
    const connect = jest.spyOn(Socket.prototype, 'connect');
    try {
      expect((await trustedRootFromFile(root)).tlogs).toHaveLength(2);
      expect((await signingConfigFromFile(config)).logs).toHaveLength(1);
      expect(connect).not.toHaveBeenCalled();
    } finally {
      connect.mockRestore();
    }
    expect(sigstore.count()).toBe(0);
  });

  test('that are not there, are something else or never end are refused by name', async () => {
    const absent = join(folder, 'absent.json');
    expect(await failureOf(trustedRootFromFile(absent))).toMatchObject({
      code: 'ERR_LADING_TRUSTED_ROOT',
      message: `there is no trusted root file ${absent}`,
      hint: expect.stringContaining('lading trusted-root create'),
    });
    // A slip in "public" or "none" is taken for a file, too.
    expect(await failureOf(signingConfigFromFile('pubic'))).toMatchObject({
      code: 'ERR_LADING_SIGNING_CONFIG',
      message: 'there is no signing config file pubic',
      hint: expect.stringContaining('public, none'),
    });
    expect(await failureOf(signingConfigFromFile(folder))).toMatchObject({
      code: 'ERR_LADING_SIGNING_CONFIG',
      message: `the signing config file ${folder} cannot be read`,
    });
    expect((await failureOf(trustedRootFromFile('/dev/zero'))).message).toContain('longer than');
  });
});
