import { describe, expect, test } from '@jest/globals';
import type { Digest } from '@lading/oci';
import fc from 'fast-check';
import type { Bom, Package, PackageType } from '../../src/bom.ts';
import type { BomDiff, PackageChange } from '../../src/diff/bom-diff.ts';
import { diffBoms } from '../../src/diff/diff-boms.ts';
import { diffLines } from '../../src/diff/diff-lines.ts';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

function layer(letter: string, size: number, createdBy?: string): Bom['subject']['layers'][number] {
  return { digest: digest(letter), diffId: digest(letter), size, createdBy };
}

function pkg(type: PackageType, name: string, version?: string, more: Partial<Package> = {}): Package {
  return {
    id: `${type}/${name}@${version}/${JSON.stringify(more)}`,
    type,
    name,
    version,
    licenses: [],
    evidence: [],
    ...more,
  };
}

function bom(packages: Package[], more: Partial<Bom> = {}, subject: Partial<Bom['subject']> = {}): Bom {
  return {
    subject: {
      name: 'ghcr.io/acme/app',
      descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('e'), size: 1 },
      layers: [],
      ...subject,
    },
    packages,
    dependencies: [],
    notes: [],
    ...more,
  };
}

const packagesOf = (before: Package[], after: Package[]): BomDiff['packages'] =>
  diffBoms(bom(before), bom(after)).packages;

