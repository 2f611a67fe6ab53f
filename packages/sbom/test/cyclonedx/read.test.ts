import { describe, expect, test } from '@jest/globals';
import { isLadingError } from '@lading/oci';
import fc from 'fast-check';
import { parseCycloneDx, toCycloneDx } from '../../src/index.ts';
import { digestOf, tool } from './boms.ts';

/** A document of somebody. */
function json(parts: object): string {
  return JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, ...parts });
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return isLadingError(error) ? `${error.code}: ${error.message}` : error;
  }
  return undefined;
}

describe('a document of syft', () => {
  const document = json({
    specVersion: '1.6',
    serialNumber: 'urn:uuid:ff3a0e6e-5d27-458c-bf05-16012e2990d0',
    metadata: {
      timestamp: '2026-11-25T16:15:43Z',
      tools: { components: [{ type: 'application', author: 'anchore', name: 'syft', version: '1.57.0' }] },
      component: { 'bom-ref': 'a023a13a06dadbf2', type: 'container', name: 'app:1', version: digestOf('a') },
    },
    components: [
      {
        'bom-ref': 'pkg:rpm/rocky/acme-libs@1.2-3?arch=noarch&distro=rocky-9.4&epoch=2&package-id=84be',
        type: 'library',
        publisher: 'Acme Inc.',
        name: 'acme-libs',
        version: '2:1.2-3',
        licenses: [{ license: { id: 'MIT' } }, { license: { name: 'GPLv2+ and BSD' } }],
        cpe: 'cpe:2.3:a:acme-libs:acme-libs:2\\:1.2-3:*:*:*:*:*:*:*',
        purl: 'pkg:rpm/rocky/acme-libs@1.2-3?arch=noarch&distro=rocky-9.4&epoch=2&upstream=acme-1.2-3.src.rpm',
        properties: [
          { name: 'syft:package:foundBy', value: 'rpm db cataloger' },
          { name: 'syft:package:type', value: 'rpm' },
          { name: 'syft:package:metadataType', value: 'rpm-db-entry' },
          { name: 'syft:cpe23', value: 'cpe:2.3:a:one' },
          { name: 'syft:cpe23', value: 'cpe:2.3:a:two' },
          { name: 'syft:location:0:layerID', value: digestOf('2') },
          { name: 'syft:location:0:path', value: '/var/lib/rpm/rpmdb.sqlite' },
          { name: 'syft:metadata:sourceRpm', value: 'acme-1.2-3.src.rpm' },
        ],
      },
      {
        'bom-ref': 'go',
        type: 'library',
        name: 'github.com/Masterminds/semver',
        version: 'v3.2.1',
        purl: 'pkg:golang/github.com/Masterminds/semver@v3.2.1',
      },
      {
        'bom-ref': 'f1',
        type: 'file',
        name: '/etc/passwd',
        hashes: [{ alg: 'SHA-1', content: 'A'.repeat(40) }],
      },
      {
        'bom-ref': 'os:rocky@9.4',
        type: 'operating-system',
        name: 'rocky',
        version: '9.4',
        description: 'Rocky Linux 9.4',
        properties: [
          { name: 'syft:distro:id', value: 'rocky' },
          { name: 'syft:distro:idLike:0', value: 'rhel' },
          { name: 'syft:distro:prettyName', value: 'Rocky Linux 9.4' },
          { name: 'syft:distro:versionID', value: '9.4' },
        ],
      },
    ],
    dependencies: [
      {
        ref: 'go',
        dependsOn: [
          'pkg:rpm/rocky/acme-libs@1.2-3?arch=noarch&distro=rocky-9.4&epoch=2&package-id=84be',
          'gone',
          'f1',
        ],
      },
    ],
    vulnerabilities: [{ id: 'CVE-2026-1' }],
  });

  test('keeps names, versions, purls, licences, places, the graph and what syft knows more', () => {
    const bom = parseCycloneDx(document);
    expect(bom.subject).toEqual({
      name: 'app:1',
      descriptor: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf('a'),
        size: 0,
      },
      layers: [],
    });
    expect(bom.os).toEqual({
      id: 'rocky',
      versionId: '9.4',
      prettyName: 'Rocky Linux 9.4',
      idLike: ['rhel'],
    });
    expect(bom.packages).toEqual([
      {
        id: 'go',
        type: 'golang',
        namespace: 'github.com/Masterminds',
        name: 'semver',
        version: 'v3.2.1',
        licenses: [],
        evidence: [],
      },
      {
        id: 'pkg:rpm/rocky/acme-libs@1.2-3?arch=noarch&distro=rocky-9.4&epoch=2&package-id=84be',
        type: 'rpm',
        namespace: 'rocky',
        name: 'acme-libs',
        version: '1.2-3',
        qualifiers: { arch: 'noarch', distro: 'rocky-9.4', epoch: '2', upstream: 'acme-1.2-3.src.rpm' },
        licenses: [{ expression: 'MIT' }, { name: 'GPLv2+ and BSD' }],
        supplier: 'Acme Inc.',
        source: { name: 'acme', version: '1.2', release: '3' },
        evidence: [{ path: 'var/lib/rpm/rpmdb.sqlite', cataloguer: 'rpm-db-cataloger' }],
        properties: {
          'cyclonedx.cpe': 'cpe:2.3:a:acme-libs:acme-libs:2\\:1.2-3:*:*:*:*:*:*:*',
          'syft:cpe23': 'cpe:2.3:a:one\ncpe:2.3:a:two',
          'syft:location:0:layerID': digestOf('2'),
          'syft:package:type': 'rpm',
        },
      },
    ]);
    expect(bom.dependencies).toEqual([
      {
        from: 'go',
        to: 'pkg:rpm/rocky/acme-libs@1.2-3?arch=noarch&distro=rocky-9.4&epoch=2&package-id=84be',
      },
    ]);
    expect(bom.notes).toEqual([
      { code: 'skipped', message: "the document's files (1) are not kept" },
      { code: 'skipped', message: "the document's vulnerabilities (1) are not kept" },
      {
        code: 'partial',
        message: "dependencies (1) lead from or to what is not among the document's components",
      },
    ]);
  });

  test('sbom case 36: written by lading is the same to lading, and to syft where it can be', () => {
    const bom = parseCycloneDx(document);
    for (const format of ['json', 'xml'] as const) {
      const again = parseCycloneDx(toCycloneDx(bom, { tool, format }));
      expect(again.packages).toEqual(bom.packages);
      expect(again.os).toEqual(bom.os);
    }
    const written = JSON.parse(toCycloneDx(bom, { tool }));
    const rpm = written.components.find(({ name }: { name: string }) => name === 'acme-libs');
    expect(rpm.properties).toEqual(
      expect.arrayContaining([
        { name: 'syft:cpe23', value: 'cpe:2.3:a:one' },
        { name: 'syft:cpe23', value: 'cpe:2.3:a:two' },
        { name: 'syft:location:0:path', value: '/var/lib/rpm/rpmdb.sqlite' },
      ]),
    );
  });
});

