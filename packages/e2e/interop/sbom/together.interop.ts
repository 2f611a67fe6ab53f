import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRegistry } from '@lading/registry';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { type Cosign, cosign } from '../../peers/cosign.ts';
import { peer } from '../../peers/peer.ts';
import { type RunningRegistry, registries } from '../../peers/registries.ts';
import { output, type RunResult } from '../../peers/run.ts';
import { ladingOf, pushSource, type Subjects } from '../../peers/sbom/attached.ts';

/** SBOMs of a sync beside what others attach to the same images: before it, after it, and at the same time. */

const predicateTypes = ['https://cyclonedx.org/bom', 'https://spdx.dev/Document'];
const plainTypes = ['application/vnd.cyclonedx+json', 'application/spdx+json'];

let sigstore: RunningSigstore;
beforeAll(async () => {
  sigstore = await startSigstore();
});
afterAll(async () => sigstore?.[Symbol.asyncDispose]());

describe.each(Object.keys(registries))('in %s', (registryName) => {
  let registry: RunningRegistry;
  /** Who runs `lading sync`. */
  let user: Cosign;
  /** Who attests something else, with a key of their own. */
  let other: Cosign;
  let lading: (...args: readonly string[]) => Promise<RunResult>;
  let subjects: Subjects;

  const at = (repository: string, digest?: string): string =>
    `${registry.host}/${repository}${digest === undefined ? ':v1' : `@${digest}`}`;

  beforeAll(async () => {
    [registry, user, other] = await Promise.all([registries[registryName]!(), cosign(), cosign()]);
    await Promise.all([user.keys(), other.keys()]);
    await other.file('root.json', sigstore.trustedRoot);
    await other.file(
      'services.json',
      sigstore.signingConfig({ log: 'none', timestamp: false, fulcio: false }),
    );
    await other.file('tests.json', { tests: 'passed' });
    await other.file('report.txt', 'a report of somebody else');
    lading = ladingOf(user);
    subjects = await pushSource(at('upstream/app'));
  });
  afterAll(async () => {
    await Promise.all([registry, user, other].map((one) => one?.[Symbol.asyncDispose]()));
  });

  async function sync(repository: string, more: string): Promise<string> {
    const file = `${repository.replaceAll('/', '-')}.yaml`;
    const entry = `sync:\n  - source: ${at('upstream/app')}\n    destination: ${at(repository)}\n`;
    await user.file(file, `${entry}${more}\n`);
    const { code, stdout, stderr } = await lading('sync', '--config', file);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    return stdout.toString();
  }
  const copyOnly = 'sign: false';
  const withSboms = 'sbom: {referrer: true}\nsign: {key: cosign.key, transparency: none}';

  /** What somebody else attests, as cosign 3 does it: a bundle that refers to the image. */
  const attestTests = (reference: string): Promise<string> =>
    other.output(
      ...['attest', '--allow-http-registry', '--key', 'cosign.key', '--type', 'https://example.com/tests'],
      ...['--predicate', 'tests.json', '--signing-config', 'services.json', '--trusted-root', 'root.json'],
      reference,
    );
  const testsAreAttested = (reference: string): Promise<string> =>
    other.output(
      ...['verify-attestation', '--allow-http-registry', '--key', 'cosign.pub', '--insecure-ignore-tlog'],
      ...['--trusted-root', 'root.json', '--type', 'https://example.com/tests', reference],
    );
  /** What somebody else attaches with oras, without any signature. */
  const attachReport = (reference: string): Promise<unknown> =>
    output(
      peer('oras'),
      [
        'attach',
        '--plain-http',
        '--artifact-type',
        'application/vnd.example.report',
        reference,
        'report.txt:text/plain',
      ],
      { cwd: other.folder },
    );

  /** What refers to an image, by what its own manifest says that it is. */
  async function typesBeside(reference: string): Promise<string[]> {
    await using client = openRegistry();
    const [repository = '', digest = ''] = reference.split('@');
    const store = client.repository(repository);
    const types: string[] = [];
    for await (const found of store.referrers(await store.resolve(digest))) {
      const { bytes } = await store.load(found.digest);
      const { artifactType, annotations } = JSON.parse(Buffer.from(bytes).toString());
      types.push(annotations?.['dev.sigstore.bundle.predicateType'] ?? artifactType);
    }
    return types.sort();
  }

  async function sbomsAreAttested(repository: string): Promise<void> {
    for (const digest of Object.values(subjects)) {
      for (const type of ['cyclonedx', 'spdxjson']) {
        const { code, stderr } = await lading(
          ...['verify-attestation', '--key', 'cosign.pub', '--type', type, at(repository, digest)],
        );
        expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      }
    }
  }

  test('sbom case 44: what others attached before stays, and what others attach after takes nothing away', async () => {
    const repository = 'mine/neighbours';
    const reference = at(repository, subjects.amd64);
    await sync(repository, copyOnly);
    await attestTests(reference);
    await attachReport(reference);
    expect(await sync(repository, withSboms)).toContain('1 completed');
    const ours = [...predicateTypes, ...plainTypes];
    const theirs = ['application/vnd.example.report', 'https://example.com/tests'];
    expect(await typesBeside(reference)).toEqual([...ours, ...theirs].sort());
    await testsAreAttested(reference);

    await attestTests(reference);
    await attachReport(reference);
    const more = await typesBeside(reference);
    expect(more.filter((type) => ours.includes(type))).toEqual([...ours].sort());
    expect(await sync(repository, withSboms)).toContain('1 same');
    expect(await typesBeside(reference)).toEqual(more);
    await sbomsAreAttested(repository);
  });

  test('sbom case 44: two syncs at the same time attach each SBOM, and none is lost', async () => {
    const repository = 'mine/twice';
    await Promise.all([sync(repository, withSboms), sync(repository, withSboms)]);
    await sbomsAreAttested(repository);
    for (const digest of [subjects.amd64, subjects.arm64]) {
      const types = await typesBeside(at(repository, digest));
      // A plain SBOM is the same manifest whoever attaches it; signatures differ each time.
      for (const type of plainTypes) expect(types.filter((one) => one === type)).toHaveLength(1);
      for (const type of predicateTypes) {
        const count = types.filter((one) => one === type).length;
        expect([type, count >= 1 && count <= 2]).toEqual([type, true]);
      }
    }
    const before = await typesBeside(at(repository, subjects.amd64));
    expect(await sync(repository, withSboms)).toContain('1 same');
    expect(await typesBeside(at(repository, subjects.amd64))).toEqual(before);
  });

  test('sbom case 44: somebody who attests with cosign at the same time takes no SBOM away', async () => {
    const repository = 'mine/meanwhile';
    const reference = at(repository, subjects.amd64);
    await sync(repository, copyOnly);
    let isDone = false;
    const synced = sync(repository, withSboms).finally(() => {
      isDone = true;
    });
    let count = 0;
    while (!isDone) {
      await attestTests(reference);
      count++;
    }
    await synced;
    expect(count).toBeGreaterThan(1);
    await sbomsAreAttested(repository);
    const types = await typesBeside(reference);
    for (const type of plainTypes) expect(types).toContain(type);
    const theirs = types.filter((type) => type === 'https://example.com/tests').length;
    // Where there is one list for all and nothing is compared, what cosign wrote in the very moment of our write may be gone.
    if (registryName === 'distribution') expect(theirs).toBeGreaterThan(0);
    else expect(theirs).toBe(count);
  });
});
