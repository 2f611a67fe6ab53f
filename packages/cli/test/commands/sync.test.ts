import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LadingError } from '@lading/oci';
import type { RegistryServer } from '@lading/server';
import { generateKeyPair } from '@lading/sign';
import { faults, makeDistribution, makeImage, pushImage, randomLayer, startProxy } from '@lading/testkit';
import { lading, type RunOptions, type RunResult } from '../support/lading.ts';
import { registryIn, type Scratch, scratch } from '../support/registries.ts';

const alpine = makeDistribution({ payload: 2000 });
const pause = makeImage({ mediaTypes: 'docker' });
let folder: Scratch;
let source: RegistryServer;
let target: RegistryServer;

beforeEach(async () => {
  folder = await scratch();
  source = await registryIn(folder, 'source');
  target = await registryIn(folder, 'target');
  await pushImage(source.url, 'up/alpine', '3.17', alpine);
  await pushImage(source.url, 'up/pause', '3.6', pause);
});
afterEach(async () => {
  await source.close();
  await target.close();
  await folder[Symbol.asyncDispose]();
});

const entry = (from: string, to: string, more = ''): string =>
  `  - source: ${source.host}/${from}\n    destination: ${target.host}/${to}\n${more}`;

async function config(...entries: string[]): Promise<void> {
  await writeFile(join(folder.path, 'config.yaml'), `sync:\n${entries.join('')}`);
}

function run(...argv: string[]): Promise<RunResult> {
  return runWith({}, ...argv);
}

function runWith(options: RunOptions, ...argv: string[]): Promise<RunResult> {
  return lading(argv, { cwd: folder.path, ...options });
}

const both = (): Promise<void> =>
  config(entry('up/alpine:3.17', 'mine/alpine:3.17'), entry('up/pause:3.6', 'mine/pause:3.6'));

describe('the main job', () => {
  test('plan shows what differs, sync copies it, a second sync does nothing in two requests an entry', async () => {
    await both();
    const plan = await run('plan');
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(
      /^ {2}\+ \S+\/up\/alpine:3\.17 +→ \S+\/mine\/alpine:3\.17 +create +2 platforms · /m,
    );
    expect(plan.stdout).toMatch(/^2 to create · \S+ kB to move$/m);

    const sync = await run('sync');
    expect(sync.code).toBe(0);
    expect(sync.stderr).toMatch(/✓ \S+\/mine\/pause:3\.6 +sha256:\w{8}… {2}copied \S+ k?B {3}\S+ s\n/);
    expect(sync.stdout).toMatch(/^2 changed · \S+ kB moved · \d+ requests · \S+ s\n$/);

    const again = await run('sync');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(/^2 same · nothing to do · 4 requests · /);
    expect((await run('digest', `${target.host}/mine/alpine:3.17`)).stdout.trim()).toBe(
      alpine.descriptor.digest,
    );
  });

  test('plan --detailed-exitcode is 2 while there is something to do', async () => {
    await both();
    expect((await run('plan', '--detailed-exitcode')).code).toBe(2);
    await run('sync');
    expect((await run('plan', '--detailed-exitcode')).code).toBe(0);
  });

  test('sync --dry-run and plan write nothing, not even folders', async () => {
    await config(
      entry('up/alpine:3.17', 'mine/alpine:3.17'),
      `  - {source: "${source.host}/up/pause:3.6", destination: "oci:out:1"}\n`,
    );
    expect((await run('sync', '--dry-run')).stdout).toContain('2 to create');
    expect((await run('catalog', target.host)).stdout).toBe('');
    expect(existsSync(join(folder.path, 'out'))).toBe(false);
    expect((await run('sync')).code).toBe(0);
    expect(existsSync(join(folder.path, 'out', 'index.json'))).toBe(true);
  });

  test('a retag by digest moves nothing', async () => {
    await pushImage(target.url, 'mine/hello', 'latest', pause);
    await config(
      `  - source: ${target.host}/mine/hello@${pause.descriptor.digest}\n    destination: ${target.host}/mine/hello:cool\n`,
    );
    expect((await run('plan')).stdout).toMatch(/hello@sha256:\w{8}… .* retag +.*0 B to move/);
    expect((await run('sync')).stderr).toContain('retagged');
  });

  test('several entries may go into one archive', async () => {
    await config(
      `  - {source: "${source.host}/up/pause:3.6", destination: "oci-archive:all.tar:pause"}\n`,
      `  - {source: "${source.host}/up/alpine:3.17", destination: "oci-archive:all.tar:alpine"}\n`,
    );
    expect((await run('sync')).code).toBe(0);
    expect((await run('tags', `oci-archive:${join(folder.path, 'all.tar')}`)).stdout).toBe('alpine\npause\n');
    expect((await run('sync')).stdout).toContain('2 same · nothing to do');
  });
});

