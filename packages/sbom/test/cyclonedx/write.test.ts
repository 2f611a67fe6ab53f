import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Bom,
  cycloneDxJson,
  cycloneDxXml,
  type License,
  parseCycloneDx,
  type ToCycloneDxOptions,
  toCycloneDx,
} from '../../src/index.ts';
import { anyBom } from './any-bom.ts';
import { bomOf, debianImage, digestOf, pkg, tool } from './boms.ts';
import { jsonProblems, versions, xmlProblems } from './schemas.ts';

// biome-ignore lint/suspicious/noExplicitAny: documents are looked at as they are.
type Document = any;

function written(bom: Bom, options: Partial<ToCycloneDxOptions> = {}): Document {
  return JSON.parse(toCycloneDx(bom, { tool, ...options }));
}

/** Properties of a component, by name. */
function propertiesOf(component: Document): Record<string, string> {
  return Object.fromEntries(component.properties.map(({ name, value }: Document) => [name, value]));
}

function find(document: Document, ref: string): Document {
  return document.components.find((component: Document) => component['bom-ref'] === ref);
}

const twoIds: Bom = bomOf({
  os: { id: 'debian', versionId: '12' },
  packages: [
    pkg({ id: 'a\u0000', type: 'npm', name: 'a' }),
    pkg({ id: 'a\u0001', type: 'npm', name: 'b' }),
    pkg({ id: 'a\ufffd', type: 'npm', name: 'c' }),
    pkg({ id: '\ud800', type: 'npm', name: 'd' }),
    pkg({ id: '\udc00', type: 'npm', name: 'e' }),
    pkg({ id: 'os:debian', type: 'npm', name: 'f' }),
    pkg({ id: `image:${digestOf('a')}`, type: 'npm', name: 'g' }),
    pkg({
      id: `pkg:oci/app@${digestOf('a')}?repository_url=ghcr.io%2Facme%2Fapp`,
      type: 'npm',
      name: 'h',
    }),
  ],
  dependencies: [
    { from: 'a\u0000', to: 'a\u0001' },
    { from: '\ud800', to: '\udc00' },
    { from: 'gone', to: 'a\u0000' },
    { from: 'a\u0000', to: 'gone' },
    { from: 'a\u0000', to: 'a\u0000' },
  ],
});

const index: Bom = bomOf({
  subject: {
    name: 'ghcr.io/acme/app',
    descriptor: { mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf('9'), size: 500 },
    layers: [],
  },
  variants: [
    {
      name: 'ghcr.io/acme/app',
      descriptor: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf('a'),
        size: 1234,
      },
      platform: { os: 'linux', architecture: 'amd64' },
    },
    {
      name: 'ghcr.io/acme/app',
      descriptor: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf('b'),
        size: 1235,
      },
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    },
  ],
});

const folder: Bom = bomOf({
  subject: {
    name: './app',
    descriptor: { mediaType: 'inode/directory', digest: digestOf('c'), size: 0 },
    layers: [],
  },
  packages: [pkg({ id: 'npm:a', type: 'npm', name: 'a', version: '1.0.0' })],
});

const samples: [string, Bom][] = [
  ['an image with packages of many kinds', debianImage],
  ['an image with nothing in it', bomOf({})],
  ['ids that are hard to tell apart', twoIds],
  ['an index', index],
  ['a folder', folder],
];

