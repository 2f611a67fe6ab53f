import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Distribution } from '@lading/e2e/distribution';
import { makeImage, pushImage } from '@lading/testkit';
import type { Contender, Scenario } from './scenario.ts';
import type { Ground } from './scenarios.ts';
import { lading } from './tools.ts';

const password = 'a password';

/** Fifty images signed with a key, and verified. cosign takes one image a call. */
export async function signing(ground: Ground): Promise<Scenario> {
  const images = 50;
  const env = signingEnvironment(ground);
  const contender = (name: string, command: (references: readonly string[]) => string): Contender => ({
    name,
    work: async (run) => ({
      command: command(await pushImages(ground.source, `${name}-${run}`, images)),
      env,
    }),
  });
  return {
    title: `${images} images signed with a key and verified, without a log`,
    bar: 'wall ≤ 1/3 of cosign run for each image',
    note: 'lading writes what it always writes, a bundle and a `.sig`; cosign a bundle. Both verify everything that they find.',
    contenders: [
      contender('lading', (references) => both(env, references, '')),
      contender('lading, bundle alone', (references) => both(env, references, '--format bundle')),
      contender('cosign', (references) => {
        const flags =
          '--allow-http-registry --yes --key $KEYS/cosign.key --tlog-upload=false --use-signing-config=false';
        const check = '--allow-http-registry --key $KEYS/cosign.pub --insecure-ignore-tlog';
        return references
          .flatMap((reference) => [
            `cosign sign ${flags} ${reference}`,
            `cosign verify ${check} ${reference}`,
          ])
          .map((command) => `${command} > /dev/null 2>&1`)
          .join(' && ');
      }),
    ],
  };
}

/** Whether memory grows with the number of images. */
export async function signingMemory(ground: Ground): Promise<Scenario> {
  const env = signingEnvironment(ground);
  const contender = (name: string, images: number): Contender => ({
    name,
    work: async (run) => ({
      command: both(env, await pushImages(ground.source, `${name.replaceAll(' ', '-')}-${run}`, images), ''),
      env,
    }),
  });
  return {
    title: 'Memory of signing many images at once',
    bar: 'flat with 1,000',
    contenders: [
      contender('lading', 50),
      contender('lading 200 images', 200),
      contender('lading 1000 images', 1000),
    ],
  };
}

function both(env: Readonly<Record<string, string>>, references: readonly string[], options: string): string {
  // Command lines have room for thousands of words, and none for a word that holds them all.
  const list = join(env.KEYS!, `${references.length}-${references[0]!.replaceAll('/', '-')}`);
  writeFileSync(list, references.join('\n'));
  const all = `$(cat ${list})`;
  const key = (name: string): string => `--key ${env.KEYS}/${name}`;
  return [
    `${lading} sign --quiet ${key('cosign.key')} --transparency none ${options} ${all} > /dev/null`,
    `${lading} verify --quiet ${key('cosign.pub')} ${all} > /dev/null`,
  ].join(' && ');
}

/** Keys that are thrown away with the folder. */
function signingEnvironment(ground: Ground): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'lading-bench-keys-'));
  const env = { ...ground.env, KEYS: folder, HOME: folder, COSIGN_PASSWORD: password };
  execFileSync('cosign', ['generate-key-pair'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  return env;
}

/** Images of their own for each run: nothing is signed yet. */
async function pushImages(registry: Distribution, name: string, count: number): Promise<readonly string[]> {
  const references: string[] = [];
  for (let n = 0; n < count; n++) {
    const repository = `${name.replace(/[^a-z0-9-]/g, '-')}/app${n}`;
    const image = makeImage({ config: { comment: `${n}` } });
    await pushImage(registry.url, repository, '1', image);
    references.push(`${registry.host}/${repository}@${image.descriptor.digest}`);
  }
  return references;
}
