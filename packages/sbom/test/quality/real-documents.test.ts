import { describe, expect, test } from '@jest/globals';
import type { Bom } from '../../src/bom.ts';
import { cycloneDxJson } from '../../src/cyclonedx/json.ts';
import { checkSbom } from '../../src/quality/check.ts';
import type { ProfileName, QualityReport } from '../../src/quality/report.ts';
import { spdxJson } from '../../src/spdx/write.ts';

function lacking(report: QualityReport, profile: ProfileName): Record<string, number> {
  const { requirements } = report.profiles.find(({ name }) => name === profile)!;
  return Object.fromEntries(
    requirements.flatMap(({ id, share }) => (share === 1 ? [] : [[id, Math.round(share * 100) / 100]])),
  );
}

describe('what other programs write', () => {
  test('syft: no author, no context, few dependencies', () => {
    const report = checkSbom({
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: 'urn:uuid:0c2c3a3b-1b5e-4a3c-9f64-5d3f1c0f4d2e',
      version: 1,
      metadata: {
        timestamp: '2026-11-25T12:00:00Z',
        tools: { components: [{ type: 'application', author: 'anchore', name: 'syft', version: '1.51.0' }] },
        component: {
          'bom-ref': 'f00',
          type: 'container',
          name: 'debian',
          version: `sha256:${'0'.repeat(64)}`,
        },
      },
      components: [
        {
          'bom-ref': 'pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12&package-id=1',
          type: 'library',
          publisher: 'Debian Adduser Developers <adduser@packages.debian.org>',
          name: 'adduser',
          version: '3.134',
          licenses: [{ license: { id: 'GPL-2.0-or-later' } }],
          cpe: 'cpe:2.3:a:adduser:adduser:3.134:*:*:*:*:*:*:*',
          purl: 'pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12',
          properties: [{ name: 'syft:package:foundBy', value: 'dpkg-db-cataloger' }],
        },
        {
          'bom-ref': 'os:debian@12',
          type: 'operating-system',
          name: 'debian',
          version: '12',
          swid: { tagId: 'debian', name: 'debian', version: '12' },
        },
        {
          'bom-ref': 'e1',
          type: 'file',
          name: '/etc/adduser.conf',
          hashes: [{ alg: 'SHA-1', content: 'a'.repeat(40) }],
        },
      ],
      dependencies: [
        { ref: 'pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12&package-id=1', dependsOn: [] },
      ],
    });
    expect(report.document.components).toBe(3);
    expect(lacking(report, 'cisa-2026')).toEqual({
      'sbom-author': 0,
      'sbom-author-signature': 0,
      'sbom-generation-context': 0,
      'component-producer': 0.33,
      'component-identifiers': 0.67,
      'component-hash-algorithm': 0,
      'component-hash-value': 0,
      'component-license': 0.33,
      'component-dependency-relationship': 0.33,
    });
    expect(lacking(report, 'ntia-2021')).toEqual({
      'supplier-name': 0.33,
      'unique-identifiers': 0.67,
      'dependency-relationship': 0.33,
    });
    expect(report.profiles.map(({ score }) => score)).toEqual([56.8, 76.1, 35.8]);
  });

  test('trivy: suppliers of system packages, hashes of some, the whole graph', () => {
    const report = checkSbom({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: 'urn:uuid:0c2c3a3b-1b5e-4a3c-9f64-5d3f1c0f4d2e',
      version: 1,
      metadata: {
        timestamp: '2026-11-25T12:00:00+00:00',
        tools: {
          components: [
            {
              type: 'application',
              manufacturer: { name: 'Aqua Security Software Ltd.' },
              group: 'aquasecurity',
              name: 'trivy',
              version: '0.74.0',
            },
          ],
        },
        component: {
          'bom-ref': 'pkg:oci/alpine@sha256%3A00?arch=amd64',
          type: 'container',
          name: 'alpine',
          purl: 'pkg:oci/alpine@sha256%3A00?arch=amd64',
        },
      },
      components: [
        { 'bom-ref': 'os', type: 'operating-system', name: 'alpine', version: '3.22' },
        {
          'bom-ref': 'musl',
          type: 'library',
          supplier: { name: 'Timo Teräs <timo.teras@iki.fi>' },
          name: 'musl',
          version: '1.2.5-r0',
          hashes: [{ alg: 'SHA-1', content: 'b'.repeat(40) }],
          licenses: [{ license: { name: 'MIT' } }],
          purl: 'pkg:apk/alpine/musl@1.2.5-r0',
        },
      ],
      dependencies: [
        { ref: 'pkg:oci/alpine@sha256%3A00?arch=amd64', dependsOn: ['os'] },
        { ref: 'os', dependsOn: ['musl'] },
        { ref: 'musl', dependsOn: [] },
      ],
    });
    expect(lacking(report, 'cisa-2026')).toEqual({
      'sbom-author': 0,
      'sbom-author-signature': 0,
      'sbom-generation-context': 0,
      'component-producer': 0.33,
      'component-version': 0.67,
      'component-identifiers': 0.67,
      'component-hash-algorithm': 0.33,
      'component-hash-value': 0.33,
      'component-license': 0.33,
    });
    expect(lacking(report, 'ntia-2021')).toEqual({
      'supplier-name': 0.33,
      version: 0.67,
      'unique-identifiers': 0.67,
    });
  });
});

