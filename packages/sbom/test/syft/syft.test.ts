import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { isLadingError } from '@lading/oci';
import fc from 'fast-check';
import { statedDependencies } from '../../src/formats/stated-dependencies.ts';
import type { Bom } from '../../src/index.ts';
import { parseSyftJson, purlOf, syftJson } from '../../src/index.ts';
import { anyBom } from '../cyclonedx/any-bom.ts';
import { bomOf, debianImage, digestOf, pkg, tool } from '../cyclonedx/boms.ts';
import { expected } from '../cyclonedx/expected.ts';

const written = (bom: Bom): string => [...syftJson(bom, { tool })].join('');
const wanted = (bom: Bom): Bom => ({
  ...expected(bom, (text) => text.toWellFormed()),
  dependencies: statedDependencies(bom),
});
const artifactsOf = (bom: Bom): Record<string, unknown>[] =>
  (JSON.parse(written(bom)) as { artifacts: Record<string, unknown>[] }).artifacts;

const schema = {
  version: '16.1.13',
  url: 'https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.13.json',
};

describe("syft's JSON, written", () => {
  test('sbom case 36: any BOM comes back as it was, and then is written in the same bytes', () => {
    expect(parseSyftJson(JSON.parse(written(debianImage)))).toEqual(wanted(debianImage));
    fc.assert(
      fc.property(anyBom, (bom) => {
        const text = written(bom);
        const again = parseSyftJson(JSON.parse(text));
        expect(again).toEqual(wanted(bom));
        expect(written(again)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test('a document has its schema, image, system and edges as syft knows them', () => {
    const document = JSON.parse(written(debianImage)) as {
      artifacts: { id: string; name: string }[];
      artifactRelationships: { parent: string; child: string; type: string }[];
    };
    expect(document).toMatchObject({
      schema,
      descriptor: { name: 'lading', version: '1.2.3' },
      distro: { id: 'debian', versionID: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
      source: {
        type: 'image',
        name: 'ghcr.io/acme/app',
        version: digestOf('a'),
        metadata: {
          manifestDigest: digestOf('a'),
          imageSize: 300,
          layers: [
            { digest: digestOf('2'), size: 100 },
            { digest: digestOf('4'), size: 200 },
          ],
          architecture: 'arm',
          architectureVariant: 'v7',
          os: 'linux',
        },
      },
    });
    const names = new Map(document.artifacts.map(({ id, name }) => [id, name]));
    const edges = document.artifactRelationships
      .filter(({ type }) => type === 'dependency-of')
      .map(({ parent, child }) => `${names.get(parent)} for ${names.get(child)}`);
    expect(edges).toEqual(['libssl3 for node', 'node for @acme/widget']);
    expect(document.artifactRelationships.filter(({ type }) => type === 'contains')).toHaveLength(5);
  });

  test('packages of a distribution have the entries by which scanners find their sources', () => {
    const [apk, deb, other, rpm] = artifactsOf(
      bomOf({
        packages: [
          pkg({
            id: '1',
            type: 'apk',
            name: 'libssl3',
            version: '3.1.4-r0',
            source: { name: 'openssl' },
            hashes: [{ algorithm: 'SHA-1', value: '00'.repeat(20) }],
          }),
          pkg({
            id: '2',
            type: 'deb',
            name: 'libssl3',
            version: '3.0.11-1+b1',
            source: { name: 'openssl', version: '3.0.11-1' },
            qualifiers: { arch: 'amd64' },
          }),
          pkg({ id: '3', type: 'maven', namespace: 'org.acme', name: 'widget' }),
          pkg({
            id: '4',
            type: 'rpm',
            name: 'openssl-libs',
            version: '3.0.7-27.el9',
            source: { name: 'openssl', version: '3.0.7', release: '27.el9' },
            qualifiers: { arch: 'x86_64', epoch: '1', rpmmod: 'a:b' },
          }),
        ],
      }),
    );
    expect(apk).toMatchObject({
      metadataType: 'apk-db-entry',
      metadata: { originPackage: 'openssl', pullChecksum: 'Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    });
    expect(deb).toMatchObject({
      metadataType: 'dpkg-db-entry',
      metadata: { source: 'openssl', sourceVersion: '3.0.11-1', architecture: 'amd64' },
    });
    expect(other).toMatchObject({ name: 'widget', type: 'java-archive', language: 'java' });
    expect(other!.metadata).toBeUndefined();
    expect(rpm).toMatchObject({
      version: '1:3.0.7-27.el9',
      metadataType: 'rpm-db-entry',
      metadata: {
        version: '3.0.7',
        release: '27.el9',
        epoch: 1,
        sourceRpm: 'openssl-3.0.7-27.el9.src.rpm',
        modularityLabel: 'a:b',
      },
    });
  });
});

describe("syft's JSON, read", () => {
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');
  const manifest = { layers: [{ digest: digestOf('1'), size: 77 }] };
  const config = {
    created: '2026-01-01T00:00:00Z',
    history: [{ created_by: 'ENV a=b', empty_layer: true }, { created_by: 'COPY . /' }],
  };
  const image = {
    id: 'image',
    name: 'alpine',
    type: 'image',
    version: digestOf('a'),
    metadata: {
      userInput: 'alpine:3.20',
      manifestDigest: digestOf('a'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      layers: [{ mediaType: '', digest: digestOf('2'), size: 1000 }],
      manifest: base64(manifest),
      config: base64(config),
      architecture: 'arm64',
      os: 'linux',
    },
  };
  const location = (path: string, evidence?: string): object => ({
    path,
    layerID: digestOf('2'),
    accessPath: path,
    ...(evidence !== undefined && { annotations: { evidence } }),
  });

  test("a document of syft's tells of the image by manifest and config, of packages by entries of databases", () => {
    const bom = parseSyftJson({
      schema,
      source: image,
      distro: { id: 'alpine', versionID: '3.20.1', idLike: ['a'], homeURL: 'https://alpine.example.org/' },
      artifacts: [
        {
          id: 'ssl',
          name: 'libssl3',
          version: '3.1.4-r0',
          type: 'apk',
          foundBy: 'apk-db-cataloger',
          locations: [location('/lib/apk/db/installed', 'primary'), location('/etc/more', 'supporting')],
          licenses: [
            { value: 'Apache-2', spdxExpression: 'Apache-2.0', type: 'declared' },
            { value: 'custom words', spdxExpression: '', type: 'declared' },
          ],
          purl: 'pkg:apk/alpine/libssl3@3.1.4-r0?arch=aarch64&distro=alpine-3.20.1&upstream=openssl',
          metadataType: 'apk-db-entry',
          metadata: {
            originPackage: 'openssl',
            maintainer: 'Ada <ada@example.com>',
            url: 'https://www.openssl.org/',
            description: 'SSL shared libraries',
            pullChecksum: 'Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
          },
        },
        {
          id: 'deb',
          name: 'libc-bin',
          version: '2.36-9+b1',
          type: 'deb',
          foundBy: 'dpkg-db-cataloger',
          locations: [location('/var/lib/dpkg/status')],
          licenses: ['MIT'],
          purl: 'pkg:deb/debian/libc-bin@2.36-9%2Bb1',
          metadata: { source: 'glibc', sourceVersion: '2.36-9', maintainer: '' },
        },
        {
          id: 'node',
          name: 'node',
          version: '22.0.0',
          type: 'binary',
          foundBy: 'binary-cataloger',
          purl: '',
        },
      ],
      artifactRelationships: [
        { parent: 'image', child: 'ssl', type: 'contains' },
        { parent: 'ssl', child: 'node', type: 'dependency-of' },
        { parent: 'node', child: 'ssl', type: 'ownership-by-file-overlap' },
        { parent: 'gone', child: 'node', type: 'dependency-of' },
      ],
    });
    expect(bom).toEqual({
      subject: {
        name: 'alpine',
        descriptor: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: digestOf('a'),
          size: JSON.stringify(manifest).length,
        },
        platform: { os: 'linux', architecture: 'arm64' },
        created: new Date('2026-01-01T00:00:00Z'),
        layers: [{ digest: digestOf('1'), diffId: digestOf('2'), size: 77, createdBy: 'COPY . /' }],
      },
      os: { id: 'alpine', versionId: '3.20.1', idLike: ['a'], homepage: 'https://alpine.example.org/' },
      packages: [
        expect.objectContaining({
          id: 'deb',
          type: 'deb',
          source: { name: 'glibc', version: '2.36-9' },
          evidence: [expect.objectContaining({ path: 'var/lib/dpkg/status' })],
        }),
        {
          id: 'node',
          type: 'binary',
          name: 'node',
          version: '22.0.0',
          licenses: [],
          evidence: [],
          properties: { 'lading.purl': '' },
        },
        {
          id: 'ssl',
          type: 'apk',
          namespace: 'alpine',
          name: 'libssl3',
          version: '3.1.4-r0',
          qualifiers: { arch: 'aarch64', distro: 'alpine-3.20.1', upstream: 'openssl' },
          licenses: [{ expression: 'Apache-2.0' }, { name: 'custom words' }],
          description: 'SSL shared libraries',
          homepage: 'https://www.openssl.org/',
          supplier: 'Ada <ada@example.com>',
          source: { name: 'openssl' },
          hashes: [{ algorithm: 'SHA-1', value: '00'.repeat(20) }],
          evidence: [
            {
              path: 'lib/apk/db/installed',
              layer: { index: 0, diffId: digestOf('2') },
              cataloguer: 'apk-db-cataloger',
            },
          ],
        },
      ],
      dependencies: [{ from: 'node', to: 'ssl' }],
      notes: [],
    });
  });

  test('a folder has no digest: the document stands for it', () => {
    const { subject } = parseSyftJson({
      schema,
      source: { id: '1', name: 'rootfs', version: '', type: 'directory', metadata: { path: 'rootfs' } },
      artifacts: [],
    });
    expect(subject).toMatchObject({
      name: 'rootfs',
      descriptor: { mediaType: 'inode/directory' },
      layers: [],
    });
  });

  test('rpm versions have no epoch in front, and purls stay what they were', () => {
    const purl =
      'pkg:rpm/fedora/openssl-libs@3.0.7-27?arch=x86_64&distro=fedora-40&epoch=1&upstream=openssl-3.0.7-27.src.rpm';
    const [found] = parseSyftJson({
      schema,
      source: image,
      artifacts: [{ id: '1', name: 'openssl-libs', version: '1:3.0.7-27', type: 'rpm', purl }],
    }).packages;
    expect(found).toMatchObject({
      version: '3.0.7-27',
      source: { name: 'openssl', version: '3.0.7', release: '27' },
    });
    expect(purlOf(found!)).toBe(purl);
  });

  test.each([
    ['nothing', undefined],
    ['SPDX', { spdxVersion: 'SPDX-2.3' }],
    ['no artifacts', { schema, artifacts: {} }],
    ['no schema', { artifacts: [] }],
  ])('sbom case 33: %s is refused by name', (_, value) => {
    expect(() => parseSyftJson(value)).toThrow(expect.objectContaining({ code: 'ERR_LADING_SBOM' }));
  });

  test('sbom case 33: a hundred thousand artifacts of one id are told apart in one go', () => {
    const artifacts = Array.from({ length: 100_000 }, () => ({ id: 'x', name: 'a', type: 'npm' }));
    const { packages } = parseSyftJson({ schema, source: image, artifacts });
    expect(new Set(packages.map(({ id }) => id)).size).toBe(100_000);
  });

  test('sbom case 33: anything in place of anything gives a BOM that can be written, or is refused by name', () => {
    const any = fc.jsonValue({ maxDepth: 3 });
    const artifact = fc.record(
      {
        id: any,
        name: any,
        version: any,
        type: any,
        locations: any,
        licenses: any,
        purl: any,
        metadata: fc.oneof(
          any,
          fc.dictionary(fc.constantFrom('originPackage', 'sourceVersion', 'pullChecksum'), any),
        ),
        lading: fc.oneof(any, fc.array(fc.tuple(fc.constantFrom('lading:type', 'lading:id'), any))),
      },
      { requiredKeys: [] },
    );
    const document = fc.record({
      schema: fc.constant(schema),
      artifacts: fc.array(fc.oneof(any, artifact), { maxLength: 4 }),
      artifactRelationships: any,
      source: fc.oneof(
        any,
        fc
          .dictionary(fc.constantFrom(...Object.keys(image.metadata)), any)
          .map((metadata) => ({ ...image, metadata })),
      ),
      distro: any,
    });
    fc.assert(
      fc.property(document, (value) => {
        try {
          JSON.parse(written(parseSyftJson(value)));
        } catch (error) {
          if (!isLadingError(error) || error.code !== 'ERR_LADING_SBOM') throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});
