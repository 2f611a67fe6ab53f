import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Descriptor } from '@lading/oci';
import { memoryCache } from '@lading/sbom';
import { downloadAttestations, listAttachments, verifyAttestation } from '@lading/sign';
import { fileLayer, makeArtifact, makeImage, makeIndex } from '@lading/testkit';
import { type MadeSbom, Pipeline, type PipelineOptions, pipelineReportDocument } from '../src/index.ts';
import { keySigner, outcomes, World } from './support/world.ts';

const status = (...names: string[]): string =>
  names
    .map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n`)
    .join('');
const base = fileLayer({
  'etc/os-release': 'ID=debian\nVERSION_ID=12\n',
  'var/lib/dpkg/status': status('libc6', 'tar'),
});
const app = makeImage({
  layers: [base, fileLayer({ 'srv/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' })],
});
const arm = makeImage({ platform: 'linux/arm64', layers: [base] });
const index = makeIndex([app, arm]);
const entry = 'sync:\n  - source: UP/app:v1\n    destination: MINE/app:v1\n';
const withSboms = `${entry}sbom: {}\n`;
const tool = { name: 'lading', version: '0.0.0' };
const cycloneDx = 'https://cyclonedx.org/bom';
const spdx = 'https://spdx.dev/Document';

let world: World;
let key: Awaited<ReturnType<typeof keySigner>>;

beforeEach(async () => {
  world = await World.start();
  key = await keySigner();
  await world.push('app', 'v1', app);
});
afterEach(() => world[Symbol.asyncDispose]());

const options = (more: Partial<PipelineOptions> = {}): Partial<PipelineOptions> => ({
  sbom: { tool },
  ...more,
});

/** Types of the valid attestations of an image. */
async function attested(subject: Descriptor): Promise<string[]> {
  const { accepted } = await verifyAttestation(world.destination('app'), subject, { policy: key.policy });
  return accepted
    .flatMap(({ claim, traits }) =>
      claim.kind === 'attestation' ? [`${traits.format} ${claim.predicateType}`] : [],
    )
    .sort();
}

async function referrers(subject: Descriptor): Promise<string[]> {
  const found = await listAttachments(world.destination('app'), subject, { tags: [] });
  return found.map(({ descriptor }) => descriptor.artifactType ?? '').sort();
}

const all = [`bundle ${cycloneDx}`, `bundle ${spdx}`, `legacy ${cycloneDx}`, `legacy ${spdx}`];

describe('a configuration with sbom', () => {
  test('gives an image its SBOMs as signed attestations, in both formats, before its tag is there', async () => {
    let tagWasThere = false;
    const signer = {
      ...key.signer,
      async sign(...args: Parameters<typeof key.signer.sign>) {
        tagWasThere ||= await world.held('app', 'v1').then(
          () => true,
          () => false,
        );
        return key.signer.sign(...args);
      },
    };
    const { report, events } = await world.run(world.config(withSboms), options({ signer }));
    expect(outcomes(report)).toEqual(['created app:v1 signed']);
    expect(tagWasThere).toBe(false);
    const held = await world.held('app', 'v1');
    expect(await attested(held)).toEqual(all);
    expect(await world.verdict('app', 'v1', key.policy)).toMatchObject({ ok: true });
    expect(pipelineReportDocument(report).images[0]).toMatchObject({
      sbom: {
        outcome: 'attached',
        packages: 3,
        documents: [
          { subject: held.digest, format: 'cyclonedx', way: 'attestation' },
          { subject: held.digest, format: 'spdx', way: 'attestation' },
        ],
      },
      signature: { outcome: 'signed' },
    });
    const steps = events.map(({ type }) => type).filter((type) => type !== 'entry:progress');
    expect(steps).toEqual([
      'entry:planned',
      'run:planned',
      'entry:start',
      'entry:cataloguing',
      'entry:signing',
      'entry:done',
      'run:done',
    ]);
  });

  test('what is attested is the catalogue of the image', async () => {
    await world.run(world.config(withSboms), options({ signer: key.signer }));
    const held = await world.held('app', 'v1');
    const { documents } = await downloadAttestations(world.destination('app'), held, {
      policy: key.policy,
      predicateType: cycloneDx,
    });
    const bom = JSON.parse(Buffer.from(documents[0]!.bytes).toString());
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect(bom.components.map(({ purl }: { purl?: string }) => purl)).toEqual(
      expect.arrayContaining(['pkg:deb/debian/libc6@1?arch=amd64&distro=debian-12', 'pkg:npm/a@1.0.0']),
    );
    expect(bom.metadata.component).toMatchObject({ name: `${world.mine.host}/app`, version: held.digest });
  });

  test('sbom case 44: each platform of an index has its own SBOM, and the index a thin one', async () => {
    await world.push('app', 'v1', index);
    const { report } = await world.run(world.config(withSboms), options({ signer: key.signer }));
    const subjects = [app.descriptor, arm.descriptor, index.descriptor];
    for (const subject of subjects) expect(await attested(subject)).toEqual(all);
    expect(report.results[0]?.sbom).toMatchObject({ packages: 3 });
    expect(report.results[0]?.sbom?.documents.map(({ subject }) => subject.digest)).toEqual(
      subjects.flatMap(({ digest }) => [digest, digest]),
    );
    const { documents } = await downloadAttestations(world.destination('app'), index.descriptor, {
      policy: key.policy,
      predicateType: cycloneDx,
    });
    const thin = JSON.parse(Buffer.from(documents[0]!.bytes).toString());
    expect(thin.components).toHaveLength(2);
    expect(thin.components.map(({ type }: { type: string }) => type)).toEqual(['container', 'container']);
  });

  test('sbom case 44: a second run attaches nothing, and asks for no more than the signature does', async () => {
    await world.push('app', 'v1', index);
    const config = world.config(withSboms);
    await world.run(config, options({ signer: key.signer }));
    const before = await attested(index.descriptor);
    const again = await world.run(config, options({ signer: key.signer }));
    expect(outcomes(again.report)).toEqual(['same app:v1']);
    expect(again.requests.filter((request) => /^(?:PUT|POST|PATCH)/.test(request))).toEqual([]);
    expect(await attested(index.descriptor)).toEqual(before);

    const listed = new Set<string>();
    const verified = {
      has: async (listing: object) => listed.has(JSON.stringify(listing)),
      add: async (listing: object) => void listed.add(JSON.stringify(listing)),
    };
    await world.run(config, options({ signer: key.signer, verified }));
    const known = await world.run(config, options({ signer: key.signer, verified }));
    expect(known.requests.map((request) => request.replace(/sha256[:-][0-9a-f]{64}/, 'DIGEST'))).toEqual([
      'HEAD app/manifests/v1',
      'HEAD app/manifests/v1',
      'GET app/referrers/DIGEST',
      'HEAD app/manifests/DIGEST.sig',
      'HEAD app/manifests/DIGEST.att',
    ]);
  });

  test('an image that is there and has no SBOM gets one, and nothing moves', async () => {
    await world.run(world.config(entry), { signer: key.signer });
    const config = world.config(withSboms);
    const plan = await new Pipeline(config, world.options(options({ signer: key.signer }))).plan();
    expect(plan.images).toMatchObject([{ action: 'complete', reason: { code: 'no-sbom' }, bytesToMove: 0 }]);
    const { report } = await world.run(config, options({ signer: key.signer }));
    expect(outcomes(report)).toEqual(['completed app:v1 (no-sbom) present']);
    expect(await attested(await world.held('app', 'v1'))).toEqual(all);
  });

  test('an SBOM by somebody else is not ours', async () => {
    const config = world.config(withSboms);
    const other = await keySigner();
    await world.run(config, options({ signer: other.signer }));
    await world.run(config, options({ signer: key.signer }));
    expect(await attested(await world.held('app', 'v1'))).toEqual(all);
  });

  test('with always the SBOMs are made anew, and the old ones go', async () => {
    const config = world.config(withSboms.replace('v1\n    dest', 'v1\n    always: true\n    dest'));
    await world.run(config, options({ signer: key.signer }));
    await world.run(config, options({ signer: key.signer, sbom: { tool: { ...tool, version: '0.0.1' } } }));
    const held = await world.held('app', 'v1');
    expect(await attested(held)).toEqual(all);
    const { documents } = await downloadAttestations(world.destination('app'), held, {
      policy: key.policy,
      predicateType: cycloneDx,
    });
    expect(Buffer.from(documents[0]!.bytes).toString()).toContain('"0.0.1"');
  });

  test('without a signer they are plain referrers, and that is said', async () => {
    const config = world.config(withSboms);
    const { events } = await world.run(config, options());
    const held = await world.held('app', 'v1');
    expect(await referrers(held)).toEqual(['application/spdx+json', 'application/vnd.cyclonedx+json']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'sboms-unsigned' }));
    const again = await world.run(config, options());
    expect(outcomes(again.report)).toEqual(['same app:v1']);
    expect(await referrers(held)).toHaveLength(2);
  });

  test('formats, attestations and referrers are as the configuration says', async () => {
    const config = world.config(
      `${entry}sbom: {formats: [spdx], referrer: true, author: Acme <s@acme.example>}\nsign: {format: bundle}\n`,
    );
    await world.run(config, options({ signer: key.signer }));
    const held = await world.held('app', 'v1');
    expect(await attested(held)).toEqual([`bundle ${spdx}`]);
    expect(await referrers(held)).toContain('application/spdx+json');
    const { documents } = await downloadAttestations(world.destination('app'), held, {
      policy: key.policy,
      predicateType: spdx,
    });
    expect(Buffer.from(documents[0]!.bytes).toString()).toContain('Acme (s@acme.example)');
    expect(outcomes((await world.run(config, options({ signer: key.signer }))).report)).toEqual([
      'same app:v1',
    ]);
  });

  test('sbom case 44: an index has no plain SBOM, which scanners would take for all packages of its images', async () => {
    await world.push('app', 'v1', index);
    const config = world.config(withSboms);
    await world.run(config, options());
    expect(await referrers(index.descriptor)).toEqual([]);
    const plain = ['application/spdx+json', 'application/vnd.cyclonedx+json'];
    for (const { descriptor } of [app, arm]) expect(await referrers(descriptor)).toEqual(plain);
    const again = await world.run(config, options());
    expect(outcomes(again.report)).toEqual(['same app:v1']);
    expect(again.requests.filter((request) => /^(?:PUT|POST|PATCH)/.test(request))).toEqual([]);
  });

  test('one image of an index that lacks its plain SBOM gets it, however much is attested', async () => {
    await world.push('app', 'v1', index);
    await world.run(world.config(withSboms), options({ signer: key.signer }));
    const config = world.config(withSboms.replace('{}', '{referrer: true}'));
    await world.run(config, options({ signer: key.signer }));
    const store = world.destination('app');
    const attached = await listAttachments(store, arm.descriptor, { tags: [] });
    const plain = attached.find(({ descriptor }) => descriptor.artifactType === 'application/spdx+json');
    await store.delete(plain!.descriptor.digest);
    const { report } = await world.run(config, options({ signer: key.signer }));
    expect(outcomes(report)).toEqual(['completed app:v1 (no-sbom) present']);
    expect(report.results[0]?.sbom?.documents).toMatchObject([{ format: 'spdx', way: 'referrer' }]);
    expect(outcomes((await world.run(config, options({ signer: key.signer }))).report)).toEqual([
      'same app:v1',
    ]);
  });

  test('plain SBOMs stand beside the image, wherever signatures are kept', async () => {
    const config = world.config(withSboms.replace('{}', '{referrer: true}'));
    const signatures = () => world.destination('signatures');
    await world.run(config, options({ signer: key.signer, signatures }));
    const held = await world.held('app', 'v1');
    const plain = ['application/spdx+json', 'application/vnd.cyclonedx+json'];
    expect(await referrers(held)).toEqual(plain);
    const again = await world.run(config, options({ signer: key.signer, signatures }));
    expect(outcomes(again.report)).toEqual(['same app:v1']);
  });

  test('without attestations they are plain referrers, as somebody wants it', async () => {
    const plain = withSboms.replace('{}', '{attest: false}');
    const { events } = await world.run(world.config(plain), options({ signer: key.signer }));
    const held = await world.held('app', 'v1');
    expect(await attested(held)).toEqual([]);
    expect(await referrers(held)).toEqual(
      expect.arrayContaining(['application/spdx+json', 'application/vnd.cyclonedx+json']),
    );
    expect(events.filter(({ type }) => type === 'notice')).toEqual([]);
    const again = await world.run(world.config(plain), options({ signer: key.signer }));
    expect(outcomes(again.report)).toEqual(['same app:v1']);
  });

  test('SBOMs that are attached nowhere are made for files alone', async () => {
    await world.push('app', 'v1', index);
    const nowhere = withSboms.replace('{}', '{attest: false, referrer: false}');
    const { report } = await world.run(world.config(nowhere), options({ signer: key.signer }));
    expect(report.results[0]?.sbom).toEqual({ outcome: 'none', documents: [] });
    const kept: string[] = [];
    const keep = async ({ platform, suffix }: MadeSbom) => void kept.push(`${platform} ${suffix}`);
    const named = nowhere
      .replaceAll('app:v1', 'app2:v1')
      .replace('v1\n    dest', 'v1\n    sbom: {artifactName: app}\n    dest');
    await world.push('app2', 'v1', index);
    const second = await world.run(
      world.config(named),
      options({ signer: key.signer, sbom: { tool, keep } }),
    );
    expect(second.report.results[0]?.sbom).toEqual({ outcome: 'made', packages: 3, documents: [] });
    expect(kept).toHaveLength(6);
    expect(await attested(index.descriptor)).toEqual([]);
  });

  test('attest without a signer is an error before anything is asked', async () => {
    const config = world.config(`${entry}sbom: {attest: true}\n`);
    await expect(world.run(config, options())).rejects.toMatchObject({ code: 'ERR_LADING_KEY' });
    expect(world.requests).toEqual([]);
  });

  test('what is no image is copied, gets none, and is not asked for again', async () => {
    await world.push('app', 'v1', makeArtifact('application/vnd.cncf.helm.config.v1+json'));
    const config = world.config(withSboms);
    const { report, events } = await world.run(config, options({ signer: key.signer }));
    expect(outcomes(report)).toEqual(['created app:v1 signed']);
    expect(report.results[0]?.sbom).toEqual({ outcome: 'none', documents: [] });
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'not-an-image' }));
    expect(outcomes((await world.run(config, options({ signer: key.signer }))).report)).toEqual([
      'same app:v1',
    ]);
  });

  test('an image that cannot be catalogued keeps its tag from moving', async () => {
    const lying = makeImage({
      layers: [base],
      config: { rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } },
    });
    await world.push('app', 'v1', lying);
    const { report } = await world.run(world.config(withSboms), options({ signer: key.signer }));
    expect(report.results[0]).toMatchObject({
      outcome: 'failed',
      error: { code: 'ERR_LADING_CONTENT_MISMATCH' },
    });
    await expect(world.held('app', 'v1')).rejects.toMatchObject({ code: 'ERR_LADING_NOT_FOUND' });
  });

  test('an artifactName hands the documents out, too', async () => {
    await world.push('app', 'v1', index);
    const kept: string[] = [];
    const keep = async ({ platform, suffix, content }: MadeSbom, name: string) => {
      expect(JSON.parse(Buffer.from(content).toString())).toBeInstanceOf(Object);
      kept.push(`${name} ${platform ?? '-'} ${suffix}`);
    };
    const named = withSboms.replace('v1\n    dest', 'v1\n    sbom: {artifactName: app}\n    dest');
    await world.run(world.config(named), options({ signer: key.signer, sbom: { tool, keep } }));
    expect(kept.sort()).toEqual([
      'app - .cdx.json',
      'app - .spdx.json',
      'app linux-amd64 .cdx.json',
      'app linux-amd64 .spdx.json',
      'app linux-arm64 .cdx.json',
      'app linux-arm64 .spdx.json',
    ]);
  });
});

describe('layers', () => {
  test('are catalogued as they are copied: none is downloaded for it', async () => {
    const { requests } = await world.run(world.config(withSboms), options({ signer: key.signer }));
    const blobs = requests.filter((request) => /^GET app\/blobs\//.test(request));
    // The config is small and read at the destination; layers come once, from the source.
    const layers = app.blobs.slice(1).map(({ descriptor }) => descriptor.digest);
    for (const digest of layers) expect(blobs.filter((request) => request.endsWith(digest))).toHaveLength(1);
  });

  test('that are at the destination already are read there, or known from before', async () => {
    const cache = memoryCache();
    await world.run(world.config(entry));
    const config = world.config(withSboms);
    const first = await world.run(config, options({ sbom: { tool, cache } }));
    const digest = app.blobs[1]!.descriptor.digest;
    expect(first.requests.filter((request) => request.endsWith(`blobs/${digest}`))).toHaveLength(1);
    await world.push('app2', 'v1', app);
    const second = world.config(withSboms.replaceAll('/app:', '/app2:'));
    await world.run(world.config(entry.replaceAll('/app:', '/app2:')));
    const known = await world.run(second, options({ sbom: { tool, cache } }));
    expect(known.requests.filter((request) => request.endsWith(`blobs/${digest}`))).toEqual([]);
    expect(outcomes(known.report)).toEqual(['completed app2:v1 (no-sbom)']);
  });
});
