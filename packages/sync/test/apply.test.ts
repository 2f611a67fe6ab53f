import { describe, expect, test } from '@jest/globals';
import {
  apply,
  type ImageResult,
  planDocument,
  reportDocument,
  type SyncEvent,
  type SyncReport,
  syncExitCode,
} from '../src/index.ts';
import { actions, image, multiArch, now, outcomes, World } from './support/world.ts';

const entry = { source: 'up/alpine:3.17', destination: 'mine/alpine:3.17' };

function failing(code: string): Error {
  const error = Object.assign(new Error(`refused with ${code}`), { code });
  return Object.defineProperty(error, Symbol.for('lading.error'), { value: true });
}

describe('one failure', () => {
  test('stops no other entry, and says which side it was', async () => {
    const world = new World();
    await world.put('up/a:1', image('a'));
    await world.put('up/c:1', image('c'));
    world.before = (verb, store) => {
      if (verb === 'publish' && store === 'mine/c') throw failing('ERR_LADING_DENIED');
    };
    const { plan, report } = await world.sync([
      { source: 'up/a:1', destination: 'mine/a:1' },
      { source: 'up/missing:1', destination: 'mine/missing:1' },
      { source: 'up/c:1', destination: 'mine/c:1' },
      { source: 'up/a:1', destination: 'mine/other:1' },
    ]);
    expect(actions(plan)).toEqual([
      'create mine/a:1',
      'failed mine/missing:1',
      'create mine/c:1',
      'create mine/other:1',
    ]);
    expect(report.results).toMatchObject([
      { outcome: 'created' },
      { outcome: 'failed', error: { code: 'ERR_LADING_NOT_FOUND', origin: 'source' } },
      { outcome: 'failed', error: { code: 'ERR_LADING_DENIED', origin: 'destination' } },
      { outcome: 'created' },
    ]);
    expect(syncExitCode(report)).toBe(7);
  });

  test('of an entry that cannot be read is that entry alone', async () => {
    const world = new World();
    await world.put('up/a:1', image('a'));
    const open = (location: string) => {
      if (location === '???') throw failing('ERR_LADING_REFERENCE');
      return world.open(location);
    };
    const { images } = await world.plan(
      [
        { source: '???', destination: 'mine/a:1' },
        { source: 'up/a:1', destination: 'mine/b:1', platforms: ['a/b/c/d'] },
        { source: 'up/a:1', destination: 'mine/c:1', minAge: 'soon' },
        { source: 'up/a:1', destination: 'mine/d:1', prune: 'delete' },
        { source: 'up/a:1', destination: 'mine/e', tags: {} },
        { source: 'up/a', destination: 'mine/f', tags: { semver: 'x.y.z' } },
        { source: 'up/a:1', destination: `mine/g@sha256:${'a'.repeat(64)}` },
        { source: 'up/a:1', destination: 'mine/h:1' },
      ],
      { open },
    );
    expect(
      images.map(({ action, error }) => (error as { code?: string } | undefined)?.code ?? action),
    ).toEqual([
      'ERR_LADING_REFERENCE',
      'ERR_LADING_PLATFORM',
      'ERR_LADING_ENTRY',
      'ERR_LADING_ENTRY',
      'ERR_LADING_ENTRY',
      'ERR_LADING_TAG_FILTER',
      'ERR_LADING_ENTRY',
      'create',
    ]);
  });
});

