import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SyncEntry } from '../src/index.ts';
import { image, multiArch, World } from './support/world.ts';

const images = ['a', 'b', 'c'].flatMap((text) => [image(text), multiArch(text)]);
const repositories = ['up/x', 'up/y', 'mine/x', 'mine/y', 'mine/z'];
const tags = ['1.0', '1.1', '2.0', 'latest'];

const place = fc.record({ repository: fc.constantFrom(...repositories), tag: fc.constantFrom(...tags) });
const content = fc.array(fc.tuple(place, fc.nat(images.length - 1)), { maxLength: 12 });
const single: fc.Arbitrary<SyncEntry> = fc
  .record({ from: place, to: place, arm: fc.boolean(), annotated: fc.boolean(), backup: fc.boolean() })
  .map(({ from, to, arm, annotated, backup }) => ({
    source: `${from.repository}:${from.tag}`,
    destination: `${to.repository}:${to.tag}`,
    ...(arm && { platforms: ['linux/arm64'] }),
    ...(annotated && { annotations: { team: 'base' } }),
    ...(backup && { backup: 'attic/all:{digest}' }),
  }));
const whole: fc.Arbitrary<SyncEntry> = fc
  .record({
    from: fc.constantFrom(...repositories),
    to: fc.constantFrom(...repositories),
    semver: fc.boolean(),
  })
  .map(({ from, to, semver }) => ({
    source: from,
    destination: to,
    tags: semver ? { semver: '1.x' } : {},
    prune: 'delete',
  }));
const entries = fc.array(fc.oneof({ weight: 3, arbitrary: single }, whole), { maxLength: 6 });

test('a second run right after the first finds all the same, and writes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(content, entries, fc.integer({ min: 1, max: 4 }), async (held, config, concurrency) => {
      const world = new World();
      for (const [{ repository, tag }, index] of held)
        await world.put(`${repository}:${tag}`, images[index]!);

      const planned = await world.plan(config, { concurrency });
      expect(world.writes).toEqual([]);
      const { report } = await world.sync(config, { concurrency }, { concurrency });
      for (const result of report.results) {
        // What the plan promised is what the tag holds, unless it said that it cannot be done.
        if (result.digest === undefined || result.outcome === 'failed') continue;
        expect(await world.digestOf(result.image.destination)).toBe(result.digest);
      }
      expect(report.results.map(({ image: { destination } }) => destination)).toEqual(
        planned.images.map(({ destination }) => destination),
      );

      world.calls.length = 0;
      const again = await world.sync(config, { concurrency }, { concurrency });
      expect(world.writes).toEqual([]);
      const differing = again.plan.images.filter(
        ({ action }) => action !== 'same' && action !== 'failed' && action !== 'blocked',
      );
      expect(differing).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