/** An image with everything a package database can tell, and a package that tells of nothing. */
const bom: Bom = {
  subject: {
    name: 'ghcr.io/acme/app',
    descriptor: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${'1'.repeat(64)}`,
      size: 1000,
    },
    platform: { os: 'linux', architecture: 'amd64' },
    created: new Date('2026-11-25T12:00:00Z'),
    layers: [{ digest: `sha256:${'2'.repeat(64)}`, diffId: `sha256:${'3'.repeat(64)}`, size: 2000 }],
  },
  os: { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
  packages: [
    {
      id: 'adduser',
      type: 'deb',
      name: 'adduser',
      version: '3.134',
      qualifiers: { arch: 'all' },
      licenses: [{ expression: 'GPL-2.0-or-later' }],
      supplier: 'Debian Adduser Developers <adduser@packages.debian.org>',
      hashes: [{ algorithm: 'SHA-512', value: 'a'.repeat(128) }],
      evidence: [{ path: 'var/lib/dpkg/status', cataloguer: 'dpkg' }],
    },
    {
      id: 'bare',
      type: 'npm',
      name: 'bare',
      licenses: [],
      evidence: [{ path: 'bare/package.json', cataloguer: 'npm' }],
    },
  ],
  dependencies: [],
  notes: [],
};
const options = {
  tool: { name: 'lading', version: '0.1.0' },
  author: { name: 'Ada', email: 'ada@acme.example.com' },
};

describe.each([
  ['CycloneDX', cycloneDxJson],
  ['SPDX', spdxJson],
])('what lading writes as %s', (_, write) => {
  const report = checkSbom(JSON.parse([...write(bom, options)].join('')), { isSigned: true });
  const requirements = report.profiles.find(({ name }) => name === 'cisa-2026')!.requirements;

  test('tells of the document all that CISA asks for', () => {
    const ofDocument = requirements.filter(({ per }) => per === 'document');
    expect(ofDocument.filter(({ outcome }) => outcome !== 'met')).toEqual([]);
  });

  test('tells of the image and its packages what is known, and says what is not', () => {
    const lackingIt = requirements.flatMap(({ components }) => components?.examples ?? []);
    expect(lackingIt.filter((label) => label !== 'debian@12')).toEqual([]);
    const known = requirements.find(({ id }) => id === 'component-license')!.components!;
    expect(known).toMatchObject({ said: 1, total: 4 });
    expect(known.unknown).toBeGreaterThanOrEqual(2);
  });
});