describe.each(versions)('CycloneDX %s', (version) => {
  test.each(samples)('sbom case 34: %s is sound by the JSON schema', async (_, bom) => {
    const text = toCycloneDx(bom, {
      tool,
      version,
      context: 'build',
      author: { name: 'Ada', email: 'ada@example.com' },
      timestamp: new Date('2026-01-02T03:04:05.678Z'),
    });
    expect(await jsonProblems(text, version)).toBeUndefined();
    expect(text).not.toContain('null');
  });

  test.each(samples)('sbom case 34: %s is sound by the XML schema', (_, bom) => {
    const text = toCycloneDx(bom, { tool, version, format: 'xml', author: { name: 'Ada', email: 'no' } });
    expect(xmlProblems(text, version)).toBeUndefined();
  });

  test('the schemas find what is wrong', async () => {
    const json = toCycloneDx(debianImage, { tool, version });
    expect(await jsonProblems(json.replace('"library"', '"bookshop"'), version)).toBeDefined();
    const xml = toCycloneDx(debianImage, { tool, version, format: 'xml' });
    expect(xmlProblems(xml.replace('"library"', '"bookshop"'), version)).toBeDefined();
  });

  test('sbom case 34: every bom-ref is there once, and none is missing', () => {
    for (const [, bom] of samples) {
      const document = written(bom, { version });
      const refs = [document.metadata.component, ...document.components].map((one) => one['bom-ref']);
      expect(new Set(refs).size).toBe(refs.length);
      const lines = document.dependencies.map(({ ref }: Document) => ref);
      expect(lines.sort()).toEqual(refs.sort());
      for (const { dependsOn } of document.dependencies) {
        expect(refs).toEqual(expect.arrayContaining(dependsOn));
        expect(new Set(dependsOn).size).toBe(dependsOn.length);
      }
      for (const { assemblies, dependencies } of document.compositions) {
        expect(refs).toEqual(expect.arrayContaining([...assemblies, ...dependencies]));
      }
    }
  });

  test('sbom case 34: edges lead to the same packages however hard their ids are to write', () => {
    for (const format of ['json', 'xml'] as const) {
      const bom = parseCycloneDx(toCycloneDx(twoIds, { tool, version, format }));
      const names = new Map(bom.packages.map(({ id, name }) => [id, name]));
      const edges = bom.dependencies
        .filter(({ from }) => from !== 'root')
        .map(({ from, to }) => `${names.get(from)} -> ${names.get(to)}`);
      expect(edges.sort()).toEqual(['a -> b', 'd -> e']);
      expect(
        bom.packages
          .map(({ name }) => name)
          .sort()
          .join(''),
      ).toBe('abcdefgh');
    }
  });
});

