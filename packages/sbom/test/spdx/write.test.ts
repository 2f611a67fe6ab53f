import { describe, expect, test } from '@jest/globals';
import type { Bom } from '../../src/index.ts';
import { type SpdxOptions, spdxJson } from '../../src/index.ts';
import { bomOf, debianImage, digestOf, pkg, tool } from '../cyclonedx/boms.ts';
import { ruleProblems } from './rules.ts';

const written = (bom: Bom, options: Partial<SpdxOptions> = {}): string =>
  [...spdxJson(bom, { tool, ...options })].join('');

interface Element {
  readonly name: string;
  readonly SPDXID: string;
  readonly [field: string]: unknown;
}
interface Document {
  readonly packages: readonly Element[];
  readonly hasExtractedLicensingInfos: readonly { readonly licenseId: string; readonly name: string }[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: string;
    readonly relatedSpdxElement: string;
  }[];
  readonly [field: string]: unknown;
}
const documentOf = (bom: Bom, options: Partial<SpdxOptions> = {}): Document => {
  const document: unknown = JSON.parse(written(bom, options));
  expect(ruleProblems(document)).toEqual([]);
  return document as Document;
};
const named = ({ packages }: Document, name: string): Element => packages.find((one) => one.name === name)!;
const edges = ({ packages, relationships }: Document): string[] => {
  const names = new Map(packages.map(({ SPDXID, name }) => [SPDXID, name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  return relationships.map(
    ({ spdxElementId, relationshipType, relatedSpdxElement }) =>
      `${nameOf(spdxElementId)} ${relationshipType} ${nameOf(relatedSpdxElement)}`,
  );
};
const comments = (element: Element): string[] =>
  (element.annotations as { comment: string }[]).map(({ comment }) => comment);

describe('SPDX', () => {
  test('a document says who made it, when, of what, and what is missing', () => {
    const document = documentOf(debianImage, { author: { name: 'Ada', email: 'ada@example.com' } });
    expect(document).toMatchObject({
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      name: 'ghcr.io/acme/app',
      creationInfo: {
        created: '2026-03-01T12:30:45Z',
        creators: ['Person: Ada (ada@example.com)', 'Organization: lading', 'Tool: lading-1.2.3'],
        comment: 'SBOM type: Analyzed',
      },
      comment: 'skipped: layer 3 is a squashfs\npartial: a file is too large',
    });
    expect(named(document, 'ghcr.io/acme/app')).toMatchObject({
      versionInfo: digestOf('a'),
      primaryPackagePurpose: 'CONTAINER',
      checksums: [{ algorithm: 'SHA256', checksumValue: 'a'.repeat(64) }],
      externalRefs: [
        {
          referenceCategory: 'PACKAGE-MANAGER',
          referenceType: 'purl',
          referenceLocator: `pkg:oci/app@${digestOf('a')}?arch=arm&repository_url=ghcr.io%2Facme%2Fapp`,
        },
      ],
    });
  });

  test('a package of a distribution has the words by which trivy finds its source, and all that is known of it', () => {
    const document = documentOf(debianImage);
    const libssl = named(document, 'libssl3');
    expect(libssl).toMatchObject({
      versionInfo: '3.0.11-1~deb12u2',
      supplier: 'Organization: Debian OpenSSL Team (pkg-openssl-devel@lists.example.org)',
      sourceInfo: 'built package from: openssl 0:3.0.11-1~deb12u2',
      licenseDeclared: 'Apache-2.0 AND (MIT OR Artistic-2.0)',
      licenseConcluded: 'NOASSERTION',
      homepage: 'https://www.openssl.org/',
      filesAnalyzed: false,
      primaryPackagePurpose: 'LIBRARY',
    });
    expect(libssl.checksums).toEqual([
      { algorithm: 'MD5', checksumValue: 'd'.repeat(32) },
      { algorithm: 'SHA1', checksumValue: 'e'.repeat(40) },
      { algorithm: 'SHA256', checksumValue: 'f'.repeat(64) },
      { algorithm: 'SHA384', checksumValue: '0'.repeat(96) },
      { algorithm: 'SHA512', checksumValue: '1'.repeat(128) },
    ]);
    expect(comments(libssl)).toEqual(
      expect.arrayContaining([
        `LayerDigest: ${digestOf('1')}`,
        `LayerDiffID: ${digestOf('2')}`,
        'PkgID: libssl3@3.0.11-1~deb12u2',
        'SrcName: openssl',
      ]),
    );
  });

  test('names are those that people and scanners know packages by', () => {
    const { packages } = documentOf(
      bomOf({
        packages: [
          pkg({ id: '1', type: 'npm', namespace: '@acme', name: 'widget' }),
          pkg({ id: '2', type: 'golang', namespace: 'github.com/Acme', name: 'Tool' }),
          pkg({ id: '3', type: 'maven', namespace: 'org.acme', name: 'widget' }),
          pkg({ id: '4', type: 'deb', namespace: 'debian', name: 'curl' }),
        ],
      }),
    );
    expect(packages.map(({ name }) => name)).toEqual([
      'ghcr.io/acme/app',
      '@acme/widget',
      'github.com/Acme/Tool',
      'org.acme:widget',
      'curl',
    ]);
  });

  test('what is in the image hangs on it, that of the distribution on the system, and needs stand beside', () => {
    expect(edges(documentOf(debianImage))).toEqual([
      'SPDXRef-DOCUMENT DESCRIBES ghcr.io/acme/app',
      'ghcr.io/acme/app CONTAINS debian',
      'ghcr.io/acme/app CONTAINS node',
      'debian CONTAINS libssl3',
      'ghcr.io/acme/app CONTAINS github.com/Acme/Tool',
      'ghcr.io/acme/app CONTAINS @acme/widget',
      'ghcr.io/acme/app CONTAINS Ruamel_YAML',
      'node DEPENDS_ON libssl3',
      '@acme/widget DEPENDS_ON node',
    ]);
  });

  test('the system has the name that advisories are filed under, and its CPE where it is one', () => {
    const systemOf = (os: Bom['os']): Element => documentOf(bomOf({ os })).packages[1]!;
    expect(
      systemOf({ id: 'rhel', versionId: '9.4', cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' }),
    ).toMatchObject({
      name: 'redhat',
      versionInfo: '9.4',
      primaryPackagePurpose: 'OPERATING_SYSTEM',
      SPDXID: expect.stringMatching(/^SPDXRef-OperatingSystem-rhel-[0-9a-f]{16}$/),
      externalRefs: [{ referenceCategory: 'SECURITY', referenceType: 'cpe22Type' }],
    });
    expect(
      systemOf({ id: 'amzn', cpe: 'cpe:2.3:o:amazon:amazon_linux:2023:*:*:*:*:*:*:*' }).externalRefs,
    ).toEqual([expect.objectContaining({ referenceType: 'cpe23Type' })]);
    // As Amazon Linux 2 has it: too short for a CPE of version 2.3.
    expect(systemOf({ id: 'amzn', cpe: 'cpe:2.3:o:amazon:amazon_linux:2' }).externalRefs).toBeUndefined();
  });

  test('sbom case 34: words that are no licence expression become references that the document explains, each once', () => {
    const licensed = (
      id: string,
      ...licenses: Bom['packages'][number]['licenses']
    ): Bom['packages'][number] => pkg({ id, type: 'npm', name: id, licenses });
    const document = documentOf(
      bomOf({
        packages: [
          licensed('a', { name: 'GPL' }),
          licensed('b', { name: 'GPL' }, { expression: 'MIT OR Apache-2.0' }),
          licensed('c', { name: 'Über freie Lizenz!' }),
          licensed('d', { expression: 'LicenseRef-theirs' }),
          licensed('e', { expression: 'not AN expression (' }),
          licensed('f', { expression: 'DocumentRef-other:LicenseRef-far' }),
          licensed('g', { name: '日本' }, { name: '中国' }),
          licensed('h'),
        ],
      }),
    );
    const declared = new Map(
      document.packages.map(({ name, licenseDeclared }) => [name, licenseDeclared as string]),
    );
    const names = new Map(
      document.hasExtractedLicensingInfos.map(({ licenseId, name }) => [licenseId, name]),
    );
    const gpl = declared.get('a')!;
    expect(names.get(gpl)).toBe('GPL');
    expect(declared.get('b')).toBe(`${gpl} AND (MIT OR Apache-2.0)`);
    expect(names.get(declared.get('c')!)).toBe('Über freie Lizenz!');
    expect(declared.get('d')).toBe('LicenseRef-theirs');
    expect(names.get(declared.get('e')!)).toBe('not AN expression (');
    expect(names.get(declared.get('f')!)).toBe('DocumentRef-other:LicenseRef-far');
    expect(
      declared
        .get('g')!
        .split(' AND ')
        .map((ref) => names.get(ref)),
    ).toEqual(['日本', '中国']);
    expect(declared.get('h')).toBe('NOASSERTION');
  });

  test('sbom case 34: ids are different where all that ids can show is alike', () => {
    const names = [
      'a+b',
      'a b',
      'a/b',
      'a_b',
      'A-b',
      '',
      'ä',
      'ö',
      '../..',
      'x'.repeat(5000),
      `${'x'.repeat(5000)}y`,
    ];
    const { packages } = documentOf(
      bomOf({
        packages: names.map((name) =>
          pkg({ id: `npm:${name}`, type: 'npm', name: name === '' ? '-' : name }),
        ),
      }),
    );
    expect(new Set(packages.map(({ SPDXID }) => SPDXID)).size).toBe(names.length + 1);
    for (const { SPDXID } of packages) expect(SPDXID.length).toBeLessThan(120);
  });

  test('sbom case 35: the same packages in another order, on another day, give the same bytes', () => {
    const turned = {
      ...debianImage,
      packages: [...debianImage.packages].reverse(),
      dependencies: [...debianImage.dependencies].reverse(),
    };
    expect(written(turned)).toBe(written(debianImage));
  });

  test('a document of another time, image, name or tool is another document', () => {
    const namespaceOf = (bom: Bom, options: Partial<SpdxOptions> = {}): unknown =>
      documentOf(bom, options).documentNamespace;
    const { subject } = debianImage;
    const all = [
      namespaceOf(debianImage),
      namespaceOf(debianImage, { timestamp: new Date('2026-05-05T00:00:00Z') }),
      namespaceOf(debianImage, { tool: { ...tool, version: '1.2.4' } }),
      namespaceOf(debianImage, { context: 'build' }),
      namespaceOf({ ...debianImage, subject: { ...subject, name: 'ghcr.io/acme/other' } }),
      namespaceOf({
        ...debianImage,
        subject: { ...subject, descriptor: { ...subject.descriptor, digest: digestOf('b') } },
      }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test('sbom case 18: an image with nothing in it is a document about it, of a time that is none', () => {
    const document = documentOf(bomOf({}));
    expect(document).toMatchObject({
      creationInfo: { created: '1970-01-01T00:00:00Z' },
      hasExtractedLicensingInfos: [],
    });
    expect(document.packages.map(({ name }) => name)).toEqual(['ghcr.io/acme/app']);
    expect(edges(document)).toEqual(['SPDXRef-DOCUMENT DESCRIBES ghcr.io/acme/app']);
  });

  test('an index has its images as variants, and a folder is no image', () => {
    const variants = (['amd64', 'arm64'] as const).map((architecture, index) => ({
      name: 'ghcr.io/acme/app',
      descriptor: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf(`${index}`),
        size: 9,
      },
      platform: { os: 'linux', architecture },
    }));
    const { packages, relationships } = documentOf(bomOf({ variants }));
    expect(packages.slice(1).map(({ versionInfo, externalRefs }) => [versionInfo, externalRefs])).toEqual(
      variants.map(({ descriptor, platform }) => [
        descriptor.digest,
        [
          expect.objectContaining({
            referenceLocator: expect.stringContaining(`arch=${platform.architecture}`),
          }),
        ],
      ]),
    );
    expect(relationships.slice(1)).toEqual(
      packages.slice(1).map(({ SPDXID }) => ({
        spdxElementId: packages[0]!.SPDXID,
        relationshipType: 'VARIANT_OF',
        relatedSpdxElement: SPDXID,
      })),
    );
    const folder = {
      name: 'rootfs',
      descriptor: { mediaType: 'inode/directory', digest: digestOf('c'), size: 0 },
      layers: [],
    };
    const [root] = documentOf(bomOf({ subject: folder })).packages;
    expect(root).toMatchObject({ primaryPackagePurpose: 'FILE', supplier: 'NOASSERTION' });
    expect(root!.externalRefs).toBeUndefined();
  });

  test('sbom case 11: names with control characters and marks of direction are escaped or plain text, never raw control characters', () => {
    const name = 'a\u0000\u001b[31m\n"\\\u202eb\ud800';
    const text = written(bomOf({ packages: [pkg({ id: name, type: 'binary', name, description: name })] }));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for.
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f]/);
    expect((JSON.parse(text) as Document).packages[1]!.name).toBe(name.toWellFormed());
  });

  test('sbom case 37: a document of many packages comes in pieces, and the packages are made into text as they are asked for', () => {
    let looked = 0;
    const packages = Array.from({ length: 20_000 }, (_, index) => ({
      ...pkg({ id: `npm:${index}`, type: 'npm', name: `package-${index}`, version: '1.0.0' }),
      get description() {
        looked++;
        return 'A package.';
      },
    }));
    const pieces = spdxJson(bomOf({ packages }), { tool });
    pieces.next();
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(500);
    let longest = 0;
    for (const piece of pieces) longest = Math.max(longest, piece.length);
    expect(looked).toBe(20_000);
    expect(longest).toBeLessThan(200_000);
  });
});
