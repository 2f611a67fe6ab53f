import { describe, expect, test } from '@jest/globals';
import { isLadingError, digestOf as ociDigestOf } from '@lading/oci';
import fc from 'fast-check';
import { checkSbom, parseSpdx, purlOf, readSbom, spdxJson } from '../../src/index.ts';
import { debianImage, digestOf, tool } from '../cyclonedx/boms.ts';
import { perfectSpdx3 } from '../quality/documents.ts';
import { ruleProblems } from './rules.ts';

const creation = { created: '2026-01-01T00:00:00Z', creators: ['Tool: acme-1'] };
const purl = (referenceLocator: string): object => ({
  externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator }],
});
const document = (parts: object): object => ({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'thing',
  creationInfo: creation,
  ...parts,
});
const edge = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string): object => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
});
const image = {
  name: 'ghcr.io/acme/app',
  SPDXID: 'SPDXRef-root',
  primaryPackagePurpose: 'CONTAINER',
  versionInfo: 'latest',
  checksums: [{ algorithm: 'SHA256', checksumValue: 'a'.repeat(64) }],
};
/** What such an image is read as. */
const appSubject = {
  name: 'ghcr.io/acme/app',
  descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('a'), size: 0 },
  layers: [],
};
const describes = edge('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-root');

