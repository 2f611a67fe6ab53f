import { describe, expect, test } from '@jest/globals';
import { emptyLock, type Lock, type SyncEntry } from '../src/index.ts';
import { actions, image, now, outcomes, World } from './support/world.ts';

const entry = { source: 'up/alpine:3.17', destination: 'mine/alpine:3.17' };
const day = 86_400_000;

async function changedWorld(): Promise<World> {
  const world = new World();
  await world.put('mine/alpine:3.17', image('old'));
  await world.put('up/alpine:3.17', image('new'));
  return world;
}

describe('immutable', () => {
  const immutable = { ...entry, immutable: true };

  test('case 43: lets a tag be that has the same digest, and blocks one that has another', async () => {
    const world = await changedWorld();
    const { plan, report } = await world.sync([immutable]);
    expect(actions(plan)).toEqual(['blocked mine/alpine:3.17 (immutable)']);
    expect(plan.images[0]!.reason!.message).toContain(image('old').descriptor.digest);
    expect(outcomes(report)).toEqual(['blocked mine/alpine:3.17 (immutable)']);
    expect(world.writes).toEqual([]);

    await world.put('mine/alpine:3.17', image('new'));
    expect(actions(await world.plan([immutable]))).toEqual(['same mine/alpine:3.17']);
  });

  test('creates what is not there', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', image('new'));
    const { report } = await world.sync([immutable]);
    expect(outcomes(report)).toEqual(['created mine/alpine:3.17']);
  });

  test('costs one request where the lock knows the source', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', image('new'));
    const { plan } = await world.sync([immutable], { lock: emptyLock });
    world.calls.length = 0;
    expect(actions(await world.plan([immutable], { lock: plan.lock }))).toEqual(['same mine/alpine:3.17']);
    expect(world.calls).toEqual(['resolve mine/alpine 3.17']);
  });

  test('fails closed when the destination does not say whether it has the tag', async () => {
    const world = await changedWorld();
    world.before = (verb, store) => {
      if (verb === 'resolve' && store === 'mine/alpine') throw denied();
    };
    expect(actions(await world.plan([immutable]))).toEqual(['blocked mine/alpine:3.17 (immutable)']);
    expect(actions(await world.plan([entry]))).toEqual(['create mine/alpine:3.17 (destination-unknown)']);
  });
});

describe('minAge', () => {
  const aged = { ...entry, minAge: '7d' };
  const firstSeen = (at: number): Lock => ({
    images: new Map([
      [entry.source, { digest: image('new').descriptor.digest, firstSeen: new Date(at).toISOString() }],
    ]),
    tools: new Map(),
  });

  test('blocks, under a name of its own, where no lock is kept', async () => {
    const world = await changedWorld();
    expect(actions(await world.plan([aged]))).toEqual(['blocked mine/alpine:3.17 (no-lock)']);
  });

  test('blocks what is seen for the first time, and records it for the next run', async () => {
    const world = await changedWorld();
    const { plan } = await world.sync([aged], { lock: emptyLock });
    expect(actions(plan)).toEqual(['blocked mine/alpine:3.17 (too-young)']);
    expect(plan.lock!.images.get(entry.source)).toEqual({
      digest: image('new').descriptor.digest,
      firstSeen: '2026-11-23T12:00:00Z',
    });
    expect(world.writes).toEqual([]);
  });

  test('lets in what the lock has known for long enough', async () => {
    const world = await changedWorld();
    expect(actions(await world.plan([aged], { lock: firstSeen(now - 7 * day + 1000) }))).toEqual([
      'blocked mine/alpine:3.17 (too-young)',
    ]);
    expect(actions(await world.plan([aged], { lock: firstSeen(now - 7 * day) }))).toEqual([
      'update mine/alpine:3.17',
    ]);
  });

  test('begins anew when the tag moves', async () => {
    const world = await changedWorld();
    const lock = firstSeen(now - 30 * day);
    await world.put('up/alpine:3.17', image('newest'));
    const planned = await world.plan([aged], { lock });
    expect(actions(planned)).toEqual(['blocked mine/alpine:3.17 (too-young)']);
    expect(planned.lock!.images.get(entry.source)!.digest).toBe(image('newest').descriptor.digest);
    expect(lock.images.get(entry.source)!.digest).toBe(image('new').descriptor.digest);
  });

  test('does not hold up what a person has pinned, nor what is there already', async () => {
    const world = await changedWorld();
    const pinned = { ...aged, source: `up/alpine@${image('new').descriptor.digest}` };
    expect(actions(await world.plan([pinned]))).toEqual(['update mine/alpine:3.17']);
    await world.sync([entry]);
    expect(actions(await world.plan([aged], { lock: emptyLock }))).toEqual(['same mine/alpine:3.17']);
  });

  test('of a filter takes the newest that is old enough, and deletes nothing for the one that waits', async () => {
    const world = new World();
    for (const tag of ['1.0', '1.1', '1.2']) await world.put(`up/tool:${tag}`, image(tag));
    const lock: Lock = {
      images: new Map(
        ['1.0', '1.1'].map((tag) => [
          `up/tool:${tag}`,
          { digest: image(tag).descriptor.digest, firstSeen: '2026-01-01T00:00:00Z' },
        ]),
      ),
      tools: new Map(),
    };
    const tags = { latest: 1, minAge: '7d' };
    const { plan, report } = await world.sync(
      [{ source: 'up/tool', destination: 'mine/tool', tags, prune: 'delete' }],
      { lock },
    );
    expect(actions(plan)).toEqual(['create mine/tool:1.1', 'blocked mine/tool:1.2 (too-young)']);
    expect(outcomes(report)).toEqual(['created mine/tool:1.1', 'blocked mine/tool:1.2 (too-young)']);
  });
});