describe('CycloneDX of an image', () => {
  test('says what it is of, where it comes from and when', () => {
    const document = written(debianImage, {
      context: 'build',
      author: { name: 'Ada', email: 'ada@example.com' },
    });
    expect(document).toMatchObject({
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        timestamp: '2026-03-01T12:30:45Z',
        lifecycles: [{ phase: 'build' }],
        tools: {
          components: [{ type: 'application', publisher: 'lading', name: 'lading', version: '1.2.3' }],
        },
        authors: [{ name: 'Ada', email: 'ada@example.com' }],
        component: {
          type: 'container',
          name: 'ghcr.io/acme/app',
          version: digestOf('a'),
          hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }],
          purl: `pkg:oci/app@sha256:${'a'.repeat(64)}?arch=arm&repository_url=ghcr.io%2Facme%2Fapp`,
        },
      },
    });
    expect(document.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
    );
    expect(written(debianImage).metadata.lifecycles).toEqual([{ phase: 'post-build' }]);
    expect(written(bomOf({})).metadata.timestamp).toBeUndefined();
    const later = written(debianImage, { timestamp: new Date('2027-01-01T00:00:00Z') });
    expect(later.metadata.timestamp).toBe('2027-01-01T00:00:00Z');
    expect(later.serialNumber).toBe(document.serialNumber);
  });

  test('has one operating system, named as trivy names it, with the packages of its package manager below it', () => {
    const document = written(
      bomOf({
        os: { id: 'rhel', versionId: '9.4' },
        packages: [
          pkg({ id: 'rpm:bash', type: 'rpm', name: 'bash', version: '5-1' }),
          pkg({
            id: 'odd',
            type: 'binary',
            name: 'odd',
            properties: { 'lading.component': 'operating-system' },
          }),
        ],
      }),
    );
    const systems = document.components.filter(({ type }: Document) => type === 'operating-system');
    expect(systems).toEqual([expect.objectContaining({ name: 'redhat', version: '9.4' })]);
    expect(propertiesOf(systems[0])).toMatchObject({
      'syft:distro:id': 'rhel',
      'syft:distro:versionID': '9.4',
    });
    const needs = new Map(document.dependencies.map(({ ref, dependsOn }: Document) => [ref, dependsOn]));
    expect(needs.get('os:rhel')).toEqual(['rpm:bash']);
    expect(needs.get(document.metadata.component['bom-ref'])).toEqual(['os:rhel', 'odd', 'rpm:bash']);
  });

  test('has the properties by which trivy finds the advisories of a distribution, and by which syft knows a package', () => {
    const document = written(debianImage);
    const deb = find(document, 'deb:libssl3');
    expect(deb).toMatchObject({
      type: 'library',
      name: 'libssl3',
      version: '3.0.11-1~deb12u2',
      purl: 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=armhf&distro=debian-12&upstream=openssl%400:3.0.11-1~deb12u2',
      supplier: {
        name: 'Debian OpenSSL Team',
        contact: [{ name: 'Debian OpenSSL Team', email: 'pkg-openssl-devel@lists.example.org' }],
      },
    });
    expect(deb.group).toBeUndefined();
    expect(deb.hashes.map(({ alg }: Document) => alg)).toEqual([
      'MD5',
      'SHA-1',
      'SHA-256',
      'SHA-384',
      'SHA-512',
    ]);
    expect(propertiesOf(deb)).toMatchObject({
      'aquasecurity:trivy:LayerDiffID': digestOf('2'),
      'aquasecurity:trivy:LayerDigest': digestOf('1'),
      'aquasecurity:trivy:PkgID': 'libssl3@3.0.11-1~deb12u2',
      'aquasecurity:trivy:SrcEpoch': '0',
      'aquasecurity:trivy:SrcName': 'openssl',
      'aquasecurity:trivy:SrcRelease': '1~deb12u2',
      'aquasecurity:trivy:SrcVersion': '3.0.11',
      'syft:location:0:layerID': digestOf('2'),
      'syft:location:0:path': '/var/lib/dpkg/status',
      'syft:location:1:path': '/usr/share/doc/libssl3/copyright',
      'syft:metadata:source': 'openssl',
      'syft:package:foundBy': 'dpkg',
      'syft:package:metadataType': 'dpkg-db-entry',
    });
    const npm = find(document, 'npm:@acme/widget');
    expect(npm).toMatchObject({ group: '@acme', name: 'widget', purl: 'pkg:npm/%40acme/widget@1.2.3' });
    expect(propertiesOf(npm)).toMatchObject({
      'aquasecurity:trivy:FilePath': 'app/node_modules/@acme/widget/package.json',
      'lading:homepage': 'not a url at all',
      'lading:unknown': 'hash',
    });
    expect(propertiesOf(document.metadata.component)).toMatchObject({
      'aquasecurity:trivy:SchemaVersion': '2',
      'lading:layer:1': `${digestOf('3')} ${digestOf('4')} 200`,
      'lading:note:0': 'skipped layer 3 is a squashfs',
    });
  });

  test('tells by what a package was found', () => {
    const { evidence } = find(written(debianImage), 'binary:node');
    expect(evidence).toEqual({
      identity: [
        {
          field: 'purl',
          confidence: 0.8,
          methods: [{ technique: 'binary-analysis', confidence: 0.8, value: 'usr/bin/node' }],
        },
      ],
      occurrences: [{ location: 'usr/bin/node' }],
    });
    expect(find(written(debianImage, { version: '1.5' }), 'binary:node').evidence.identity.field).toBe(
      'purl',
    );
    expect(find(written(debianImage, { version: '1.4' }), 'binary:node').evidence).toBeUndefined();
  });

  test.each<[string, License[], unknown]>([
    ['an id', [{ expression: 'MIT' }], [{ license: { id: 'MIT' } }]],
    ['an expression', [{ expression: 'MIT OR ISC' }], [{ expression: 'MIT OR ISC' }]],
    ['a name', [{ name: 'my own' }], [{ license: { name: 'my own' } }]],
    [
      'ids and a name',
      [{ expression: 'MIT' }, { name: 'my own' }, { expression: 'ISC' }],
      [{ license: { id: 'MIT' } }, { license: { name: 'my own' } }, { license: { id: 'ISC' } }],
    ],
    [
      'an expression and a name',
      [{ expression: 'MIT OR ISC' }, { name: 'my own' }],
      [{ license: { name: 'MIT OR ISC' } }, { license: { name: 'my own' } }],
    ],
    [
      'expressions',
      [{ expression: 'MIT OR ISC' }, { expression: 'Zlib' }, { expression: 'LicenseRef-mine' }],
      [{ expression: '(MIT OR ISC) AND Zlib AND LicenseRef-mine' }],
    ],
  ])('sbom case 34: licences are one expression or a list: %s', (_, licenses, expected) => {
    const bom = bomOf({ packages: [pkg({ id: 'a', type: 'npm', name: 'a', licenses })] });
    expect(find(written(bom, { version: '1.5' }), 'a').licenses).toEqual(expected);
    expect(parseCycloneDx(toCycloneDx(bom, { tool })).packages[0]?.licenses).toEqual(licenses);
  });

  test('keeps what the schemas do not take in properties', async () => {
    const bom = bomOf({
      packages: [
        pkg({
          id: 'a',
          type: 'npm',
          name: 'a',
          version: '1'.repeat(2000),
          supplier: 'Ada <not an address>',
          homepage: 'javascript:alert(1)',
          hashes: [{ algorithm: 'SHA-256', value: 'xyz' }],
        }),
      ],
    });
    for (const version of versions) {
      const text = toCycloneDx(bom, { tool, version });
      expect(await jsonProblems(text, version)).toBeUndefined();
      expect(parseCycloneDx(text).packages).toEqual(bom.packages);
    }
  });

  test.each<[string, Partial<Bom>, string]>([
    ['nothing is known to be missing', {}, 'unknown'],
    ['something could not be read', { notes: [{ code: 'partial', message: 'x' }] }, 'incomplete'],
    ['an index', { variants: [] }, 'complete'],
  ])('says how complete it is: %s', (_, parts, aggregate) => {
    const { compositions, metadata } = written(bomOf(parts));
    const root = metadata.component['bom-ref'];
    expect(compositions).toEqual([{ aggregate, assemblies: [root], dependencies: [root] }]);
  });

  test('without the packages of its base is incomplete, and names the base', () => {
    const base = { name: 'debian', descriptor: { mediaType: 'm', digest: digestOf('d'), size: 3 } };
    const bom = bomOf({ subject: { ...bomOf({}).subject, base } });
    const document = written(bom);
    expect(document.compositions[0].aggregate).toBe('incomplete');
    expect(propertiesOf(document.metadata.component)).toMatchObject({
      'lading:base:name': 'debian',
      'lading:base:digest': digestOf('d'),
    });
    expect(parseCycloneDx(toCycloneDx(bom, { tool }))).toEqual(bom);
  });
});

