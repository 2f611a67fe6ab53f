// biome-ignore lint/suspicious/noExplicitAny: tests change documents as no type would let them.
export type Loose = any;

const sha512 = 'ab'.repeat(64);
const sha256 = 'cd'.repeat(32);

/** A document that has everything that a profile asks for; the CycloneDX of a library and of the image that it is in. */
export function perfectCycloneDx(): Loose {
  const component = (name: string) => ({
    type: 'library',
    'bom-ref': name,
    name,
    version: '1.2.3',
    manufacturer: {
      name: 'ACME',
      url: ['https://acme.example.com'],
      contact: [{ email: 'info@acme.example.com' }],
    },
    purl: `pkg:npm/${name}@1.2.3`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ expression: 'MIT OR Apache-2.0', acknowledgement: 'concluded' }],
    externalReferences: [
      {
        type: 'distribution',
        url: `https://acme.example.com/${name}.tgz`,
        hashes: [{ alg: 'SHA-512', content: sha512 }],
      },
      { type: 'vcs', url: 'https://acme.example.com/git' },
    ],
    properties: [
      { name: 'bsi:component:filename', value: `${name}.tgz` },
      { name: 'bsi:component:executable', value: 'non-executable' },
      { name: 'bsi:component:archive', value: 'archive' },
      { name: 'bsi:component:structured', value: 'structured' },
    ],
  });
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
    version: 1,
    signature: { algorithm: 'ES256', value: 'c2ln' },
    metadata: {
      timestamp: '2026-11-25T12:00:00Z',
      lifecycles: [{ phase: 'build' }],
      authors: [{ name: 'Ada', email: 'ada@acme.example.com' }],
      tools: { components: [{ type: 'application', name: 'lading', version: '0.1.0' }] },
      component: component('app'),
    },
    components: [component('left-pad')],
    dependencies: [
      { ref: 'app', dependsOn: ['left-pad'] },
      { ref: 'left-pad', dependsOn: [] },
    ],
    compositions: [{ aggregate: 'complete', dependencies: ['app', 'left-pad'] }],
  };
}

/** SPDX 2.3 with everything that its fields are for. */
export function perfectSpdx(): Loose {
  const pkg = (name: string) => ({
    SPDXID: `SPDXRef-${name}`,
    name,
    versionInfo: '1.2.3',
    supplier: 'Organization: ACME (info@acme.example.com)',
    packageFileName: `${name}.tgz`,
    downloadLocation: `https://acme.example.com/${name}.tgz`,
    checksums: [{ algorithm: 'SHA512', checksumValue: sha512 }],
    licenseConcluded: 'MIT',
    licenseDeclared: 'MIT',
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: `pkg:npm/${name}@1.2.3`,
      },
    ],
  });
  return {
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    documentNamespace: 'https://acme.example.com/sbom/1',
    creationInfo: {
      created: '2026-11-25T12:00:00Z',
      creators: ['Person: Ada (ada@acme.example.com)', 'Tool: lading-sbom-0.1.0'],
      comment: 'SBOM type: Analyzed',
    },
    packages: [pkg('app'), pkg('left-pad')],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-app' },
      {
        spdxElementId: 'SPDXRef-app',
        relationshipType: 'DEPENDS_ON',
        relatedSpdxElement: 'SPDXRef-left-pad',
      },
      { spdxElementId: 'SPDXRef-left-pad', relationshipType: 'DEPENDS_ON', relatedSpdxElement: 'NONE' },
      { spdxElementId: 'SPDXRef-app', relationshipType: 'DEPENDS_ON', relatedSpdxElement: 'NONE' },
    ],
  };
}

/** SPDX 3.0.1, put together as BSI TR-03183-2, 8.2 has it. */
export function perfectSpdx3(): Loose {
  const id = (name: string): string => `https://acme.example.com/sbom/1#${name}`;
  const pkg = (name: string, needs: string[]) => [
    {
      type: 'software_Package',
      spdxId: id(name),
      creationInfo: '_:creation',
      name,
      software_packageVersion: '1.2.3',
      software_downloadLocation: `https://acme.example.com/${name}.tgz`,
      originatedBy: [id('acme')],
      externalIdentifier: [
        {
          type: 'ExternalIdentifier',
          externalIdentifierType: 'packageUrl',
          identifier: `pkg:npm/${name}@1.2.3`,
        },
      ],
    },
    {
      type: 'software_File',
      spdxId: id(`${name}-file`),
      name: `${name}.tgz`,
      software_additionalPurpose: ['archive', 'container'],
      verifiedUsing: [{ type: 'Hash', algorithm: 'sha512', hashValue: sha512 }],
    },
    relationship(`${name}-is`, id(name), 'hasDistributionArtifact', [id(`${name}-file`)]),
    relationship(`${name}-concluded`, id(name), 'hasConcludedLicense', [id('mit')]),
    relationship(`${name}-declared`, id(name), 'hasDeclaredLicense', [id('mit')]),
    relationship(`${name}-needs`, id(name), 'dependsOn', needs),
  ];
  const relationship = (name: string, from: string, relationshipType: string, to: string[]) => ({
    type: 'Relationship',
    spdxId: id(name),
    from,
    relationshipType,
    to,
    completeness: 'complete',
  });
  return {
    '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
    '@graph': [
      {
        type: 'CreationInfo',
        '@id': '_:creation',
        specVersion: '3.0.1',
        created: '2026-11-25T12:00:00Z',
        createdBy: [id('ada')],
        createdUsing: [id('tool')],
      },
      {
        type: 'Person',
        spdxId: id('ada'),
        name: 'Ada',
        externalIdentifier: [
          { type: 'ExternalIdentifier', externalIdentifierType: 'email', identifier: 'ada@acme.example.com' },
        ],
      },
      {
        type: 'Organization',
        spdxId: id('acme'),
        name: 'ACME',
        externalIdentifier: [
          {
            type: 'ExternalIdentifier',
            externalIdentifierType: 'urlScheme',
            identifier: 'https://acme.example.com',
          },
        ],
      },
      { type: 'Tool', spdxId: id('tool'), name: 'lading-0.1.0' },
      { type: 'SpdxDocument', spdxId: id('document'), creationInfo: '_:creation', rootElement: [id('sbom')] },
      { type: 'software_Sbom', spdxId: id('sbom'), rootElement: [id('app')], software_sbomType: ['build'] },
      {
        type: 'simplelicensing_LicenseExpression',
        spdxId: id('mit'),
        simplelicensing_licenseExpression: 'MIT',
      },
      ...pkg('app', [id('left-pad')]),
      ...pkg('left-pad', ['https://spdx.org/rdf/3.0.1/terms/Core/NoneElement']),
    ],
  };
}