describe('locked', () => {
  test('takes the digest of the lock, wherever the tag points', async () => {
    const world = await changedWorld();
    const { lock } = await world.plan([entry], { lock: emptyLock });
    await world.put('up/alpine:3.17', image('newest'));
    await world.sync([entry], { lock, locked: true });
    expect(await world.digestOf('mine/alpine:3.17')).toBe(image('new').descriptor.digest);
  });

  test('fails the entry that the lock does not know, and no other', async () => {
    const world = await changedWorld();
    const { lock } = await world.plan([entry], { lock: emptyLock });
    const other = { source: 'up/other:1', destination: 'mine/other:1' };
    const { images } = await world.plan([other, entry], { lock, locked: true });
    expect(images).toMatchObject([
      { action: 'failed', error: { code: 'ERR_LADING_LOCK' } },
      { action: 'update' },
    ]);
  });

  test('takes no tag of a repository that came after the lock, and deletes none for it', async () => {
    const world = new World();
    await world.put('up/tool:1.0', image('1.0'));
    const tool: SyncEntry = {
      source: 'up/tool',
      destination: 'mine/tool',
      tags: { latest: 1 },
      prune: 'delete',
    };
    const { plan } = await world.sync([tool], { lock: emptyLock });
    await world.put('up/tool:1.1', image('1.1'));
    await world.put('mine/tool:1.1', image('1.1'));
    const locked = await world.plan([tool], { lock: plan.lock, locked: true });
    expect(actions(locked)).toEqual(['same mine/tool:1.0']);
    expect(locked.selections[0]!.verdicts.get('1.1')).toBe('not-locked');
  });
});

describe('backup', () => {
  test('keeps what the tag held, before it moves', async () => {
    const world = await changedWorld();
    const { plan, report } = await world.sync([{ ...entry, backup: '{repository}:{tag}-{date}' }]);
    expect(plan.images[0]!.work!.backup!.name).toBe('mine/alpine:3.17-2026-11-23');
    expect(outcomes(report)).toEqual(['updated mine/alpine:3.17']);
    expect(await world.digestOf('mine/alpine:3.17-2026-11-23')).toBe(image('old').descriptor.digest);
    // In its own repository it is one read and one write.
    const published = world.writes.filter((call) => call.startsWith('publish'));
    expect(published).toEqual(['publish mine/alpine 3.17-2026-11-23', 'publish mine/alpine 3.17']);
  });

  test('may go to another repository, or be a tag alone', async () => {
    const world = await changedWorld();
    await world.sync([{ ...entry, backup: 'attic/alpine:{digest}' }]);
    const digest = image('old').descriptor.digest;
    expect(await world.digestOf(`attic/alpine:${digest.replace(':', '-')}`)).toBe(digest);

    await world.put('up/alpine:3.17', image('newest'));
    await world.sync([{ ...entry, backup: 'previous' }]);
    expect(await world.digestOf('mine/alpine:previous')).toBe(image('new').descriptor.digest);
  });

  test('that cannot be made leaves the tag where it is', async () => {
    const world = await changedWorld();
    world.before = (verb, _store, reference) => {
      if (verb === 'publish' && reference === 'previous') throw denied();
    };
    const { report } = await world.sync([{ ...entry, backup: 'previous' }]);
    expect(report.results).toMatchObject([
      { outcome: 'failed', error: { code: 'ERR_LADING_DENIED', origin: 'destination' } },
    ]);
    expect(await world.digestOf('mine/alpine:3.17')).toBe(image('old').descriptor.digest);
  });

  test.each(['{repository}:{version}', 'attic/alpine', '{tag}'])(
    '%s is refused by the plan',
    async (backup) => {
      const world = await changedWorld();
      const { images } = await world.plan([{ ...entry, backup }]);
      expect(images).toMatchObject([{ action: 'failed', error: { code: 'ERR_LADING_ENTRY' } }]);
    },
  );
});

