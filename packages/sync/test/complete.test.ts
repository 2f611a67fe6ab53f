import { describe, expect, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import { hasChanges, type PlanContext, type Reason, reportDocument, syncExitCode } from '../src/index.ts';
import { actions, image, multiArch, outcomes, World } from './support/world.ts';

const entry = { source: 'up/alpine:3.17', destination: 'mine/alpine:3.17' };
const unsigned: Reason = { code: 'unsigned', message: 'no valid signature' };

/** A world in which an image is signed once a hook was there for its digest. */
class SigningWorld extends World {
  readonly signed = new Set<string>();
  readonly hooked: string[] = [];

  readonly lacks: PlanContext['lacks'] = async (_entry, { digest }) =>
    this.signed.has(digest) ? undefined : unsigned;

  readonly beforeTag = async (
    image: { readonly destination: string },
    { digest }: Descriptor,
  ): Promise<void> => {
    this.hooked.push(`${image.destination} ${digest}`);
    this.signed.add(digest);
  };
}

describe('an image whose digest is right and that lacks something', () => {
  test('is planned as work that moves nothing, and is completed by digest without touching its tag', async () => {
    const world = new SigningWorld();
    const alpine = image('alpine');
    await world.put('up/alpine:3.17', alpine);
    await world.put('mine/alpine:3.17', alpine);
    const { digest } = alpine.descriptor;

    const { plan, report } = await world.sync([entry], { lacks: world.lacks }, { hooks: world });
    expect(actions(plan)).toEqual(['complete mine/alpine:3.17 (unsigned)']);
    expect(plan.images).toMatchObject([{ digest, previous: digest, bytesToMove: 0, bytesMounted: 0 }]);
    expect(hasChanges(plan)).toBe(true);
    expect(outcomes(report)).toEqual(['completed mine/alpine:3.17 (unsigned)']);
    expect(report.results).toMatchObject([{ digest, bytesMoved: 0 }]);
    expect(reportDocument(report).totals).toMatchObject({ completed: 1, same: 0 });
    expect(world.hooked).toEqual([`mine/alpine:3.17 ${digest}`]);
    expect(world.writes).toEqual([]);

    const again = await world.sync([entry], { lacks: world.lacks }, { hooks: world });
    expect(outcomes(again.report)).toEqual(['same mine/alpine:3.17']);
    expect(world.hooked).toHaveLength(1);
  });

  test('is asked about only where nothing else is to be done', async () => {
    const world = new SigningWorld();
    await world.put('up/alpine:3.17', image('new'));
    await world.put('mine/alpine:3.17', image('old'));
    await world.put('up/b:1', image('b'));
    await world.put('mine/b:1', image('b'));
    const asked: string[] = [];
    const lacks: PlanContext['lacks'] = async ({ destination }) => void asked.push(destination);
    const { report } = await world.sync(
      [
        entry,
        { source: 'up/alpine:3.17', destination: 'mine/other:1' },
        { source: 'up/b:1', destination: 'mine/b:1', always: true },
      ],
      { lacks },
      { hooks: world },
    );
    expect(outcomes(report)).toEqual([
      'updated mine/alpine:3.17',
      'created mine/other:1',
      'updated mine/b:1 (always)',
    ]);
    expect(asked).toEqual([]);
    expect(world.hooked).toHaveLength(3);
  });

  test('whose hook fails has failed, with its tag as it was', async () => {
    const world = new SigningWorld();
    await world.put('up/alpine:3.17', image('alpine'));
    await world.put('mine/alpine:3.17', image('alpine'));
    const beforeTag = async (): Promise<void> => {
      throw new Error('the key service is down');
    };
    const { report } = await world.sync([entry], { lacks: world.lacks }, { hooks: { beforeTag } });
    expect(report.results).toMatchObject([
      { outcome: 'failed', error: { message: 'the key service is down' } },
    ]);
    expect(world.writes).toEqual([]);
    expect(syncExitCode(report)).toBe(1);
  });

  test('that cannot be asked about has failed: no answer is not "nothing is missing"', async () => {
    const world = new SigningWorld();
    await world.put('up/alpine:3.17', image('alpine'));
    await world.put('mine/alpine:3.17', image('alpine'));
    const lacks = async (): Promise<never> => {
      throw new Error('500');
    };
    const { plan, report } = await world.sync([entry], { lacks }, { hooks: world });
    expect(plan.images).toMatchObject([{ action: 'failed', error: { origin: 'destination' } }]);
    expect(outcomes(report)).toEqual(['failed mine/alpine:3.17']);
    expect(world.hooked).toEqual([]);
  });

  test('is not completed when its source may not enter', async () => {
    const world = new SigningWorld();
    await world.put('up/alpine:3.17', image('alpine'));
    await world.put('mine/alpine:3.17', image('alpine'));
    const admit = async (): Promise<never> => {
      throw new Error('nobody signed the source');
    };
    const { report } = await world.sync([entry], { lacks: world.lacks, admit }, { hooks: world });
    expect(outcomes(report)).toEqual(['blocked mine/alpine:3.17 (not-admitted)']);
    expect(world.hooked).toEqual([]);
  });

  test('gets what refers to its source before the hook is called', async () => {
    const world = new SigningWorld();
    const alpine = image('alpine');
    await world.put('up/alpine:3.17', alpine);
    await world.put('mine/alpine:3.17', alpine);
    const tag = `${alpine.descriptor.digest.replace(':', '-')}.sig`;
    await world.put(`up/alpine:${tag}`, image('a signature'));
    let held: string | undefined;
    const beforeTag = async (): Promise<void> => {
      held = await world.digestOf(`mine/alpine:${tag}`);
    };
    const { report } = await world.sync(
      [{ ...entry, referrers: true }],
      { lacks: world.lacks },
      { hooks: { beforeTag } },
    );
    expect(outcomes(report)).toEqual(['completed mine/alpine:3.17 (unsigned)']);
    expect(held).toBe(image('a signature').descriptor.digest);
  });

  test('is asked about by the digest that the destination has of its own', async () => {
    const world = new SigningWorld();
    await world.put('up/alpine:3.17', multiArch('alpine'));
    const subset = { ...entry, platforms: ['linux/arm64'] };
    await world.sync([subset]);
    const digest = await world.digestOf('mine/alpine:3.17');
    const { report } = await world.sync([subset], { lacks: world.lacks }, { hooks: world });
    expect(outcomes(report)).toEqual(['completed mine/alpine:3.17 (unsigned)']);
    expect(world.hooked).toEqual([`mine/alpine:3.17 ${digest}`]);
    expect(digest).not.toBe(multiArch('alpine').descriptor.digest);
  });

  test('is complete before it is the source of another image', async () => {
    const world = new SigningWorld();
    await world.put('up/app:1', image('app'));
    await world.put('mine/app:staging', image('app'));
    const entries = [
      { source: 'mine/app:staging', destination: 'mine/app:stable' },
      { source: 'up/app:1', destination: 'mine/app:staging' },
    ];
    const { report } = await world.sync(entries, { lacks: world.lacks }, { hooks: world, concurrency: 1 });
    expect(outcomes(report)).toEqual(['retagged mine/app:stable', 'completed mine/app:staging (unsigned)']);
    expect(world.hooked.map((line) => line.split(' ')[0])).toEqual(['mine/app:staging', 'mine/app:stable']);
  });
});

describe('whether a source may enter that another image of the run makes', () => {
  const chain = [
    { source: 'up/app:1', destination: 'staging/app:1' },
    { source: 'staging/app:1', destination: 'mine/app:1' },
  ];

  test('is asked when that image is there, and signed', async () => {
    const world = new SigningWorld();
    await world.put('up/app:1', image('app'));
    const admit: PlanContext['admit'] = async ({ source }, { digest }, stores) => {
      if (source !== 'staging/app:1') return;
      await stores.source.resolve(digest);
      if (!world.signed.has(digest)) throw new Error('not signed');
    };
    const { report } = await world.sync(chain, { admit }, { hooks: world });
    expect(outcomes(report)).toEqual(['created staging/app:1', 'created mine/app:1']);
  });

  test('blocks the image when it may not, before anything of it is written', async () => {
    const world = new SigningWorld();
    await world.put('up/app:1', image('app'));
    const admit: PlanContext['admit'] = async ({ source }) => {
      if (source === 'staging/app:1') throw new Error('not signed');
    };
    const { report } = await world.sync(chain, { admit });
    expect(outcomes(report)).toEqual(['created staging/app:1', 'blocked mine/app:1 (not-admitted)']);
    expect(world.writes.filter((call) => call.includes(' mine/'))).toEqual([]);
    expect(syncExitCode(report)).toBe(5);
  });
});
