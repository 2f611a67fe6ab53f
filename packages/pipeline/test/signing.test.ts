import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAttachments, type Signer, sign } from '@lading/sign';
import { openDockerArchive } from '@lading/store';
import { makeImage, makeIndex } from '@lading/testkit';
import { Pipeline, pipelineReportDocument } from '../src/index.ts';
import { keySigner, outcomes, World } from './support/world.ts';

const app = makeImage({});
const entry = `sync:\n  - source: UP/app:v1\n    destination: MINE/app:v1\n`;
let world: World;
let key: Awaited<ReturnType<typeof keySigner>>;

beforeEach(async () => {
  world = await World.start();
  key = await keySigner();
  await world.push('app', 'v1', app);
});
afterEach(() => world[Symbol.asyncDispose]());

/** A signer that does something before it signs. */
function before(signer: Signer, work: () => Promise<void> | void): Signer {
  return {
    ...signer,
    async sign(content, options) {
      await work();
      return signer.sign(content, options);
    },
  };
}

describe('a destination', () => {
  test('is signed in both formats before its tag is there, and once', async () => {
    const config = world.config(entry);
    let tagWasThere: boolean | undefined;
    const signer = before(key.signer, async () => {
      tagWasThere ||= await world.held('app', 'v1').then(
        () => true,
        () => false,
      );
    });
    const { report, events } = await world.run(config, { signer });
    expect(outcomes(report)).toEqual(['created app:v1 signed']);
    expect(tagWasThere).toBe(false);
    expect(events.map(({ type }) => type).filter((type) => type !== 'entry:progress')).toEqual([
      'entry:planned',
      'run:planned',
      'entry:start',
      'entry:signing',
      'entry:done',
      'run:done',
    ]);
    expect(await world.verdict('app', 'v1', key.policy)).toMatchObject({ ok: true, accepted: [{}, {}] });
    expect(pipelineReportDocument(report).images).toMatchObject([
      {
        outcome: 'created',
        signature: { outcome: 'signed', signer: 'cosign.key', formats: ['bundle', 'legacy'] },
      },
    ]);

    const again = await world.run(config, { signer });
    expect(outcomes(again.report)).toEqual(['same app:v1']);
    expect(await world.verdict('app', 'v1', key.policy)).toMatchObject({ accepted: [{}, {}] });
  });

  test('that is right and has no valid signature is signed where it is', async () => {
    const config = world.config(entry);
    await world.run(config);
    const other = await keySigner();
    await sign(world.destination('app'), await world.held('app', 'v1'), {
      signer: other.signer,
      clock: Date.now,
    });

    const pipeline = new Pipeline(config, world.options({ signer: key.signer }));
    const plan = await pipeline.plan();
    expect(plan.images).toMatchObject([
      {
        action: 'complete',
        bytesToMove: 0,
        reason: { code: 'unsigned', message: 'no valid signature by cosign.key' },
      },
    ]);
    const report = await pipeline.apply(plan);
    expect(outcomes(report)).toEqual(['completed app:v1 (unsigned) signed']);
    expect(await world.verdict('app', 'v1', key.policy)).toMatchObject({ ok: true });
    expect(await world.verdict('app', 'v1', other.policy)).toMatchObject({ ok: true });
  });

  test('that lacks one of the formats gets that one', async () => {
    await world.run(world.config(`${entry}sign: {format: bundle}\n`), { signer: key.signer });
    const { report } = await world.run(world.config(entry), { signer: key.signer });
    expect(report.results).toMatchObject([
      {
        outcome: 'completed',
        reason: { message: 'no valid .sig by cosign.key' },
        signature: { written: [{ format: 'legacy' }] },
      },
    ]);
  });

  test('whose annotations are to be signed is signed anew when they change', async () => {
    const signer = key.signer;
    await world.run(world.config(`${entry}sign: {annotations: {env: test}}\n`), { signer });
    const changed = world.config(`${entry}sign: {annotations: {env: live}}\n`);
    expect(outcomes((await world.run(changed, { signer })).report)).toEqual([
      'completed app:v1 (unsigned) signed',
    ]);
    expect(outcomes((await world.run(changed, { signer })).report)).toEqual(['same app:v1']);
  });

  test('keeps its tag when the signature fails, and the others are signed', async () => {
    await world.run(world.config(entry), { signer: key.signer });
    const { digest } = await world.held('app', 'v1');
    await world.push('app', 'v1', makeImage({ config: { author: 'new' } }));
    await world.push('other', 'v1', app);
    let asked = 0;
    const signer = before(key.signer, () => {
      asked += 1;
      if (asked === 1) throw Object.assign(new Error('down'), { code: 'ERR_LADING_KEY_SERVICE' });
    });
    const config = world.config(`${entry}  - source: UP/other:v1\n    destination: MINE/other:v1\n`);
    const { report } = await world.run(config, { signer, concurrency: 1 });
    expect(outcomes(report)).toEqual(['failed app:v1', 'created other:v1 signed']);
    expect((await world.held('app', 'v1')).digest).toBe(digest);
    await expect(world.held('other', 'v1')).resolves.toBeDefined();
  });

  test('that cannot hold signatures fails: nothing is left unsigned silently', async () => {
    const archive = await openDockerArchive(join(world.folder, 'app.tar'), { create: true });
    const { stores } = world.options();
    const { report } = await world.run(world.config(entry), {
      signer: key.signer,
      stores: (location, role) =>
        role === 'source' ? stores(location, role) : { store: archive, tag: 'v1' },
    });
    expect(report.results).toMatchObject([
      { outcome: 'failed', error: { message: expect.stringMatching(/app\.tar cannot hold signatures$/) } },
    ]);
  });

  test('that is a subset of platforms is signed by its own digest', async () => {
    const index = makeIndex([makeImage({ platform: 'linux/amd64' }), makeImage({ platform: 'linux/arm64' })]);
    await world.push('multi', 'v1', index);
    const config = world.config(
      'sync:\n  - source: UP/multi:v1\n    destination: MINE/multi:v1\n    platforms: [linux/arm64]\n',
    );
    await world.run(config, { signer: key.signer });
    const verdict = await world.verdict('multi', 'v1', key.policy);
    expect(verdict.ok).toBe(true);
    expect(verdict.subject.digest).not.toBe(index.descriptor.digest);
  });

  test('with two tags for one image is signed once', async () => {
    const config = world.config(
      `${entry}  - source: UP/app:v1\n    destination: MINE/app:stable\n  - source: UP/app:v1\n    destination: MINE/app:latest\n`,
    );
    const { report } = await world.run(config, { signer: key.signer });
    expect(report.results.map(({ signature }) => signature?.outcome).toSorted()).toEqual([
      'present',
      'present',
      'signed',
    ]);
    expect((await world.verdict('app', 'v1', key.policy)).accepted).toHaveLength(2);
  });
});