test('a file with a name for scanners, or with parts, is a component as any', () => {
  const bom = parseCycloneDx(
    json({
      specVersion: '1.6',
      components: [
        { type: 'file', name: 'firmware.bin', version: '1', cpe: 'cpe:2.3:o:acme:firmware:1:*:*:*:*:*:*:*' },
        { type: 'file', name: 'app.jar', components: [{ type: 'library', name: 'widget' }] },
        { type: 'file', name: '/etc/passwd' },
      ],
    }),
  );
  expect(bom.packages.map(({ name }) => name)).toEqual(['app.jar', 'firmware.bin', 'widget']);
  expect(bom.notes).toEqual([{ code: 'skipped', message: "the document's files (1) are not kept" }]);
});

describe('a document of trivy', () => {
  const document = json({
    specVersion: '1.6',
    metadata: {
      tools: {
        components: [{ type: 'application', group: 'aquasecurity', name: 'trivy', version: '0.65.0' }],
      },
      component: {
        'bom-ref': 'pkg:oci/app@sha256%3Aa?x=y',
        type: 'container',
        name: 'app:1',
        purl: `pkg:oci/app@sha256%3A${'b'.repeat(64)}?arch=amd64&repository_url=ghcr.io%2Facme%2Fapp`,
        properties: [
          { name: 'aquasecurity:trivy:DiffID', value: digestOf('2') },
          { name: 'aquasecurity:trivy:DiffID', value: digestOf('4') },
          { name: 'aquasecurity:trivy:SchemaVersion', value: '2' },
        ],
      },
    },
    components: [
      {
        'bom-ref': 'os',
        type: 'operating-system',
        name: 'redhat',
        version: '9.4',
        properties: [{ name: 'aquasecurity:trivy:Class', value: 'os-pkgs' }],
      },
      {
        'bom-ref': 'deb',
        type: 'library',
        supplier: { name: 'Ada <ada@example.com>' },
        name: 'libacme1',
        version: '1:2.0-1',
        purl: 'pkg:deb/debian/libacme1@2.0-1?arch=amd64&distro=debian-12.5&epoch=1',
        properties: [
          { name: 'aquasecurity:trivy:LayerDiffID', value: digestOf('2') },
          { name: 'aquasecurity:trivy:LayerDigest', value: digestOf('1') },
          { name: 'aquasecurity:trivy:PkgID', value: 'libacme1@1:2.0-1' },
          { name: 'aquasecurity:trivy:PkgType', value: 'debian' },
          { name: 'aquasecurity:trivy:SrcEpoch', value: '1' },
          { name: 'aquasecurity:trivy:SrcName', value: 'acme' },
          { name: 'aquasecurity:trivy:SrcRelease', value: '1' },
          { name: 'aquasecurity:trivy:SrcVersion', value: '2.0' },
        ],
      },
      {
        'bom-ref': 'npm',
        type: 'library',
        group: '@types',
        name: 'estree',
        version: '1.0.10',
        licenses: [{ license: { id: 'MIT' } }],
        purl: 'pkg:npm/%40types/estree@1.0.10',
        properties: [
          { name: 'aquasecurity:trivy:FilePath', value: 'srv/node_modules/@types/estree/package.json' },
          { name: 'aquasecurity:trivy:LayerDiffID', value: digestOf('4') },
        ],
      },
    ],
    dependencies: [
      { ref: 'pkg:oci/app@sha256%3Aa?x=y', dependsOn: ['os', 'npm'] },
      { ref: 'os', dependsOn: ['deb'] },
    ],
  });

  test('keeps source packages, layers, digests and what hangs on the system', () => {
    const bom = parseCycloneDx(document);
    expect(bom.subject.descriptor.digest).toBe(digestOf('b'));
    expect(bom.subject.layers).toEqual([
      { digest: digestOf('1'), diffId: digestOf('2'), size: 0 },
      { digest: digestOf('4'), diffId: digestOf('4'), size: 0 },
    ]);
    expect(bom.os).toEqual({ id: 'rhel', versionId: '9.4' });
    expect(bom.packages).toEqual([
      expect.objectContaining({
        id: 'deb',
        type: 'deb',
        name: 'libacme1',
        version: '1:2.0-1',
        supplier: 'Ada <ada@example.com>',
        source: { name: 'acme', version: '2.0', release: '1', epoch: 1 },
        properties: expect.objectContaining({
          'aquasecurity:trivy:LayerDiffID': digestOf('2'),
          'lading.purl': 'pkg:deb/debian/libacme1@2.0-1?arch=amd64&distro=debian-12.5&epoch=1',
        }),
      }),
      {
        id: 'npm',
        type: 'npm',
        namespace: '@types',
        name: 'estree',
        version: '1.0.10',
        licenses: [{ expression: 'MIT' }],
        evidence: [
          {
            path: 'srv/node_modules/@types/estree/package.json',
            layer: { index: 1, diffId: digestOf('4') },
            cataloguer: 'trivy',
          },
        ],
      },
    ]);
    expect(bom.dependencies).toEqual([
      { from: 'root', to: 'deb' },
      { from: 'root', to: 'npm' },
    ]);
    expect(bom.notes).toEqual([]);
  });

  test('sbom case 36: gives trivy the same again', () => {
    const written = JSON.parse(toCycloneDx(parseCycloneDx(document), { tool }));
    const deb = written.components.find(({ name }: { name: string }) => name === 'libacme1');
    expect(deb.purl).toBe('pkg:deb/debian/libacme1@2.0-1?arch=amd64&distro=debian-12.5&epoch=1');
    const original = JSON.parse(document).components[1].properties;
    expect(deb.properties).toEqual(expect.arrayContaining(original));
  });
});