describe('hooks', () => {
  test('are called in their places, with the image', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    const told: string[] = [];
    await world.sync(
      [entry],
      {
        admit: async ({ destination }, { digest }) => void told.push(`plan admits ${destination} ${digest}`),
      },
      {
        hooks: {
          admit: async ({ destination }) => void told.push(`admit ${destination}`),
          onBlob: async (_image, { descriptor, bytes }) => {
            await bytes.cancel();
            told.push(`blob ${descriptor.digest}`);
          },
          beforeTag: async ({ destination }, { digest }, stores) => {
            expect(await world.digestOf(destination)).toBeUndefined();
            expect(await stores.destination.exists(alpine.descriptor)).toBe(true);
            told.push(`beforeTag ${destination} ${digest}`);
          },
        },
      },
    );
    const { digest } = alpine.descriptor;
    expect(told[0]).toBe(`plan admits mine/alpine:3.17 ${digest}`);
    expect(told[1]).toBe('admit mine/alpine:3.17');
    expect(told.at(-1)).toBe(`beforeTag mine/alpine:3.17 ${digest}`);
    expect(told.filter((line) => line.startsWith('blob'))).toHaveLength(alpine.blobs.length);
  });

  test('that throw before the tag leave it where it is', async () => {
    const world = new World();
    await world.put('mine/alpine:3.17', image('old'));
    await world.put('up/alpine:3.17', image('new'));
    const refusal = failing('ERR_LADING_SIGN');
    const { report } = await world.sync(
      [entry],
      {},
      {
        hooks: {
          beforeTag: async () => {
            throw refusal;
          },
        },
      },
    );
    expect(report.results).toMatchObject([{ outcome: 'failed', error: refusal }]);
    expect(await world.digestOf('mine/alpine:3.17')).toBe(image('old').descriptor.digest);
  });

  test('that refuse the source block it in the plan, before anything is written', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', image('new'));
    const { report } = await world.sync([entry], {
      admit: async () => {
        throw failing('ERR_LADING_VERIFY');
      },
    });
    expect(outcomes(report)).toEqual(['blocked mine/alpine:3.17 (not-admitted)']);
    expect(world.writes).toEqual([]);
    expect(syncExitCode(report)).toBe(5);
  });
});

describe('images that depend on each other', () => {
  const promotion = [
    { source: 'staging/app:2', destination: 'prod/app:2' },
    { source: 'build/app:2', destination: 'staging/app:2' },
    { source: 'prod/app:2', destination: 'prod/app:latest' },
  ];

  test('are carried out in one run, whatever their order in the file', async () => {
    const world = new World();
    await world.put('build/app:2', multiArch('app'));
    const { plan, report } = await world.sync(promotion, {}, { concurrency: 1 });
    expect(actions(plan)).toEqual(['create prod/app:2', 'create staging/app:2', 'retag prod/app:latest']);
    expect(outcomes(report)).toEqual([
      'created prod/app:2',
      'created staging/app:2',
      'retagged prod/app:latest',
    ]);
    expect(actions(await world.plan(promotion))).toEqual(
      promotion.map(({ destination }) => `same ${destination}`),
    );
  });

  test('hand platforms on', async () => {
    const world = new World();
    await world.put('build/app:2', multiArch('app'));
    const entries = promotion.map((one, index) =>
      index === 1 ? { ...one, platforms: ['linux/arm64'] } : one,
    );
    const { plan } = await world.sync(entries);
    expect(plan.images.map(({ platforms }) => platforms)).toEqual([1, 1, 1]);
    expect(actions(await world.plan(entries))).toEqual(
      entries.map(({ destination }) => `same ${destination}`),
    );
  });

  test('are blocked when what they depend on fails', async () => {
    const world = new World();
    await world.put('build/app:2', image('app'));
    world.before = (verb, store) => {
      if (verb === 'publish' && store === 'staging/app') throw failing('ERR_LADING_DENIED');
    };
    const { report } = await world.sync(promotion);
    expect(outcomes(report)).toEqual([
      'blocked prod/app:2 (source-failed)',
      'failed staging/app:2',
      'blocked prod/app:latest (source-failed)',
    ]);
  });

  test('in a circle are rejected, and others go on', async () => {
    const world = new World();
    await world.put('up/x:1', image('x'));
    const { images } = await world.plan([
      { source: 'a/x:1', destination: 'b/x:1' },
      { source: 'b/x:1', destination: 'a/x:1' },
      { source: 'up/x:1', destination: 'c/x:1' },
      { source: 'up/x:1', destination: 'up/x:1' },
    ]);
    expect(images).toMatchObject([
      { action: 'failed', error: { code: 'ERR_LADING_ENTRY' } },
      { action: 'failed', error: { code: 'ERR_LADING_ENTRY' } },
      { action: 'create' },
      { action: 'failed', error: { code: 'ERR_LADING_ENTRY' } },
    ]);
  });

  test('of which two have one destination: the second is rejected', async () => {
    const world = new World();
    await world.put('up/x:1', image('x'));
    const { images } = await world.plan([
      { source: 'up/x:1', destination: 'mine/x' },
      { source: 'up/x:1', destination: 'mine/x:latest' },
    ]);
    expect(images).toMatchObject([
      { action: 'create' },
      { action: 'failed', error: { code: 'ERR_LADING_ENTRY' } },
    ]);
  });

  test('by way of a whole repository are rejected', async () => {
    const world = new World();
    await world.put('up/x:1', image('x'));
    const { images } = await world.plan([
      { source: 'up/x', destination: 'staging/x', tags: {} },
      { source: 'staging/x', destination: 'prod/x', tags: {} },
    ]);
    expect(images).toMatchObject([
      { action: 'create' },
      { action: 'failed', error: { code: 'ERR_LADING_ENTRY' } },
    ]);
  });
});