describe('with "always"', () => {
  const always = `${entry}    always: true\n`;

  test('the old signature goes when the new one is there, and those of others stay: never a moment without one', async () => {
    const other = await keySigner();
    await world.run(world.config(entry), { signer: key.signer });
    await sign(world.destination('app'), await world.held('app', 'v1'), {
      signer: other.signer,
      clock: Date.now,
    });
    const old = await world.verdict('app', 'v1', key.policy);

    const seen: boolean[] = [];
    let running = true;
    const watching = (async () => {
      while (running) seen.push((await world.verdict('app', 'v1', key.policy)).ok);
    })();
    const { report } = await world.run(world.config(always), { signer: key.signer });
    running = false;
    await watching;
    expect(outcomes(report)).toEqual(['updated app:v1 (always) replaced']);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).not.toContain(false);

    const now = await world.verdict('app', 'v1', key.policy);
    expect(now.accepted).toHaveLength(2);
    const bundleOf = ({ accepted }: typeof now) =>
      accepted.find(({ location }) => location.format === 'bundle')?.location.blob.digest;
    expect(bundleOf(now)).not.toBe(bundleOf(old));
    expect(await world.verdict('app', 'v1', other.policy)).toMatchObject({ ok: true, accepted: [{}, {}] });
  });

  test('a registry that does not delete gets a new signature all the same, and a notice', async () => {
    await world.run(world.config(entry), { signer: key.signer });
    const { stores } = world.options();
    const undeletable: typeof stores = async (location, role) => {
      const { store, ...rest } = await stores(location, role);
      const refuse = async (): Promise<never> => {
        throw Object.assign(new Error('it does not delete manifests'), { code: 'ERR_LADING_UNSUPPORTED' });
      };
      const get = (target: typeof store, name: keyof typeof store): unknown => {
        const value = target[name];
        return typeof value === 'function' ? value.bind(target) : value;
      };
      return {
        store: new Proxy(store, {
          get: (target, name) => (name === 'delete' ? refuse : get(target, name as keyof typeof store)),
        }),
        ...rest,
      };
    };
    const { report, events } = await world.run(world.config(always), {
      signer: key.signer,
      stores: undeletable,
    });
    expect(outcomes(report)).toEqual(['updated app:v1 (always) replaced']);
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
      { code: 'signatures-left', message: expect.stringContaining('it does not delete manifests') },
    ]);
    const { accepted } = await world.verdict('app', 'v1', key.policy);
    expect(accepted.map(({ location }) => location.format).toSorted()).toEqual([
      'bundle',
      'bundle',
      'legacy',
    ]);
  });

  test('the old signature stays when the new one fails', async () => {
    await world.run(world.config(entry), { signer: key.signer });
    const signer = before(key.signer, () => {
      throw new Error('down');
    });
    const { report } = await world.run(world.config(always), { signer });
    expect(outcomes(report)).toEqual(['failed app:v1 (always)']);
    expect(await world.verdict('app', 'v1', key.policy)).toMatchObject({ ok: true, accepted: [{}, {}] });
  });
});

describe('whether images are signed', () => {
  test('"sign: false" means not, whoever could', async () => {
    const { report } = await world.run(world.config(`${entry}sign: false\n`), { signer: key.signer });
    expect(outcomes(report)).toEqual(['created app:v1']);
    expect(await listAttachments(world.destination('app'), await world.held('app', 'v1'))).toEqual([]);
  });

  test('"sign" without a signer is an error before anything is asked or written', async () => {
    const config = world.config(`${entry}sign: {format: both}\n`);
    await expect(world.run(config)).rejects.toMatchObject({ code: 'ERR_LADING_KEY' });
    expect(world.requests).toEqual([]);
  });

  test('a signer whose signatures cannot be recognised is told of once', async () => {
    await world.run(world.config(entry));
    const signer: Signer = { ...key.signer, name: 'keyless', authority: async () => undefined };
    const { events } = await world.run(world.config(entry), { signer });
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([{ code: 'signer-unrecognisable' }]);
  });

  test('signatures may be kept in another repository', async () => {
    const signatures = () => world.destination('signatures');
    const config = world.config(entry);
    const { report } = await world.run(config, { signer: key.signer, signatures });
    expect(outcomes(report)).toEqual(['created app:v1 signed']);
    const image = await world.held('app', 'v1');
    expect(await listAttachments(world.destination('app'), image)).toEqual([]);
    expect(await listAttachments(world.destination('signatures'), image)).toHaveLength(2);
    expect(outcomes((await world.run(config, { signer: key.signer, signatures })).report)).toEqual([
      'same app:v1',
    ]);
  });
});
