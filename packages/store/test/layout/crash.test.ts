import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@lading/oci';
import { makeImage } from '@lading/testkit';
import { copy, memoryStore, openLayout } from '../../src/index.ts';
import { collect, fill, missing } from '../doubles/images.ts';
import { temporaryFolder } from '../doubles/temporary.ts';

interface Writer {
  readonly printed: () => readonly string[];
  readonly ended: Promise<unknown>;
  kill(): void;
}

function startWriter(directory: string, name: string, count: number): Writer {
  const script = fileURLToPath(new URL('./writer.ts', import.meta.url));
  const args = ['--conditions=@lading/source', '--no-warnings', script, directory, name, String(count)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return {
    printed: () => output.split('\n').slice(0, -1),
    ended: new Promise((resolve) => child.on('close', resolve)),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Every blob is what its name says, and every tag is whole. */
async function check(directory: string): Promise<readonly string[]> {
  for (const hex of await readdir(join(directory, 'blobs/sha256'))) {
    expect(digestOf(await readFile(join(directory, 'blobs/sha256', hex)))).toBe(`sha256:${hex}`);
  }
  const layout = await openLayout(directory);
  const tags = await collect(layout.tags());
  for (const tag of tags) await copy(layout, tag, memoryStore(), tag);
  return tags;
}

describe('a layout folder', () => {
  test('is whole after its writer was killed at any moment, and the next one goes on', async () => {
    const directory = join(await temporaryFolder(), 'layout');
    let done: readonly string[] = [];
    for (const round of [1, 2, 3]) {
      const writer = startWriter(directory, `round${round}`, 10_000);
      while (writer.printed().length < 2) await sleep(10);
      // Somewhere between two images, in another place each time.
      await sleep(7 * round);
      writer.kill();
      await writer.ended;
      done = [...done, ...writer.printed()];
      expect(await check(directory)).toEqual(expect.arrayContaining([...done]));
    }
    const left = (await readdir(directory)).filter((name) => name.startsWith('.ingest'));
    expect(left).toEqual([]);
  });

  test('takes many processes at once and loses no tag', async () => {
    const directory = join(await temporaryFolder(), 'layout');
    const writers = ['a', 'b', 'c'].map((name) => startWriter(directory, name, 10));
    await Promise.all(writers.map((writer) => writer.ended));
    const expected = writers.flatMap((writer) => writer.printed());
    expect(expected).toHaveLength(30);
    expect(await check(directory)).toEqual([...expected].sort());
  });

  test('takes over a lock that a killed process left', async () => {
    const directory = join(await temporaryFolder(), 'layout');
    const layout = await openLayout(directory, { create: true });
    const writer = startWriter(directory, 'a', 0);
    await writer.ended;
    await writeFile(join(directory, '.index.json.lock'), `${hostname()}-4194304-1`);
    await fill(layout, makeImage(), 'v1');
    expect(await missing(layout, makeImage())).toEqual([]);
  });

  test('is not stopped by what a killed process with the same id left, as in a container that starts again', async () => {
    const directory = join(await temporaryFolder(), 'layout');
    const layout = await openLayout(directory, { create: true });
    const left = Array.from({ length: 200 }, (_, count) => `.ingest-${hostname()}-${process.pid}-${count}`);
    await Promise.all(left.map((name) => writeFile(join(directory, name), 'half')));
    await fill(layout, makeImage(), 'v1');
    expect(await missing(layout, makeImage())).toEqual([]);
  });

  test('waits for a lock that a living process has, as long as the caller likes', async () => {
    const directory = join(await temporaryFolder(), 'layout');
    const layout = await openLayout(directory, { create: true });
    const lock = join(directory, '.index.json.lock');
    await writeFile(lock, `${hostname()}-${process.pid}-0`);
    const reason = new Error('too long');
    const root = makeImage().manifests[0]!;
    const controller = new AbortController();
    const published = layout.publish(root.descriptor, root.bytes, 'v1', { signal: controller.signal });
    await Promise.race([published, sleep(50)]);
    controller.abort(reason);
    await expect(published).rejects.toBe(reason);
    expect(await collect(layout.tags())).toEqual([]);
    expect(await readFile(lock, 'utf8')).toBe(`${hostname()}-${process.pid}-0`);
  });
});