describe('an aborted run', () => {
  test('case 67: ends with a report of what was done and what was not', async () => {
    const world = new World();
    const entries = Array.from({ length: 6 }, (_, number) => ({
      source: `up/x:${number}`,
      destination: `mine/x:${number}`,
    }));
    for (const [number, { source }] of entries.entries()) await world.put(source, image(String(number)));
    const planned = await world.plan(entries);
    const controller = new AbortController();
    const report = await apply(planned, {
      clock: () => now,
      concurrency: 1,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'entry:done' && event.result.image.destination === 'mine/x:2') controller.abort();
      },
    });
    expect(outcomes(report)).toEqual([
      ...['0', '1', '2'].map((tag) => `created mine/x:${tag}`),
      ...['3', '4', '5'].map((tag) => `interrupted mine/x:${tag}`),
    ]);
    expect(report.interrupted).toBe(true);
    expect(syncExitCode(report)).toBe(130);
    expect(await world.digestOf('mine/x:3')).toBeUndefined();
    expect(JSON.parse(JSON.stringify(reportDocument(report)))).toMatchObject({
      schemaVersion: 1,
      interrupted: true,
      totals: { created: 3, interrupted: 3 },
    });
  });

  test('does not delete', async () => {
    const world = new World();
    await world.put('up/x:1', image('1'));
    await world.put('mine/x:0', image('0'));
    const planned = await world.plan([{ source: 'up/x', destination: 'mine/x', tags: {}, prune: 'delete' }]);
    const report = await apply(planned, { clock: () => now, signal: AbortSignal.abort() });
    expect(outcomes(report)).toEqual(['interrupted mine/x:1', 'interrupted mine/x:0']);
    expect(world.writes).toEqual([]);
  });

  test("of a plan throws the signal's reason", async () => {
    const world = new World();
    await world.put('up/x:1', image('1'));
    const controller = new AbortController();
    const reason = new Error('enough');
    world.before = () => controller.abort(reason);
    const planning = world.plan([{ source: 'up/x:1', destination: 'mine/x:1' }], {
      signal: controller.signal,
    });
    await expect(planning).rejects.toBe(reason);
  });
});

test('events tell of each image from start to end', async () => {
  const world = new World();
  await world.put('up/alpine:3.17', image('new'));
  const planned: string[] = [];
  const events: SyncEvent[] = [];
  await world.sync(
    [entry],
    {
      onEvent: (event) => {
        if (event.type === 'entry:planned')
          planned.push(`${event.image.action} ${event.done}/${event.total}`);
      },
    },
    { onEvent: (event) => events.push(event) },
  );
  expect(planned).toEqual(['create 1/1']);
  const types = events.map((event) => (event.type === 'entry:progress' ? event.event.type : event.type));
  expect(types[0]).toBe('entry:start');
  expect(types).toContain('blob:done');
  expect(types.at(-1)).toBe('entry:done');
});

