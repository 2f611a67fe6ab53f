import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import parse from 'spdx-expression-parse';
import type { Bom } from '../../src/index.ts';
import { type SpdxOptions, spdxJson } from '../../src/index.ts';
import { anyBom } from '../cyclonedx/any-bom.ts';
import { bomOf, debianImage, digestOf, pkg, tool } from '../cyclonedx/boms.ts';
import { schemaProblems } from './rules.ts';

interface Element {
  readonly type: string;
  readonly spdxId?: string;
  readonly name?: string;
  readonly [field: string]: unknown;
}

const written = (bom: Bom, options: Partial<SpdxOptions> = {}): string =>
  [...spdxJson(bom, { tool, version: '3.0.1', ...options })].join('');
const documentOf = (bom: Bom, options: Partial<SpdxOptions> = {}): { '@graph': Element[] } =>
  JSON.parse(written(bom, options)) as { '@graph': Element[] };
const graphOf = (bom: Bom, options: Partial<SpdxOptions> = {}): Element[] =>
  documentOf(bom, options)['@graph'];
const ofType = (graph: readonly Element[], type: string): Element[] =>
  graph.filter((one) => one.type === type);

/** What a graph breaks of what SPDX 3.0.1 has in words. */
function problemsOf(graph: readonly Element[]): string[] {
  const problems: string[] = [];
  const ids = graph.flatMap(({ spdxId }) => spdxId ?? []);
  if (new Set(ids).size !== ids.length) problems.push('an id is given twice');
  for (const id of ids) if (!/^https:[^\s#]+(?:#[A-Za-z0-9.-]+)?$/.test(id)) problems.push(`no IRI: ${id}`);
  const known = new Set(ids);
  for (const one of graph) {
    if (one.type !== 'CreationInfo' && one.creationInfo !== '_:creation') problems.push('made by nobody');
    const ends = [
      one.from,
      one.to,
      one.subject,
      one.suppliedBy,
      one.rootElement,
      one.createdBy,
      one.dataLicense,
    ];
    for (const end of ends.flat()) {
      if (end !== undefined && !known.has(end as string)) problems.push(`leads nowhere: ${String(end)}`);
    }
    const expression = one.simplelicensing_licenseExpression;
    if (typeof expression === 'string') {
      parse(expression);
      const keys = ((one.simplelicensing_customIdToUri ?? []) as { key: string; value: string }[]).map(
        (entry) => {
          if (!known.has(entry.value)) problems.push(`not explained: ${entry.key}`);
          return entry.key;
        },
      );
      const used = new Set(expression.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? []);
      if (used.size !== keys.length || !keys.every((key) => used.has(key)))
        problems.push(`not explained: ${expression}`);
    }
  }
  return problems;
}

const edges = (graph: readonly Element[]): string[] => {
  const names = new Map(graph.map((one) => [one.spdxId, one.name ?? one.simplelicensing_licenseExpression]));
  return ofType(graph, 'Relationship').flatMap(({ from, relationshipType, to }) =>
    (to as string[]).map(
      (end) => `${names.get(from as string)} ${relationshipType} ${names.get(end) ?? 'nobody knows'}`,
    ),
  );
};

describe('SPDX 3.0.1', () => {
  test('a package says who supplies it, where it is from, what it is licensed under and how it hashes', () => {
    const graph = graphOf(debianImage, { context: 'build' });
    const libssl = ofType(graph, 'software_Package').find(({ name }) => name === 'libssl3')!;
    expect(libssl).toMatchObject({
      software_packageVersion: '3.0.11-1~deb12u2',
      software_sourceInfo: 'built package from: openssl 0:3.0.11-1~deb12u2',
      software_packageUrl: expect.stringMatching(/^pkg:deb\/debian\/libssl3@/),
      software_homePage: 'https://www.openssl.org/',
      software_primaryPurpose: 'library',
      verifiedUsing: [
        { type: 'Hash', algorithm: 'md5', hashValue: 'd'.repeat(32) },
        { type: 'Hash', algorithm: 'sha1', hashValue: 'e'.repeat(40) },
        { type: 'Hash', algorithm: 'sha256', hashValue: 'f'.repeat(64) },
        { type: 'Hash', algorithm: 'sha384', hashValue: '0'.repeat(96) },
        { type: 'Hash', algorithm: 'sha512', hashValue: '1'.repeat(128) },
      ],
    });
    expect(graph.find(({ spdxId }) => spdxId === libssl.suppliedBy)).toMatchObject({
      type: 'Organization',
      name: 'Debian OpenSSL Team',
      externalIdentifier: [
        { externalIdentifierType: 'email', identifier: 'pkg-openssl-devel@lists.example.org' },
      ],
    });
    expect(ofType(graph, 'software_Sbom')).toMatchObject([{ software_sbomType: ['build'] }]);
    expect(ofType(graph, 'CreationInfo')).toMatchObject([
      { specVersion: '3.0.1', created: '2026-03-01T12:30:45Z' },
    ]);
    expect(edges(graph)).toEqual(
      expect.arrayContaining([
        'libssl3 hasDeclaredLicense Apache-2.0 AND (MIT OR Artistic-2.0)',
        'ghcr.io/acme/app contains debian',
        'debian contains libssl3',
        'ghcr.io/acme/app contains node',
        '@acme/widget dependsOn node',
        'node dependsOn libssl3',
      ]),
    );
  });

  test('what is not known is said, and suppliers and licences of many packages are told once', () => {
    const shared = { licenses: [{ name: 'GPL' }], supplier: 'Acme' };
    const graph = graphOf(
      bomOf({
        packages: [
          pkg({ id: 'a', type: 'npm', name: 'a', ...shared }),
          pkg({ id: 'b', type: 'npm', name: 'b', ...shared }),
          pkg({ id: 'c', type: 'npm', name: 'c' }),
        ],
      }),
      { tool: { name: 'lading', version: '1' } },
    );
    expect(problemsOf(graph)).toEqual([]);
    expect(ofType(graph, 'Organization')).toHaveLength(1);
    expect(ofType(graph, 'simplelicensing_LicenseExpression')).toMatchObject([
      { simplelicensing_licenseExpression: 'CC0-1.0' },
      { simplelicensing_licenseExpression: expect.stringMatching(/^LicenseRef-lading-GPL-/) },
    ]);
    expect(ofType(graph, 'simplelicensing_SimpleLicensingText')).toMatchObject([{ name: 'GPL' }]);
    expect(ofType(graph, 'SoftwareAgent')).toMatchObject([{ name: 'lading-1' }]);
    expect(edges(graph)).toContain('c hasDeclaredLicense nobody knows');
  });

  test('an index has its images as variants', () => {
    const variant = {
      name: 'ghcr.io/acme/app',
      descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('b'), size: 1 },
      platform: { os: 'linux', architecture: 'arm64' },
    };
    const graph = graphOf(bomOf({ variants: [variant] }));
    expect(problemsOf(graph)).toEqual([]);
    expect(edges(graph)).toEqual(['ghcr.io/acme/app hasVariant ghcr.io/acme/app']);
  });

  /** The official schema cannot be had with any package; LADING_SPDX3_SCHEMA tells where it is. */
  const path = process.env.LADING_SPDX3_SCHEMA;
  const official =
    path === undefined ? undefined : schemaProblems(JSON.parse(readFileSync(path, 'utf8')) as object);

  test('sbom case 34: any BOM is a graph whose ids are given once and whose ends are all there', () => {
    fc.assert(
      fc.property(anyBom, (bom) => {
        const document = documentOf(bom);
        expect(problemsOf(document['@graph'])).toEqual([]);
        expect(official?.(document)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test('sbom case 35: the same packages in another order give the same bytes', () => {
    const turned = { ...debianImage, packages: [...debianImage.packages].reverse() };
    expect(written(turned)).toBe(written(debianImage));
  });
});