describe('diffBoms', () => {
  test('packages come, go, and change their version', () => {
    const same = pkg('deb', 'base-files', '12.4');
    expect(
      packagesOf(
        [
          same,
          pkg('deb', 'openssl', '3.0.11-1', { qualifiers: { arch: 'amd64' } }),
          pkg('deb', 'curl', '8.0'),
          pkg('npm', 'left-pad', '1.0.0'),
        ],
        [
          same,
          pkg('deb', 'openssl', '3.0.11-1+deb12u2', { qualifiers: { arch: 'amd64' } }),
          pkg('deb', 'curl', '7.88'),
          pkg('pypi', 'flask', '3.0'),
        ],
      ),
    ).toEqual({
      added: [{ type: 'pypi', name: 'flask', version: '3.0' }],
      removed: [{ type: 'npm', name: 'left-pad', version: '1.0.0' }],
      changed: [
        { type: 'deb', name: 'curl', before: '8.0', after: '7.88', direction: 'downgraded' },
        {
          type: 'deb',
          name: 'openssl',
          architecture: 'amd64',
          before: '3.0.11-1',
          after: '3.0.11-1+deb12u2',
          direction: 'upgraded',
        },
      ],
    });
  });

  test('another namespace, type or architecture is another package', () => {
    expect(
      packagesOf(
        [
          pkg('npm', 'core', '1.0.0', { namespace: '@acme' }),
          pkg('deb', 'libc6', '1', { qualifiers: { arch: 'amd64' } }),
        ],
        [pkg('npm', 'core', '2.0.0'), pkg('deb', 'libc6', '2', { qualifiers: { arch: 'i386' } })],
      ),
    ).toMatchObject({
      added: [{ name: 'libc6', architecture: 'i386' }, { name: 'core' }],
      removed: [{ name: 'libc6', architecture: 'amd64' }, { name: '@acme/core' }],
      changed: [],
    });
  });

  test('of several versions of one package those that stay are left out, and the others go in pairs from the newest down', () => {
    const versions = (...list: string[]): Package[] => list.map((version) => pkg('npm', 'semver', version));
    expect(packagesOf(versions('5.7.1', '6.3.0', '7.5.2'), versions('7.6.0', '5.7.1', '6.3.1'))).toEqual({
      added: [],
      removed: [],
      changed: [
        { type: 'npm', name: 'semver', before: '7.5.2', after: '7.6.0', direction: 'upgraded' },
        { type: 'npm', name: 'semver', before: '6.3.0', after: '6.3.1', direction: 'upgraded' },
      ],
    });
    expect(packagesOf(versions('9.0.0', '10.0.0'), versions('11.0.0'))).toEqual({
      added: [],
      removed: [{ type: 'npm', name: 'semver', version: '9.0.0' }],
      changed: [{ type: 'npm', name: 'semver', before: '10.0.0', after: '11.0.0', direction: 'upgraded' }],
    });
  });

  test('the same version in more places is no difference', () => {
    const twice = [
      pkg('npm', 'a', '1.0.0'),
      pkg('npm', 'a', '1.0.0', { evidence: [{ path: 'b/package.json', cataloguer: 'npm' }] }),
    ];
    expect(diffBoms(bom(twice), bom(twice.slice(1))).isSame).toBe(true);
  });

  test('a version that appears, goes, or has no order is changed', () => {
    expect(
      packagesOf(
        [
          pkg('binary', 'a'),
          pkg('binary', 'b', '1'),
          pkg('golang', 'c', '(devel)'),
          pkg('npm', 'd', '1.0.0+a'),
        ],
        [
          pkg('binary', 'a', '1'),
          pkg('binary', 'b'),
          pkg('golang', 'c', 'v1.0.0'),
          pkg('npm', 'd', '1.0.0+b'),
        ],
      ).changed,
    ).toEqual([
      { type: 'binary', name: 'a', after: '1', direction: 'changed' },
      { type: 'binary', name: 'b', before: '1', direction: 'changed' },
      { type: 'golang', name: 'c', before: '(devel)', after: 'v1.0.0', direction: 'changed' },
      { type: 'npm', name: 'd', before: '1.0.0+a', after: '1.0.0+b', direction: 'changed' },
    ]);
  });

  test("rpm's epoch comes before its version", () => {
    const rpm = (version: string, epoch?: string) =>
      pkg('rpm', 'perl', version, epoch === undefined ? {} : { qualifiers: { epoch } });
    expect(packagesOf([rpm('9-1')], [rpm('1-1', '4')]).changed).toEqual([
      { type: 'rpm', name: 'perl', before: '9-1', after: '4:1-1', direction: 'upgraded' },
    ]);
    expect(packagesOf([rpm('9-1')], [rpm('9-1', '0')]).changed).toEqual([]);
  });

  test('licences change with the version or without it', () => {
    const mit = { licenses: [{ expression: 'MIT' }] };
    const other = { licenses: [{ name: 'BSL' }, { expression: 'MIT' }] };
    const diff = diffBoms(
      bom([pkg('npm', 'a', '1.0.0', mit), pkg('npm', 'b', '1.0.0', mit), pkg('npm', 'c', '1.0.0', mit)]),
      bom([pkg('npm', 'a', '1.0.0', other), pkg('npm', 'b', '2.0.0'), pkg('npm', 'c', '2.0.0', mit)]),
    );
    expect(diff.licenses).toEqual([
      {
        package: { type: 'npm', name: 'a', before: '1.0.0', after: '1.0.0' },
        before: ['MIT'],
        after: ['BSL', 'MIT'],
      },
      { package: { type: 'npm', name: 'b', before: '1.0.0', after: '2.0.0' }, before: ['MIT'], after: [] },
    ]);
  });

  test.each<[PackageType, string, string, boolean]>([
    ['pypi', 'PyYAML', 'pyyaml', true],
    ['pypi', 'ruamel.yaml', 'ruamel_yaml', true],
    ['nuget', 'NUnit', 'nunit', true],
    ['npm', 'JSONStream', 'jsonstream', false],
  ])('a name of %s is the same however it is spelled: %s, %s', (type, one, other, isSame) => {
    expect(diffBoms(bom([pkg(type, one, '1')]), bom([pkg(type, other, '1')])).isSame).toBe(isSame);
    const changed = diffBoms(bom([pkg(type, other, '1')]), bom([pkg(type, one, '2')])).packages.changed;
    expect(changed).toEqual(
      isSame ? [{ type, name: one, before: '1', after: '2', direction: 'upgraded' }] : [],
    );
  });

  test('layers are shared from the bottom, by their content', () => {
    const recompressed = { ...layer('a', 90), digest: digest('f') };
    const diff = diffBoms(
      bom([], {}, { layers: [layer('a', 100), layer('b', 20, 'RUN one'), layer('c', 3)] }),
      bom([], {}, { layers: [recompressed, layer('d', 50, 'RUN two'), layer('c', 3)] }),
    );
    expect(diff).toMatchObject({
      isSame: false,
      size: { before: 123, after: 143 },
      layers: {
        shared: 1,
        removed: [
          { digest: digest('b'), diffId: digest('b'), size: 20, createdBy: 'RUN one' },
          { digest: digest('c') },
        ],
        added: [{ digest: digest('d'), createdBy: 'RUN two' }, { digest: digest('c') }],
      },
    });
    expect(JSON.parse(JSON.stringify(diff))).toEqual(diff);
  });

  test('another system and platform are told, the names for people are not compared', () => {
    const debian = (versionId: string, prettyName: string) => ({
      os: { id: 'debian', versionId, prettyName },
    });
    const arm = { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } };
    const amd = { platform: { os: 'linux', architecture: 'amd64' } };
    expect(diffBoms(bom([], debian('12', 'a'), amd), bom([], debian('13', 'b'), arm))).toMatchObject({
      isSame: false,
      os: { before: 'debian 12', after: 'debian 13' },
      platform: { before: 'linux/amd64', after: 'linux/arm/v7' },
    });
    expect(diffBoms(bom([], debian('12', 'a')), bom([], debian('12', 'b'))).isSame).toBe(true);
    const layers = [layer('a', 1)];
    const none = bom([], {}, { layers });
    expect(diffBoms(none, bom([], debian('12', 'a'), { layers })).os).toEqual({ after: 'debian 12' });
    // Whoever names no layers may have left out the system, too.
    expect(diffBoms(none, bom([], debian('12', 'a'))).isSame).toBe(true);
  });

  test.each([
    ['12', '12.15', true],
    ['12.1', '12.15', false],
    ['12', '120', false],
    ['22.04', '22.04.5', true],
    ['3.20.1', '3.20.2', false],
  ])('a point release of %s that only one side tells is none: %s', (one, other, isSame) => {
    const of = (versionId: string) => bom([], { os: { id: 'debian', versionId } });
    expect(diffBoms(of(one), of(other)).isSame).toBe(isSame);
    expect(diffBoms(of(other), of(one)).isSame).toBe(isSame);
  });
});

