import { describe, expect, test } from '@jest/globals';
import { parseManifest, sourceDigestAnnotation } from '@lading/oci';
import { bytesSource, loadManifest } from '@lading/store';
import { makeReferrer } from '@lading/testkit';
import { apply } from '../src/index.ts';
import { actions, image, multiArch, outcomes, World } from './support/world.ts';

const entry = { source: 'up/alpine:3.17', destination: 'mine/alpine:3.17' };

describe('an image that the destination does not have', () => {
  test('is planned with platforms and bytes, without writing, and then copied whole', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);

    const planned = await world.plan([entry]);
    expect(world.writes).toEqual([]);
    const size = [...alpine.blobs, ...alpine.manifests].reduce(
      (sum, { descriptor }) => sum + descriptor.size,
      0,
    );
    expect(planned.images).toMatchObject([
      {
        action: 'create',
        source: 'up/alpine:3.17',
        destination: 'mine/alpine:3.17',
        digest: alpine.descriptor.digest,
        platforms: 3,
        bytesToMove: size,
        bytesMounted: 0,
      },
    ]);

    const { report } = await world.sync([entry]);
    expect(outcomes(report)).toEqual(['created mine/alpine:3.17']);
    expect(report).toMatchObject({ bytesMoved: size, interrupted: false });
    expect(await world.digestOf('mine/alpine:3.17')).toBe(alpine.descriptor.digest);
  });

  test('is read once: what the plan has loaded, apply does not load again', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    await world.sync([entry]);
    const reads = world.calls.filter((call) => /^(?:load|fetch) up/.test(call));
    expect(new Set(reads).size).toBe(reads.length);
    expect(reads).toHaveLength(alpine.blobs.length + alpine.manifests.length);
  });

  test('is read once, too, when several entries want it, whatever they make of it', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    await world.plan([
      { source: 'up/alpine:3.17', destination: 'mine/a:1' },
      { source: 'up/alpine:3.17', destination: 'mine/b:1', platforms: ['linux/amd64'] },
      { source: 'up/alpine:3.17', destination: 'mine/c:1', annotations: { a: 'b' } },
    ]);
    const asked = world.calls.filter((call) => call.includes(' up/'));
    expect(asked).toHaveLength(new Set(asked).size);
    expect(asked.filter((call) => call.endsWith(' 3.17'))).toHaveLength(1);
  });

  test('is counted once when two entries want it', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    const planned = await world.plan([
      { source: 'up/alpine:3.17', destination: 'mine/alpine:3.17' },
      { source: 'up/alpine:3.17', destination: 'mine/alpine:3' },
    ]);
    expect(world.calls.filter((call) => call === 'resolve up/alpine 3.17')).toHaveLength(1);
    const [first, second] = planned.images;
    expect(second!.bytesMounted).toBe(alpine.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    expect(first!.bytesToMove).toBeGreaterThan(second!.bytesToMove);
  });
});

describe('an image that is up to date', () => {
  test('costs one request to each side, and nothing is written', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', multiArch('alpine'));
    await world.sync([entry]);
    world.calls.length = 0;

    const { plan, report } = await world.sync([entry]);
    expect(actions(plan)).toEqual(['same mine/alpine:3.17']);
    expect(outcomes(report)).toEqual(['same mine/alpine:3.17']);
    expect(world.calls.toSorted()).toEqual(['resolve mine/alpine 3.17', 'resolve up/alpine 3.17']);
  });

  test('costs one request when its source is pinned by digest', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    const pinned = { source: `up/alpine:3.17@${alpine.descriptor.digest}`, destination: 'mine/alpine:3.17' };
    await world.sync([pinned]);
    world.calls.length = 0;
    await world.sync([pinned]);
    expect(world.calls).toEqual(['resolve mine/alpine 3.17']);
  });

  test('is published anew when the entry says always', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', multiArch('alpine'));
    await world.sync([entry]);
    world.calls.length = 0;
    const tagged: string[] = [];
    const { plan, report } = await world.sync(
      [{ ...entry, always: true }],
      {},
      {
        hooks: {
          beforeTag: async ({ destination }, { digest }) => void tagged.push(`${destination} ${digest}`),
        },
      },
    );
    expect(actions(plan)).toEqual(['update mine/alpine:3.17 (always)']);
    expect(outcomes(report)).toEqual(['updated mine/alpine:3.17 (always)']);
    expect(world.writes).toEqual(['publish mine/alpine 3.17']);
    expect(tagged).toEqual([`mine/alpine:3.17 ${report.results[0]!.digest}`]);
  });
});

