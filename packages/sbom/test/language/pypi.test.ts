import { describe, expect, it } from '@jest/globals';
import { pypi } from '../../src/language/pypi.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';

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