describe('a document of anybody', () => {
  test('may be about a package, which is then one of those that are listed', () => {
    const bom = parseCycloneDx(
      json({
        metadata: {
          component: {
            'bom-ref': 'me',
            type: 'application',
            name: 'shop',
            version: '2.0.0',
            purl: 'pkg:npm/shop@2.0.0',
          },
        },
        components: [{ type: 'library', 'bom-ref': 'a', name: 'a', version: '1', purl: 'pkg:npm/a@1' }],
        dependencies: [{ ref: 'me', dependsOn: ['a'] }],
      }),
    );
    expect(bom.subject.name).toBe('shop');
    expect(bom.subject.descriptor.mediaType).toBe('application/vnd.cyclonedx+json');
    expect(bom.packages.map(({ id, version }) => `${id} ${version}`)).toEqual(['a 1', 'me 2.0.0']);
    expect(bom.dependencies).toEqual([
      { from: 'me', to: 'a' },
      { from: 'root', to: 'me' },
    ]);
    const component = JSON.parse(toCycloneDx(bom, { tool })).metadata.component;
    expect(component).toMatchObject({ type: 'application', name: 'shop' });
    expect(component.purl).toBeUndefined();
  });

  test('loses no component: nested, without a reference, of unknown kinds, with strange purls', () => {
    const bom = parseCycloneDx(
      json({
        components: [
          {
            type: 'framework',
            name: 'outer',
            'bom-ref': 'outer',
            components: [
              { type: 'library', name: 'inner', purl: 'pkg:swift/github.com/acme/inner@1' },
              { type: 'library', name: 'inner', purl: 'pkg:swift/github.com/acme/inner@1' },
            ],
          },
          { type: 'library', name: 'root', 'bom-ref': 'root' },
          { type: 'library', name: 'rpm', version: '1', purl: 'pkg:rpm/rpm@1' },
          { type: 'library', name: 'junk', purl: 'javascript:alert(1)' },
          { type: 'operating-system', name: 'Debian', version: '12' },
          { type: 'operating-system', name: 'fedora', version: '40' },
          { type: 'data', name: 'numbers', hashes: [{ alg: 'BLAKE3', content: 'AB' }], scope: 'excluded' },
        ],
        services: [{ name: 'x' }],
      }),
    );
    expect(bom.os).toEqual({ id: 'debian', versionId: '12' });
    expect(bom.packages.map(({ id, properties }) => [id, properties])).toEqual([
      ['fedora@40', { 'lading.component': 'operating-system', 'lading.purl': '' }],
      [
        'javascript:alert(1)',
        { 'lading.component': 'library', 'cyclonedx.purl': 'javascript:alert(1)', 'lading.purl': '' },
      ],
      [
        'numbers@',
        {
          'lading.component': 'data',
          'lading.purl': '',
          'cyclonedx.hash.BLAKE3': 'ab',
          'cyclonedx.scope': 'excluded',
        },
      ],
      ['outer', { 'lading.component': 'framework', 'lading.purl': '' }],
      [
        'pkg:rpm/rpm@1',
        { 'lading.component': 'library', 'cyclonedx.purl': 'pkg:rpm/rpm@1', 'lading.purl': 'pkg:rpm/rpm@1' },
      ],
      [
        'pkg:swift/github.com/acme/inner@1',
        { 'lading.component': 'library', 'lading.purl': 'pkg:swift/github.com/acme/inner@1' },
      ],
      [
        'pkg:swift/github.com/acme/inner@1#2',
        { 'lading.component': 'library', 'lading.purl': 'pkg:swift/github.com/acme/inner@1' },
      ],
      ['root#2', { 'lading.component': 'library', 'lading.purl': '' }],
    ]);
    expect(bom.dependencies).toEqual([
      { from: 'outer', to: 'pkg:swift/github.com/acme/inner@1' },
      { from: 'outer', to: 'pkg:swift/github.com/acme/inner@1#2' },
    ]);
    expect(bom.notes).toEqual([{ code: 'skipped', message: "the document's services (1) are not kept" }]);
    const types = JSON.parse(toCycloneDx(bom, { tool })).components.map(({ type }: { type: string }) => type);
    expect(types).toEqual([
      'operating-system',
      'application',
      'library',
      'data',
      'framework',
      ...Array(4).fill('library'),
    ]);
    expect(parseCycloneDx(toCycloneDx(bom, { tool })).packages).toEqual(bom.packages);
  });

  test('of 1.2 as XML is read, with prefixes, comments, CDATA and elements of others', () => {
    const bom = parseCycloneDx(`<?xml version="1.0"?>
<!-- made by hand -->
<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://example.com/v" version="1">
  <c:metadata><c:component type="application"><c:name>app</c:name><c:version>1</c:version></c:component></c:metadata>
  <c:components>
    <c:component type="library" bom-ref="a">
      <c:supplier><c:name>Acme</c:name></c:supplier>
      <c:group>org.acme</c:group><c:name><![CDATA[a & b]]></c:name><c:version>1&#46;0</c:version>
      <c:hashes><c:hash alg="MD5">${'0'.repeat(32)}</c:hash></c:hashes>
      <c:licenses><c:expression>MIT OR ISC</c:expression></c:licenses>
      <c:externalReferences><c:reference type="website"><c:url>https://acme.example</c:url></c:reference></c:externalReferences>
      <v:vulnerabilities><v:name>other</v:name><c:name>other</c:name></v:vulnerabilities>
      <c:components><c:component type="library"><c:name>inner</c:name></c:component></c:components>
    </c:component>
  </c:components>
  <c:dependencies><c:dependency ref="a"/></c:dependencies>
</c:bom>`);
    expect(bom.packages).toEqual([
      {
        id: 'a',
        type: 'binary',
        namespace: 'org.acme',
        name: 'a & b',
        version: '1.0',
        supplier: 'Acme',
        licenses: [{ expression: 'MIT OR ISC' }],
        homepage: 'https://acme.example',
        hashes: [{ algorithm: 'MD5', value: '0'.repeat(32) }],
        evidence: [],
        properties: { 'lading.component': 'library', 'lading.purl': '' },
      },
      expect.objectContaining({ name: 'inner' }),
    ]);
    expect(bom.subject.name).toBe('app');
  });

  test('may be UTF-16, or begin with a byte order mark', () => {
    const xml = '<?xml version="1.0" encoding="utf-16"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>';
    const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')]);
    expect(parseCycloneDx(little).packages).toEqual([]);
    expect(parseCycloneDx(`\uFEFF${json({})}`).packages).toEqual([]);
    expect(parseCycloneDx(Buffer.from(`\uFEFF${json({})}`)).packages).toEqual([]);
  });

  test('names that are special to JavaScript are names', () => {
    const bom = parseCycloneDx(
      json({
        components: [
          {
            type: 'library',
            'bom-ref': '__proto__',
            name: 'constructor',
            purl: 'pkg:npm/constructor@1?__proto__=x',
            properties: [
              { name: '__proto__', value: 'y' },
              { name: 'lading:property:__proto__', value: 'z' },
            ],
          },
        ],
        dependencies: [{ ref: '__proto__', dependsOn: ['toString', 'hasOwnProperty'] }],
      }),
    );
    expect(bom.packages[0]?.name).toBe('constructor');
    expect(Object.hasOwn(bom.packages[0]!.properties!, '__proto__')).toBe(true);
    expect(({} as { y?: string }).y).toBeUndefined();
    expect(bom.dependencies).toEqual([]);
  });
});