test('bytes in flight are bounded: never more images at once than asked for', async () => {
  const world = new World();
  const entries = Array.from({ length: 20 }, (_, number) => ({
    source: `up/x:${number}`,
    destination: `mine/x${number}:1`,
  }));
  for (const [number, { source }] of entries.entries()) await world.put(source, image(String(number)));
  let open = 0;
  let most = 0;
  await world.sync(
    entries,
    {},
    {
      concurrency: 3,
      onEvent: ({ type }) => {
        if (type === 'entry:start') most = Math.max(most, ++open);
        if (type === 'entry:done') open--;
      },
    },
  );
  expect(most).toBe(3);
});

describe('documents', () => {
  test('carry what machines need, and no store, hook or stack', async () => {
    const world = new World();
    await world.put('up/tool:1.0', image('1.0'));
    await world.put('up/tool:latest', image('1.0'));
    const { plan, report } = await world.sync([
      { source: 'up/tool', destination: 'mine/tool', tags: { semver: '*' } },
      { source: 'up/missing:1', destination: 'mine/missing:1' },
    ]);
    const { digest } = image('1.0').descriptor;
    expect(JSON.parse(JSON.stringify(planDocument(plan)))).toMatchObject({
      schemaVersion: 1,
      images: [
        { source: 'up/tool:1.0', destination: 'mine/tool:1.0', action: 'create', digest, platforms: 1 },
        { action: 'failed', error: { code: 'ERR_LADING_NOT_FOUND', origin: 'source' } },
      ],
      tags: [{ source: 'up/tool', verdicts: { selected: 1, 'no-version': 1 } }],
      totals: { create: 1, failed: 1, same: 0 },
    });
    const document = JSON.stringify(reportDocument(report));
    expect(JSON.parse(document)).toMatchObject({
      schemaVersion: 1,
      images: [{ outcome: 'created', digest, durationMs: 0 }, { outcome: 'failed' }],
      totals: { created: 1, failed: 1 },
    });
    expect(document).not.toMatch(/stack|stores|"at /);
  });
});

describe('the exit code', () => {
  const of = (results: readonly Partial<ImageResult>[], interrupted = false): number =>
    syncExitCode({ results, interrupted } as unknown as SyncReport);
  const blocked = (code: string): Partial<ImageResult> =>
    ({ outcome: 'blocked', reason: { code, message: '' } }) as Partial<ImageResult>;

  test('is 0 when all is done, and when images only wait', () => {
    expect(of([])).toBe(0);
    expect(of([{ outcome: 'created' }, { outcome: 'same' }, blocked('too-young')])).toBe(0);
  });

  test('is 7 when some failed, 1 when all did', () => {
    expect(of([{ outcome: 'failed' }, { outcome: 'same' }])).toBe(7);
    expect(of([blocked('immutable'), { outcome: 'same' }])).toBe(7);
    expect(of([{ outcome: 'failed' }])).toBe(1);
  });

  test('is 4 for credentials before 5 for content, and 130 before all', () => {
    const unauthorized = { outcome: 'failed' as const, error: failing('ERR_LADING_UNAUTHORIZED') };
    const mismatch = { outcome: 'failed' as const, error: failing('ERR_LADING_CONTENT_MISMATCH') };
    expect(of([mismatch, unauthorized, { outcome: 'same' }])).toBe(4);
    expect(of([mismatch, { outcome: 'same' }])).toBe(5);
    expect(of([blocked('not-admitted')])).toBe(5);
    expect(of([{ outcome: 'failed', error: failing('ERR_LADING_UNVERIFIED') }, unauthorized])).toBe(4);
    expect(of([{ outcome: 'failed', error: failing('ERR_LADING_UNVERIFIED') }, { outcome: 'same' }])).toBe(5);
    expect(of([{ outcome: 'failed', error: failing('ERR_LADING_TOKEN') }, { outcome: 'same' }])).toBe(4);
    expect(of([unauthorized], true)).toBe(130);
  });
});