describe('CycloneDX of other things', () => {
  test('an index names its images and points to their own documents', () => {
    const document = written(index);
    const image = written(bomOf({}));
    expect(document.components).toHaveLength(2);
    expect(document.components[0]).toMatchObject({
      type: 'container',
      hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }],
      purl: expect.stringContaining('arch=amd64'),
      externalReferences: [
        {
          type: 'bom',
          url: `${image.serialNumber.replace('uuid', 'cdx')}/1`,
        },
      ],
    });
    const [root, ...others] = document.dependencies;
    expect(root.dependsOn).toEqual(document.components.map((one: Document) => one['bom-ref']));
    expect(others.every(({ dependsOn }: Document) => dependsOn.length === 0)).toBe(true);
    for (const format of ['json', 'xml'] as const) {
      expect(parseCycloneDx(toCycloneDx(index, { tool, format }))).toEqual(index);
    }
  });

  test('a folder is no image', () => {
    const { metadata, dependencies } = written(folder);
    expect(metadata.component).toMatchObject({ type: 'application', name: './app', version: digestOf('c') });
    expect(metadata.component.purl).toBeUndefined();
    expect(dependencies[0]).toEqual({ ref: `image:${digestOf('c')}`, dependsOn: ['npm:a'] });
  });
});

describe('CycloneDX with odd text', () => {
  const odd = 'a\nb\tc\rd\u0000e\u001b[31mf\u202eg"h\'i&j<k>]]>l\u007f\ufffe\ud800';
  const bom = bomOf({
    packages: [
      pkg({
        id: odd,
        type: 'npm',
        name: odd,
        version: odd,
        description: odd,
        supplier: odd,
        licenses: [{ name: odd }],
        evidence: [{ path: odd, cataloguer: 'npm' }],
        properties: { [odd]: odd },
      }),
    ],
  });

  test('sbom case 11: JSON escapes control characters, and half a surrogate pair is a replacement character', async () => {
    const text = toCycloneDx(bom, { tool });
    expect(await jsonProblems(text, '1.6')).toBeUndefined();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\ud800]/);
    expect(parseCycloneDx(text).packages[0]?.name).toBe(odd.replace('\ud800', '\ufffd'));
  });

  test('sbom case 11: XML keeps what it can say and replaces the rest', () => {
    const text = toCycloneDx(bom, { tool, format: 'xml' });
    expect(xmlProblems(text, '1.6')).toBeUndefined();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff\ud800]/);
    const [read] = parseCycloneDx(text).packages;
    const said = 'a\nb\tc\rd\ufffde\ufffd[31mf\u202eg"h\'i&j<k>]]>l\u007f\ufffd\ufffd';
    expect(read).toMatchObject({
      id: said,
      name: said,
      description: said,
      licenses: [{ name: said }],
      evidence: [{ path: said, cataloguer: 'npm' }],
      properties: { [said]: said },
    });
  });
});