describe('choosing entries', () => {
  test('one request is one request', async () => {
    await config(`  - {source: "${source.host}/up/pause:3.6", destination: "oci:pause:1"}\n`);
    await run('sync');
    expect((await run('sync')).stdout).toContain('1 same · nothing to do · 1 request · ');
  });

  test('--only matches destinations, over slashes, with or without the tag', async () => {
    await both();
    for (const glob of ['*/pause:*', '*/pause', `${target.host}/mine/p*`]) {
      expect((await run('plan', '--only', glob)).stdout).toContain('1 to create');
    }
    const none = await run('plan', '--only', 'ghcr.io/*');
    expect(none.code).toBe(3);
    expect(none.stderr).toContain('no destination matches "ghcr.io/*"');
  });

  test('--shard: the parts are everything, each entry once', async () => {
    await config(...Array.from({ length: 12 }, (_, index) => entry('up/pause:3.6', `mine/pause:${index}`)));
    const parts = await Promise.all(
      ['1/3', '2/3', '3/3'].map((part) => run('plan', '--shard', part, '--json')),
    );
    const destinations = parts.flatMap(({ stdout }) =>
      (JSON.parse(stdout) as { images: { destination: string }[] }).images.map((image) => image.destination),
    );
    expect(new Set(destinations).size).toBe(12);
    expect(destinations).toHaveLength(12);
  });
});

describe('when something is wrong', () => {
  test('an entry that fails stops no other; it is told with its side and line, and the exit code is 7', async () => {
    await config(entry('up/none:1', 'mine/none:1'), entry('up/pause:3.6', 'mine/pause:3.6'));
    const { code, stdout, stderr } = await run('sync');
    expect(code).toBe(7);
    expect(stderr).toMatch(/✗ \S+\/mine\/none:1 {2}\(config\.yaml:2\) {3}ERR_LADING_NOT_FOUND {3}source\n/);
    expect(stdout).toMatch(/^1 changed · 1 failed/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect((await run('plan')).code).toBe(7);
  });

  test('a host that can be none is the failure of its entry alone', async () => {
    await config(
      '  - {source: "10.0.0.256/up/a:1", destination: "oci:a:1"}\n',
      entry('up/pause:3.6', 'mine/pause:3.6'),
    );
    const { code, stdout, stderr } = await run('sync');
    expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining('ERR_LADING_REFERENCE') });
    expect(stderr).toContain('10.0.0.256 cannot be the address of a host');
    expect(stdout).toMatch(/^1 changed · 1 failed/);
  });

  test('when all fail the exit code is 1; --quiet and --progress none still tell failures', async () => {
    await config(entry('up/none:1', 'mine/none:1'));
    for (const quiet of [['--quiet'], ['--progress', 'none']]) {
      const { code, stderr } = await run('sync', ...quiet);
      expect(code).toBe(1);
      expect(stderr).toContain('ERR_LADING_NOT_FOUND');
    }
  });

  test('wrong credentials end with 4, say whose they are, and never the secret', async () => {
    await using guarded = await registryIn(folder, 'guarded', {
      auth: { type: 'basic', users: { bob: 'right-password' } },
    });
    await writeFile(
      join(folder.path, 'config.yaml'),
      `registries:\n  ${guarded.host}: {username: bob, password: "\${REGISTRY_PASSWORD}"}\nsync:\n  - source: ${source.host}/up/pause:3.6\n    destination: ${guarded.host}/mine/pause:3.6\n`,
    );
    const env = { REGISTRY_PASSWORD: 'wrong-secret-word' };
    for (const extra of [[], ['--verbose'], ['--json'], ['--json-lines']]) {
      const { code, stdout, stderr } = await runWith({ env }, 'sync', ...extra);
      expect(code).toBe(4);
      expect(stderr).toContain('ERR_LADING_UNAUTHORIZED   destination');
      expect(stderr).toContain('credentials: user "bob"');
      expect(stdout + stderr).not.toContain('wrong-secret-word');
      expect(stdout + stderr).not.toContain(Buffer.from('bob:wrong-secret-word').toString('base64'));
    }
    const printed = await runWith({ env }, 'config', 'print');
    expect(printed.stdout).toContain('[redacted]');
    expect(printed.stdout).not.toContain('wrong-secret-word');
    expect((await runWith({ env: { REGISTRY_PASSWORD: 'right-password' } }, 'sync')).code).toBe(0);
  });

  test('a source that lies ends with 5 and leaves no tag', async () => {
    await using proxy = await startProxy({
      target: source.url,
      script: [faults.corrupt(0, { path: /blobs/ })],
    });
    await config(`  - source: ${proxy.host}/up/pause:3.6\n    destination: ${target.host}/mine/pause:3.6\n`);
    const { code, stderr } = await run('sync');
    expect(code).toBe(5);
    expect(stderr).toContain('ERR_LADING_CONTENT_MISMATCH');
    expect((await run('digest', `${target.host}/mine/pause:3.6`)).code).toBe(1);
  });

  test('a mistake in config.yaml is shown with its line, and nothing is asked of any registry', async () => {
    await writeFile(
      join(folder.path, 'config.yaml'),
      'sync:\n  - source: alpine\n    destnation: ghcr.io/acme/alpine\n',
    );
    const { code, stderr, stdout } = await run('sync', '--json');
    expect(code).toBe(3);
    expect(stderr).toContain('config.yaml:3:5  ERR_LADING_CONFIG  unknown key "destnation"');
    expect(stderr).toContain('^^^^^^^^^^ did you mean "destination"?');
    expect(JSON.parse(stdout).error.issues[0]).toMatchObject({ line: 3, column: 5 });
  });
});

