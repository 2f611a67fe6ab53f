import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkSbom, profileNames } from '../../src/quality/check.ts';
import type { ProfileName, QualityReport, RequirementReport } from '../../src/quality/report.ts';
import { type Loose, perfectCycloneDx, perfectSpdx, perfectSpdx3 } from './documents.ts';

function profileOf(report: QualityReport, name: ProfileName) {
  return report.profiles.find((profile) => profile.name === name)!;
}

function requirement(document: unknown, profile: ProfileName, id: string): RequirementReport {
  const found = profileOf(checkSbom(document), profile).requirements.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`there is no ${profile}/${id}`);
  return found;
}

function lacking(report: QualityReport): string[] {
  return report.profiles.flatMap(({ name, requirements }) =>
    requirements.flatMap(({ id, outcome }) => (outcome === 'met' ? [] : [`${name}/${id}`])),
  );
}

type Change = (document: Loose) => void;
const each = (change: (component: Loose) => void): Change => {
  return (document) => {
    for (const component of [document.metadata.component, ...document.components]) change(component);
  };
};
const dropProperty = (name: string): Change =>
  each((component) => {
    component.properties = component.properties.filter((property: Loose) => property.name !== name);
  });

/** What has to go for a requirement to be missing, and no other one of its profile. */
const withoutIt: [ProfileName, string, Change][] = [
  ['cisa-2026', 'sbom-author', (d) => delete d.metadata.authors],
  ['cisa-2026', 'sbom-author-signature', (d) => delete d.signature],
  ['cisa-2026', 'sbom-data-format-version', (d) => (d.specVersion = '1.99')],
  ['cisa-2026', 'sbom-generation-context', (d) => (d.metadata.lifecycles = [{ phase: 'banana' }])],
  ['cisa-2026', 'sbom-timestamp', (d) => (d.metadata.timestamp = 'yesterday')],
  ['cisa-2026', 'sbom-tool-name', (d) => (d.metadata.tools.components = [{ version: '0.1.0' }])],
  ['cisa-2026', 'sbom-tool-version', (d) => (d.metadata.tools.components[0].version = '[not provided]')],
  ['cisa-2026', 'sbom-version', (d) => delete d.version],
  ['cisa-2026', 'component-producer', each((c) => delete c.manufacturer)],
  ['cisa-2026', 'component-name', each((c) => delete c.name)],
  ['cisa-2026', 'component-version', each((c) => delete c.version)],
  ['cisa-2026', 'component-identifiers', each((c) => delete c.purl)],
  [
    'cisa-2026',
    'component-hash-value',
    each((c) => {
      c.hashes = [{ alg: 'SHA-256', content: 'not hexadecimal' }];
      delete c.externalReferences;
    }),
  ],
  [
    'cisa-2026',
    'component-hash-algorithm',
    each((c) => {
      c.hashes = [{ content: 'ab'.repeat(32) }];
      delete c.externalReferences;
    }),
  ],
  ['cisa-2026', 'component-license', each((c) => (c.licenses = []))],
  ['cisa-2026', 'component-dependency-relationship', (d) => delete d.dependencies],
  [
    'ntia-2021',
    'supplier-name',
    each((c) => {
      delete c.manufacturer;
      c.authors = [{ name: 'Ada' }];
    }),
  ],
  ['ntia-2021', 'component-name', each((c) => (c.name = ' '))],
  ['ntia-2021', 'version', each((c) => (c.version = 'unknown'))],
  ['ntia-2021', 'unique-identifiers', each((c) => delete c.purl)],
  ['ntia-2021', 'dependency-relationship', (d) => (d.dependencies = {})],
  [
    'ntia-2021',
    'author',
    (d) => {
      delete d.metadata.authors;
      delete d.metadata.tools;
    },
  ],
  ['ntia-2021', 'timestamp', (d) => delete d.metadata.timestamp],
  ['bsi-tr-03183-2', 'format', (d) => (d.specVersion = '1.5')],
  ['bsi-tr-03183-2', 'sbom-creator', (d) => delete d.metadata.authors],
  ['bsi-tr-03183-2', 'timestamp', (d) => (d.metadata.timestamp = '2026-13-45T12:00:00Z')],
  ['bsi-tr-03183-2', 'component-creator', each((c) => (c.manufacturer = { name: 'ACME' }))],
  ['bsi-tr-03183-2', 'component-name', each((c) => delete c.name)],
  ['bsi-tr-03183-2', 'component-version', each((c) => delete c.version)],
  ['bsi-tr-03183-2', 'filename', each((c) => (c.properties[0].value = 'usr/lib/a.tgz'))],
  ['bsi-tr-03183-2', 'dependencies', (d) => delete d.compositions],
  ['bsi-tr-03183-2', 'distribution-licences', each((c) => (c.licenses = [{ license: { name: 'MIT' } }]))],
  ['bsi-tr-03183-2', 'hash', each((c) => delete c.externalReferences[0].hashes)],
  ['bsi-tr-03183-2', 'executable', dropProperty('bsi:component:executable')],
  ['bsi-tr-03183-2', 'archive', dropProperty('bsi:component:archive')],
  ['bsi-tr-03183-2', 'structured', dropProperty('bsi:component:structured')],
  ['bsi-tr-03183-2', 'sbom-uri', (d) => delete d.serialNumber],
  ['bsi-tr-03183-2', 'source-code-uri', each((c) => c.externalReferences.pop())],
  ['bsi-tr-03183-2', 'deployable-uri', each((c) => delete c.externalReferences[0].url)],
  ['bsi-tr-03183-2', 'unique-identifiers', each((c) => delete c.purl)],
];