describe('prune', () => {
  const pruning: SyncEntry = {
    source: 'up/tool',
    destination: 'mine/tool',
    tags: { include: '1.*' },
    prune: 'delete',
    backup: '{tag}-{date}',
  };

  async function prunedWorld(): Promise<World> {
    const world = new World();
    await world.put('up/tool:1.1', image('1.1'));
    for (const tag of ['1.0', '1.1', '2.0', 'custom', '1.1-2026-10-01', `sha256-${'a'.repeat(64)}.sig`]) {
      await world.put(`mine/tool:${tag}`, image(tag));
    }
    return world;
  }

  test('deletes what the filter would let in and the source no longer has; backups and other tags stay', async () => {
    const world = await prunedWorld();
    const { plan, report } = await world.sync([pruning]);
    expect(actions(plan)).toEqual(['same mine/tool:1.1', 'prune mine/tool:1.0']);
    expect(outcomes(report)).toEqual(['same mine/tool:1.1', 'pruned mine/tool:1.0']);
    expect(world.writes).toEqual(['delete mine/tool 1.0']);
    expect(actions(await world.plan([pruning]))).toEqual(['same mine/tool:1.1']);
  });

  test('report tells of them, and keeps them', async () => {
    const world = await prunedWorld();
    const { report } = await world.sync([{ ...pruning, prune: 'report' }]);
    expect(outcomes(report)).toEqual(['same mine/tool:1.1', 'kept mine/tool:1.0 (report-only)']);
    expect(world.writes).toEqual([]);
  });

  test('deletes nothing when there is more than maxDelete', async () => {
    const world = await prunedWorld();
    const { report } = await world.sync([{ ...pruning, maxDelete: 0 }]);
    expect(outcomes(report)).toEqual(['same mine/tool:1.1', 'blocked mine/tool:1.0 (too-many-to-delete)']);
  });

  test.each([
    ['has no tags', 'up/empty'],
    ['has none that the filter selects', 'up/others'],
  ])('deletes nothing when the source %s', async (_, source) => {
    const world = await prunedWorld();
    await world.put('up/others:9.0', image('9.0'));
    const { plan, report } = await world.sync([{ ...pruning, source }]);
    expect(plan.images.every(({ reason }) => reason?.code === 'nothing-selected')).toBe(true);
    expect(report.results).toHaveLength(2);
    expect(world.writes).toEqual([]);
  });

  test('deletes nothing when the source cannot be listed', async () => {
    const world = await prunedWorld();
    world.before = (verb, store) => {
      if (verb === 'tags' && store === 'up/tool') throw denied();
    };
    const { report } = await world.sync([pruning]);
    expect(report.results).toMatchObject([
      { outcome: 'failed', error: { code: 'ERR_LADING_DENIED', origin: 'source' } },
    ]);
    expect(world.writes).toEqual([]);
  });

  test('deletes nothing of an entry of which an image failed', async () => {
    const world = await prunedWorld();
    await world.put('up/tool:1.2', image('1.2'));
    world.before = (verb) => {
      if (verb === 'publish') throw denied();
    };
    const { report } = await world.sync([pruning]);
    expect(outcomes(report)).toEqual([
      'same mine/tool:1.1',
      'failed mine/tool:1.2',
      'blocked mine/tool:1.0 (entry-failed)',
    ]);
  });

  test("never deletes another entry's source", async () => {
    const world = await prunedWorld();
    const { plan } = await world.sync([pruning, { source: 'mine/tool:1.0', destination: 'prod/tool:1.0' }]);
    expect(actions(plan)).toEqual(['same mine/tool:1.1', 'create prod/tool:1.0']);
  });

  test("never deletes another entry's destination", async () => {
    const world = await prunedWorld();
    await world.put('up/old:1.0', image('1.0'));
    const { plan } = await world.sync([pruning, { source: 'up/old:1.0', destination: 'mine/tool:1.0' }]);
    expect(actions(plan)).toEqual(['same mine/tool:1.1', 'same mine/tool:1.0']);
  });
});

function denied(): Error {
  const error = Object.assign(new Error('permission_denied'), { code: 'ERR_LADING_DENIED' });
  return Object.defineProperty(error, Symbol.for('lading.error'), { value: true });
}