describe('for machines', () => {
  test('--json is one document', async () => {
    await both();
    const plan = JSON.parse((await run('plan', '--json')).stdout);
    expect(plan).toMatchObject({ schemaVersion: 1, totals: { create: 2 } });
    expect(plan.images[0]).toMatchObject({ action: 'create', digest: alpine.descriptor.digest });
    const report = JSON.parse((await run('sync', '--json')).stdout);
    expect(report).toMatchObject({ schemaVersion: 1, interrupted: false, totals: { created: 2, failed: 0 } });
  });

  test('--json-lines is one document per line, the result last', async () => {
    await both();
    const { stdout } = await run('sync', '--json-lines');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; destination?: string });
    expect(events.filter(({ type }) => type === 'entry:done')).toHaveLength(2);
    expect(events.find(({ type }) => type === 'blob:done')?.destination).toContain('/mine/');
    expect(events.at(-1)).toMatchObject({ type: 'result', totals: { created: 2 } });
  });

  test('in a GitHub workflow lines are grouped, and failures annotated at their lines', async () => {
    await config(entry('up/none:1', 'mine/none:1'), entry('up/pause:3.6', 'mine/pause:3.6'));
    const { stderr } = await runWith({ env: { GITHUB_ACTIONS: 'true', CI: 'true' } }, 'sync');
    expect(stderr).toMatch(/^::group::lading sync\n/);
    const [inside = '', after = ''] = stderr.split('::endgroup::\n');
    expect(inside).toContain('✓');
    expect(after).toMatch(
      /^::error file=config\.yaml,line=2,title=ERR_LADING_NOT_FOUND::\S+\/mine\/none:1 \(source\): /,
    );
  });

  test('in a GitHub workflow a plan annotates as well, and mistakes in config.yaml are marked', async () => {
    const env = { GITHUB_ACTIONS: 'true', CI: 'true' };
    await config(
      entry('up/none:1', 'mine/none:1'),
      entry('up/pause:3.6', 'mine/pause:3.6', '    verify: {key: k}\n'),
    );
    await writeFile(join(folder.path, 'k'), (await generateKeyPair('')).publicKey);
    const planned = await runWith({ env }, 'plan');
    expect(planned.stderr).toMatch(/^::error file=config\.yaml,line=2,title=ERR_LADING_NOT_FOUND::/m);
    expect(planned.stderr).toMatch(
      /^::error file=config\.yaml,line=4,title=ERR_LADING_UNSIGNED::\S+: no valid signature by k%0A/m,
    );
    await config('  - sauce: a\n    destination: b\n');
    const refused = await runWith({ env }, 'sync');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(
      /^::error file=config\.yaml,line=2,title=ERR_LADING_CONFIG::unknown key "sauce"/m,
    );
  });
});

