import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Config, SignSettings, SyncEntry } from '@lading/config';
import type { SignatureFormat } from '@lading/sign';
import { memoryStore } from '@lading/store';
import type { SyncEntry as SyncedEntry } from '@lading/sync';
import { makeImage, randomLayer } from '@lading/testkit';
import { type PipelineConfig, runPipeline, transparencyOf } from '../src/index.ts';
import { outcomes, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const entries = (count: number): string =>
  `sync:\n${Array.from({ length: count }, (_, i) => `  - source: UP/app${i}:v1\n    destination: MINE/app${i}:v1\n`).join('')}`;

async function pushApps(count: number, size = 100): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.push(`app${i}`, 'v1', makeImage({ layers: [randomLayer(size, i)] }));
  }
}

describe('a run', () => {
  test('tells of each image which entry of the configuration it is of, and what became of it', async () => {
    await pushApps(2);
    const config = world.config(`${entries(2)}  - source: UP/none:v1\n    destination: MINE/none:v1\n`);
    const done = new Map<unknown, string>();
    for await (const event of runPipeline(config, world.options())) {
      if (event.type === 'entry:done') done.set(event.entry, event.outcome);
    }
    expect(config.sync.map((entry) => done.get(entry))).toEqual(['created', 'created', 'failed']);
  });

  test('writes nothing before the reader of its plan goes on', async () => {
    await pushApps(1);
    for await (const event of runPipeline(world.config(entries(1)), world.options())) {
      if (event.type !== 'run:planned') continue;
      expect(event.plan.images).toMatchObject([{ action: 'create' }]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(world.requests.filter((request) => !/^(HEAD|GET) /.test(request))).toEqual([]);
    }
    await expect(world.held('app0', 'v1')).resolves.toBeDefined();
  });

  test('ends when nobody listens any more, and leaves nothing running behind', async () => {
    await pushApps(6, 300_000);
    const config = world.config(entries(6));
    for await (const event of runPipeline(config, world.options({ concurrency: 1 }))) {
      if (event.type === 'entry:start') break;
    }
    const count = world.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(world.requests).toHaveLength(count);
    await expect(world.held('app5', 'v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
    expect(outcomes((await world.run(config)).report)).toHaveLength(6);
  });

  test('that is aborted while it copies ends with a report, before that with the reason', async () => {
    await pushApps(3);
    const config = world.config(entries(3));
    const reason = new Error('enough');
    await expect(world.run(config, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const end = new AbortController();
    let last: unknown;
    for await (const event of runPipeline(config, world.options({ signal: end.signal, concurrency: 1 }))) {
      if (event.type === 'entry:done') end.abort(reason);
      last = event;
    }
    expect(last).toMatchObject({ type: 'run:done', report: { interrupted: true } });
  });

  test('that fails while its reader is busy tells him when he asks', async () => {
    await pushApps(3);
    const end = new AbortController();
    const reason = new Error('enough');
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    try {
      const options = world.options({ signal: end.signal, concurrency: 1 });
      const run = async (): Promise<void> => {
        for await (const event of runPipeline(world.config(entries(3)), options)) {
          if (event.type !== 'entry:planned' || end.signal.aborted) continue;
          end.abort(reason);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      await expect(run()).rejects.toBe(reason);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
  });

  test('keeps its events for a reader who is slow, but not all bytes in between', async () => {
    await pushApps(2, 3_000_000);
    const types: string[] = [];
    for await (const event of runPipeline(world.config(entries(2)), world.options())) {
      types.push(event.type);
      if (event.type === 'entry:start') await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(types.filter((type) => type === 'entry:done')).toHaveLength(2);
    expect(types.at(-1)).toBe('run:done');
  });
});

describe('the transparency log of a destination', () => {
  const at = (host: string) => ({ ...memoryStore(`${host}/app`), mount: { host, repository: 'app' } });

  test.each([
    ['ghcr.io', 'public'],
    ['localhost:5000', 'none'],
    ['127.0.0.1:41873', 'none'],
    ['[::1]:5000', 'none'],
    ['localhost.example.com', 'public'],
  ])('is for %s by default: %s', (host, expected) => {
    expect(transparencyOf(undefined, at(host))).toBe(expected);
    expect(transparencyOf({}, at(host))).toBe(expected);
  });

  test('is none for folders, and what the configuration says for everything', () => {
    expect(transparencyOf(undefined, memoryStore('oci:./out'))).toBe('none');
    expect(transparencyOf({ transparency: 'public' }, at('localhost'))).toBe('public');
    expect(transparencyOf({ transparency: 'log.json' }, at('ghcr.io'))).toBe('log.json');
    expect(transparencyOf({ signingConfig: 'own.json' }, at('localhost'))).toBe('own.json');
    expect(transparencyOf({ transparency: 'none', signingConfig: 'own.json' }, at('ghcr.io'))).toBe('none');
  });
});

describe('the configuration', () => {
  test('has the entries and formats that the packages take', () => {
    // Held by the type checker: an entry of config.yaml is one of @lading/sync, whatever else it has.
    const entry: SyncedEntry = {} as SyncEntry;
    const config: PipelineConfig = {} as Config;
    type Formats = NonNullable<SignSettings['format']>;
    const formats: Record<Exclude<Formats, 'both'>, SignatureFormat> = { bundle: 'bundle', legacy: 'legacy' };
    const named: Record<SignatureFormat, Formats> = formats;
    expect([entry, config, named]).toHaveLength(3);
  });
});