describe('SPDX documents of others', () => {
  test('as syft writes them: upstream and distribution by purls, what shows a package by files, needs the other way round', () => {
    const bom = parseSpdx(
      document({
        packages: [
          {
            name: 'libc6',
            SPDXID: 'SPDXRef-Package-deb-libc6-1',
            versionInfo: '2.36-9+deb12u4',
            originator: 'Person: GNU Libc Maintainers (debian-glibc@lists.example.org)',
            supplier: 'NOASSERTION',
            licenseDeclared: 'LicenseRef-GPL AND MIT',
            licenseConcluded: 'NOASSERTION',
            ...purl('pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12.15&upstream=glibc'),
          },
          {
            name: 'mawk',
            SPDXID: 'SPDXRef-Package-deb-mawk-2',
            versionInfo: '1:1.3.4-3',
            licenseDeclared: 'NONE',
            ...purl('pkg:deb/debian/mawk@1%3A1.3.4-3?arch=amd64&distro=debian-12.15'),
          },
          image,
        ],
        files: [
          {
            fileName: 'var/lib/dpkg/status',
            SPDXID: 'SPDXRef-File-status',
            comment: `layerID: ${digestOf('2')}`,
          },
          { fileName: 'usr/bin/mawk', SPDXID: 'SPDXRef-File-mawk' },
        ],
        hasExtractedLicensingInfos: [{ licenseId: 'LicenseRef-GPL', extractedText: 'GPL', name: 'GPL' }],
        relationships: [
          describes,
          edge('SPDXRef-root', 'CONTAINS', 'SPDXRef-Package-deb-mawk-2'),
          edge('SPDXRef-Package-deb-libc6-1', 'DEPENDENCY_OF', 'SPDXRef-Package-deb-mawk-2'),
          edge('SPDXRef-Package-deb-mawk-2', 'CONTAINS', 'SPDXRef-File-mawk'),
          {
            ...edge('SPDXRef-Package-deb-mawk-2', 'OTHER', 'SPDXRef-File-status'),
            comment: "evident-by: indicates the package's existence is evident by the given file",
          },
        ],
      }),
    );
    expect(bom).toEqual({
      subject: appSubject,
      os: { id: 'debian', versionId: '12.15' },
      packages: [
        {
          id: 'SPDXRef-Package-deb-libc6-1',
          type: 'deb',
          namespace: 'debian',
          name: 'libc6',
          version: '2.36-9+deb12u4',
          qualifiers: { arch: 'amd64', distro: 'debian-12.15', upstream: 'glibc' },
          licenses: [{ name: 'GPL' }, { expression: 'MIT' }],
          supplier: 'GNU Libc Maintainers <debian-glibc@lists.example.org>',
          source: { name: 'glibc' },
          evidence: [],
        },
        {
          id: 'SPDXRef-Package-deb-mawk-2',
          type: 'deb',
          namespace: 'debian',
          name: 'mawk',
          version: '1:1.3.4-3',
          qualifiers: { arch: 'amd64', distro: 'debian-12.15' },
          licenses: [],
          evidence: [{ path: 'var/lib/dpkg/status', cataloguer: 'syft' }],
        },
      ],
      dependencies: [{ from: 'SPDXRef-Package-deb-mawk-2', to: 'SPDXRef-Package-deb-libc6-1' }],
      notes: [],
    });
  });

  test('as trivy writes them: facts in annotations, the system as a package, groups that are no packages', () => {
    const note = (comment: string): object => ({
      annotationDate: '2026-01-01T00:00:00Z',
      annotationType: 'OTHER',
      annotator: 'Tool: trivy-0.74.0',
      comment,
    });
    const bom = parseSpdx(
      document({
        creationInfo: {
          created: '2026-01-01T00:00:00Z',
          creators: ['Organization: aquasecurity', 'Tool: trivy-0.74.0'],
        },
        packages: [
          {
            name: 'ghcr.io/acme/app:1',
            SPDXID: 'SPDXRef-ContainerImage-1',
            primaryPackagePurpose: 'CONTAINER',
            annotations: [note(`DiffID: ${digestOf('2')}`), note('SchemaVersion: 2')],
            ...purl(`pkg:oci/app@sha256%3A${'a'.repeat(64)}?arch=amd64&repository_url=ghcr.io%2Facme%2Fapp`),
          },
          {
            name: 'redhat',
            SPDXID: 'SPDXRef-OperatingSystem-1',
            versionInfo: '9.4',
            primaryPackagePurpose: 'OPERATING-SYSTEM',
          },
          {
            name: 'app/package-lock.json',
            SPDXID: 'SPDXRef-Application-1',
            primaryPackagePurpose: 'APPLICATION',
          },
          {
            name: 'openssl-libs',
            SPDXID: 'SPDXRef-Package-1',
            versionInfo: '1:3.0.7-27.el9',
            sourceInfo: 'built package from: openssl 1:3.0.7-27.el9',
            supplier: 'Organization: Red Hat, Inc.',
            licenseDeclared: 'Apache-2.0',
            annotations: [
              note('PkgID: openssl-libs@3.0.7-27.el9.x86_64'),
              note(`LayerDiffID: ${digestOf('2')}`),
            ],
            ...purl('pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=redhat-9.4&epoch=1'),
          },
          {
            name: '@acme/widget',
            SPDXID: 'SPDXRef-Package-2',
            versionInfo: '1.0.0',
            attributionTexts: [
              'PkgID: @acme/widget@1.0.0',
              'FilePath: app/node_modules/@acme/widget/package.json',
              `LayerDiffID: ${digestOf('2')}`,
            ],
            ...purl('pkg:npm/%40acme/widget@1.0.0'),
          },
        ],
        relationships: [
          edge('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-ContainerImage-1'),
          edge('SPDXRef-ContainerImage-1', 'CONTAINS', 'SPDXRef-OperatingSystem-1'),
          edge('SPDXRef-OperatingSystem-1', 'CONTAINS', 'SPDXRef-Package-1'),
          edge('SPDXRef-Application-1', 'CONTAINS', 'SPDXRef-Package-2'),
        ],
      }),
    );
    expect(bom.subject).toMatchObject({
      descriptor: { digest: digestOf('a') },
      layers: [{ diffId: digestOf('2') }],
    });
    expect(bom.os).toEqual({ id: 'rhel', versionId: '9.4' });
    expect(bom.packages).toEqual([
      expect.objectContaining({
        type: 'rpm',
        name: 'openssl-libs',
        version: '3.0.7-27.el9',
        source: { name: 'openssl', version: '1:3.0.7-27.el9' },
        supplier: 'Red Hat, Inc.',
        licenses: [{ expression: 'Apache-2.0' }],
      }),
      expect.objectContaining({
        type: 'npm',
        namespace: '@acme',
        name: 'widget',
        evidence: [
          {
            path: 'app/node_modules/@acme/widget/package.json',
            cataloguer: 'trivy',
            layer: { index: 0, diffId: digestOf('2') },
          },
        ],
      }),
    ]);
    expect(bom.packages.map((one) => purlOf(one, bom.os))).toEqual([
      'pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=redhat-9.4&epoch=1',
      'pkg:npm/%40acme/widget@1.0.0',
    ]);
  });

  test('as apko writes them of an image: layers, and the sources that packages were made of, are no packages', () => {
    const bom = parseSpdx(
      document({
        documentDescribes: ['SPDXRef-root'],
        packages: [
          { ...image, name: digestOf('a'), ...purl(`pkg:oci/app@${digestOf('a')}?arch=amd64`) },
          {
            name: digestOf('3'),
            SPDXID: 'SPDXRef-Package-ImageLayer-1',
            primaryPackagePurpose: 'CONTAINER',
            ...purl(`pkg:oci/app@${digestOf('3')}?arch=amd64`),
          },
          {
            name: 'wolfi',
            SPDXID: 'SPDXRef-OperatingSystem-wolfi',
            versionInfo: '20230201',
            primaryPackagePurpose: 'OPERATING_SYSTEM',
          },
          {
            name: 'zlib',
            SPDXID: 'SPDXRef-Package-zlib-1.3-r0',
            versionInfo: '1.3-r0',
            licenseDeclared: 'MPL-2.0 AND LicenseRef-text',
            checksums: [{ algorithm: 'SHA1', checksumValue: 'AB'.repeat(20) }],
            ...purl('pkg:apk/wolfi/zlib@1.3-r0?arch=x86_64'),
          },
          {
            name: 'zlib.yaml',
            SPDXID: 'SPDXRef-source',
            primaryPackagePurpose: 'SOURCE',
            ...purl('pkg:github/acme/os@abc'),
          },
        ],
        hasExtractedLicensingInfos: [{ licenseId: 'LicenseRef-text', extractedText: 'Copyright …' }],
        relationships: [
          edge('SPDXRef-root', 'CONTAINS', 'SPDXRef-Package-ImageLayer-1'),
          edge('SPDXRef-root', 'CONTAINS', 'SPDXRef-Package-zlib-1.3-r0'),
          edge('SPDXRef-Package-zlib-1.3-r0', 'GENERATED_FROM', 'SPDXRef-source'),
        ],
      }),
    );
    expect(bom.os).toEqual({ id: 'wolfi', versionId: '20230201' });
    expect(bom.packages).toEqual([
      expect.objectContaining({
        type: 'apk',
        name: 'zlib',
        licenses: [{ expression: 'MPL-2.0 AND LicenseRef-text' }],
        hashes: [{ algorithm: 'SHA-1', value: 'ab'.repeat(20) }],
      }),
    ]);
  });

  test('as apko writes them of an index: its images are variants', () => {
    const variant = {
      ...image,
      SPDXID: 'SPDXRef-amd64',
      checksums: [{ algorithm: 'SHA256', checksumValue: 'b'.repeat(64) }],
    };
    const { variants, packages } = parseSpdx(
      document({
        documentDescribes: ['SPDXRef-root'],
        packages: [image, variant],
        relationships: [edge('SPDXRef-root', 'VARIANT_OF', 'SPDXRef-amd64')],
      }),
    );
    expect(packages).toEqual([]);
    expect(variants).toEqual([
      {
        name: 'ghcr.io/acme/app',
        descriptor: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: digestOf('b'),
          size: 0,
        },
      },
    ]);
  });

  test('a document about a package has it among its packages, and the document itself stands for the image', () => {
    const bom = parseSpdx(
      document({
        spdxVersion: 'SPDX-2.2',
        documentDescribes: ['SPDXRef-Package-app'],
        packages: [
          { name: 'app', SPDXID: 'SPDXRef-Package-app', versionInfo: '1.0.0', ...purl('pkg:npm/app@1.0.0') },
          {
            name: 'left-pad',
            SPDXID: 'SPDXRef-Package-left-pad',
            externalRefs: [
              {
                referenceType: 'http://spdx.org/rdf/references/purl',
                referenceLocator: 'pkg:npm/left-pad@1.3.0',
              },
            ],
          },
        ],
        relationships: [edge('SPDXRef-Package-app', 'DEPENDS_ON', 'SPDXRef-Package-left-pad')],
      }),
    );
    expect(bom.subject).toMatchObject({ name: 'thing', descriptor: { mediaType: 'application/spdx+json' } });
    expect(bom.packages.map(({ name, version }) => `${name}@${version}`)).toEqual([
      'app@1.0.0',
      'left-pad@1.3.0',
    ]);
    expect(bom.dependencies).toEqual([{ from: 'SPDXRef-Package-app', to: 'SPDXRef-Package-left-pad' }]);
  });

  test('names keep the letters that purls of their type do not have; purls of other types, and none, stay as they are', () => {
    const of = (name: string, locator?: string): unknown => {
      const [found] = parseSpdx(
        document({ packages: [{ name, SPDXID: 'SPDXRef-1', ...(locator !== undefined && purl(locator)) }] }),
      ).packages;
      const { type, namespace, name: own } = found!;
      return [type, namespace, own, purlOf(found!)];
    };
    expect(of('Ruamel_YAML', 'pkg:pypi/ruamel-yaml@1')).toEqual([
      'pypi',
      undefined,
      'Ruamel_YAML',
      'pkg:pypi/ruamel-yaml@1',
    ]);
    expect(of('github.com/BurntSushi/toml', 'pkg:golang/github.com/burntsushi/toml@v1')).toEqual([
      'golang',
      'github.com/BurntSushi',
      'toml',
      'pkg:golang/github.com/burntsushi/toml@v1',
    ]);
    expect(of('Acme Widget', 'pkg:maven/org.acme/widget@1')).toEqual([
      'maven',
      'org.acme',
      'widget',
      'pkg:maven/org.acme/widget@1',
    ]);
    expect(of('org.acme:widget', 'pkg:maven/org.acme/widget@1')).toEqual([
      'maven',
      'org.acme',
      'widget',
      'pkg:maven/org.acme/widget@1',
    ]);
    expect(of('rails', 'pkg:hex/rails@1')).toEqual(['binary', undefined, 'rails', 'pkg:hex/rails@1']);
    expect(of('rails', 'no purl')).toEqual(['binary', undefined, 'rails', 'no purl']);
    expect(of('rails')).toEqual(['binary', undefined, 'rails', undefined]);
  });
});