describe('CycloneDX of one BOM', () => {
  test('sbom case 35: is the same bytes in whatever order its parts come', () => {
    const shuffled = anyBom.chain((bom) =>
      fc.record({
        bom: fc.constant(bom),
        packages: fc.shuffledSubarray([...bom.packages], {
          minLength: bom.packages.length,
          maxLength: bom.packages.length,
        }),
        dependencies: fc.shuffledSubarray([...bom.dependencies], {
          minLength: bom.dependencies.length,
          maxLength: bom.dependencies.length,
        }),
      }),
    );
    fc.assert(
      fc.property(shuffled, fc.constantFrom('json' as const, 'xml' as const), (given, format) => {
        const { bom, packages, dependencies } = given;
        const turned = packages.map((one) => ({
          ...one,
          ...(one.qualifiers && { qualifiers: Object.fromEntries(Object.entries(one.qualifiers).reverse()) }),
          ...(one.properties && { properties: Object.fromEntries(Object.entries(one.properties).reverse()) }),
        }));
        expect(toCycloneDx({ ...bom, packages: turned, dependencies }, { tool, format })).toBe(
          toCycloneDx(bom, { tool, format }),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('sbom case 35: says nothing of the tag or the annotations that led to the image', () => {
    const { descriptor } = debianImage.subject;
    const tagged = {
      ...debianImage,
      subject: {
        ...debianImage.subject,
        descriptor: { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': '1.2.3' } },
      },
    };
    expect(toCycloneDx(tagged, { tool })).toBe(toCycloneDx(debianImage, { tool }));
  });

  test.each<[number, string, typeof cycloneDxJson]>([
    [200_000, 'JSON', cycloneDxJson],
    [20_000, 'XML', cycloneDxXml],
  ])(
    'sbom case 37: %i components are written as %s in small pieces, each made when it is asked for',
    (count, _, write) => {
      let looked = 0;
      const packages = Array.from({ length: count }, (_, number) => ({
        id: `npm:p${number}`,
        type: 'npm' as const,
        name: `p${number}`,
        version: '1.0.0',
        evidence: [],
        get licenses() {
          looked++;
          return [];
        },
      }));
      const dependencies = packages.map(({ id }, number) => ({
        from: id,
        to: packages[(number * 7 + 1) % count]!.id,
      }));
      const pieces = write(bomOf({ packages, dependencies }), { tool });
      let longest = 0;
      let length = 0;
      let seen = 0;
      for (const piece of pieces) {
        // All of a component's fields are made in one go, and none before the piece it stands in.
        if (seen++ === 3) expect(looked).toBeLessThan(4 * 4 * 1000);
        longest = Math.max(longest, piece.length);
        length += piece.length;
      }
      expect(looked).toBeGreaterThanOrEqual(count);
      expect(longest).toBeLessThan(128 * 1024);
      expect(length).toBeGreaterThan(count * 200);
    },
    60_000,
  );
});
