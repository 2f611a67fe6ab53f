import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import { verifyAttestation } from '@lading/sign';
import { openDockerArchive, openOciArchive } from '@lading/store';
import { fileLayer, makeImage, makeIndex } from '@lading/testkit';
import { type MadeSbom, Pipeline, type PipelineOptions } from '../src/index.ts';
import { keySigner, outcomes, World } from './support/world.ts';

const base = fileLayer({ 'srv/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' });
const amd = makeImage({ layers: [base] });
const arm = makeImage({ platform: 'linux/arm64', layers: [base] });
const index = makeIndex([amd, arm]);
const entry = (name: string, more = ''): string =>
  `  - source: UP/${name}\n    destination: MINE/${name}\n${more}`;
const sync = (...entries: string[]): string => `sync:\n${entries.join('')}sbom: {formats: [spdx]}\n`;
const named = (name: string): string => `    sbom: {artifactName: ${name}}\n`;

let world: World;
let key: Awaited<ReturnType<typeof keySigner>>;

beforeEach(async () => {
  world = await World.start();
  key = await keySigner();
});
afterEach(() => world[Symbol.asyncDispose]());

const options = (more: Partial<PipelineOptions> = {}): Partial<PipelineOptions> => ({
  sbom: { tool: { name: 'lading', version: '0.0.0' } },
  ...more,
});

async function attestations(subject: Descriptor): Promise<number> {
  const { accepted } = await verifyAttestation(world.destination('app'), subject, { policy: key.policy });
  return accepted.filter(({ traits }) => traits.format === 'bundle').length;
}

/** A signer that takes its time, and how many signatures are being made. */
function slowSigner(): { readonly signer: typeof key.signer; readonly active: () => number } {
  let active = 0;
  const signer = {
    ...key.signer,
    async sign(...args: Parameters<typeof key.signer.sign>) {
      active++;
      await new Promise((resolve) => setTimeout(resolve, 30));
      const signed = await key.signer.sign(...args);
      active--;
      return signed;
    },
  };
  return { signer, active: () => active };
}

describe('images that several tags share', () => {
  test('in two indexes at once are attested once', async () => {
    const other = makeIndex([arm, makeImage({ platform: 'linux/s390x', layers: [base] })]);
    await world.push('app', 'v1', index);
    await world.push('app', 'v2', other);
    await world.push('app', 'arm', arm);
    const config = world.config(sync(entry('app:v1'), entry('app:v2'), entry('app:arm')));
    const { report } = await world.run(config, options({ signer: slowSigner().signer }));
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
    for (const { descriptor } of [amd, arm, index, other]) expect(await attestations(descriptor)).toBe(1);
  });

  test('are read at the destination once: manifests and configs, too', async () => {
    await world.push('app', 'v1', index);
    await world.run(world.config(`sync:\n${entry('app:v1')}`), { signer: key.signer });
    const { requests } = await world.run(
      world.config(sync(entry('app:v1'))),
      options({ signer: key.signer }),
    );
    for (const { blobs, descriptor } of [amd, arm]) {
      const config = blobs[0]!.descriptor.digest;
      expect(requests.filter((request) => request === `GET app/blobs/${config}`)).toHaveLength(1);
      // Once to find out that it is one, once for its SBOM.
      const manifest = `GET app/manifests/${descriptor.digest}`;
      expect(requests.filter((request) => request === manifest)).toHaveLength(2);
    }
  });
});

describe('an image of an index that cannot be catalogued', () => {
  test('ends what is in work for the others, and leaves nothing running', async () => {
    const lying = makeImage({
      platform: 'linux/arm64',
      layers: [base],
      config: { rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } },
    });
    await world.push('app', 'v1', makeIndex([amd, lying]));
    const { signer, active } = slowSigner();
    const { report } = await world.run(world.config(sync(entry('app:v1'))), options({ signer }));
    expect(report.results).toMatchObject([
      {
        outcome: 'failed',
        error: {
          code: 'ERR_LADING_CONTENT_MISMATCH',
          message: expect.stringContaining(`${lying.descriptor.digest}, layer 1 of 1`),
        },
      },
    ]);
    expect(active()).toBe(0);
  });

  test('of which the destination has lost a manifest, the plan says it', async () => {
    await world.push('app', 'v1', index);
    await world.run(world.config(`sync:\n${entry('app:v1')}`), { signer: key.signer });
    await world.destination('app').delete(arm.descriptor.digest);
    const config = world.config(sync(entry('app:v1')));
    const { images } = await new Pipeline(config, world.options(options({ signer: key.signer }))).plan();
    expect(images).toMatchObject([
      { action: 'failed', error: { message: expect.stringContaining(arm.descriptor.digest) } },
    ]);
  });
});

