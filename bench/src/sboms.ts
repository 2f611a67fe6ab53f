import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDistribution } from '@lading/e2e/distribution';
import { imagesOver, largeImage, layoutOfOne, manyPackages } from './layouts.ts';
import type { Contender, Scenario } from './scenario.ts';
import type { Ground } from './scenarios.ts';
import { lading } from './tools.ts';

const output = '-o cyclonedx-json > /dev/null';

/** A folder for one scenario, and how its images are catalogued by whom. */
class Bench {
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;

  static async open({ env }: Pick<Ground, 'env'>): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), 'lading-bench-sbom-')), env);
  }

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.#env = env;
  }

  contender(name: string, command: string, cache = this.folder): Contender {
    const env = {
      ...this.#env,
      XDG_CACHE_HOME: cache,
      SYFT_CHECK_FOR_APP_UPDATE: 'false',
      HOME: this.folder,
    };
    return { name, work: () => ({ command, env }) };
  }

  /** A cache of its own for each run: everything but the base comes for the first time. */
  fresh(name: string, command: string): Contender {
    const { folder } = this;
    const work = async (run: number) =>
      this.contender(name, command, await mkdtemp(join(folder, `cache-${run}-`))).work(run);
    return { name, work };
  }

  close(): void {
    void rm(this.folder, { recursive: true, force: true });
  }
}

function corpus(name: string): string {
  const script = fileURLToPath(new URL('../../scripts/corpus.sh', import.meta.url));
  const folder = execFileSync(script, [name], { encoding: 'utf8' }).trim().split('\n').at(-1)!;
  return join(folder, name);
}

/** One image, read and written for the first time, and again. */
function oneImage(name: string, what: string): (ground: Ground) => Promise<Scenario> {
  return async (ground) => {
    const bench = await Bench.open(ground);
    const layout = corpus(name);
    execFileSync('bash', ['-c', `${lading} sbom --quiet oci:${layout} ${output}`], {
      env: { ...process.env, ...ground.env, XDG_CACHE_HOME: bench.folder },
    });
    return {
      title: `The SBOM of ${what}`,
      bar: 'wall and memory ≤ 1/2 of syft cold, then 1/3; wall ≤ 1/10 warm',
      note: 'Warm: what is known of its layers is in the cache, as for every further image on the same base.',
      contenders: [
        bench.contender('lading', `${lading} sbom --quiet --no-cache oci:${layout} ${output}`),
        bench.contender('lading, warm', `${lading} sbom --quiet oci:${layout} ${output}`),
        bench.contender('syft', `syft -q oci-dir:${layout} ${output}`),
      ],
      close: () => bench.close(),
    };
  };
}

export const sbomDebian: (ground: Ground) => Promise<Scenario> = oneImage(
  'debian',
  'a Debian image (one layer of 100 MB, 250 MB unpacked, 91 packages)',
);
export const sbomDebianPython: (ground: Ground) => Promise<Scenario> = oneImage(
  'debian-python',
  'a Debian image with Python and npm (three layers, 250 MB, about 2,000 packages)',
);

/** Twenty images over one base. */
export async function sbomFleet(ground: Ground): Promise<Scenario> {
  const count = 20;
  const bench = await Bench.open(ground);
  const layout = join(bench.folder, 'fleet');
  await imagesOver(layout, corpus('debian'), count);
  // syft takes the first image of a layout, whatever is asked for.
  for (let tag = 0; tag < count; tag++) await layoutOfOne(layout, tag, `${layout}-${tag}`);
  const each = (command: (tag: number) => string): string =>
    Array.from({ length: count }, (_, tag) => command(tag)).join(' && ');
  return {
    title: `The SBOMs of ${count} images over one Debian base, a process each`,
    bar: 'wall ≤ 1/10 of syft',
    note: 'lading reads the base in its first process, and finds it in the cache in the others.',
    contenders: [
      bench.fresh(
        'lading',
        each((tag) => `${lading} sbom --quiet oci:${layout}:${tag} ${output}`),
      ),
      bench.contender(
        'syft',
        each((tag) => `syft -q oci-dir:${layout}-${tag} ${output}`),
      ),
    ],
    close: () => bench.close(),
  };
}

