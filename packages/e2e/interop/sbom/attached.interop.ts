import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSigstore, startSigstore } from '@lading/testkit/sigstore';
import { type Cosign, cosign, password } from '../../peers/cosign.ts';
import { peer } from '../../peers/peer.ts';
import { type RunningRegistry, registries } from '../../peers/registries.ts';
import { output, type RunResult } from '../../peers/run.ts';
import { ladingOf, pushSource, type Subjects, stateOf, trivyBeside } from '../../peers/sbom/attached.ts';
import { identityOf } from '../../peers/sbom/identity.ts';

/** What `lading sync` attaches, as others find it: an image for two platforms, made by apko and put together by crane, in each kind of registry. */

const types = ['cyclonedx', 'spdxjson'] as const;
const suffixes = { cyclonedx: '.cdx.json', spdxjson: '.spdx.json' };
const platforms = { index: '', amd64: '-linux-amd64', arm64: '-linux-arm64' };
const subjectNames = ['index', 'amd64', 'arm64'] as const;

let sigstore: RunningSigstore;
let cosign3: Cosign;
let cosign2: Cosign;
let root = '';
/** Of somebody else. */
let otherKey = '';

beforeAll(async () => {
  [sigstore, cosign3, cosign2] = await Promise.all([startSigstore(), cosign(), cosign('cosign2')]);
  // With a root at hand none is asked for on the network; what is signed here is in no log.
  root = await cosign3.file('root.json', sigstore.trustedRoot);
  otherKey = (await cosign3.keys()).publicKey;
});
afterAll(async () => {
  await Promise.all([sigstore, cosign3, cosign2].map((one) => one?.[Symbol.asyncDispose]()));
});

interface Envelope {
  readonly payload: string;
}

/** The statements that come out of cosign, one a line. */
const statements = (lines: string): string[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Envelope & { readonly dsseEnvelope?: Envelope })
    .map(({ payload, dsseEnvelope }) => Buffer.from(dsseEnvelope?.payload ?? payload, 'base64').toString());

const verifyFlags = (publicKey: string): readonly string[] => [
  ...['verify-attestation', '--allow-http-registry', '--key', publicKey],
  ...['--insecure-ignore-tlog', '--trusted-root', root],
];

/** How cosign reads: the new format, the old one, and what reads the old one alone. */
const readers: Readonly<Record<string, (...args: readonly string[]) => Promise<string>>> = {
  'cosign 3': (...args) => cosign3.output(...args),
  'cosign 3 in its old format': (...args) => cosign3.output(...args, '--new-bundle-format=false'),
  'cosign 2': (...args) => cosign2.output(...args),
};

