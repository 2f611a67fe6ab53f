import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { readSbom, toCycloneDx } from '../../src/index.ts';
import { debianImage, tool } from '../cyclonedx/boms.ts';

const cyclonedx = toCycloneDx(debianImage, { tool });
const spdx = JSON.stringify({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'app',
  packages: [{ SPDXID: 'SPDXRef-a', name: 'a', versionInfo: '1', downloadLocation: 'NOASSERTION' }],
});
const syft = JSON.stringify({
  artifacts: [{ id: 'x', name: 'a', version: '1', type: 'npm', purl: 'pkg:npm/a@1' }],
  artifactRelationships: [],
  source: { id: 'y', name: '.', type: 'directory', metadata: { path: '.' } },
  distro: {},
  schema: { version: '16.1.13', url: 'https://example.com' },
});

const statement = (predicate: unknown): string =>
  JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: 'a'.repeat(64) } }],
    predicateType: 'https://cyclonedx.org/bom',
    predicate,
  });
const envelope = (payload: string): string =>
  JSON.stringify({
    payloadType: 'application/vnd.in-toto+json',
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ sig: '' }],
  });
const bundle = (dsseEnvelope: string): string =>
  JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {},
    dsseEnvelope: JSON.parse(dsseEnvelope),
  });

describe('readSbom', () => {
  test.each<[string, string, string, string, number]>([
    ['CycloneDX JSON', cyclonedx, 'cyclonedx-json', '1.6', 5],
    [
      'CycloneDX XML',
      toCycloneDx(debianImage, { tool, version: '1.4', format: 'xml' }),
      'cyclonedx-xml',
      '1.4',
      5,
    ],
    [
      'XML after a blank line',
      `\n${toCycloneDx(debianImage, { tool, format: 'xml' }).replace(/^<\?.*\?>/, '')}`,
      'cyclonedx-xml',
      '1.6',
      5,
    ],
    ['SPDX JSON', spdx, 'spdx-json', '2.3', 1],
    ['syft JSON', syft, 'syft-json', '16.1.13', 1],
    ['an in-toto statement', statement(JSON.parse(cyclonedx)), 'cyclonedx-json', '1.6', 5],
    [
      "cosign's predicate with text in it",
      statement({ Data: cyclonedx, Timestamp: '' }),
      'cyclonedx-json',
      '1.6',
      5,
    ],
    ["cosign's predicate with an object in it", statement({ Data: JSON.parse(spdx) }), 'spdx-json', '2.3', 1],
    ['a DSSE envelope', envelope(statement(JSON.parse(spdx))), 'spdx-json', '2.3', 1],
    ['a Sigstore bundle', bundle(envelope(statement({ Data: cyclonedx }))), 'cyclonedx-json', '1.6', 5],
  ])('knows %s', (_, document, format, version, packages) => {
    for (const given of [document, Buffer.from(document), Buffer.from(`\uFEFF${document}`)]) {
      const read = readSbom(given);
      expect(read).toMatchObject({ format, version });
      expect(read.bom.packages).toHaveLength(packages);
    }
  });

  test.each<[string, string, string]>([
    ['another document', '{"name":"package"}', 'no SBOM of CycloneDX, SPDX or syft'],
    ['no object', '"bomFormat"', 'no SBOM of CycloneDX, SPDX or syft'],
    ['SPDX 3 without a version', '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}', 'no SBOM'],
    [
      'SPDX 3.1',
      '{"@graph":[{"type":"CreationInfo","specVersion":"3.1.0"}]}',
      'of SPDX "3.1.0"; 2.2, 2.3 and 3.0 are read',
    ],
    ['SPDX 2 as tags', 'SPDXVersion: SPDX-2.3', 'not JSON'],
    ['an envelope of rubbish', envelope('rubbish'), 'not JSON'],
    ['a statement about nothing', statement(undefined), 'no SBOM of CycloneDX, SPDX or syft'],
    [
      'envelopes without end',
      Array.from({ length: 9 }).reduce<string>((inner) => envelope(inner), cyclonedx),
      'no SBOM',
    ],
    ['levels within an envelope', envelope('['.repeat(1000)), 'more than 256 levels'],
    ['levels within a statement', statement({ Data: '['.repeat(1000) }), 'more than 256 levels'],
  ])('sbom case 33: %s ends in an error that says why', (_, document, why) => {
    expect(() => readSbom(document)).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_SBOM', message: expect.stringContaining(why) }),
    );
  });

  test('sbom case 33: what is within an envelope has the same limits', () => {
    const many = envelope(statement({ Data: `[${'0,'.repeat(5000)}0]` }));
    expect(() => readSbom(many, { maxValues: 1000 })).toThrow('more than 1000 values');
    expect(() => readSbom(many, { maxBytes: 1000 })).toThrow('larger than 1000 bytes');
  });
});