/** Whether memory grows with the size of an image. */
export async function sbomMemory(ground: Ground): Promise<Scenario> {
  const bench = await Bench.open(ground);
  const contenders: Contender[] = [];
  for (const [name, bytes] of [
    ['lading', 0],
    ['lading, 1 GB', 10 ** 9],
    ['lading, 2 GB', 2 * 10 ** 9],
  ] as const) {
    const layout = bytes === 0 ? corpus('debian') : join(bench.folder, `${bytes}`);
    if (bytes > 0) await largeImage(layout, corpus('debian'), bytes);
    contenders.push(bench.contender(name, `${lading} sbom --quiet --no-cache oci:${layout} ${output}`));
  }
  return {
    title: 'Memory of cataloguing images of 0.25, 1.25 and 2.25 GB',
    bar: 'flat',
    contenders,
    close: () => bench.close(),
  };
}

/** A document of very many components. */
export async function sbomComponents(ground: Ground): Promise<Scenario> {
  const count = 200_000;
  const bench = await Bench.open(ground);
  const contenders: Contender[] = [];
  for (const [name, packages] of [
    ['lading', count],
    ['lading, 20,000', count / 10],
  ] as const) {
    const layout = join(bench.folder, `${packages}`);
    await manyPackages(layout, packages);
    contenders.push(bench.contender(name, `${lading} sbom --quiet --no-cache oci:${layout} ${output}`));
  }
  return {
    title: `The SBOM of an image of ${count.toLocaleString('en')} packages`,
    bar: 'within 60 s and 2 GiB',
    contenders,
    close: () => bench.close(),
  };
}

/** Copied and catalogued at once, beside the one and the other alone. */
export async function sbomSync(ground: Ground): Promise<Scenario> {
  const bench = await Bench.open(ground);
  const source = `${ground.source.host}/debian-python:1`;
  execFileSync(
    'skopeo',
    [
      ...['copy', '--quiet', '--preserve-digests', '--dest-tls-verify=false'],
      ...[`oci:${corpus('debian-python')}`, `docker://${source}`],
    ],
    { env: { ...process.env, ...ground.env } },
  );
  const key = join(bench.folder, 'key.pem');
  await writeFile(
    key,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  const syncing = (name: string, more: string): Contender => ({
    name,
    async work(run) {
      const destination = await startDistribution();
      const file = join(bench.folder, `${name.replaceAll(/\W+/g, '-')}-${run}.yaml`);
      await writeFile(
        file,
        `sync: [{source: '${source}', destination: '${destination.host}/app:1'}]\nsign: false\n${more}`,
      );
      const cache = await mkdtemp(join(bench.folder, 'cache-'));
      return {
        command: `${lading} sync --quiet --progress none -c ${file}`,
        env: { ...ground.env, XDG_CACHE_HOME: cache, HOME: bench.folder },
        done: async () => destination[Symbol.asyncDispose](),
      };
    },
  });
  return {
    title: 'An image copied and catalogued in one pass (three layers, 250 MB)',
    bar: 'wall ≤ 1.2 × the slower of the two alone; ≤ 220 MB',
    note: 'All of it writes both formats. The registries share the two cores with lading, and hash what they get.',
    contenders: [
      syncing('lading', 'sbom: {}\n'),
      syncing('lading, copy alone', ''),
      bench.contender(
        'lading, SBOM alone',
        `${lading} sbom --quiet --no-cache -o cyclonedx-json=${bench.folder}/a -o spdx-json=${bench.folder}/b ${source}`,
      ),
    ],
    close: () => bench.close(),
  };
}