describe.each(Object.keys(registries))('in %s', (registryName) => {
  let registry: RunningRegistry;
  let user: Cosign;
  let publicKey = '';
  let lading: (...args: readonly string[]) => Promise<RunResult>;
  let subjects: Subjects;
  let cache = '';

  const at = (repository: string, digest?: string): string =>
    `${registry.host}/${repository}${digest === undefined ? ':v1' : `@${digest}`}`;
  const all = (): readonly Subjects[keyof Subjects][] => subjectNames.map((name) => subjects[name]);

  async function worked(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await lading(...args);
    expect([args, code, code === 0 ? '' : stderr]).toEqual([args, 0, '']);
    return stdout.toString();
  }

  const fileNameOf = (repository: string): string => repository.replaceAll('/', '-');

  /** Runs `lading sync` of the image into a repository. */
  async function sync(repository: string, sbom: string): Promise<string> {
    const name = fileNameOf(repository);
    await user.file(
      `${name}.yaml`,
      `sync:
  - source: ${at('upstream/app')}
    destination: ${at(repository)}
    sbom: {artifactName: ${name}}
sbom: ${sbom}
sign: {key: cosign.key, transparency: none}
`,
    );
    return worked('sync', '--config', `${name}.yaml`);
  }

  /** A document as `artifactName` wrote it. */
  const documentOf = async (
    repository: string,
    name: keyof Subjects,
    type: (typeof types)[number],
  ): Promise<string> => {
    const file = `${fileNameOf(repository)}${platforms[name]}${suffixes[type]}`;
    return (await readFile(join(user.folder, file), 'utf8')).trim();
  };

  beforeAll(async () => {
    [registry, user] = await Promise.all([registries[registryName]!(), cosign()]);
    publicKey = (await user.keys()).publicKey;
    lading = ladingOf(user);
    cache = await mkdtemp(join(tmpdir(), 'lading-attached-'));
    subjects = await pushSource(at('upstream/app'));
    expect(await sync('mine/app', '{}')).toContain('1 changed');
  });
  afterAll(async () => {
    await Promise.all([registry, user].map((one) => one?.[Symbol.asyncDispose]()));
    await rm(cache, { recursive: true, force: true });
  });

  describe.each(Object.keys(readers))('%s', (reader) => {
    test.each(types)('sbom case 44: accepts the attested %s of each image and of the index', async (type) => {
      for (const name of subjectNames) {
        const reference = at('mine/app', subjects[name]);
        const said = statements(await readers[reader]!(...verifyFlags(publicKey), '--type', type, reference));
        expect(said).toHaveLength(1);
        // Word for word, and about nothing else.
        expect(said[0]).toContain(`"predicate":${await documentOf('mine/app', name, type)}`);
        expect(JSON.parse(said[0]!).subject).toMatchObject([{ digest: { sha256: subjects[name].slice(7) } }]);
      }
    });
  });

  test('cosign tree shows the SBOMs', async () => {
    for (const digest of all()) {
      const [shown, shownBy2] = await Promise.all(
        [cosign3, cosign2].map((one) => one.output('tree', '--allow-http-registry', at('mine/app', digest))),
      );
      expect(shown).toContain('https://cyclonedx.org/bom artifacts via OCI referrer');
      expect(shown).toContain('https://spdx.dev/Document artifacts via OCI referrer');
      expect(shownBy2).toMatch(/Attestations for an image tag: .*\.att\n(?: +[├└]── 🍒 sha256:.*\n){2}/);
    }
  });

  test('cosign download attestation gives what lading download sbom gives', async () => {
    for (const name of subjectNames) {
      const reference = at('mine/app', subjects[name]);
      const found = statements(
        await cosign3.output('download', 'attestation', '--allow-http-registry', reference),
      );
      for (const type of types) {
        const ours = await worked('download', 'sbom', '--key', 'cosign.pub', '--type', type, reference);
        expect(ours).toBe(await documentOf('mine/app', name, type));
        expect(found.filter((statement) => statement.includes(`"predicate":${ours}`)).length).toBeGreaterThan(
          0,
        );
      }
    }
    const ofPlatform = ['--platform', 'linux/arm64', '--type', 'spdxjson', at('mine/app')];
    expect(await worked('download', 'sbom', '--key', 'cosign.pub', ...ofPlatform)).toBe(
      await documentOf('mine/app', 'arm64', 'spdxjson'),
    );
  });

  /** A line as it is typed. */
  async function type(line: string): Promise<string> {
    const PATH = [...new Set([peer('cosign'), peer('jq')].map(dirname)), process.env.PATH].join(':');
    const env = { HOME: user.folder, DOCKER_CONFIG: user.folder, COSIGN_PASSWORD: password, PATH };
    return (await output('bash', ['-o', 'pipefail', '-c', line], { cwd: user.folder, env })).toString();
  }

  test('the SBOM comes out of the attestation by cosign verify-attestation --key cosign.pub IMAGE_REF | jq …', async () => {
    const flags = `--insecure-ignore-tlog --trusted-root ${root}`;
    const verify = `cosign verify-attestation --key cosign.pub ${flags}`;
    const payload = '| jq -r .payload | base64 -d';
    const predicate = await type(
      `${verify} --type cyclonedx ${at('mine/app', subjects.amd64)} ${payload} | jq -r .predicate`,
    );
    expect(JSON.parse(predicate)).toEqual(JSON.parse(await documentOf('mine/app', 'amd64', 'cyclonedx')));

    // Without a type cosign attests a document as text, and asks for that alone; both stand side by side.
    await sync('mine/custom', '{}');
    const services = await user.file(
      'services.json',
      sigstore.signingConfig({ log: 'none', timestamp: false, fulcio: false }),
    );
    await user.output(
      ...[
        'attest',
        '--allow-http-registry',
        '--key',
        'cosign.key',
        '--predicate',
        'mine-app-linux-amd64.cdx.json',
      ],
      ...['--signing-config', services, '--trusted-root', root, at('mine/custom', subjects.amd64)],
    );
    const data = await type(
      `${verify} ${at('mine/custom', subjects.amd64)} ${payload} | jq -r .predicate.Data`,
    );
    expect(data.trim()).toBe(await documentOf('mine/app', 'amd64', 'cyclonedx'));
    expect(await sync('mine/custom', '{}')).toContain('1 same');
  });

  test('sbom case 44: trivy --sbom-sources oci takes the packages of an image from the plain SBOM beside it', async () => {
    await sync('mine/plain', '{referrer: true}');
    for (const name of ['amd64', 'arm64'] as const) {
      const found = await trivyBeside(at('mine/plain', subjects[name]), cache);
      const document = JSON.parse(await documentOf('mine/plain', name, 'cyclonedx'));
      const purls = document.components.flatMap(({ purl }: { purl?: string }) => purl ?? []);
      expect(purls).toHaveLength(7);
      // This registry lists referrers by the type of their config, so that trivy does not see what they are.
      if (registryName === 'go-containerregistry') {
        expect(found.from).toBe('container_image');
        continue;
      }
      // It takes the one that is listed first.
      expect(['cyclonedx', 'spdx']).toContain(found.from);
      expect(found.purls.map(identityOf).sort()).toEqual(purls.map(identityOf).sort());
    }
  });

  test('trivy --sbom-sources oci looks into the image itself where an index is named, and does not take the thin SBOM of the index for it', async () => {
    await sync('mine/plain', '{referrer: true}');
    for (const [platform, name] of [
      ['linux/amd64', 'glibc'],
      ['linux/arm64', 'musl'],
    ] as const) {
      const { from, purls } = await trivyBeside(at('mine/plain'), cache, platform);
      expect([from, purls.filter((purl) => purl.includes(`/${name}@`))]).toEqual([
        'container_image',
        [expect.any(String)],
      ]);
    }
  });

  test.each(['{}', '{referrer: true}'])(
    'sbom case 44: a second run with sbom: %s leaves every byte as it is',
    async (sbom) => {
      const repository = sbom === '{}' ? 'mine/app' : 'mine/plain';
      await sync(repository, sbom);
      const before = await stateOf(registry, repository, all());
      expect(await sync(repository, sbom)).toContain('1 same');
      expect(await stateOf(registry, repository, all())).toEqual(before);
      // Three subjects: each has its attestations under a tag, and referrers under another one or in the registry's list.
      expect([...before.keys()].filter((name) => name.endsWith('.att'))).toHaveLength(3);
      expect([...before.keys()].filter((name) => /^sha256[-:][0-9a-f]{64}$/.test(name))).toHaveLength(3);
    },
  );

  test('lading verifies what it attached, judges it with its signature, and compares it', async () => {
    const [amd64, arm64] = [at('mine/app', subjects.amd64), at('mine/app', subjects.arm64)];
    for (const reference of [at('mine/app'), amd64, arm64])
      await worked('verify-attestation', '--key', 'cosign.pub', '--type', 'cyclonedx', reference);

    const scores = async (...args: readonly string[]): Promise<number> => {
      const { profiles } = JSON.parse(
        await worked('sbom', 'check', '--json', '--profile', 'cisa-2026', ...args),
      );
      return profiles[0].score;
    };
    const signed = await scores('--key', 'cosign.pub', amd64);
    // One of the 17 elements that CISA asks for is the author's signature.
    expect(signed - (await scores('--no-verify', amd64))).toBeCloseTo(100 / 17, 0);

    expect(await worked('diff', amd64, amd64)).toContain('No differences');
    const differences = await worked('diff', amd64, arm64);
    expect(differences).toContain('- apk glibc');
    expect(differences).toContain('+ apk musl');
  });

  test('somebody who did not attest it is not believed', async () => {
    const reference = at('mine/app', subjects.amd64);
    for (const reader of Object.values(readers))
      await expect(reader(...verifyFlags(otherKey), '--type', 'cyclonedx', reference)).rejects.toThrow();
    const { code } = await lading('verify-attestation', '--key', otherKey, '--type', 'cyclonedx', reference);
    expect(code).toBe(5);
  });
});