describe('an image that changed', () => {
  test('is an update from the old digest to the new one', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', image('old'));
    await world.sync([entry]);
    const previous = await world.digestOf('mine/alpine:3.17');
    await world.put('up/alpine:3.17', image('new'));
    const { plan, report } = await world.sync([entry]);
    expect(plan.images).toMatchObject([
      { action: 'update', previous, digest: image('new').descriptor.digest },
    ]);
    expect(outcomes(report)).toEqual(['updated mine/alpine:3.17']);
    expect(await world.digestOf('mine/alpine:3.17')).toBe(image('new').descriptor.digest);
  });

  test('case 42: the digest that the plan saw is copied, wherever the tag points by then', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', image('planned'));
    const planned = await world.plan([entry]);
    await world.put('up/alpine:3.17', image('later'));
    await apply(planned, { clock: () => 0 });
    expect(await world.digestOf('mine/alpine:3.17')).toBe(image('planned').descriptor.digest);
  });
});

describe('a tag of the same repository', () => {
  test('is a retag: one read and one write beside the look at the tag', async () => {
    const world = new World();
    const hello = multiArch('hello');
    await world.put('mine/hello:1', hello);
    const { plan, report } = await world.sync([
      { source: `mine/hello@${hello.descriptor.digest}`, destination: 'mine/hello:cool' },
    ]);
    expect(plan.images).toMatchObject([{ action: 'retag', bytesToMove: 0, bytesMounted: 0 }]);
    expect(outcomes(report)).toEqual(['retagged mine/hello:cool']);
    expect(world.calls).toEqual([
      'resolve mine/hello cool',
      `load mine/hello ${hello.descriptor.digest}`,
      'publish mine/hello cool',
    ]);
  });
});

describe('platforms and annotations', () => {
  const subset = { ...entry, platforms: ['linux/arm64'], annotations: { team: 'base' } };

  test('make an index of their own, whose digest the plan tells', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    const { plan, report } = await world.sync([subset]);
    expect(plan.images).toMatchObject([{ action: 'create', platforms: 1 }]);
    expect(report.results[0]!.digest).toBe(plan.images[0]!.digest);
    const { bytes } = await loadManifest(world.store('mine/alpine'), '3.17');
    const index = parseManifest(bytes);
    expect(index.annotations).toMatchObject({
      team: 'base',
      [sourceDigestAnnotation]: alpine.descriptor.digest,
    });
  });

  test('are the same the second time', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', multiArch('alpine'));
    await world.sync([subset]);
    world.calls.length = 0;
    const { plan } = await world.sync([subset]);
    expect(actions(plan)).toEqual(['same mine/alpine:3.17']);
    expect(world.calls.toSorted()).toEqual(['load up/alpine 3.17', 'resolve mine/alpine 3.17']);
  });

  test('that the image does not have fail the entry', async () => {
    const world = new World();
    await world.put('up/alpine:3.17', multiArch('alpine'));
    const planned = await world.plan([{ ...entry, platforms: ['windows/amd64'] }]);
    expect(planned.images).toMatchObject([{ action: 'failed', error: { code: 'ERR_LADING_PLATFORM' } }]);
  });
});

describe('referrers', () => {
  const signed = { ...entry, referrers: true };

  test('travel along, also when only they are new; the next run writes nothing', async () => {
    const world = new World();
    const alpine = multiArch('alpine');
    await world.put('up/alpine:3.17', alpine);
    await world.sync([signed]);
    const sbom = makeReferrer(alpine.descriptor, 'application/spdx+json');
    for (const { descriptor, bytes } of [...sbom.blobs, ...sbom.manifests]) {
      await world.store('up/alpine').push(descriptor, bytesSource(bytes));
    }

    const { plan, report } = await world.sync([signed]);
    expect(actions(plan)).toEqual(['same mine/alpine:3.17 (referrers)']);
    expect(outcomes(report)).toEqual(['updated mine/alpine:3.17 (referrers)']);
    const found: string[] = [];
    for await (const { digest } of world.store('mine/alpine').referrers(alpine.descriptor))
      found.push(digest);
    expect(found).toEqual([sbom.descriptor.digest]);

    world.calls.length = 0;
    expect(outcomes((await world.sync([signed])).report)).toEqual(['same mine/alpine:3.17 (referrers)']);
    expect(world.writes).toEqual([]);
  });
});
