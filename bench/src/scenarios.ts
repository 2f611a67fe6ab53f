import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Distribution, startDistribution } from '@lading/e2e/distribution';
import { makeImage, pushImage, randomLayer, type TestImage } from '@lading/testkit';
import { startDelay } from './delay.ts';
import type { Scenario } from './scenario.ts';
import { copyCommands, lading } from './tools.ts';

/** What all scenarios work on. */
export interface Ground {
  readonly source: Distribution;
  readonly destination: Distribution;
  readonly env: { readonly PATH: string };
}

const entries = 200;
const parallel = 8;

/** Two hundred images that are up to date already, both registries 20 ms away. */
export async function noop(ground: Ground): Promise<Scenario> {
  const images = Array.from({ length: entries }, (_, n) => `noop/image-${n}:1`);
  const image = makeImage();
  for (const registry of [ground.source, ground.destination]) await pushAll(registry, images, () => image);
  const [source, destination] = [
    await startDelay(ground.source.url, 20),
    await startDelay(ground.destination.url, 20),
  ];
  const pairs = images.map(
    (name) => [`127.0.0.1:${source.port}/${name}`, `127.0.0.1:${destination.port}/${name}`] as const,
  );
  return {
    title: `No-op over ${entries} entries, 20 ms away, ${parallel} at once`,
    bar: '2 requests an entry; wall ≤ regsync at the same parallelism; CPU ≤ 3 × regsync',
    note: 'regsync is held by 8 requests at once to a registry, which is as much as lading does with 8 entries at once. About 0.13 s of lading is the start of Node, and as much is code that runs for the first time; both weigh less the more entries there are.',
    contenders: [...(await syncContenders(ground, () => pairs)), ...copyContenders(ground, pairs)],
    close() {
      source.close();
      destination.close();
    },
  };
}

/** One image of three layers of 120 MB, to a repository that has nothing yet. */
export async function coldCopy(ground: Ground): Promise<Scenario> {
  const corpus = execFileSync(fileURLToPath(new URL('../../scripts/corpus.sh', import.meta.url)), ['big'], {
    encoding: 'utf8',
  });
  const layout = join(corpus.trim().split('\n').at(-1)!, 'big');
  const source = `${ground.source.host}/big:1`;
  execFileSync(
    'skopeo',
    [
      'copy',
      '--quiet',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${layout}:latest`,
      `docker://${source}`,
    ],
    {
      env: { ...process.env, ...ground.env },
    },
  );
  return {
    title: 'Cold copy of 3 layers of 120 MB between two distribution registries',
    bar: 'wall ≤ 1.1 × the fastest of crane, regctl, oras, skopeo; CPU ≤ 2 × crane; peak memory ≤ 150 MB',
    note: 'oras passes bytes on without hashing them (its user time is 0.02 s) and leaves the proof to the destination; lading, crane, regctl and skopeo verify on the way.',
    contenders: Object.entries(copyCommands).map(([name, copy]) => ({
      name,
      async work() {
        // A registry of its own for every run: skopeo remembers which host has which blob, and would mount instead of copying.
        const destination = await startDistribution();
        return {
          command: copy(source, `${destination.host}/big:1`),
          env: ground.env,
          done: async () => destination[Symbol.asyncDispose](),
        };
      },
    })),
  };
}

/** Two hundred images over one base layer of 20 MB, each with a small layer of its own. */
export async function sharedBase(ground: Ground): Promise<Scenario> {
  const base = randomLayer(20 << 20, 'base');
  const images = Array.from({ length: entries }, (_, n) => `shared/image-${n}:1`);
  await pushAll(ground.source, images, (n) => makeImage({ layers: [base, randomLayer(10_000, n)] }));
  const pairs = (tool: string, run: number): Pairs =>
    images.map((name) => [
      `${ground.source.host}/${name}`,
      `${ground.destination.host}/${tool}-${run}/${name}`,
    ]);
  return {
    title: `${entries} images sharing a base layer of 20 MB, ${parallel} at once`,
    bar: 'the base crosses the wire once; wall ≤ 0.7 × regsync',
    contenders: await syncContenders(ground, pairs),
  };
}

/** From start to answer, ten times in a row. */
export async function digest(ground: Ground): Promise<Scenario> {
  const reference = `${ground.source.host}/digest:1`;
  await pushImage(ground.source.url, 'digest', '1', makeImage());
  const tenTimes = (command: string): string =>
    `for i in 1 2 3 4 5 6 7 8 9 10; do ${command} > /dev/null; done`;
  const contender = (name: string, command: string) => ({
    name,
    work: () => ({ command: tenTimes(command), env: ground.env }),
  });
  return {
    title: 'The digest of a tag, ten times in a row',
    bar: 'start to answer ≤ 150 ms, so ≤ 1.5 s here',
    contenders: [
      contender('lading', `${lading} digest ${reference}`),
      contender('crane', `crane digest --insecure ${reference}`),
      contender('regctl', `regctl image digest --host reg=${ground.source.host},tls=disabled ${reference}`),
      contender('oras', `oras resolve --plain-http ${reference}`),
      contender('skopeo', `skopeo inspect --tls-verify=false --format '{{.Digest}}' docker://${reference}`),
    ],
  };
}

type Pairs = readonly (readonly [source: string, destination: string])[];

/** The tools that take all entries from one configuration file. */
async function syncContenders(
  ground: Ground,
  pairs: (tool: string, run: number) => Pairs,
): Promise<Scenario['contenders']> {
  const folder = await mkdtemp(join(tmpdir(), 'lading-bench-config-'));
  const hosts = (all: Pairs): string[] => [
    ...new Set(all.flat().map((reference) => reference.slice(0, reference.indexOf('/')))),
  ];
  const contender = (name: string, config: (pairs: Pairs) => object, command: (file: string) => string) => ({
    name,
    async work(run: number) {
      const file = join(folder, `${name}-${run}.yaml`);
      await writeFile(file, JSON.stringify(config(pairs(name, run))));
      return { command: command(file), env: ground.env };
    },
  });
  return [
    contender(
      'lading',
      (all) => ({ sync: all.map(([source, destination]) => ({ source, destination })) }),
      (file) => `${lading} sync --quiet --progress none --concurrency ${parallel} -c ${file}`,
    ),
    contender(
      'regsync',
      (all) => ({
        version: 1,
        // Its own limit of 3 requests a host would hide the parallelism that was asked for.
        creds: hosts(all).map((registry) => ({ registry, tls: 'disabled', reqConcurrent: parallel })),
        defaults: { parallel },
        sync: all.map(([source, target]) => ({ source, target, type: 'image' })),
      }),
      (file) => `regsync once -c ${file} -v error`,
    ),
  ];
}

/** The tools that copy one image a call, shared out over as many processes as the others have threads. */
function copyContenders(ground: Ground, pairs: Pairs): Scenario['contenders'] {
  return Object.entries(copyCommands)
    .filter(([name]) => name !== 'lading')
    .map(([name, copy]) => {
      const lines = pairs.map(([source, destination]) => copy(source, destination)).join('\n');
      const command = `xargs -P ${parallel} -d '\\n' -n 1 bash -c <<'WORK'\n${lines}\nWORK`;
      return { name, work: () => ({ command, env: ground.env }) };
    });
}

async function pushAll(
  registry: Distribution,
  names: readonly string[],
  image: (n: number) => TestImage,
): Promise<void> {
  for (const [n, name] of names.entries()) {
    const [repository = '', tag = ''] = name.split(':');
    await pushImage(registry.url, repository, tag, image(n));
  }
}