describe('archives', () => {
  test.each([true, false])('for docker hold no SBOMs: nothing is written (signed: %s)', async (isSigned) => {
    await world.push('app', 'v1', amd);
    const file = join(world.folder, 'app.tar');
    const archive = await openDockerArchive(file, { create: true });
    const { stores } = world.options();
    const { report } = await world.run(
      world.config(`${sync(entry('app:v1'))}${isSigned ? '' : 'sign: false\n'}`),
      options({
        ...(isSigned && { signer: key.signer }),
        stores: (location, role) =>
          role === 'source' ? stores(location, role) : { store: archive, tag: 'v1' },
      }),
    );
    expect(report.results).toMatchObject([
      {
        outcome: 'failed',
        error: { code: 'ERR_LADING_UNSUPPORTED', message: `docker-archive:${file} cannot hold SBOMs` },
      },
    ]);
    await archive[Symbol.asyncDispose]();
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('of the OCI kind hold them, also when they are read again', async () => {
    await world.push('app', 'v1', index);
    const file = join(world.folder, 'app.tar');
    const { stores } = world.options();
    const run = async () => {
      await using archive = await openOciArchive(file, { create: true });
      const { report } = await world.run(
        world.config(sync(entry('app:v1'))),
        options({
          signer: key.signer,
          stores: (location, role) =>
            role === 'source' ? stores(location, role) : { store: archive, tag: 'v1' },
        }),
      );
      return report.results.map(({ outcome, sbom }) => [outcome, sbom?.documents.length]);
    };
    expect(await run()).toEqual([['created', 3]]);
    expect(await run()).toEqual([['same', undefined]]);
  });
});

describe('documents as files', () => {
  test('have names of their own, whatever the images of an index call their platforms', async () => {
    const second = makeImage({ platform: 'linux/arm64', layers: [base], config: { author: 'else' } });
    const strange = { os: 'linux/../x y', architecture: 'amd64' };
    const odd = makeImage({ layers: [base], config: { os: 'odd' } });
    const placed = { ...odd, descriptor: { ...odd.descriptor, platform: strange } };
    await world.push('app', 'v1', makeIndex([amd, arm, second, placed]));
    const kept: string[] = [];
    const keep = async ({ platform }: MadeSbom, name: string) => void kept.push(`${name} ${platform ?? ''}`);
    const { sbom } = options();
    await world.run(
      world.config(sync(entry('app:v1', named('app')))),
      options({ signer: key.signer, sbom: { ...sbom!, keep } }),
    );
    expect(kept.sort()).toEqual([
      'app ',
      'app linux-..-x-y-amd64',
      'app linux-amd64',
      'app linux-arm64',
      'app linux-arm64-2',
    ]);
  });

  test('of an entry with a filter are named after their tags', async () => {
    await world.push('app', 'v1', amd);
    await world.push('app', 'v2', arm);
    const kept: string[] = [];
    const keep = async (_: MadeSbom, name: string) => void kept.push(name);
    const { sbom } = options();
    await world.run(
      world.config(sync(entry('app', `    tags: {include: ["v*"]}\n${named('app')}`))),
      options({ signer: key.signer, sbom: { ...sbom!, keep } }),
    );
    expect(kept.sort()).toEqual(['app-v1', 'app-v2']);
  });

  test('of two entries with one name are an error before anything is asked', async () => {
    const config = world.config(sync(entry('app:v1', named('app')), entry('other:v1', named('app'))));
    await expect(world.run(config, options())).rejects.toMatchObject({
      code: 'ERR_LADING_CONFIG',
      message: expect.stringMatching(/app:v1 and \S+other:v1/),
    });
    expect(world.requests).toEqual([]);
  });

  test('by nobody are an error, too', async () => {
    const config = world.config(`sync:\n${entry('app:v1')}sbom: {author: " "}\n`);
    await expect(world.run(config, options())).rejects.toMatchObject({ code: 'ERR_LADING_CONFIG' });
  });
});

test('a subset of platforms has an SBOM of the index that is made of it', async () => {
  await world.push('app', 'v1', index);
  const config = world.config(sync(entry('app:v1', '    platforms: [linux/arm64]\n')));
  const { report } = await world.run(config, options({ signer: key.signer }));
  expect(outcomes(report)).toEqual(['created app:v1 signed']);
  const held = await world.held('app', 'v1');
  expect(held.digest).not.toBe(index.descriptor.digest);
  expect(report.results[0]?.sbom?.documents.map(({ subject }) => subject.digest)).toEqual([
    arm.descriptor.digest,
    held.digest,
  ]);
  expect(outcomes((await world.run(config, options({ signer: key.signer }))).report)).toEqual([
    'same app:v1',
  ]);
});