describe('a document that is none, or is made to do harm', () => {
  const xml = (content: string): string =>
    `<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">${content}</bom>`;
  const bomb = `<!DOCTYPE bom [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(10)}">]>`;

  test.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'is not JSON'],
    ['words', 'hello', 'is not JSON'],
    ['half of it', '{"bomFormat":"CycloneDX"', 'is not JSON'],
    ['another format', '{"spdxVersion":"SPDX-2.3"}', 'not one of CycloneDX'],
    ['a list', '[]', 'not one of CycloneDX'],
    ['bytes', Uint8Array.of(0x7b, 0xff, 0x7d), 'not text in UTF-8'],
    ['an old version', json({ specVersion: '1.1' }), '1.2 to 1.7 are'],
    ['a new version', json({ specVersion: '2.0' }), '1.2 to 1.7 are'],
    ['no version', json({ specVersion: 16 }), '1.2 to 1.7 are'],
    ['a component without a name', json({ components: [{ type: 'library' }] }), 'no name'],
    [
      'one reference twice',
      json({
        components: [
          { type: 'library', name: 'a', 'bom-ref': 'x' },
          { type: 'library', name: 'b', components: [{ type: 'library', name: 'c', 'bom-ref': 'x' }] },
        ],
      }),
      'two components are called "x"',
    ],
    [
      "a component with the root's reference",
      json({
        metadata: { component: { type: 'container', name: 'a', 'bom-ref': 'x' } },
        components: [{ type: 'library', name: 'b', 'bom-ref': 'x' }],
      }),
      'two components are called "x"',
    ],
    ['XML of another kind', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'not of CycloneDX'],
    ['XML without a namespace', '<bom version="1"/>', 'not of CycloneDX'],
    ['XML of an old version', xml('').replace('1.6', '1.0'), '1.2 to 1.7 are'],
    ['broken XML', xml('<metadata>'), 'not XML'],
    ['an unknown entity', xml('&lol;'), 'not XML'],
    ['entities within entities', bomb + xml('&b;'), 'document type declaration'],
    [
      'an entity from elsewhere',
      `<!DOCTYPE bom SYSTEM "file:///etc/passwd">${xml('')}`,
      'document type declaration',
    ],
    ['a hundred thousand levels of JSON', `${'['.repeat(100_000)}`, 'more than 256 levels'],
    ['a hundred thousand levels of XML', xml('<a>'.repeat(100_000)), 'more than 256 levels'],
    [
      'a hundred thousand levels of another XML',
      xml('<a xmlns="x">'.repeat(100_000)),
      'more than 256 levels',
    ],
    ['500 MB', new Uint8Array(500 * 1024 * 1024), 'larger than 268435456 bytes'],
  ])('sbom case 33: %s ends in an error that says why', (_, document, why) => {
    expect(errorOf(() => parseCycloneDx(document))).toMatch(
      new RegExp(`^ERR_LADING_SBOM: .*${why.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`),
    );
  });

  test('sbom case 33: a few bytes that stand for many objects are counted before they are made', () => {
    const many = `[${'{},'.repeat(50_000)}{}]`;
    expect(errorOf(() => parseCycloneDx(many, { maxValues: 40_000 }))).toContain('more than 40000 values');
    const elements = xml('<a b="c"/>'.repeat(50_000));
    expect(errorOf(() => parseCycloneDx(elements, { maxValues: 40_000 }))).toContain(
      'more than 40000 values',
    );
    expect(errorOf(() => parseCycloneDx(json({}), { maxBytes: 10 }))).toContain('larger than 10 bytes');
    const component = { type: 'library', name: 'a' };
    const nested = json({ components: [component, { ...component, components: [component] }] });
    expect(errorOf(() => parseCycloneDx(nested, { maxPackages: 2 }))).toContain('more than 2 components');
    expect(parseCycloneDx(nested, { maxPackages: 3 }).packages).toHaveLength(3);
    const nestedXml = xml('<components><component/><component><component/></component></components>');
    expect(errorOf(() => parseCycloneDx(nestedXml, { maxPackages: 2 }))).toContain('more than 2 components');
  });

  test('sbom case 33: circles and dependencies on what is not there are read', () => {
    const bom = parseCycloneDx(
      json({
        components: ['a', 'b'].map((name) => ({ type: 'library', name, 'bom-ref': name })),
        dependencies: [
          { ref: 'a', dependsOn: ['b', 'b', 'a', 'gone'] },
          { ref: 'b', dependsOn: ['a'] },
          { ref: 'b', dependsOn: ['urn:cdx:elsewhere/1#x'] },
          { ref: 'gone', dependsOn: ['a'] },
        ],
      }),
    );
    expect(bom.dependencies).toEqual([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ]);
    expect(bom.notes[0]?.message).toContain('dependencies (3)');
    expect(JSON.parse(toCycloneDx(bom, { tool })).dependencies[0].dependsOn).toEqual(['a']);
  });

  test('sbom case 33: many components that want one name are a matter of moments', () => {
    const components = Array.from({ length: 20_000 }, () => ({ type: 'library', name: 'a' }));
    expect(new Set(parseCycloneDx(json({ components })).packages.map(({ id }) => id)).size).toBe(20_000);
  });

  test('sbom case 33: many layers that many places point to are found in no time', () => {
    const digest = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;
    const layers = Array.from({ length: 30_000 }, (_, number) => ({
      name: 'aquasecurity:trivy:DiffID',
      value: digest(number),
    }));
    const components = layers.map(({ value }, number) => ({
      type: 'library',
      name: `a${number}`,
      properties: [
        { name: 'aquasecurity:trivy:FilePath', value: 'a' },
        { name: 'aquasecurity:trivy:LayerDiffID', value },
      ],
    }));
    const component = { type: 'container', name: 'a', properties: layers };
    const bom = parseCycloneDx(json({ metadata: { component }, components }));
    expect(bom.packages.find(({ name }) => name === 'a29999')?.evidence[0]?.layer?.index).toBe(29_999);
  });

  test('sbom case 33: whatever stands where something else should, the end is a BOM or an error of ours', () => {
    const any = fc.jsonValue({ maxDepth: 3 });
    const component = fc.record(
      {
        type: fc.oneof(fc.constantFrom('library', 'operating-system', 'container'), any),
        'bom-ref': fc.oneof(fc.string(), any),
        name: fc.oneof(fc.string(), any),
        version: fc.oneof(fc.string(), any),
        purl: fc.oneof(
          fc.constantFrom('pkg:npm/a@1', 'pkg:rpm/x/y@1?epoch=%zz', 'pkg:', 'pkg:deb/debian/a@1?upstream=@'),
          any,
        ),
        supplier: fc.oneof(fc.record({ name: any, contact: fc.array(any) }), any),
        authors: fc.oneof(fc.array(any), any),
        hashes: fc.oneof(fc.array(fc.record({ alg: fc.constantFrom('MD5', 'x'), content: any })), any),
        licenses: fc.oneof(
          fc.array(fc.oneof(fc.record({ license: any }), fc.record({ expression: any }), any)),
          any,
        ),
        externalReferences: fc.oneof(fc.array(fc.record({ type: any, url: any })), any),
        properties: fc.oneof(
          fc.array(
            fc.record({
              name: fc.constantFrom(
                'lading:type',
                'lading:evidence:0',
                'lading:license:1',
                'lading:image:mediaType',
                'syft:location:0:path',
                'aquasecurity:trivy:SrcName',
                'aquasecurity:trivy:SrcEpoch',
                'syft:distro:id',
              ),
              value: fc.oneof(
                fc.string(),
                fc.constantFrom('npm', 'deb', '-1', '1e400', 'expression MIT'),
                any,
              ),
            }),
          ),
          any,
        ),
        evidence: fc.oneof(fc.record({ occurrences: fc.array(fc.record({ location: any })) }), any),
        components: any,
      },
      { requiredKeys: [] },
    );
    const document = fc.record({
      metadata: fc.oneof(fc.record({ component }), any),
      components: fc.oneof(fc.array(component, { maxLength: 4 }), any),
      dependencies: fc.oneof(fc.array(fc.record({ ref: any, dependsOn: fc.oneof(fc.array(any), any) })), any),
    });
    let read = 0;
    fc.assert(
      fc.property(document, (parts) => {
        const error = errorOf(() => {
          const bom = parseCycloneDx(json(parts));
          toCycloneDx(bom, { tool });
          toCycloneDx(bom, { tool, format: 'xml' });
          read++;
        });
        if (error !== undefined) expect(error).toMatch(/^ERR_LADING_SBOM: /);
      }),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(50);
  });
});