describe('SPDX 3.0 of others', () => {
  const licenses = 'https://spdx.org/licenses/';
  const iri = (name: string): string => `https://acme.example.com/1#${name}`;
  const element = (type: string, name: string, fields: object): object => ({
    type,
    spdxId: iri(name),
    creationInfo: '_:1',
    ...fields,
  });
  const relation = (from: string, relationshipType: string, ...to: string[]): object => ({
    ...element('Relationship', `${from}-${relationshipType}`, { from: iri(from), relationshipType, to }),
  });
  const graph = (...elements: object[]): object => ({
    '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
    '@graph': [
      { type: 'CreationInfo', '@id': '_:1', specVersion: '3.0.1', created: '2026-01-01T00:00:00Z' },
      element('SpdxDocument', 'document', { name: 'thing', rootElement: [iri('sbom')] }),
      element('software_Sbom', 'sbom', { rootElement: [iri('image')] }),
      ...elements,
    ],
  });
  const image = element('software_Package', 'image', {
    name: 'ghcr.io/acme/app',
    software_primaryPurpose: 'container',
    verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: 'a'.repeat(64) }],
  });

  test('tell packages, who they are from, their licences, systems and needs', () => {
    const bom = parseSpdx(
      graph(
        image,
        element('software_Package', 'os', {
          name: 'debian',
          software_packageVersion: '12',
          software_primaryPurpose: 'operatingSystem',
        }),
        element('software_Package', 'libc6', {
          name: 'libc6',
          software_packageVersion: '2.36-9',
          suppliedBy: iri('debian'),
          externalIdentifier: [
            { externalIdentifierType: 'cpe23', identifier: 'cpe:2.3:a:gnu:glibc:2.36:*:*:*:*:*:*:*' },
            {
              externalIdentifierType: 'packageUrl',
              identifier: 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12',
            },
          ],
        }),
        element('software_Package', 'left-pad', {
          name: 'left-pad',
          software_packageUrl: 'pkg:npm/left-pad@1.3.0',
          software_homePage: 'https://left-pad.example.com',
          suppliedBy: 'https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement',
          originatedBy: [iri('ada')],
          verifiedUsing: [
            { type: 'Hash', algorithm: 'sha512', hashValue: 'B'.repeat(128) },
            { type: 'Hash', algorithm: 'blake3', hashValue: 'c'.repeat(64) },
          ],
        }),
        element('software_Package', 'source', { name: 'left-pad-src' }),
        element('software_File', 'file', { name: 'index.js' }),
        element('Organization', 'debian', { name: 'Debian' }),
        element('Person', 'ada', {
          name: 'Ada',
          externalIdentifier: [{ externalIdentifierType: 'email', identifier: 'ada@example.com' }],
        }),
        element('simplelicensing_LicenseExpression', 'expression', {
          simplelicensing_licenseExpression: 'LicenseRef-acme',
          simplelicensing_customIdToUri: [{ key: 'LicenseRef-acme', value: iri('acme') }],
        }),
        element('simplelicensing_SimpleLicensingText', 'acme', { name: 'The licence of Acme' }),
        element('expandedlicensing_ListedLicense', 'isc', { spdxId: `${licenses}ISC`, name: 'ISC License' }),
        relation('image', 'contains', iri('os'), iri('libc6'), iri('left-pad'), iri('file')),
        relation('libc6', 'hasDeclaredLicense', iri('expression'), `${licenses}MIT`, `${licenses}ISC`),
        relation(
          'left-pad',
          'hasDeclaredLicense',
          'https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense',
        ),
        relation('left-pad', 'hasConcludedLicense', `${licenses}0BSD`),
        relation('left-pad', 'dependsOn', iri('libc6'), iri('gone')),
        relation('image', 'hasStaticLink', iri('left-pad')),
        relation('source', 'generates', iri('left-pad')),
        element('Annotation', 'words', {
          subject: iri('libc6'),
          contentType: 'text/plain',
          statement: '[["lading:type","npm"]]',
        }),
      ),
    );
    expect(bom).toEqual({
      subject: appSubject,
      os: { id: 'debian', versionId: '12' },
      packages: [
        {
          id: iri('left-pad'),
          type: 'npm',
          name: 'left-pad',
          version: '1.3.0',
          licenses: [{ expression: '0BSD' }],
          homepage: 'https://left-pad.example.com',
          supplier: 'Ada <ada@example.com>',
          hashes: [{ algorithm: 'SHA-512', value: 'b'.repeat(128) }],
          evidence: [],
        },
        {
          id: iri('libc6'),
          type: 'deb',
          namespace: 'debian',
          name: 'libc6',
          version: '2.36-9',
          qualifiers: { arch: 'amd64', distro: 'debian-12' },
          licenses: [{ name: 'The licence of Acme' }, { expression: 'MIT' }, { expression: 'ISC' }],
          supplier: 'Debian',
          evidence: [],
        },
      ],
      dependencies: [
        { from: iri('left-pad'), to: iri('libc6') },
        { from: 'root', to: iri('left-pad') },
      ],
      notes: [],
    });
  });

  test('sbom case 33: a hundred thousand packages of one id with as many relationships are read, and judged, in one go', () => {
    const packages = Array.from({ length: 100_000 }, (_, index) =>
      element('software_Package', 'a', { name: `a${index}` }),
    );
    const declared = Array.from({ length: 100_000 }, () =>
      relation('a', 'hasDeclaredLicense', `${licenses}MIT`),
    );
    const whole = graph(image) as { '@graph': object[] };
    const document = { ...whole, '@graph': [...whole['@graph'], ...packages, ...declared] };
    const bom = parseSpdx(document);
    expect(bom.packages.map(({ name }) => name)).toEqual(['a0']);
    expect(checkSbom(document).document.components).toBe(2);
  });

  test('a licence that is only words keeps apart from what is declared beside it', () => {
    const bom = parseSpdx(
      graph(
        image,
        element('software_Package', 'a', { name: 'a' }),
        element('simplelicensing_SimpleLicensingText', 'acme', { name: 'The licence of Acme' }),
        relation('a', 'hasDeclaredLicense', iri('acme'), `${licenses}MIT`, `${licenses}MIT`),
      ),
    );
    expect(bom.packages[0]?.licenses).toEqual([{ name: 'The licence of Acme' }, { expression: 'MIT' }]);
  });

  test('with other ways to say how they came about', () => {
    const creation = { specVersion: '3.0.1' };
    for (const first of [
      { '@type': 'CreationInfo', '@id': '_:1', ...creation },
      { type: 'SpdxDocument', creationInfo: creation },
    ])
      expect(
        parseSpdx({ '@graph': [first, element('software_Package', 'a', { name: 'a' })] }).packages,
      ).toHaveLength(1);
  });

  test('sbom case 33: texts that are told once for many packages fill no memory', () => {
    const long = 'M'.repeat(500_000);
    const many = (fields: object): object[] =>
      Array.from({ length: 3000 }, (_, index) =>
        element('software_Package', `p${index}`, { name: 'p', ...fields }),
      );
    const refused = expect.objectContaining({
      code: 'ERR_LADING_SBOM',
      message: expect.stringContaining('more than 134217728 letters'),
    });
    const supplied = graph(...many({ suppliedBy: iri('o') }), element('Organization', 'o', { name: long }));
    expect(() => parseSpdx(supplied)).toThrow(refused);
    const licensed = graph(
      ...many({}),
      element('simplelicensing_LicenseExpression', 'l', { simplelicensing_licenseExpression: long }),
      ...Array.from({ length: 3000 }, (_, index) =>
        relation(`p${index}`, 'hasDeclaredLicense', iri('l'), iri('l')),
      ),
    );
    expect(() => parseSpdx(licensed)).toThrow(refused);
  });

  test('sbom case 33: a long name with many needs is said once, and the document is what it was', () => {
    const from = `https://acme.example.com/${'x'.repeat(20_000)}`;
    const to = Array.from({ length: 60_000 }, (_, index) => `${index}`);
    const document = {
      '@graph': [
        { type: 'CreationInfo', specVersion: '3.0.1' },
        { type: 'Relationship', from, relationshipType: 'dependsOn', to },
      ],
    };
    const { descriptor } = parseSpdx(document).subject;
    const text = Buffer.from(JSON.stringify(document));
    expect(descriptor).toEqual({
      mediaType: 'application/spdx+json',
      digest: ociDigestOf(text),
      size: text.length,
    });
  });

  test('as BSI TR-03183-2 would have them', () => {
    const { format, version, bom } = readSbom(JSON.stringify(perfectSpdx3()));
    expect({ format, version }).toEqual({ format: 'spdx-json', version: '3.0.1' });
    expect(bom.packages.map((pkg) => purlOf(pkg, bom.os))).toContain('pkg:npm/left-pad@1.2.3');
  });

  test('sbom case 33: anything in place of what belongs there, circles and ends that are not there do no harm', () => {
    const odd = fc.oneof(
      fc.constantFrom(iri('image'), iri('a'), iri('b'), 'x', '', null, 1, true),
      fc.array(fc.constantFrom<unknown>(iri('a'), iri('b'), iri('gone'), null, {}), { maxLength: 3 }),
      fc.constant({ name: 'inline', identifier: 1 }),
    );
    const fields = [
      'name suppliedBy originatedBy verifiedUsing externalIdentifier from to relationshipType subject statement',
      'rootElement software_packageUrl software_packageVersion software_primaryPurpose contentType creationInfo',
      'simplelicensing_licenseExpression simplelicensing_customIdToUri software_homePage',
    ].flatMap((line) => line.split(' '));
    const anyElement = fc.record({
      type: fc.constantFrom(
        'software_Package',
        'Relationship',
        'Annotation',
        'SpdxDocument',
        'software_Sbom',
        'simplelicensing_LicenseExpression',
      ),
      spdxId: fc.constantFrom(iri('image'), iri('a'), iri('b'), iri('c'), undefined),
      more: fc.dictionary(fc.constantFrom(...fields), odd),
      edge: fc.constantFrom(
        {},
        { relationshipType: 'contains' },
        { relationshipType: 'dependsOn' },
        { relationshipType: 'hasDeclaredLicense' },
      ),
    });
    fc.assert(
      fc.property(fc.array(anyElement, { maxLength: 12 }), (elements) => {
        const document = graph(...elements.map(({ more, edge, ...rest }) => ({ ...more, ...edge, ...rest })));
        const bom = parseSpdx(document);
        const ids = new Set(['root', ...bom.packages.map(({ id }) => id)]);
        expect(ids.size).toBe(bom.packages.length + 1);
        for (const { from, to } of bom.dependencies) expect(ids.has(from) && ids.has(to)).toBe(true);
        expect([...spdxJson(bom, { tool, version: '3.0.1' })].length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('documents that are none, or are made to do harm', () => {
  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['CycloneDX', { bomFormat: 'CycloneDX' }],
    ['SPDX 2.1', document({ spdxVersion: 'SPDX-2.1' })],
    ['SPDX 3', { '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': [] }],
    ['a version that is no text', document({ spdxVersion: 2.3 })],
    ['what says that it is of version 3 and has no graph', document({ spdxVersion: 'SPDX-3.0' })],
    ['a graph of version 2', { '@graph': [{ type: 'CreationInfo', specVersion: '2.3' }] }],
  ])('sbom case 33: %s is refused by name', (_, value) => {
    expect(() => parseSpdx(value)).toThrow(expect.objectContaining({ code: 'ERR_LADING_SBOM' }));
  });

  test('sbom case 33: circles, ends that are not there, and elements of one id are left out or told apart', () => {
    const bom = parseSpdx(
      document({
        packages: [
          image,
          { name: 'a', SPDXID: 'SPDXRef-a' },
          { name: 'b', SPDXID: 'SPDXRef-b' },
          { name: 'again', SPDXID: 'SPDXRef-a' },
          { name: 'nameless' },
          {
            name: 'thief',
            SPDXID: 'SPDXRef-c',
            annotations: [{ annotator: 'Tool: x', comment: 'lading:facts: [["lading:id","SPDXRef-a"]]' }],
          },
        ],
        relationships: [
          describes,
          edge('SPDXRef-a', 'DEPENDS_ON', 'SPDXRef-b'),
          edge('SPDXRef-b', 'DEPENDS_ON', 'SPDXRef-a'),
          edge('SPDXRef-a', 'DEPENDS_ON', 'SPDXRef-a'),
          edge('SPDXRef-a', 'DEPENDS_ON', 'SPDXRef-gone'),
          edge('SPDXRef-b', 'DEPENDS_ON', 'SPDXRef-root'),
          edge('SPDXRef-root', 'DEPENDS_ON', 'SPDXRef-a'),
          edge('SPDXRef-root', 'CONTAINS', 'SPDXRef-root'),
        ],
      }),
    );
    expect(bom.packages.map(({ id, name }) => [id, name])).toEqual([
      ['SPDXRef-a', 'a'],
      ['SPDXRef-a#2', 'thief'],
      ['SPDXRef-b', 'b'],
    ]);
    expect(bom.dependencies).toEqual([
      { from: 'SPDXRef-a', to: 'SPDXRef-b' },
      { from: 'SPDXRef-b', to: 'SPDXRef-a' },
      { from: 'root', to: 'SPDXRef-a' },
    ]);
  });

  test('sbom case 33: a hundred thousand packages that all claim one id are told apart in one go', () => {
    const comment = 'lading:facts: [["lading:id","x"],["lading:type","npm"]]';
    const packages = Array.from({ length: 100_000 }, (_, index) => ({
      name: 'a',
      SPDXID: `SPDXRef-${index}`,
      annotations: [{ annotator: 'Tool: x', comment }],
    }));
    const { packages: found } = parseSpdx(document({ packages }));
    expect(new Set(found.map(({ id }) => id)).size).toBe(100_000);
  });

  test('sbom case 33: any damage to a document gives a BOM that can be written, or is refused by name', () => {
    const sound: unknown = JSON.parse([...spdxJson(debianImage, { tool })].join(''));
    const paths = pathsOf(sound);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(paths.length - 1), fc.jsonValue({ maxDepth: 2 })), {
          minLength: 1,
          maxLength: 6,
        }),
        (damages) => {
          const damaged: unknown = structuredClone(sound);
          for (const [index, value] of damages) put(damaged, paths[index]!, value);
          try {
            const text = [...spdxJson(parseSpdx(damaged), { tool })].join('');
            const problems = ruleProblems(JSON.parse(text)).filter(
              // What a document says of hashes, and names of nothing, is passed on.
              (problem) => !/^no (?:name$|MD5|SHA)/.test(problem),
            );
            expect(problems).toEqual([]);
          } catch (error) {
            if (!isLadingError(error) || error.code !== 'ERR_LADING_SBOM') throw error;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function put(target: unknown, path: Path, value: unknown): void {
  let at = target as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (typeof next !== 'object' || next === null) return;
    at = next as Record<string | number, unknown>;
  }
  at[path.at(-1)!] = value;
}