const anyPackage: fc.Arbitrary<Package> = fc
  .record({
    type: fc.constantFrom<PackageType>('deb', 'npm', 'rpm', 'golang', 'maven', 'pypi'),
    name: fc.constantFrom('a', 'b', '__proto__', 'constructor'),
    version: fc.option(fc.constantFrom('1', '1.0.0', '1.0.1', '2.0.0-rc.1', '1:0', 'v3', 'x'), {
      nil: undefined,
    }),
    namespace: fc.option(fc.constantFrom('@acme', 'org'), { nil: undefined }),
    qualifiers: fc.option(fc.constantFrom({ arch: 'amd64' }, { epoch: '1' }, { arch: 'i386' }), {
      nil: undefined,
    }),
    licenses: fc.subarray([{ expression: 'MIT' }, { name: 'Foo' }]),
  })
  .map(({ type, name, version, ...more }) => pkg(type, name, version, more));

const anyBom: fc.Arbitrary<Bom> = fc
  .record({
    packages: fc.array(anyPackage, { maxLength: 12 }),
    os: fc.option(fc.constantFrom({ id: 'debian', versionId: '12' }, { id: 'alpine' }), { nil: undefined }),
    layers: fc.array(fc.constantFrom(layer('a', 1), layer('b', 20), layer('c', 300)), { maxLength: 4 }),
  })
  .map(({ packages, os, layers }) => bom(packages, { os }, { layers }));

