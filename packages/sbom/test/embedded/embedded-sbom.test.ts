import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assemble } from '../../src/catalogue/assemble.ts';
import { embeddedSbom } from '../../src/embedded/embedded-sbom.ts';
import { apk, type Catalogued, embeddedCataloguers, purlOf } from '../../src/index.ts';
import { heldBuffers } from '../held-buffers.ts';
import { catalogued, edges, factsOf, type ImageFiles, names } from '../language/catalogued.ts';
import { imageOf } from '../os/image.ts';

interface SpdxPackage {
  readonly id: string;
  readonly purl?: string;
  readonly version?: string;
  readonly license?: string;
}

/** An SPDX document as JSON; relationships are `FROM TYPE TO`. */
function spdx(packages: readonly SpdxPackage[], relationships: readonly string[] = []): string {
  return JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'sbom',
    packages: packages.map(({ id, purl, version, license }) => ({
      SPDXID: `SPDXRef-${id}`,
      name: id,
      versionInfo: version,
      licenseDeclared: license ?? 'NOASSERTION',
      ...(purl !== undefined && {
        externalRefs: [
          { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
        ],
      }),
    })),
    relationships: relationships.map((text) => {
      const [from, relationshipType, to] = text.split(' ');
      return { spdxElementId: `SPDXRef-${from}`, relationshipType, relatedSpdxElement: `SPDXRef-${to}` };
    }),
  });
}

function cycloneDx(components: readonly object[], more: object = {}): string {
  return JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components, ...more });
}

const place = 'var/lib/db/sbom/hello-1.0-r0.spdx.json';
const hello = {
  id: 'hello',
  purl: 'pkg:apk/wolfi/hello@1.0-r0?arch=x86_64',
  version: '1.0-r0',
  license: 'MIT',
};
const messages = (image: Catalogued): unknown[] =>
  (image.notes ?? []).map(({ code, message }) => `${code}: ${message}`);
const purls = (image: Catalogued): unknown[] => image.packages.map((found) => purlOf(found));

