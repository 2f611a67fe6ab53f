import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Catalogued, Package } from '../../src/index.ts';
import { java, javaProbe } from '../../src/language/java.ts';
import { ZipBudget, zipLimits } from '../../src/language/zip-budget.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { heldBuffers } from '../held-buffers.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';
import { manifest, pomProperties, pomXml, type ZipEntry, zip } from './zip-maker.ts';

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

function read(path: string, entries: readonly ZipEntry[], options = {}): Catalogued {
  return catalogued(java, { [path]: zip(entries, options) });
}

function only(image: Catalogued): Package {
  expect(image.packages).toHaveLength(1);
  return image.packages[0]!;
}

const gear = zip([pomProperties('org.acme', 'gear', '2.0')]);

describe('java', () => {
  it('lists an archive of Maven with what its project says', () => {
    const jar = zip([
      manifest(['Implementation-Vendor: Somebody else']),
      pomProperties('org.acme', 'widget', '1.2.3'),
      pomXml(
        'org.acme',
        'widget',
        `<parent><groupId>org.acme</groupId><artifactId>all</artifactId><version>1.2.3</version></parent>
        <artifactId>widget</artifactId><name>Widget</name><description>Turns &amp; &#x74;urns.</description>
        <url>https://acme.example.com/\${project.artifactId}</url>
        <organization><name>Acme</name></organization>
        <licenses><license><name>Apache-2.0</name><url>https://example.com</url></license><license><url>https://example.com/terms</url></license></licenses>`,
      ),
    ]);
    expect(only(catalogued(java, { 'app/lib/widget-1.2.3.jar': jar }))).toEqual({
      id: 'maven:org.acme/widget@1.2.3:app/lib/widget-1.2.3.jar',
      type: 'maven',
      namespace: 'org.acme',
      name: 'widget',
      version: '1.2.3',
      licenses: [{ expression: 'Apache-2.0' }, { name: 'https://example.com/terms' }],
      description: 'Turns & turns.',
      homepage: 'https://acme.example.com/widget',
      supplier: 'Acme',
      hashes: [{ algorithm: 'SHA-1', value: sha1(jar) }],
      evidence: [{ path: 'app/lib/widget-1.2.3.jar', cataloguer: 'java' }],
    });
  });

  it('looks only at files that can be archives', () => {
    const probed = (path: string, size = 100): boolean =>
      java.probe({ path, size, isExecutable: false }) !== undefined;
    for (const extension of 'jar war ear par sar nar jpi hpi kar far rar lpkg zap JAR'.split(' '))
      expect(probed(`opt/a.${extension}`)).toBe(true);
    for (const path of ['opt/a.zip', 'opt/jar', 'opt/a.jar.txt', 'opt/a.jar/x'])
      expect(probed(path)).toBe(false);
    expect(probed('opt/empty.jar', 0)).toBe(false);
  });

  it('sbom case 29: a shaded jar is its own project and each that was merged into it', () => {
    const image = read('opt/tool-1.0-all.jar', [
      manifest([]),
      pomProperties('org.acme', 'gear', '2.0'),
      pomProperties('org.acme', 'tool', '1.0'),
      pomXml(
        'org.acme',
        'tool',
        '<groupId>org.acme</groupId><artifactId>tool</artifactId><version>1.0</version>',
      ),
      pomXml(
        'org.acme',
        'lever',
        '<groupId>org.acme</groupId><artifactId>lever</artifactId><version>3.0</version>',
      ),
    ]);
    expect(names(image)).toEqual([
      'maven:org.acme/gear@2.0',
      'maven:org.acme/lever@3.0',
      'maven:org.acme/tool@1.0',
    ]);
    expect(edges(image)).toEqual(['tool@1.0 -> gear@2.0', 'tool@1.0 -> lever@3.0']);
    // The file's hash is that of the tool and of nothing in it.
    expect(image.packages.filter(({ hashes }) => hashes !== undefined).map(({ name }) => name)).toEqual([
      'tool',
    ]);
  });

  it('sbom case 29: duplicate pom.properties, one path twice and one project in two places, are one package', () => {
    const image = read('opt/app.war', [
      pomProperties('org.acme', 'app', '1.0'),
      pomProperties('org.acme', 'app', '1.0'),
      {
        ...pomProperties('org.acme', 'app', '1.0'),
        name: 'WEB-INF/classes/META-INF/maven/org.acme/app/pom.properties',
      },
      { name: 'WEB-INF/lib/gear-2.0.jar', content: gear },
      { name: 'WEB-INF/lib/copy/gear-2.0.jar', content: gear },
    ]);
    expect(names(image)).toEqual(['maven:org.acme/app@1.0', 'maven:org.acme/gear@2.0']);
    expect(edges(image)).toEqual(['app@1.0 -> gear@2.0']);
  });

  it.each([0, 8])('sbom case 29: archives in archives, twelve deep, by method %d', (method) => {
    let inner = zip([pomProperties('org.acme', 'depth12', '1.0')]);
    for (let depth = 11; depth >= 0; depth--) {
      inner = zip([
        pomProperties('org.acme', `depth${depth}`, '1.0'),
        {
          name: `WEB-INF/lib/depth${depth + 1}-1.0.jar`,
          content: inner,
          method,
          sizes: depth % 2 === 0 ? 'behind' : 'front',
        },
      ]);
    }
    const image = catalogued(java, { 'opt/depth0.ear': inner }, { chunkBytes: 97 });
    expect(image.packages).toHaveLength(13);
    expect(edges(image)).toContain('depth11@1.0 -> depth12@1.0');
    expect(image.packages.find(({ name }) => name === 'depth2')).toMatchObject({
      evidence: [{ path: 'opt/depth0.ear' }],
      properties: { 'java.archive': 'WEB-INF/lib/depth1-1.0.jar:WEB-INF/lib/depth2-1.0.jar' },
    });
    expect(image.notes).toEqual([]);
  });

  it('sbom case 29: archives too deep in others are named after their files, with a note', () => {
    let inner = zip([pomProperties('org.acme', 'bottom', '1.0')]);
    for (let depth = 1; depth < 100; depth++)
      inner = zip([{ name: `a-${depth}.jar`, content: inner, method: 0 }]);
    const image = catalogued(java, { 'opt/top-0.jar': inner });
    expect(image.packages).toHaveLength(17);
    expect(image.notes).toEqual([
      {
        code: 'partial',
        message: expect.stringMatching(
          /a-84\.jar was not read whole, as it stands in too many others: packages may be missing\.$/,
        ),
      },
    ]);
  });

  it('sbom case 29: a Spring Boot program has a script in front and its libraries stored in it', () => {
    const image = read(
      'app.jar',
      [
        manifest([
          'Main-Class: org.springframework.boot.loader.JarLauncher',
          'Implementation-Title: shop',
          'Implementation-Version: 0.1',
        ]),
        { name: 'BOOT-INF/lib/', content: '', method: 0 },
        { name: 'BOOT-INF/lib/gear-2.0.jar', content: gear, method: 0 },
        {
          name: 'BOOT-INF/lib/spring-core-6.1.0.jar',
          content: zip([manifest(['Automatic-Module-Name: spring.core'])]),
          method: 0,
        },
        pomXml(
          'com.example',
          'shop',
          `<groupId>com.example</groupId><artifactId>shop</artifactId><version>0.1</version>
          <dependencies><dependency><groupId>org.acme</groupId><artifactId>gear</artifactId></dependency></dependencies>`,
        ),
      ],
      { prefix: '#!/bin/bash\nexit 0\n' },
    );
    expect(names(image)).toEqual([
      'maven:com.example/shop@0.1',
      'maven:org.acme/gear@2.0',
      'maven:org.springframework/spring-core@6.1.0',
    ]);
    expect(edges(image)).toEqual(['shop@0.1 -> gear@2.0', 'shop@0.1 -> spring-core@6.1.0']);
    expect(image.packages.find(({ name }) => name === 'gear')!.hashes).toEqual([
      { algorithm: 'SHA-1', value: sha1(gear) },
    ]);
  });

  it.each<[string, string]>([
    [
      'folded',
      'Bundle-SymbolicName: org.acme.an.artifact.with.a.name.that.is.far.longe\r\n r.than.a.line;singleton:=true\r\n',
    ],
    [
      'with line feeds',
      'Bundle-SymbolicName: org.acme.an.artifact.with.a.name.that.is.far.longe\n r.than.a.line\n',
    ],
    [
      'with carriage returns',
      'Bundle-SymbolicName: org.acme.an.artifact.with.a.name.that.is.far.longe\r r.than.a.line\r',
    ],
    [
      'without a last newline',
      'X: y\r\nbundle-symbolicname: org.acme.an.artifact.with.a.name.that.is.far.longer.than.a.line',
    ],
    [
      'after a byte order mark',
      '\uFEFFBundle-SymbolicName: org.acme.an.artifact.with.a.name.that.is.far.longer.than.a.line\n',
    ],
  ])('sbom case 29: a manifest that is %s', (_, content) => {
    const image = read('opt/thing-1.0.jar', [{ name: 'META-INF/MANIFEST.MF', content }]);
    expect(only(image).namespace).toBe('org.acme.an.artifact.with.a.name.that.is.far.longer.than.a.line');
  });

  it('sbom case 29: what a manifest says of single entries is not said of the archive, and a character may be broken by a fold', () => {
    const folded = Buffer.concat([
      Buffer.from('Implementation-Vendor: Caf\u00e9'.normalize()).subarray(0, -1),
      Buffer.from('\r\n '),
      Buffer.from('\u00e9').subarray(1),
    ]);
    const image = read('opt/thing.jar', [
      {
        name: 'META-INF/MANIFEST.MF',
        content: Buffer.concat([
          folded,
          Buffer.from('\r\n\r\nName: org/other/\r\nImplementation-Version: 9.9\r\nGroup-Id: org.other\r\n'),
        ]),
      },
    ]);
    expect(only(image)).toMatchObject({
      name: 'thing',
      version: undefined,
      namespace: 'thing',
      supplier: 'Caf\u00e9',
    });
  });

  it('sbom case 29: encrypted archives and entries are named as far as they can be, with a note', () => {
    const image = read('opt/app-1.0.war', [
      { ...manifest([]), isEncrypted: true },
      { name: 'WEB-INF/lib/gear-2.0.jar', content: gear, isEncrypted: true },
      { name: 'WEB-INF/lib/lever-3.0.jar', content: gear, method: 12 },
    ]);
    expect(names(image)).toEqual(['maven:app/app@1.0', 'maven:gear/gear@2.0', 'maven:lever/lever@3.0']);
    expect(image.notes).toEqual([
      {
        code: 'partial',
        message:
          'The Java archive opt/app-1.0.war was not read whole, as its META-INF/MANIFEST.MF cannot be read: it is encrypted (and 2 more in it): packages may be missing.',
      },
    ]);
  });

  it('sbom case 29: names that lead out of the archive are passed over', () => {
    const image = read('opt/app-1.0.jar', [
      { ...pomProperties('org.evil', 'a', '1'), name: '../META-INF/maven/org.evil/a/pom.properties' },
      { ...pomProperties('org.evil', 'b', '1'), name: '/META-INF/maven/org.evil/b/pom.properties' },
      { ...pomProperties('org.evil', 'c', '1'), name: 'META-INF\\maven\\..\\c\\pom.properties' },
      { name: 'lib/../../../gear-2.0.jar', content: gear },
      { name: './lever-3.0.jar', content: gear },
    ]);
    expect(names(image)).toEqual(['maven:app/app@1.0']);
  });

  it('sbom case 29: an archive that is cut off tells what came before, and says so', () => {
    const whole = zip([
      pomProperties('org.acme', 'app', '1.0'),
      { name: 'lib/gear-2.0.jar', content: gear, method: 0 },
      { name: 'lib/big-1.0.jar', content: Buffer.alloc(5000, 7), method: 0 },
    ]);
    const image = catalogued(java, { 'opt/app.jar': whole.subarray(0, whole.length - 4000) });
    expect(names(image)).toEqual(['maven:org.acme/app@1.0', 'maven:org.acme/gear@2.0']);
    expect(image.notes).toEqual([
      {
        code: 'partial',
        message:
          'The Java archive opt/app.jar was not read whole, as it is cut off or damaged: packages may be missing.',
      },
    ]);
    // Cut within the archive that flows through: what it has told stays, and a hash of a part is none.
    const inner = zip([
      pomProperties('org.acme', 'inner', '1.0'),
      { name: 'x', content: Buffer.alloc(500, 7), method: 0 },
    ]);
    const cut = zip([{ name: 'lib/inner-1.0.jar', content: inner, method: 0 }]);
    const found = catalogued(java, { 'opt/outer-1.0.jar': cut.subarray(0, 600) });
    expect(names(found)).toEqual(['maven:org.acme/inner@1.0', 'maven:outer/outer@1.0']);
    expect(found.packages.find(({ name }) => name === 'inner')!.hashes).toBeUndefined();
  });

  it('sbom case 29: a bomb of archives in archives stops at its bounds, and what was found stays', () => {
    // Each level has ten of the one below, and the lowest is 10 MB of zeros: 10^5 x 10 MB in all.
    let level = zip([
      pomProperties('org.acme', 'bottom', '1'),
      { name: 'zeros-1.jar', content: Buffer.alloc(10_000_000) },
    ]);
    for (let depth = 0; depth < 5; depth++)
      level = zip(
        Array.from({ length: 10 }, (_, number) => ({ name: `level${depth}-${number}.jar`, content: level })),
      );
    const image = catalogued(java, { 'opt/bomb-1.0.jar': level }, { chunkBytes: 65536 });
    expect(names(image)).toContain('maven:org.acme/bottom@1');
    expect(image.notes).toHaveLength(1);
    expect(image.packages.length).toBeLessThan(200);
  }, 10_000);

  it('sbom case 29: more entries, and more that is told, than anybody needs end the reading', () => {
    const read = (limits: object): unknown => {
      const probe = javaProbe(new ZipBudget({ ...zipLimits, ...limits }));
      probe.write(
        zip([
          pomProperties('org.acme', 'app', '1.0'),
          { name: 'lib/a-1.jar', content: gear, method: 0 },
          { name: 'lib/b-1.jar', content: gear },
        ]),
      );
      return probe.end();
    };
    expect(read({})).not.toHaveProperty('problem', expect.anything());
    expect(read({ maxEntries: 3 })).toMatchObject({
      problem: 'it has more than 3 entries',
      poms: [{ artifact: 'app' }],
      archives: [{ path: 'lib/a-1.jar' }],
      sha1: expect.any(String),
    });
    expect(read({ maxFacts: 100 })).toMatchObject({ problem: 'more is told in it than anybody can need' });
    expect(read({ maxHeldBytes: 10 })).toMatchObject({
      archives: [{}, { path: 'lib/b-1.jar', problem: 'it is too large' }],
    });
    expect(read({ maxRatio: 0, freeBytes: 1 })).toMatchObject({
      problem: expect.stringContaining('pom.properties cannot be read'),
    });
  });

  it('sbom case 29: an archive of more than 1 GiB is read to its end, and never kept', () => {
    const large = zip([{ name: 'large.bin', content: '', method: 0, toldSize: 1100 * 2 ** 20 }]);
    const head = large.subarray(0, 30 + 'large.bin'.length);
    const piece = Buffer.alloc(4 * 2 ** 20);
    const probe = java.probe({ path: 'opt/app.jar', size: 2 ** 31, isExecutable: false })!;
    const before = heldBuffers();
    probe.write(
      zip([{ name: 'lib/gear-2.0.jar', content: gear, method: 0 }]).subarray(0, 30 + 16 + gear.length),
    );
    probe.write(head);
    for (let count = 0; count < 275; count++) probe.write(piece);
    probe.write(zip([pomProperties('org.acme', 'app', '1.0')]));
    expect(heldBuffers() - before).toBeLessThan(32 * 2 ** 20);
    expect(probe.end()).toMatchObject({
      sha1: expect.any(String),
      poms: [{ artifact: 'app' }],
      archives: [{ poms: [{ artifact: 'gear' }] }],
      problem: undefined,
    });
  }, 30_000);

  it.each<[string, readonly ZipEntry[], string]>([
    ['opt/widget-1.2.3.jar', [], 'pkg:maven/widget/widget@1.2.3'],
    [
      'opt/widget-1.2.3.jar',
      [manifest(['Bundle-SymbolicName: org.acme.widget'])],
      'pkg:maven/org.acme.widget/widget@1.2.3',
    ],
    [
      'opt/acme-widget2-1.2.jar',
      [manifest(['Bundle-SymbolicName: org.acme.widget2'])],
      'pkg:maven/org.acme/acme-widget2@1.2',
    ],
    [
      'opt/mockery-core-5.jar',
      [manifest(['Bundle-SymbolicName: org.mockery.mockery-core'])],
      'pkg:maven/org.mockery/mockery-core@5',
    ],
    [
      'opt/acme-core-5.jar',
      [manifest(['Automatic-Module-Name: org.acme.orm.core'])],
      'pkg:maven/org.acme.orm/acme-core@5',
    ],
    [
      'opt/widget-2.jar',
      [manifest(['Implementation-Vendor-Id: org.acme', 'Bundle-SymbolicName: com.other'])],
      'pkg:maven/org.acme/widget@2',
    ],
    [
      'opt/renamed.jar',
      [manifest(['Implementation-Title: io.acme#widget-core;1.4.0', 'Implementation-Version: 1.4'])],
      'pkg:maven/io.acme/widget-core@1.4.0',
    ],
    [
      'opt/git.hpi',
      [
        manifest([
          'Group-Id: org.jenkins-ci.plugins',
          'Short-Name: git',
          'Plugin-Version: 5.2 (private)',
          'Implementation-Version: 5.2',
        ]),
      ],
      'pkg:maven/org.jenkins-ci.plugins/git@5.2',
    ],
    ['opt/kotlin-stdlib-1.9.0.jar', [manifest([])], 'pkg:maven/org.jetbrains.kotlin/kotlin-stdlib@1.9.0'],
    ['opt/commons-io-2.5.jar', [manifest([])], 'pkg:maven/commons-io/commons-io@2.5'],
    ['opt/groovy-json-4.0.1.jar', [manifest([])], 'pkg:maven/org.apache.groovy/groovy-json@4.0.1'],
    [
      'opt/org.acme.runtime_3.1.0.v2020.jar',
      [manifest([])],
      'pkg:maven/org.acme.runtime/org.acme.runtime@3.1.0.v2020',
    ],
    ['opt/thing.1.2.jar', [manifest([])], 'pkg:maven/thing/thing@1.2'],
    ['opt/thing-1.2-sources.jar', [manifest([])], 'pkg:maven/thing/thing@1.2'],
    ['opt/thing-r09.jar', [manifest([])], 'pkg:maven/thing/thing@r09'],
    [
      'root/.m2/repository/org/acme/wid-get/1.0-2/wid-get-1.0-2-linux.jar',
      [manifest([])],
      'pkg:maven/org.acme/wid-get@1.0-2',
    ],
    [
      'root/.gradle/caches/modules-2/files-2.1/org.acme/widget/1.0/0a1b/widget-1.0.jar',
      [manifest([])],
      'pkg:maven/org.acme/widget@1.0',
    ],
    [
      'opt/gradle/wrapper/gradle-wrapper.jar',
      [manifest(['Implementation-Version: 8.5'])],
      'pkg:maven/org.gradle/gradle-wrapper@8.5',
    ],
    // Distributions put a prefix before the names of projects, or the group.
    [
      'usr/share/java/jetty9-util.jar',
      [
        pomProperties('org.eclipse.jetty', 'jetty-util', '9.4'),
        manifest(['Bundle-SymbolicName: org.eclipse.jetty.util']),
      ],
      'pkg:maven/org.eclipse.jetty/jetty-util@9.4',
    ],
    [
      'lib/org.acme.widget-1.0.jar',
      [pomProperties('org.acme', 'widget', '1.0'), manifest([])],
      'pkg:maven/org.acme/widget@1.0',
    ],
    // A version in the name of the project.
    [
      'lib/log-1.2-api-2.17.jar',
      [pomProperties('org.acme', 'log-1.2-api', '2.17'), manifest([])],
      'pkg:maven/org.acme/log-1.2-api@2.17',
    ],
    [
      'lib/x-1.0.jar',
      [pomXml('org.acme', 'x', '<artifactId>x</artifactId>'), manifest(['Group-Id: org.acme'])],
      'pkg:maven/org.acme/x@1.0',
    ],
  ])(
    'sbom case 29: without a group told, %s is known by its manifest, its folders or its name',
    (path, entries, purl) => {
      expect(purlOf(only(read(path, entries)))).toBe(purl);
    },
  );

  it('takes instrumentation that is named like what it instruments for nothing', () => {
    expect(read('lib/spring-4.3.0-1.0.jar', [manifest(['Weave-Classes: org.acme.A'])]).packages).toEqual([]);
  });

  it.each<[string, readonly (object | string)[]]>([
    ['Apache License, Version 2.0', ['Apache-2.0']],
    ['Apache-2.0;link="https://www.apache.org/licenses/LICENSE-2.0.txt"', ['Apache-2.0']],
    ['"MIT";description="a, b";link="https://example.com", ISC', ['MIT', 'ISC']],
    ['https://example.com/license', [{ name: 'https://example.com/license' }]],
  ])('the licences of the bundle license %j', (declared, licenses) => {
    const image = read('lib/a-1.jar', [manifest([`Bundle-License: ${declared}`])]);
    expect(only(image).licenses).toEqual(
      licenses.map((license) => (typeof license === 'string' ? { expression: license } : license)),
    );
  });

  it('needs of a project are looked for in its file and beside it', () => {
    const needs = (scope: string): string =>
      `<dependency><groupId>\${project.groupId}</groupId><artifactId>gear</artifactId><version>\${v}</version>${scope}</dependency>`;
    const app = (scope: string): Buffer =>
      zip([
        pomProperties('org.acme', 'app', '1.0'),
        pomXml(
          'org.acme',
          'app',
          `<groupId>org.acme</groupId><artifactId>app</artifactId><dependencies>${needs(scope)}</dependencies>`,
        ),
      ]);
    const image = (scope: string): Catalogued =>
      catalogued(java, {
        'lib/app-1.0.jar': app(scope),
        'lib/gear-2.0.jar': gear,
        'other/gear-2.0.jar': gear,
      });
    expect(image('').dependencies).toEqual([
      { from: 'maven:org.acme/app@1.0:lib/app-1.0.jar', to: 'maven:org.acme/gear@2.0:lib/gear-2.0.jar' },
    ]);
    expect(edges(image('<scope>runtime</scope>'))).toHaveLength(1);
    for (const scope of ['<scope>test</scope>', '<scope>provided</scope>', '<optional>true</optional>'])
      expect(edges(image(scope))).toEqual([]);
  });

  it.each<[string, string | undefined, object]>([
    [
      '<artifactId>x</artifactId><version>@{revision}</version><properties><revision>@{a}.@{a}</revision><a>1</a></properties>',
      '1.1',
      {},
    ],
    [
      '<artifactId>x</artifactId><version>@{project.parent.version}</version><parent><version>7</version></parent>',
      '7',
      {},
    ],
    [
      '<artifactId>x</artifactId><version>@{loop}</version><properties><loop>@{loop}</loop></properties>',
      undefined,
      {},
    ],
    ['<artifactId>x</artifactId><version>@{unknown}</version>', undefined, {}],
    [
      '<artifactId>x</artifactId><version><![CDATA[ 1.0 ]]></version><!-- <version>2</version> -->',
      '1.0',
      {},
    ],
    [
      '<artifactId>x</artifactId><version a="/>">1.0</version><empty/><groupId>g</groupId>',
      '1.0',
      { group: 'g' },
    ],
    ['<artifactId>x</artifactId><version>1.0\u0000</version>', undefined, {}],
    [
      '<build><plugins><plugin><artifactId>p</artifactId><version>9</version></plugin></plugins></build><artifactId>x</artifactId>',
      undefined,
      {},
    ],
  ])('a pom.xml with %s', (project, version, more) => {
    const facts = factsOf(java, 'a.jar', zip([pomXml('g', 'x', project.replaceAll('@{', '${'))]));
    expect(facts).toMatchObject({
      poms: [{ artifact: 'x', ...(version !== undefined && { version }), ...more }],
    });
    if (version === undefined) expect(facts).not.toHaveProperty('poms.0.version');
  });

  it.each<[string, object | undefined]>([
    [
      'version: 1.0\ngroupId = org.acme\n  artifactId\twidget',
      { group: 'org.acme', artifact: 'widget', version: '1.0' },
    ],
    ['! a\r\n# b\r\nartifactId=wid\\\r\n   get\r\nversion=\\u0031.0', { artifact: 'widget', version: '1.0' }],
    ['artifactId=a\nartifactId=b\nversion=1', { artifact: 'b' }],
    ['artifactId=../x\nversion=1', undefined],
    ['artifactId=a b\nversion=1', undefined],
    ['version=1\ngroupId=g', undefined],
  ])('a pom.properties with %j', (content, pom) => {
    const entry = { name: 'META-INF/maven/g/a/pom.properties', content };
    expect(factsOf(java, 'x.jar', zip([entry]))).toMatchObject({ poms: pom === undefined ? [] : [pom] });
  });

  it('a pom.xml that was made to be slow is not', () => {
    const slow = [
      '<a>'.repeat(100_000),
      `<artifactId>x</artifactId>${'<b '.repeat(100_000)}`,
      `<artifactId>x</artifactId><version>${`\${a}`.repeat(400)}</version><properties>${['ab', 'bc', 'cd', 'de'].map((pair) => `<${pair[0]}>${`\${${pair[1]}}`.repeat(400)}</${pair[0]}>`).join('')}</properties>`,
      `<artifactId>x</artifactId><licenses><license>${Array.from({ length: 50_000 }, (_, number) => `<n${number}>x</n${number}>`).join('')}</license></licenses>`,
      `<artifactId>x</artifactId><name>${'&'.repeat(500_000)}</name>`,
    ];
    const budget = { ...zipLimits, maxRatio: 1e6 };
    for (const project of slow) {
      const probe = javaProbe(new ZipBudget(budget));
      probe.write(
        zip([pomXml('g', 'x', project), { name: 'p/pom.properties', content: `a=${'\\'.repeat(500_000)}b` }]),
      );
      expect(JSON.stringify(probe.end()).length).toBeLessThan(10_000);
    }
  }, 5000);

  it('never throws, and finds nothing out of bounds, whatever is in an archive', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 200 }));
    const xml = fc
      .array(
        fc.constantFrom(
          '<',
          '>',
          '</',
          '/>',
          'project',
          'artifactId',
          ' ',
          'x',
          '${',
          '}',
          '<!--',
          '-->',
          '<![CDATA[',
          ']]>',
          '&#0;',
          '&lt;',
          '"',
        ),
        { maxLength: 60 },
      )
      .map((parts) => `<project><artifactId>x</artifactId>${parts.join('')}`);
    fc.assert(
      fc.property(bytes, bytes, xml, (declared, properties, pom) => {
        const jar = zip([
          { name: 'META-INF/MANIFEST.MF', content: declared },
          { name: 'META-INF/maven/g/x/pom.properties', content: properties },
          { name: 'META-INF/maven/g/y/pom.xml', content: pom },
          { name: 'lib/inner.jar', content: properties },
        ]);
        for (const { name, version, namespace } of catalogued(java, { 'opt/a-1.0.jar': jar }).packages)
          for (const part of [name, version, namespace]) expect(part ?? 'x').toMatch(/^[\w.+~-]{1,256}$/);
      }),
      { numRuns: 300 },
    );
  });
});
