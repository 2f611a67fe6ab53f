import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRegistry } from '@lading/registry';
import { type RegistryOptions, type RegistryServer, startRegistry } from '@lading/server';
import { faults, makeImage, makeIndex, pushImage, randomLayer, startProxy } from '@lading/testkit';
import { type RunResult, run } from '../peers/run.ts';

/** What a person sees when one of two entries goes wrong: the other one arrives, the failed one's tag is as it was. */

const program = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
const before = makeImage({ layers: [randomLayer(1000, 'before')] });
const image = makeIndex([
  makeImage({ platform: 'linux/amd64', layers: [randomLayer(50_000, 'amd64')] }),
  makeImage({ platform: 'linux/arm64', layers: [randomLayer(50_000, 'arm64')] }),
]);

/** The ledger of a run would hand on the other entry's blobs: the one that goes wrong has content of its own. */
const lied = makeImage({ layers: [randomLayer(50_000, 'lied about')] });

let folder: string;
let source: RegistryServer;
let destination: RegistryServer;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-failures-'));
  source = await serve();
  destination = await serve();
  await pushImage(source.url, 'app', '1', image);
  await pushImage(source.url, 'lied', '1', lied);
});

afterAll(async () => {
  await source.close();
  await destination.close();
  await rm(folder, { recursive: true });
});