describe('embedded-sbom', () => {
  test('what apko and melange leave: the package, and not the sources it is built of', () => {
    const image = catalogued(embeddedSbom, {
      [place]: spdx(
        [
          hello,
          { id: 'source', purl: 'pkg:generic/hello@1.0?download_url=x' },
          { id: 'nameless', version: '1' },
        ],
        ['DOCUMENT DESCRIBES hello', 'hello GENERATED_FROM source', 'hello CONTAINS nameless'],
      ),
    });
    expect(purls(image)).toEqual(['pkg:apk/wolfi/hello@1.0-r0?arch=x86_64']);
    expect(image.packages[0]).toMatchObject({
      type: 'apk',
      namespace: 'wolfi',
      name: 'hello',
      version: '1.0-r0',
      licenses: [{ expression: 'MIT' }],
      evidence: [{ path: place, cataloguer: 'embedded-sbom' }],
    });
  });

  test('what wheels bring (PEP 770), CycloneDX in JSON and XML, with who needs whom', () => {
    const library = (name: string): object => ({
      type: 'library',
      'bom-ref': name,
      name,
      version: '1',
      purl: `pkg:rpm/almalinux/${name}@1`,
      hashes: [{ alg: 'SHA-256', content: 'AB'.repeat(32) }],
      licenses: [{ license: { id: 'Zlib' } }],
    });
    const folder = 'usr/lib/python3/site-packages/x-1.dist-info/sboms';
    const image = catalogued(embeddedSbom, {
      [`${folder}/auditwheel.cdx.json`]: cycloneDx([library('zlib'), library('png')], {
        dependencies: [{ ref: 'png', dependsOn: ['zlib', 'nobody'] }],
      }),
      [`${folder}/own`]: `<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library">
        <name>jpeg</name><version>9</version><purl>pkg:rpm/almalinux/jpeg@9</purl></component></components></bom>`,
    });
    expect(names(image)).toEqual(['rpm:almalinux/jpeg@9', 'rpm:almalinux/png@1', 'rpm:almalinux/zlib@1']);
    expect(edges(image)).toEqual(['png@1 -> zlib@1']);
    expect(image.packages.find(({ name }) => name === 'zlib')).toMatchObject({
      hashes: [{ algorithm: 'SHA-256', value: 'ab'.repeat(32) }],
      licenses: [{ expression: 'Zlib' }],
    });
    // They are of another distribution than the image, and stay so.
    expect(purlOf(image.packages[0]!, { id: 'debian', versionId: '13' })).toBe('pkg:rpm/almalinux/png@1');
  });

  test('what Bitnami leaves: SBOMs, and before them a list', () => {
    const purl = 'pkg:bitnami/redis@8.2.1-0?arch=amd64&distro=debian-12';
    const image = catalogued(embeddedSbom, {
      'opt/bitnami/redis/.spdx-redis.spdx': spdx([{ id: 'redis', purl, version: '8.2.1-0' }]),
      'opt/bitnami/.bitnami_components.json': JSON.stringify({
        redis: { arch: 'amd64', distro: 'debian-12', type: 'NAMI', version: '8.2.1-0' },
        gosu: { arch: 'amd64', distro: 'debian-12', version: '1.17.0-3' },
        '': { version: '1' },
        broken: { version: 7 },
        none: null,
      }),
    });
    expect(purls(image).sort()).toEqual(['pkg:bitnami/gosu@1.17.0-3?arch=amd64&distro=debian-12', purl]);
    expect(image.packages.find(({ name }) => name === 'redis')!.evidence).toHaveLength(2);
  });

  test('one thing that two SBOMs claim is one, and keeps what it needs', () => {
    const [a, b] = ['a', 'b'].map((id) => ({ id, purl: `pkg:npm/${id}@1` }));
    const image = catalogued(embeddedSbom, {
      'app/one.spdx.json': spdx([a!, b!], ['a DEPENDS_ON b']),
      'app/two.spdx.json': spdx([b!, a!], ['b DEPENDENCY_OF a', 'b DEPENDS_ON a']),
    });
    expect(names(image)).toEqual(['npm:a@1', 'npm:b@1']);
    expect(new Set(edges(image))).toEqual(new Set(['a@1 -> b@1', 'b@1 -> a@1']));
    expect(image.packages.map(({ evidence }) => evidence.map(({ path }) => path))).toEqual([
      ['app/one.spdx.json', 'app/two.spdx.json'],
      ['app/one.spdx.json', 'app/two.spdx.json'],
    ]);
  });

  test('images and what has no purl are no packages', () => {
    const image = catalogued(embeddedSbom, {
      'a.cdx.json': cycloneDx([
        { type: 'container', name: 'i', purl: 'pkg:oci/i@sha256:1' },
        { type: 'container', name: 'd', purl: 'pkg:docker/d@1' },
        { type: 'library', name: 'bare', version: '1' },
        { type: 'library', name: 'real', version: '1', purl: 'pkg:npm/real@1' },
        { type: 'library', name: 'wrong', version: '1', purl: 'no purl' },
      ]),
    });
    expect(names(image)).toEqual(['npm:real@1']);
  });

  test('only files that say they are SBOMs are read', () => {
    const asked = (path: string): boolean =>
      embeddedSbom.probe({ path, size: 100, isExecutable: false }) !== undefined;
    const yes = [
      place,
      'usr/local/share/sbom/app.json',
      'a/b.cdx',
      'b.cdx.xml',
      'x.syft.json',
      'v/lib/x-1.dist-info/sboms/sub/y',
      'rootfs/opt/bitnami/.bitnami_components.json',
    ];
    const no = [
      'package.json',
      'bom.json',
      'sbom/x.json',
      'notopt/bitnami/x',
      'x.dist-info/METADATA',
      'spdx.json',
    ];
    expect(yes.filter((path) => !asked(path))).toEqual([]);
    expect(no.filter(asked)).toEqual([]);
    expect(embeddedCataloguers).toEqual([embeddedSbom]);
  });

  test('sbom case 33: 500 MB of SBOM are told of and not kept, whether the layer says so or not', () => {
    const chunk = Buffer.alloc(1 << 20, '{"a":[');
    const before = heldBuffers();
    for (const size of [500 << 20, 100]) {
      const probe = embeddedSbom.probe({ path: place, size, isExecutable: false })!;
      for (let count = 0; count < 500; count++) probe.write(chunk);
      const facts = probe.end()!;
      const tree = imageOf([], []);
      const image = embeddedSbom.catalogue({ ...tree, files: () => [{ path: place, facts, layer: 0 }] }, {});
      expect(image.packages).toEqual([]);
      expect(messages(image)).toEqual([`partial: The SBOM ${place} could not be read (larger than 32 MiB).`]);
    }
    expect(heldBuffers() - before).toBeLessThan(128 << 20);
  });

  test('sbom case 33: circles of relationships end', () => {
    const ring = Array.from({ length: 300 }, (_, at) => ({ id: `p${at}`, purl: `pkg:npm/p${at}@1` }));
    const around = ring.map(({ id }, at) => `${id} DEPENDS_ON ${ring[(at + 1) % ring.length]!.id}`);
    const image = catalogued(embeddedSbom, {
      [place]: spdx(ring, [...around, 'p0 DEPENDS_ON p0', 'DOCUMENT DESCRIBES DOCUMENT']),
    });
    expect(image.packages).toHaveLength(300);
    expect(image.dependencies).toHaveLength(300);
  });

  test('sbom case 33: ids that collide, in one document and over several, stay those of one package each', () => {
    const image = catalogued(embeddedSbom, {
      'a.spdx.json': spdx(
        [
          { id: 'x', purl: 'pkg:npm/one@1' },
          { id: 'y', purl: 'pkg:npm/y@1' },
        ],
        ['x DEPENDS_ON y'],
      ),
      'b.spdx.json': spdx([
        { id: 'x', purl: 'pkg:npm/two@1' },
        { id: 'x', purl: 'pkg:npm/three@1' },
      ]),
      'c.cdx.json': cycloneDx([
        { type: 'library', 'bom-ref': 'a.spdx.json#0', name: 'four', version: '1', purl: 'pkg:npm/four@1' },
        {
          type: 'library',
          'bom-ref': 'SPDXRef-x',
          name: '__proto__',
          version: '1',
          purl: 'pkg:npm/__proto__@1',
        },
      ]),
    });
    const ids = image.packages.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(names(image)).toEqual(
      expect.arrayContaining(['npm:one@1', 'npm:two@1', 'npm:four@1', 'npm:__proto__@1']),
    );
    expect(edges(image)).toEqual(['one@1 -> y@1']);
  });

  test('sbom case 33: of a system package in another version, or of none that is there, nothing is believed', () => {
    const database = 'P:hello\nV:1.0-r0\nA:x86_64\n\n';
    const contents = (claims: readonly SpdxPackage[]): ReturnType<typeof assemble> =>
      assemble(
        imageOf([{ 'lib/apk/db/installed': database, [place]: spdx(claims) }], [apk, embeddedSbom]),
        [apk, embeddedSbom],
        [],
      );
    const wrong = { id: 'wrong', purl: 'pkg:apk/wolfi/hello@0.9-r0' };
    const absent = { id: 'absent', purl: 'pkg:apk/wolfi/ghost@6.6-r6' };
    const claimed = contents([hello, wrong, absent]);
    expect(
      claimed.packages.map((one) => [
        one.name,
        one.version,
        one.evidence.map(({ cataloguer }) => cataloguer),
      ]),
    ).toEqual([['hello', '1.0-r0', ['apk', 'embedded-sbom']]]);
    expect(claimed.notes.map(({ code }) => code)).toEqual(['skipped']);
    expect(claimed.notes[0]!.message).toContain(`${place} claims 2 packages`);
  });

  test('sbom case 33: more claims than anybody has are cut, and that is told', () => {
    const many = Array.from({ length: 20_100 }, (_, at) => ({
      type: 'library',
      name: `p${at}`,
      version: '1',
      purl: `pkg:npm/p${at}@1`,
    }));
    const image = catalogued(embeddedSbom, { 'a.cdx.json': cycloneDx(many) }, { chunkBytes: 1 << 16 });
    expect(image.packages).toHaveLength(20_000);
    expect(messages(image)).toEqual([
      'partial: The SBOM a.cdx.json was not read to its end: it claims too much.',
    ]);
  });

  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['half a document', spdx([hello]).slice(0, -20)],
    ['tag-value', 'SPDXVersion: SPDX-2.3\n'],
    ['another JSON', '{"a":1}'],
    ['bytes', Buffer.from([0xff, 0x00, 0x80])],
    ['levels without end', '['.repeat(1_000_000)],
    ['another version', '{"spdxVersion":"SPDX-9.9"}'],
    ['entities', '<!DOCTYPE a [<!ENTITY b "b">]><bom>&b;</bom>'],
  ])('sbom case 33: %s is told of once, and costs nothing else', (_, content) => {
    const files: ImageFiles = {
      'a.spdx.json': spdx([{ id: 'a', purl: 'pkg:npm/a@1' }]),
      'x.spdx.json': content,
      'y.spdx.json': content,
    };
    const image = catalogued(embeddedSbom, files, { chunkBytes: 1 << 16 });
    expect(names(image)).toEqual(['npm:a@1']);
    expect(messages(image)).toEqual([
      expect.stringMatching(
        /^partial: The SBOM x\.spdx\.json, like 1 more, could not be read \(.{1,220}\)\.$/,
      ),
    ]);
  });

  test('sbom case 33: any damage to a document gives packages or a note', () => {
    const document = spdx([hello, { id: 'b', purl: 'pkg:npm/b@1' }], ['hello DEPENDS_ON b']);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(document.length), fc.nat(255)), { maxLength: 6 }), (damage) => {
        const bytes = Buffer.from(document);
        for (const [at, byte] of damage) bytes[at] = byte;
        expect(factsOf(embeddedSbom, place, bytes)).toBeDefined();
        const image = catalogued(embeddedSbom, { [place]: bytes });
        const ids = image.packages.map(({ id }) => id);
        for (const { from, to } of image.dependencies ?? [])
          expect(ids).toEqual(expect.arrayContaining([from, to]));
        expect(ids.length + messages(image).length).toBeGreaterThanOrEqual(damage.length === 0 ? 2 : 0);
      }),
      { numRuns: 300 },
    );
  });
});
