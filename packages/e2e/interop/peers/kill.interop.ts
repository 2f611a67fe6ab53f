import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { openRegistry, type Registry } from '@lading/registry';
import { startRegistry } from '@lading/server';
import { copy, memoryStore } from '@lading/store';
import {
  faults,
  makeImage,
  makeIndex,
  pushImage,
  randomLayer,
  startProxy,
  type TestImage,
} from '@lading/testkit';
import { startDistribution } from '../../peers/distribution.ts';

const program = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const rounds = 200;

/** An index of two platforms; `version` makes all of its content another. */
function image(version: string): TestImage {
  const shared = randomLayer(60_000, `${version} shared`);
  return makeIndex(
    ['linux/amd64', 'linux/arm64'].map((platform) =>
      makeImage({ platform, layers: [shared, randomLayer(30_000, `${version} ${platform}`)] }),
    ),
  );
}

/** Reads an image whole, every blob verified. @returns its digest */
async function wholeImage(registry: Registry, repository: string, tag: string): Promise<string> {
  const { digest } = await copy(registry.repository(repository), tag, memoryStore(), tag);
  return digest;
}

function sync(config: string): ReturnType<typeof spawn> {
  const args = ['--conditions=@lading/source', '--no-warnings', program, 'sync', '--quiet', '-c', config];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

test(
  `killed at ${rounds} random moments of a sync, every tag is the old image or the new one, whole, and the next run completes`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lading-kill-'));
    await using source = await startRegistry({
      directory: join(folder, 'source'),
      host: '127.0.0.1',
      port: 0,
    });
    await using own = await startRegistry({ directory: join(folder, 'own'), host: '127.0.0.1', port: 0 });
    await using distribution = await startDistribution();
    await using registry = openRegistry();
    const tags = ['a', 'b', 'c'];
    const versions = Object.fromEntries(
      tags.map((tag) => [tag, { old: image(`old ${tag}`), new: image(`new ${tag}`) }]),
    );
    for (const tag of tags) await pushImage(source.url, 'app', tag, versions[tag]!.new);

    const seen = { untouched: 0, partly: 0, finished: 0 };
    let spanMs = 400;
    for (let round = 0; round < rounds; round++) {
      // A few milliseconds a request spread the work out, so that the random moments fall into it.
      const target = round % 2 === 0 ? own.url : distribution.url;
      await using destination = await startProxy({ target, script: [faults.delay(3)] });
      const repository = `round-${round}/app`;
      for (const tag of tags) await pushImage(target, repository, tag, versions[tag]!.old);
      const config = join(folder, 'config.yaml');
      const entries = tags.map((tag) => ({
        source: `${source.host}/app:${tag}`,
        destination: `${destination.host}/${repository}:${tag}`,
      }));
      await writeFile(config, JSON.stringify({ sync: entries }));

      const child = sync(config);
      const exited = once(child, 'exit');
      while (destination.count() === 0 && child.exitCode === null) await pause(1);
      const begun = performance.now();
      if (round === 0) {
        // The first round runs to its end, to know how long there is to kill it.
        await exited;
        spanMs = performance.now() - begun;
      } else {
        await pause(Math.random() * spanMs);
        child.kill('SIGKILL');
        await exited;
      }

      let moved = 0;
      for (const tag of tags) {
        const { old, new: next } = versions[tag]!;
        const digest = await wholeImage(registry, `${new URL(target).host}/${repository}`, tag);
        expect([old.descriptor.digest, next.descriptor.digest]).toContain(digest);
        if (digest === next.descriptor.digest) moved += 1;
      }
      seen[moved === 0 ? 'untouched' : moved === tags.length ? 'finished' : 'partly'] += 1;

      const [code] = await once(sync(config), 'exit');
      expect(code).toBe(0);
      for (const tag of tags) {
        const digest = await wholeImage(registry, `${new URL(target).host}/${repository}`, tag);
        expect(digest).toBe(versions[tag]!.new.descriptor.digest);
      }
    }
    // The moments did fall into the work: neither all before it nor all after it.
    expect(seen.untouched).toBeGreaterThan(0);
    expect(seen.untouched).toBeLessThan(rounds);
    await rm(folder, { recursive: true });
  },
  15 * 60_000,
);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