interface Turnable {
  readonly before?: string;
  readonly after?: string;
}

/** Whatever has a before and an after, the other way round. */
function turned<Changed extends Turnable>({ before, after, ...rest }: Changed) {
  return {
    ...rest,
    ...(after !== undefined && { before: after }),
    ...(before !== undefined && { after: before }),
  };
}

const opposite = { changed: 'changed', upgraded: 'downgraded', downgraded: 'upgraded' } as const;

function reversed({ before, after, isSame, os, packages, licenses, layers, size }: BomDiff): unknown {
  return {
    before: after,
    after: before,
    isSame,
    ...(os !== undefined && { os: turned(os) }),
    size: { before: size.after, after: size.before },
    layers: { shared: layers.shared, removed: layers.added, added: layers.removed },
    packages: {
      added: packages.removed,
      removed: packages.added,
      changed: packages.changed.map((change) => turned({ ...change, direction: opposite[change.direction] })),
    },
    licenses: licenses.map((change) => ({
      package: turned(change.package),
      before: change.after,
      after: change.before,
    })),
  };
}

describe('any two images', () => {
  test('nothing is different from itself, in whatever order it is listed', () => {
    fc.assert(
      fc.property(anyBom, (one) => {
        const diff = diffBoms(one, { ...one, packages: [...one.packages].reverse() });
        expect(diff).toMatchObject({
          isSame: true,
          packages: { added: [], removed: [], changed: [] },
          licenses: [],
        });
      }),
    );
  });

  test('turned round, the diff is the opposite', () => {
    fc.assert(
      fc.property(anyBom, anyBom, (one, other) => {
        expect(diffBoms(other, one)).toEqual(reversed(diffBoms(one, other)));
      }),
      { numRuns: 500 },
    );
  });

  test('before, without what went, with what came, is after', () => {
    fc.assert(
      fc.property(anyBom, anyBom, (one, other) => {
        const { added, removed, changed } = diffBoms(one, other).packages;
        const versions = diffBoms(bom([]), one).packages.added.map((entry) => JSON.stringify(entry));
        const left = new Set(versions);
        const entry = (
          { direction: _, before: __, after: ___, ...identity }: PackageChange,
          version?: string,
        ) => JSON.stringify({ ...identity, ...(version !== undefined && { version }) });
        for (const gone of removed) expect(left.delete(JSON.stringify(gone))).toBe(true);
        for (const change of changed) expect(left.delete(entry(change, change.before))).toBe(true);
        for (const come of added) left.add(JSON.stringify(come));
        for (const change of changed) left.add(entry(change, change.after));
        expect([...left].sort()).toEqual(
          diffBoms(bom([]), other)
            .packages.added.map((entry) => JSON.stringify(entry))
            .sort(),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('diffLines', () => {
  test('says it line by line', () => {
    const diff = diffBoms(
      bom(
        [
          pkg('deb', 'openssl', '3.0.11', {
            qualifiers: { arch: 'amd64' },
            licenses: [{ expression: 'Apache-2.0' }],
          }),
          pkg('npm', 'left-pad', '1.0.0'),
          pkg('npm', 'x', '2.0.0'),
          pkg('binary', 'y'),
        ],
        { os: { id: 'debian', versionId: '12.5' } },
        { layers: [layer('a', 30_000_000), layer('b', 1_200_000, 'RUN apt-get install openssl')] },
      ),
      bom(
        [
          pkg('deb', 'openssl', '3.0.13', { qualifiers: { arch: 'amd64' } }),
          pkg('pypi', 'flask'),
          pkg('npm', 'x', '1.0.0'),
          pkg('binary', 'y', '1'),
        ],
        { os: { id: 'debian', versionId: '12.6' } },
        {
          layers: [layer('a', 30_000_000), layer('c', 999)],
          descriptor: { mediaType: '', digest: digest('f'), size: 1 },
        },
      ),
    );
    expect(diffLines(diff)).toEqual([
      `ghcr.io/acme/app@${digest('e')} → ghcr.io/acme/app@${digest('f')}`,
      'Operating system: debian 12.5 → debian 12.6',
      'Size: 31.2 MB → 30.0 MB (-1.2 MB)',
      'Layers: 1 the same, 1 removed, 1 added',
      '  - sha256:bbbbbbbbbbbb  1.2 MB  RUN apt-get install openssl',
      '  + sha256:cccccccccccc  999 B',
      'Packages: 1 added, 1 removed, 1 upgraded, 1 downgraded, 1 changed',
      '  + pypi flask',
      '  - npm left-pad 1.0.0',
      '  ↑ deb openssl (amd64) 3.0.11 → 3.0.13',
      '  ↓ npm x 2.0.0 → 1.0.0',
      '  ~ binary y no version → 1',
      'Licences: 1 changed',
      '  deb openssl (amd64) 3.0.11 → 3.0.13: Apache-2.0 → none',
    ]);
  });

  test('nothing different is one sentence', () => {
    const one = bom([pkg('npm', 'a', '1')], {}, { layers: [layer('a', 1000)] });
    expect(diffLines(diffBoms(one, one))[1]).toBe('No differences (1 layer, 1.0 kB)');
  });

  test('an image and an SBOM that names neither layers nor platform are the same when their packages are', () => {
    const packages = [pkg('npm', 'a', '1')];
    const platform = { os: 'linux', architecture: 'amd64' };
    const image = bom(packages, {}, { platform, layers: [layer('a', 1000)] });
    for (const [one, other] of [
      [image, bom(packages)],
      [bom(packages), image],
      [image, bom(packages, {}, { layers: [layer('b', 0), layer('a', 0)] })],
      [bom(packages), bom(packages)],
    ] as const) {
      const diff = diffBoms(one, other);
      expect(diff.isSame).toBe(true);
      expect(diffLines(diff)[1]).toBe('No differences between the packages');
    }
    expect(diffBoms(image, bom([])).isSame).toBe(false);
  });

  test('an SBOM that names no layers has no size of zero, and its layers were not removed', () => {
    const silent = bom([pkg('npm', 'a', '1')]);
    const image = bom([pkg('npm', 'a', '2')], {}, { layers: [layer('a', 1000)] });
    expect(diffLines(diffBoms(silent, image)).slice(1, 3)).toEqual([
      'Size: unknown → 1.0 kB',
      'Layers: unknown → 1',
    ]);
    expect(diffLines(diffBoms(image, silent)).slice(1, 3)).toEqual([
      'Size: 1.0 kB → unknown',
      'Layers: 1 → unknown',
    ]);
    expect(diffLines(diffBoms(silent, bom([])))[1]).toBe('Packages: 1 removed');
  });

  test('names, versions, commands and licences steer no terminal', () => {
    const evil = 'a\u001b]0;owned\u0007\n\u202e\u009b31m';
    const diff = diffBoms(
      bom(
        [pkg('npm', 'p', '1', { licenses: [{ name: evil }] })],
        { os: { id: evil } },
        { name: evil, platform: { os: evil, architecture: 'a' }, layers: [layer('a', 1, evil)] },
      ),
      bom(
        [pkg('npm', 'p', evil, { licenses: [] }), pkg('npm', evil, evil, { licenses: [] })],
        {},
        { name: evil, platform: { os: evil, architecture: evil }, layers: [layer('b', 1, evil)] },
      ),
    );
    const lines = diffLines(diff);
    expect(lines.length).toBeGreaterThan(8);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('a line is only so long', () => {
    const long = 'x'.repeat(1_000_000);
    const diff = diffBoms(
      bom([pkg('npm', long, long)], {}, { layers: [layer('a', 1, long)] }),
      bom([], {}, { layers: [layer('b', 1, long)] }),
    );
    for (const line of diffLines(diff)) expect(line.length).toBeLessThan(700);
  });
});
