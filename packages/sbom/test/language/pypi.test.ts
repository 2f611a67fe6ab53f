import { describe, expect, it } from '@jest/globals';
import { pypi } from '../../src/language/pypi.ts';
import { normalizedName } from '../../src/language/pypi-metadata.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';
import { type ZipEntry, zip } from './zip-maker.ts';

const site = 'usr/lib/python3/site-packages';

describe('pypi', () => {
  it('lists packages with their files, licences and needs', () => {
    const image = catalogued(pypi, {
      [`${site}/acme_widget-1.2.3.dist-info/METADATA`]: [
        'Metadata-Version: 2.4',
        'Name: Acme_Widget',
        'Version: 1.2.3',
        'Summary: Turns.',
        'Home-page: https://acme.example.com',
        'Author: Ada',
        'Author-email: ada@example.com',
        'License-Expression: MIT OR Apache-2.0',
        'License: something else',
        'Classifier: License :: OSI Approved :: BSD License',
        'Requires-Dist: Acme.Gear (>=1)',
        'Requires-Dist: pytest ; extra == "test"',
        'Requires-Dist: tool>=2 ; python_version < "4"',
        '',
        'Name: not a header',
      ].join('\n'),
      [`${site}/acme_widget-1.2.3.dist-info/RECORD`]:
        'acme/__init__.py,sha256=abc,12\r\n"acme/a,""b"".py",sha256=abc,1\nacme/__pycache__/x.pyc,,\n../../../bin/widget,sha256=x,9\n../../../../../../etc/passwd,,\nacme_widget-1.2.3.dist-info/METADATA,,\n',
      [`${site}/acme_gear-2.0.dist-info/METADATA`]: 'Name: acme-gear\nVersion: 2.0\n',
      [`${site}/pytest-8.0.dist-info/METADATA`]: 'Name: pytest\nVersion: 8.0\n',
      'opt/venv/lib/tool-2.1.egg-info/PKG-INFO': 'Name: tool\nVersion: 2.1\n',
    });
    const widget = image.packages.find(({ name }) => name === 'Acme_Widget')!;
    expect(widget).toMatchObject({
      type: 'pypi',
      version: '1.2.3',
      description: 'Turns.',
      homepage: 'https://acme.example.com',
      supplier: 'Ada <ada@example.com>',
    });
    expect(JSON.stringify(widget.licenses)).toContain('MIT OR Apache-2.0');
    expect(image.ownedFiles!.get(widget.id)).toEqual([
      `${site}/acme_widget-1.2.3.dist-info/METADATA`,
      `${site}/acme/__init__.py`,
      `${site}/acme/a,"b".py`,
      'usr/bin/widget',
    ]);
    expect(edges(image)).toEqual(['Acme_Widget@1.2.3 -> acme-gear@2.0', 'Acme_Widget@1.2.3 -> tool@2.1']);
  });

  it('sbom case 28: an egg-info may be a folder, a file, or in an egg', () => {
    const image = catalogued(pypi, {
      [`${site}/a-1.0.egg-info/PKG-INFO`]: 'Name: a\nVersion: 1.0\n',
      [`${site}/a-1.0.egg-info/installed-files.txt`]: '../a.py\n../../../bin/a\nPKG-INFO\n',
      [`${site}/b-2.0-py3.11.egg-info`]: 'Name: b\nVersion: 2.0\n',
      [`${site}/c-3.0-py3.11.egg/EGG-INFO/PKG-INFO`]: 'Name: c\nVersion: 3.0\n',
      [`${site}/pip/_vendor/d-4.0.dist-info/METADATA`]: 'Name: d\nVersion: 4.0\n',
    });
    expect(names(image)).toEqual(['pypi:a@1.0', 'pypi:b@2.0', 'pypi:c@3.0', 'pypi:d@4.0']);
    expect([...image.ownedFiles!.values()][0]).toEqual([
      `${site}/a-1.0.egg-info/PKG-INFO`,
      `${site}/a.py`,
      'usr/lib/bin/a',
    ]);
  });

  it('sbom case 28: editable installs and such from version control tell where they come from, and never a password', () => {
    const { packages } = catalogued(pypi, {
      'v/a-1.dist-info/METADATA': 'Name: a\nVersion: 1\n',
      'v/a-1.dist-info/direct_url.json': '{"url":"file:///app","dir_info":{"editable":true}}',
      'v/b-1.dist-info/METADATA': 'Name: b\nVersion: 1\n',
      'v/b-1.dist-info/direct_url.json':
        '{"url":"https://user:secret@example.com/b.git","vcs_info":{"vcs":"git","commit_id":"0a1b"}}',
    });
    expect(packages[0]!.properties).toEqual({ 'pypi.directUrl': 'file:///app', 'pypi.editable': 'true' });
    expect(packages[1]!.qualifiers).toEqual({ vcs_url: 'git+https://example.com/b.git@0a1b' });
    expect(JSON.stringify(packages)).not.toContain('secret');
  });

  it('sbom case 28: a METADATA without a name has that of its folder', () => {
    expect(factsOf(pypi, 'v/acme_gear-1.2.dist-info/METADATA', 'Summary: x\n')).toMatchObject({
      name: 'acme_gear',
      version: '1.2',
    });
    expect(factsOf(pypi, 'v/EGG-INFO/PKG-INFO', 'Summary: x\n')).toBeUndefined();
  });

  it('sbom case 28: zipapps and zipped eggs have their packages in them', () => {
    const entries: ZipEntry[] = [
      { name: '__main__.py', content: 'import tool' },
      {
        name: 'site-packages/tool-1.0.dist-info/METADATA',
        content: 'Name: tool\nVersion: 1.0\nRequires-Dist: acme-gear\n',
      },
      {
        name: '.deps/acme_gear-2.0-py3-none-any.whl/acme_gear-2.0.dist-info/METADATA',
        content: 'Name: acme-gear\nVersion: 2.0\n',
        sizes: 'behind',
      },
      {
        name: 'again/acme_gear-2.0.dist-info/METADATA',
        content: 'Name: acme-gear\nVersion: 2.0\n',
        method: 0,
      },
      { name: 'site-packages/tool-1.0.dist-info/RECORD', content: 'x,,\n' },
    ];
    const image = catalogued(pypi, {
      'usr/bin/tool.pyz': zip(entries, { prefix: '#!/usr/bin/env python3\n' }),
      [`${site}/lever-3.0-py3.11.egg`]: zip([
        { name: 'EGG-INFO/PKG-INFO', content: 'Name: lever\nVersion: 3.0\n' },
      ]),
      'usr/bin/broken.pex': 'no archive',
    });
    expect(names(image)).toEqual(['pypi:acme-gear@2.0', 'pypi:lever@3.0', 'pypi:tool@1.0']);
    expect(edges(image)).toEqual(['tool@1.0 -> acme-gear@2.0']);
    expect(image.packages.find(({ name }) => name === 'tool')).toMatchObject({
      evidence: [{ path: 'usr/bin/tool.pyz', cataloguer: 'pypi' }],
      properties: { 'pypi.archive': 'site-packages/tool-1.0.dist-info' },
    });
    expect(image.notes).toEqual([]);
  });

  it('sbom case 28: a zipapp that cannot be read whole says so', () => {
    const tool = { name: 'a/tool-1.0.dist-info/METADATA', content: 'Name: tool\nVersion: 1.0\n' };
    for (const archive of [
      zip([tool, { name: 'rest', content: 'x'.repeat(100), method: 0 }]).subarray(0, 200),
      zip([tool, { ...tool, isEncrypted: true }]),
      zip([tool, { ...tool, content: 'X: '.padEnd(5_000_000, 'y') }]),
    ]) {
      const image = catalogued(pypi, { 'usr/bin/tool.pyz': archive }, { chunkBytes: 65536 });
      expect(names(image)).toEqual(['pypi:tool@1.0']);
      expect(image.notes).toEqual([
        {
          code: 'partial',
          message: 'The Python archive usr/bin/tool.pyz was not read whole: packages may be missing.',
        },
      ]);
    }
  });

  it.each<[string, string, string]>([
    ['Zope.Interface', 'zope-interface', 'pkg:pypi/zope.interface@1'],
    ['ruamel.yaml.clib', 'ruamel-yaml-clib', 'pkg:pypi/ruamel.yaml.clib@1'],
    ['Foo__Bar-.baz', 'foo-bar-baz', 'pkg:pypi/foo--bar-.baz@1'],
  ])(
    'sbom case 28: %s, which is not normalised, keeps its spelling, is found as %s and has the purl %s',
    (spelled, normal, purl) => {
      expect(normalizedName(spelled)).toBe(normal);
      const image = catalogued(pypi, {
        'v/a-1.dist-info/METADATA': `Name: ${spelled}\nVersion: 1\n`,
        'v/b-1.dist-info/METADATA': `Name: b\nVersion: 1\nRequires-Dist: ${normal.toUpperCase()}[extra]~=1.0; python_version > "3"\n`,
      });
      expect(image.packages[0]!.name).toBe(spelled);
      expect(purlOf(image.packages[0]!)).toBe(purl);
      expect(edges(image)).toEqual([`b@1 -> ${spelled}@1`]);
    },
  );

  it.each<[string, string[]]>([
    ['"a ""quoted"" name, with a comma.py",sha256=x,1\n', ['v/a "quoted" name, with a comma.py']],
    ['plain.py,sha256=x,1', ['v/plain.py']],
    ['"never closed.py,sha256=x,1\nb.py,,\n', ['v/"never closed.py', 'v/b.py']],
    ['/usr/share/absolute.txt,,\r\n./a/../b.py,,\r\n', ['usr/share/absolute.txt', 'v/b.py']],
    ['../../../../../outside.py,,\n,,\n\n', []],
  ])('sbom case 28: the files of a RECORD with %j', (record, files) => {
    const image = catalogued(pypi, {
      'v/a-1.dist-info/METADATA': 'Name: a\nVersion: 1\n',
      'v/a-1.dist-info/RECORD': record,
    });
    expect([...image.ownedFiles!.values()]).toEqual([['v/a-1.dist-info/METADATA', ...files]]);
  });

  it('sbom case 28: what is vendored belongs to what vendors it, and is needed from where it stands', () => {
    const vendored = `${site}/pip/_vendor/urllib3-1.26.dist-info/METADATA`;
    const image = catalogued(pypi, {
      [`${site}/pip-24.0.dist-info/METADATA`]: 'Name: pip\nVersion: 24.0\n',
      [`${site}/pip-24.0.dist-info/RECORD`]: 'pip/_vendor/urllib3-1.26.dist-info/METADATA,,\n',
      [vendored]: 'Name: urllib3\nVersion: 1.26\n',
      [`${site}/pip/_vendor/requests-2.31.dist-info/METADATA`]:
        'Name: requests\nVersion: 2.31\nRequires-Dist: urllib3\n',
      [`${site}/urllib3-2.0.dist-info/METADATA`]: 'Name: urllib3\nVersion: 2.0\n',
    });
    expect(edges(image)).toEqual(['requests@2.31 -> urllib3@1.26']);
    const pip = image.packages.find(({ name }) => name === 'pip')!;
    expect(image.ownedFiles!.get(pip.id)).toContain(vendored);
  });

  it.each<[string, string[]]>([
    [
      'License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: X\n',
      ['MIT License'],
    ],
    ['License: Line one\n        line two of the text\nClassifier: License :: OSI Approved\n', []],
    ['License: BSD-3-Clause\r\nClassifier: License :: OSI Approved :: BSD License\r\n', ['BSD-3-Clause']],
  ])('the licences of %j', (fields, licenses) => {
    expect(factsOf(pypi, 'v/a-1.dist-info/METADATA', `Name: a\nVersion: 1\n${fields}`)).toMatchObject({
      licenses,
    });
  });

  it('broken files say nothing, and long ones take no time', () => {
    expect(factsOf(pypi, 'v/x.egg-info', '\0\xff\n:\n: x\n')).toBeUndefined();
    expect(factsOf(pypi, 'v/a-1.dist-info/METADATA', 'Name: ../../x\nVersion: 1\n')).toBeUndefined();
    expect(factsOf(pypi, 'v/a-1.dist-info/direct_url.json', '{')).toBeUndefined();
    const long = `Name: a\nVersion: 1\nX: ${'y'.repeat(2_000_000)}\n${'Requires-Dist: a\n'.repeat(100_000)}${' z\n'.repeat(300_000)}`;
    expect(factsOf(pypi, 'v/a-1.dist-info/METADATA', long, { chunkBytes: 65536 })).toMatchObject({
      name: 'a',
    });
  }, 5000);
});