describe('lading.lock', () => {
  test('lock writes digests down, --locked takes them, lock --dry-run shows what moved', async () => {
    await both();
    expect((await run('lock')).stdout).toContain('2 tags locked · 2 changed · lading.lock');
    const newer = makeImage({ layers: [randomLayer(500, 'newer')] });
    await pushImage(source.url, 'up/pause', '3.6', newer);

    const moved = await run('lock', '--dry-run');
    expect(moved.stdout).toMatch(/~ \S+\/up\/pause:3\.6 +sha256:\w{8}… → sha256:\w{8}…/);
    expect((await run('sync', '--locked')).code).toBe(0);
    expect((await run('digest', `${target.host}/mine/pause:3.6`)).stdout.trim()).toBe(
      pause.descriptor.digest,
    );
    await run('sync');
    expect((await run('digest', `${target.host}/mine/pause:3.6`)).stdout.trim()).toBe(
      newer.descriptor.digest,
    );
    expect(await readFile(join(folder.path, 'lading.lock'), 'utf8')).toContain(newer.descriptor.digest);
  });

  test('locks of shards are taken in', async () => {
    await both();
    for (const part of ['1/2', '2/2']) await run('lock', '--shard', part);
    expect(existsSync(join(folder.path, 'lading.lock'))).toBe(false);
    expect((await run('lock')).code).toBe(0);
    expect(existsSync(join(folder.path, 'lading.lock.1'))).toBe(false);
    const { images } = JSON.parse(await readFile(join(folder.path, 'lading.lock'), 'utf8'));
    expect(Object.keys(images)).toHaveLength(2);
  });
});

test('case 67: an interrupted sync ends with 130, a report that is whole, and no half tag', async () => {
  const big = makeImage({ layers: [randomLayer(3_000_000, 'big')] });
  await pushImage(source.url, 'up/big', '1', big);
  await using proxy = await startProxy({
    target: source.url,
    script: [faults.slowDownload(100_000, { path: /blobs/ })],
  });
  await config(`  - source: ${proxy.host}/up/big:1\n    destination: ${target.host}/mine/big:1\n`);
  const interruption = new AbortController();
  const running = runWith({ signal: interruption.signal }, 'sync', '--json');
  while (proxy.count({ path: /blobs/ }) === 0) await setTimeout(5);
  interruption.abort(new LadingError('ERR_LADING_INTERRUPTED', 'interrupted by SIGINT'));
  const { code, stdout } = await running;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ interrupted: true, totals: { interrupted: 1 } });
  expect((await run('digest', `${target.host}/mine/big:1`)).code).toBe(1);
});

describe('registries in config.yaml', () => {
  test('a rate limit of config.yaml is kept', async () => {
    await config(...Array.from({ length: 6 }, (_, n) => entry(`up/none-${n}:1`, `mine/n-${n}:1`)));
    const file = join(folder.path, 'config.yaml');
    const registries = `registries:\n  "${source.host}": {rateLimit: 5}\n`;
    await writeFile(file, registries + (await readFile(file, 'utf8')));
    const started = performance.now();
    await run('plan');
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  test('createRepository says that it is for Amazon ECR', async () => {
    await both();
    const file = join(folder.path, 'config.yaml');
    const registries = `registries:\n  "${target.host}": {createRepository: true}\n`;
    await writeFile(file, registries + (await readFile(file, 'utf8')));
    expect((await run('sync')).stderr).toContain('it is for Amazon ECR alone');
  });
});

test('ten entries of ten repositories that are up to date cost one token a registry: 24 requests', async () => {
  const auth = { type: 'bearer', users: { bob: 'secret-of-bob' } } as const;
  await using from = await startProxy({ target: source.url, auth });
  await using to = await startProxy({ target: target.url, auth });
  const names = Array.from({ length: 10 }, (_, n) => `batch/image-${n}`);
  for (const name of names) {
    await pushImage(source.url, name, '1', pause);
    await pushImage(target.url, name, '1', pause);
  }
  const registries = [from, to]
    .map(({ host }) => `  "${host}": {username: bob, password: "secret-of-bob"}\n`)
    .join('');
  const entries = names.map(
    (name) => `  - source: ${from.host}/${name}:1\n    destination: ${to.host}/${name}:1\n`,
  );
  await writeFile(join(folder.path, 'config.yaml'), `registries:\n${registries}sync:\n${entries.join('')}`);
  const { code, stdout } = await run('sync');
  expect(code).toBe(0);
  expect(stdout).toContain('10 same');
  expect(from.count({ kind: 'token' }) + to.count({ kind: 'token' })).toBe(2);
  expect(from.count() + to.count()).toBe(24);
});