function serve(options: Partial<RegistryOptions> = {}): Promise<RegistryServer> {
  return startRegistry({
    directory: join(folder, `registry-${count++}`),
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
}

function lading(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
  const home = {
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    DOCKER_CONFIG: join(folder, 'docker'),
    CI: '',
    GITHUB_ACTIONS: '',
  };
  return run(process.execPath, ['--conditions=@lading/source', '--no-warnings', program, ...args], {
    cwd: folder,
    env: { ...home, ...env },
  });
}

interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Syncs the entry in question beside one that is fine. */
async function syncBesideGood(
  { from, to }: Pair,
  config: object = {},
): Promise<RunResult & { goodArrived: boolean }> {
  const good = `good-${count++}`;
  const file = join(folder, `config-${count++}.yaml`);
  const entries = [
    { source: from, destination: to },
    { source: `${source.host}/app:1`, destination: `${destination.host}/${good}:1` },
  ];
  await writeFile(file, JSON.stringify({ ...config, sync: entries }));
  const result = await lading(['sync', '-c', file]);
  return {
    ...result,
    goodArrived: (await digestAt(`${destination.host}/${good}`)) === image.descriptor.digest,
  };
}

async function digestAt(repository: string): Promise<string | undefined> {
  await using registry = openRegistry();
  try {
    return (await registry.repository(repository).resolve('1')).digest;
  } catch {
    return undefined;
  }
}

describe('a source that lies about', () => {
  const lies = {
    'the content of a layer': {
      fault: faults.corrupt(100, { kind: 'blob' }),
      code: 'ERR_LADING_CONTENT_MISMATCH',
    },
    'the size of a layer': {
      fault: faults.extraBytes(10, { kind: 'blob' }),
      code: 'ERR_LADING_CONTENT_MISMATCH',
    },
    'the content of a manifest': {
      fault: faults.corrupt(30, { kind: 'manifest' }),
      code: 'ERR_LADING_CONTENT_MISMATCH',
    },
    'a media type': {
      fault: faults.contentType('application/vnd.oci.image.index.v1+json', { kind: 'manifest' }),
      code: 'ERR_LADING_MANIFEST',
    },
  };
  test.each(Object.entries(lies))(
    '%s is named, and its image does not arrive',
    async (_, { fault, code }) => {
      await using liar = await startProxy({ target: source.url, script: [fault] });
      const repository = `lied-${count++}`;
      await pushImage(destination.url, repository, '1', before);
      const result = await syncBesideGood({
        from: `${liar.host}/lied:1`,
        to: `${destination.host}/${repository}:1`,
      });
      expect(result.stderr).toContain(code);
      expect(result.stderr).toContain('source');
      expect(result.code).toBe(code === 'ERR_LADING_CONTENT_MISMATCH' ? 5 : 7);
      expect(await digestAt(`${destination.host}/${repository}`)).toBe(before.descriptor.digest);
      expect(result.goodArrived).toBe(true);
    },
  );
});

describe('a destination that', () => {
  test('is full says so, and the entry can be run again', async () => {
    const repository = `full-${count++}`;
    await using full = await startProxy({
      target: destination.url,
      script: [faults.status(507, { kind: 'upload', method: 'PUT' })],
    });
    const to = `${full.host}/${repository}:1`;
    const result = await syncBesideGood({ from: `${source.host}/app:1`, to });
    expect(result).toMatchObject({ code: 7, goodArrived: true });
    expect(result.stderr).toMatch(/destination[\s\S]*507/);
    expect(await digestAt(`${destination.host}/${repository}`)).toBeUndefined();

    full.calm();
    expect((await syncBesideGood({ from: `${source.host}/app:1`, to })).code).toBe(0);
  });

  test('is read-only says so', async () => {
    await using closed = await serve({ readOnly: true });
    const result = await syncBesideGood({ from: `${source.host}/app:1`, to: `${closed.host}/app:1` });
    expect(result).toMatchObject({ code: 7, goodArrived: true });
    expect(result.stderr).toMatch(/destination/);
  });

  test('is dead is given up within seconds', async () => {
    const dead = '127.0.0.1:1';
    const started = performance.now();
    const result = await syncBesideGood({ from: `${source.host}/app:1`, to: `${dead}/app:1` });
    expect(result).toMatchObject({ code: 7, goodArrived: true });
    expect(result.stderr).toContain('ERR_LADING_UNREACHABLE');
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('does not know the password says whose it was, and never prints it', async () => {
    await using guarded = await serve({ auth: { type: 'basic', users: { bob: 'right-password' } } });
    const registries = { [guarded.host]: { username: 'bob', password: 'wrong-password-1234' } };
    const result = await syncBesideGood(
      { from: `${source.host}/app:1`, to: `${guarded.host}/app:1` },
      { registries },
    );
    expect(result).toMatchObject({ code: 4, goodArrived: true });
    expect(result.stderr).toContain('ERR_LADING_UNAUTHORIZED');
    expect(result.stderr).toContain('bob');
    expect(result.stderr + result.stdout.toString()).not.toContain('wrong-password-1234');
  });

  test('does not let the user push says so', async () => {
    await using guarded = await serve({
      auth: { type: 'bearer', users: { bob: 'secret-5678' }, permit: (_, { action }) => action === 'pull' },
    });
    const registries = { [guarded.host]: { username: 'bob', password: 'secret-5678' } };
    const result = await syncBesideGood(
      { from: `${source.host}/app:1`, to: `${guarded.host}/app:1` },
      { registries },
    );
    expect(result).toMatchObject({ code: 4, goodArrived: true });
    expect(result.stderr).toMatch(/ERR_LADING_(DENIED|UNAUTHORIZED)/);
    expect(result.stderr).toContain('destination');
    expect(result.stderr + result.stdout.toString()).not.toContain('secret-5678');
  });
});

test('a tag that moves while it is copied arrives as the image that it was', async () => {
  const repository = `moving-${count++}`;
  await pushImage(source.url, repository, '1', image);
  await using slow = await startProxy({ target: source.url, script: [faults.delay(300, { kind: 'blob' })] });
  const copying = lading(['copy', `${slow.host}/${repository}:1`, `${destination.host}/${repository}:1`]);
  while (slow.count({ kind: 'blob' }) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await pushImage(source.url, repository, '1', before);
  const { code, stdout } = await copying;
  expect(code).toBe(0);
  expect(stdout.toString()).toContain(image.descriptor.digest);
  expect(await digestAt(`${destination.host}/${repository}`)).toBe(image.descriptor.digest);
});

test('ten thousand tags are listed, filtered and planned', async () => {
  const tags = Array.from({ length: 10_000 }, (_, n) => `1.${Math.floor(n / 100)}.${n % 100}`);
  await using many = await startProxy({ target: source.url, script: [faults.tagList(tags)] });
  const file = join(folder, 'many.yaml');
  const entry = {
    source: `${many.host}/app`,
    destination: `${destination.host}/many`,
    tags: { include: '1.9?.*', semver: '>=1.95', exclude: '*.7', latest: 3 },
  };
  await writeFile(file, JSON.stringify({ sync: [entry] }));
  const { code, stdout } = await lading(['plan', '--json', '-c', file]);
  expect(code).toBe(1); // the three do not exist: only the list has them
  const plan = JSON.parse(stdout.toString()) as { images: readonly { destination: string }[] };
  expect(plan.images.map((planned) => planned.destination.split(':').at(-1)).sort()).toEqual([
    '1.99.97',
    '1.99.98',
    '1.99.99',
  ]);
});

test('a config of a hundred thousand entries is loaded and one of them carried out', async () => {
  const entries = Array.from({ length: 100_000 }, (_, n) => ({
    source: `${source.host}/app:1`,
    destination: `${destination.host}/huge/${n}:1`,
  }));
  const file = join(folder, 'huge.yaml');
  await writeFile(
    file,
    `sync:\n${entries.map((entry) => `  - source: ${entry.source}\n    destination: ${entry.destination}\n`).join('')}`,
  );
  const { code, stdout } = await lading(['sync', '-c', file, '--only', '*/huge/77777:1']);
  expect(stdout.toString()).toContain('1 changed');
  expect(code).toBe(0);
});

test('a mistake in the config is shown in its line, before anything is asked of a registry', async () => {
  const file = join(folder, 'typo.yaml');
  await writeFile(
    file,
    'sync:\n  - source: docker.io/alpine:3.17.3\n    destnation: ghcr.io/acme/alpine:3.17.3\n',
  );
  const { code, stderr } = await lading(['sync', '-c', file]);
  expect(code).toBe(3);
  expect(stderr).toContain('typo.yaml:3:5');
  expect(stderr).toContain('did you mean "destination"?');
});