describe('checkSbom', () => {
  test('a document that has everything gets 100 of everybody', () => {
    const report = checkSbom(perfectCycloneDx());
    // A licence is concluded or declared: what is asked for where it exists cannot be there beside.
    expect(lacking(report)).toEqual(['bsi-tr-03183-2/original-licences']);
    expect(report).toMatchObject({
      document: { format: 'CycloneDX', formatVersion: '1.6', components: 2 },
      score: 100,
      profiles: [{ score: 100 }, { score: 100 }, { score: 100 }],
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test.each(withoutIt)('%s: %s is missing where it is not there, and it alone', (profile, id, change) => {
    const document = perfectCycloneDx();
    change(document);
    const report = profileOf(checkSbom(document), profile);
    const outcomes = report.requirements.filter(({ outcome }) => outcome !== 'met');
    const expected = new Set([id, ...(profile === 'bsi-tr-03183-2' ? ['original-licences'] : [])]);
    expect(outcomes.map(({ id }) => id).sort()).toEqual([...expected].sort());
    const one = outcomes.find((outcome) => outcome.id === id)!;
    expect(one).toMatchObject({ outcome: 'missing', share: 0 });
    if (one.isScored) expect(report.score).toBeLessThan(100);
    else expect(report.score).toBe(100);
    if (one.per === 'document') expect(one.detail).toMatch(/\w/);
    else
      expect(one.components).toMatchObject({
        total: 2,
        said: 0,
        examples: [expect.any(String), expect.any(String)],
      });
  });

  test('every requirement but the name of the format can be missing', () => {
    const tested = new Set(withoutIt.map(([profile, id]) => `${profile}/${id}`));
    const all = checkSbom(perfectCycloneDx()).profiles.flatMap(({ name, requirements }) =>
      requirements.map(({ id }) => `${name}/${id}`),
    );
    expect(all.filter((id) => !tested.has(id))).toEqual([
      'cisa-2026/sbom-data-format-name',
      'bsi-tr-03183-2/original-licences',
    ]);
    expect(all.filter((id) => id.startsWith('cisa-2026/'))).toHaveLength(17);
    expect(all.filter((id) => id.startsWith('ntia-2021/'))).toHaveLength(7);
  });

  test('the licence that a component declares is its original one', () => {
    const document = perfectCycloneDx();
    each((component) => (component.licenses[0].acknowledgement = 'declared'))(document);
    expect(requirement(document, 'bsi-tr-03183-2', 'original-licences').outcome).toBe('met');
    expect(requirement(document, 'bsi-tr-03183-2', 'distribution-licences').outcome).toBe('missing');
  });

  test.each(['NONE', 'MIT AND', '(('.repeat(10_000), 'Some Licence'])(
    'BSI takes no licence such as %.20s',
    (expression) => {
      const document = perfectCycloneDx();
      each((component) => (component.licenses = [{ expression }]))(document);
      expect(requirement(document, 'bsi-tr-03183-2', 'distribution-licences').outcome).toBe('missing');
    },
  );

  test('a share of the components that have it, with those that do not', () => {
    const document = perfectCycloneDx();
    const [first] = document.components;
    document.components = Array.from({ length: 23 }, (_, number) => ({
      ...first,
      version: String(number),
      hashes: [],
      externalReferences: [],
    }));
    expect(requirement(document, 'cisa-2026', 'component-hash-value')).toEqual({
      id: 'component-hash-value',
      title: 'Component Hash Value',
      clause: 'Data Fields, Component Hash Value',
      per: 'component',
      isScored: true,
      outcome: 'partly',
      share: 1 / 24,
      components: {
        total: 24,
        said: 1,
        unknown: 0,
        examples: Array.from({ length: 10 }, (_, number) => `left-pad@${number}`),
      },
    });
    // 15 of 17 whole, two 1/24 each.
    expect(profileOf(checkSbom(document), 'cisa-2026').score).toBe(88.7);
  });

  test('one of very many that lacks something keeps the score below 100', () => {
    const document = perfectCycloneDx();
    const [first] = document.components;
    document.components = Array.from({ length: 5_000 }, () => first);
    document.components.push({ ...first, purl: undefined });
    expect(profileOf(checkSbom(document), 'ntia-2021').score).toBe(99.9);
  });

  test('who says that something is unknown has said it for CISA, and not for the others', () => {
    const document = perfectCycloneDx();
    each((component) => {
      for (const field of ['manufacturer', 'version', 'hashes', 'licenses', 'externalReferences'])
        delete component[field];
      component.properties.push({ name: 'lading:unknown', value: 'hash,license,supplier,version' });
    })(document);
    const report = checkSbom(document);
    expect(profileOf(report, 'cisa-2026').score).toBe(100);
    expect(requirement(document, 'cisa-2026', 'component-license').components).toEqual({
      total: 2,
      said: 0,
      unknown: 2,
      examples: [],
    });
    for (const id of ['supplier-name', 'version']) {
      expect(requirement(document, 'ntia-2021', id)).toMatchObject({
        outcome: 'missing',
        components: { examples: ['app', 'left-pad'] },
      });
    }
    for (const id of ['component-creator', 'component-version', 'distribution-licences', 'hash']) {
      expect(requirement(document, 'bsi-tr-03183-2', id).outcome).toBe('missing');
    }
  });

  test('words that say nothing are no values: they say that it is unknown', () => {
    const document = perfectCycloneDx();
    each((component) => {
      component.version = 'UNKNOWN';
      component.manufacturer = { name: 'unknown' };
      component.licenses = [{ license: { name: 'NOASSERTION' } }];
    })(document);
    for (const id of ['component-version', 'component-producer', 'component-license']) {
      expect(requirement(document, 'cisa-2026', id)).toMatchObject({
        outcome: 'met',
        components: { said: 0, unknown: 2 },
      });
    }
  });

  test('dependencies may be said to be unknown', () => {
    const document = perfectCycloneDx();
    delete document.dependencies;
    document.compositions = [{ aggregate: 'unknown', dependencies: ['app', 'left-pad'] }];
    for (const [profile, id] of [
      ['cisa-2026', 'component-dependency-relationship'],
      ['ntia-2021', 'dependency-relationship'],
    ] as const) {
      expect(requirement(document, profile, id)).toMatchObject({
        outcome: 'met',
        components: { said: 0, unknown: 2 },
      });
    }
    // Nothing is listed whose completeness could be told.
    expect(requirement(document, 'bsi-tr-03183-2', 'dependencies').outcome).toBe('missing');
  });

  test.each([
    ['names a component', [{ aggregate: 'incomplete', assemblies: ['app', 'left-pad'] }], 'met'],
    ['names none, so is of the whole', [{ aggregate: 'incomplete_first_party_only' }], 'met'],
    ['names another', [{ aggregate: 'complete', dependencies: ['app'] }], 'partly'],
    ['says that it does not say', [{ aggregate: 'not_specified' }], 'missing'],
  ])('BSI wants the completeness of dependencies told: a composition %s', (_, compositions, outcome) => {
    const document = perfectCycloneDx();
    document.compositions = compositions;
    expect(requirement(document, 'bsi-tr-03183-2', 'dependencies').outcome).toBe(outcome);
  });

  test('a name without an address is half of what BSI asks of the creator', () => {
    const document = perfectCycloneDx();
    document.metadata.authors = [{ name: 'Ada', email: 'not an address' }];
    expect(requirement(document, 'bsi-tr-03183-2', 'sbom-creator')).toMatchObject({
      outcome: 'partly',
      share: 0.5,
    });
  });

  test('a signature beside the document counts when the caller has verified it', () => {
    const document = perfectCycloneDx();
    delete document.signature;
    expect(profileOf(checkSbom(document, { isSigned: true }), 'cisa-2026').score).toBe(100);
    expect(profileOf(checkSbom(document, { isSigned: false }), 'cisa-2026').score).toBe(94.1);
  });

  test('components within components count, files do not', () => {
    const document = perfectCycloneDx();
    document.components[0].components = [
      { type: 'library', name: 'inner', components: [{ type: 'library', name: 'innermost' }] },
      { type: 'file', name: '/etc/passwd' },
    ];
    expect(requirement(document, 'cisa-2026', 'component-version').components).toMatchObject({
      total: 4,
      examples: ['inner', 'innermost'],
    });
    expect(requirement(document, 'cisa-2026', 'component-dependency-relationship').outcome).toBe('met');
  });

  test('old shapes of tools, authors and suppliers are read', () => {
    const document = perfectCycloneDx();
    document.specVersion = '1.4';
    document.metadata.tools = [{ vendor: 'aquasecurity', name: 'trivy', version: '0.50.0' }];
    each((component) => {
      delete component.manufacturer;
      component.author = 'Ada <ada@acme.example.com>';
      component.publisher = 'ACME';
    })(document);
    const report = checkSbom(document);
    expect(lacking(report)).toEqual(['bsi-tr-03183-2/format', 'bsi-tr-03183-2/original-licences']);
  });

  test('a component is called by its group, too; a group alone is no name', () => {
    const document = perfectCycloneDx();
    document.components = [{ group: '@acme', name: 'core', version: '1.0.0' }, { group: '@acme' }];
    expect(requirement(document, 'cisa-2026', 'component-hash-value').components?.examples).toEqual([
      '@acme/core@1.0.0',
      '(no name)',
    ]);
    expect(requirement(document, 'cisa-2026', 'component-name').components?.said).toBe(2);
  });

  test('only the profiles that are asked for', () => {
    const report = checkSbom(perfectCycloneDx(), { profiles: ['ntia-2021'] });
    expect(report.profiles.map(({ name }) => name)).toEqual(['ntia-2021']);
    expect(profileNames).toEqual(['cisa-2026', 'ntia-2021', 'bsi-tr-03183-2']);
  });

  test('a document without a single component has none of what is asked of them', () => {
    const report = checkSbom({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    for (const { requirements } of report.profiles) {
      for (const { per, share } of requirements) if (per === 'component') expect(share).toBe(0);
    }
    expect(report.score).toBeLessThan(10);
  });
});

describe('SPDX', () => {
  test('2.3 with all its fields misses what it has no field for', () => {
    const report = checkSbom(perfectSpdx());
    expect(report.document).toEqual({ format: 'SPDX', formatVersion: '2.3', components: 2 });
    expect(lacking(report)).toEqual([
      'cisa-2026/sbom-author-signature',
      'bsi-tr-03183-2/format',
      'bsi-tr-03183-2/executable',
      'bsi-tr-03183-2/archive',
      'bsi-tr-03183-2/structured',
      'bsi-tr-03183-2/source-code-uri',
    ]);
  });

  test('NOASSERTION says that it is unknown', () => {
    const document = perfectSpdx();
    for (const pkg of document.packages) {
      Object.assign(pkg, {
        supplier: 'NOASSERTION',
        versionInfo: 'NOASSERTION',
        licenseConcluded: 'NOASSERTION',
        licenseDeclared: 'NOASSERTION',
        checksums: [],
        annotations: [
          {
            comment: `lading:facts: ${JSON.stringify([['lading:unknown', 'hash']])}`,
            annotationType: 'OTHER',
          },
        ],
      });
    }
    document.relationships = document.packages.map(({ SPDXID }: Loose) => ({
      spdxElementId: SPDXID,
      relationshipType: 'DEPENDS_ON',
      relatedSpdxElement: 'NOASSERTION',
    }));
    const report = checkSbom(document, { isSigned: true });
    expect(profileOf(report, 'cisa-2026').score).toBe(100);
    // The name, the identifier and the dependencies, the author and the time.
    expect(profileOf(report, 'ntia-2021').score).toBe(71.4);
  });

  test.each([
    ['Tool: lading-sbom-0.1.0', 'met'],
    ['Tool: syft-[not provided]', 'missing'],
    ['Tool: sigs.k8s.io/bom', 'missing'],
  ])('the version of a tool is behind its name: %s', (creator, outcome) => {
    const document = perfectSpdx();
    document.creationInfo.creators = [creator];
    expect(requirement(document, 'cisa-2026', 'sbom-tool-version').outcome).toBe(outcome);
    expect(requirement(document, 'cisa-2026', 'sbom-tool-name').outcome).toBe('met');
    expect(requirement(document, 'cisa-2026', 'sbom-author').outcome).toBe('missing');
  });

  test('a package that only holds files is related to nothing', () => {
    const document = perfectSpdx();
    document.relationships = [
      { spdxElementId: 'SPDXRef-app', relationshipType: 'CONTAINS', relatedSpdxElement: 'SPDXRef-File-1' },
    ];
    expect(requirement(document, 'cisa-2026', 'component-dependency-relationship').outcome).toBe('missing');
    document.relationships.push({
      spdxElementId: 'SPDXRef-left-pad',
      relationshipType: 'DEPENDENCY_OF',
      relatedSpdxElement: 'SPDXRef-app',
    });
    expect(requirement(document, 'cisa-2026', 'component-dependency-relationship').outcome).toBe('met');
  });

  test('3.0 as BSI has it satisfies BSI', () => {
    const report = checkSbom(perfectSpdx3(), { isSigned: true });
    expect(report.document).toEqual({ format: 'SPDX', formatVersion: '3.0.1', components: 2 });
    expect(lacking(report)).toEqual(['bsi-tr-03183-2/source-code-uri']);
    expect(report.score).toBe(100);
  });

  test('3.0 without relationships, people and files has little to say', () => {
    const document = perfectSpdx3();
    document['@graph'] = document['@graph'].filter(
      ({ type }: Loose) =>
        !['Relationship', 'Person', 'Organization', 'Tool', 'software_Sbom'].includes(type),
    );
    const report = checkSbom(document);
    expect(
      profileOf(report, 'bsi-tr-03183-2')
        .requirements.filter(({ outcome, isScored }) => isScored && outcome === 'met')
        .map(({ id }) => id),
    ).toEqual(['format', 'timestamp', 'component-name', 'component-version']);
    for (const id of [
      'component-producer',
      'component-license',
      'component-hash-value',
      'component-dependency-relationship',
      'sbom-generation-context',
    ]) {
      expect(requirement(document, 'cisa-2026', id).outcome).toBe('missing');
    }
  });

  test('3.0 has its own words for what is unknown', () => {
    const document = perfectSpdx3();
    for (const element of document['@graph']) {
      if (element.originatedBy)
        element.originatedBy = ['https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement'];
      if (/License$/.test(element.relationshipType)) element.to = ['expandedlicensing_NoAssertionLicense'];
    }
    for (const id of ['component-producer', 'component-license']) {
      expect(requirement(document, 'cisa-2026', id)).toMatchObject({
        outcome: 'met',
        components: { said: 0, unknown: 2 },
      });
    }
  });
});

describe('documents made to do harm', () => {
  test.each([
    null,
    [],
    'CycloneDX',
    {},
    { bomFormat: 'CycloneDX' },
    { bomFormat: 'CycloneDX', specVersion: '2.0' },
    { spdxVersion: 'SPDX-9.0' },
    { '@graph': [], '@context': { a: 'https://example.com' } },
  ])('what is no SBOM is refused: %j', (document) => {
    expect(() => checkSbom(document)).toThrow(expect.objectContaining({ code: 'ERR_LADING_SBOM' }));
  });

  test('components nested without end are walked without recursion', () => {
    let component: Loose = { name: 'innermost' };
    for (let depth = 0; depth < 30_000; depth += 1) component = { name: 'x', components: [component] };
    const report = checkSbom({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [component] });
    expect(report.document.components).toBe(30_001);
  });

  test('a component that holds itself is refused', () => {
    const component: Loose = { name: 'x' };
    component.components = [component, component];
    expect(() => checkSbom({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [component] })).toThrow(
      expect.objectContaining({ code: 'ERR_LADING_SBOM' }),
    );
  });

  test('names that would steer a terminal are shown without what steers it', () => {
    const report = checkSbom({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: [{ name: `a\u001b[31m\u202eb\n${'c'.repeat(1000)}` }],
    });
    const [example] = profileOf(report, 'ntia-2021').requirements[0]!.components!.examples;
    expect(example).toBe(`a\\u{1b}[31m\\u{202e}b\\u{a}${'c'.repeat(94)}…`);
  });

  test('whatever stands in the fields, the answer is a report', () => {
    const anything = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(
          null,
          true,
          0,
          -1,
          '',
          'app',
          'NOASSERTION',
          'https://',
          'a@b',
          'Person: (',
          '\ud800',
        ),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'name',
            'version',
            'url',
            'email',
            'contact',
            'ref',
            'hashes',
            'components',
            'license',
            '__proto__',
          ),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(
        fc.constantFrom(perfectCycloneDx, perfectSpdx, perfectSpdx3),
        fc.nat(),
        anything,
        (make, where, value) => {
          const document = make();
          const places = placesIn(document);
          const [holder, key] = places[where % places.length]!;
          holder[key] = value;
          let report: QualityReport;
          try {
            report = checkSbom(document);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_LADING_SBOM' });
            return;
          }
          for (const { score, requirements } of report.profiles) {
            expect(score).toBeGreaterThanOrEqual(0);
            expect(score).toBeLessThanOrEqual(100);
            for (const { share } of requirements) expect(share >= 0 && share <= 1).toBe(true);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** Every place in a document where something else could stand. */
function placesIn(value: Loose): [Loose, string | number][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key] as [Loose, string], ...placesIn(value[key])]);
}
