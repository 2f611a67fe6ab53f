import { describe, expect, it } from '@jest/globals';
import { composer } from '../../src/language/composer.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';

const path = 'app/vendor/composer/installed.json';

const packages = [
  {
    name: 'Acme/Widget',
    version: 'v1.2.3',
    version_normalized: '1.2.3.0',
    source: { type: 'git', url: 'https://example.com/acme/widget.git', reference: '0a1b2c' },
    dist: { type: 'zip', reference: '0a1b2c', shasum: 'A'.repeat(40) },
    require: {
      php: '>=8.1',
      'ext-json': '*',
      'acme/gear': '^2',
      'psr/log-implementation': '1.0',
      'acme/widget': '*',
    },
    'require-dev': { 'phpunit/phpunit': '^10' },
    license: ['MIT', 'GPL-2.0-or-later'],
    description: 'Turns.',
    homepage: 'https://acme.example.com',
    authors: [{ name: 'Ada', email: 'ada@example.com' }],
  },
  { name: 'acme/gear', version: '2.0.0', license: 'BSD-3-Clause', dist: { shasum: '' } },
  { name: 'acme/logger', version: '3.0', provide: { 'psr/log-implementation': '1.0' } },
  { name: 'phpunit/phpunit', version: '10.0' },
];

describe('composer', () => {
  it.each<[string, unknown]>([
    ['v1, a list', packages],
    ['v2, an object', { packages, dev: true, 'dev-package-names': ['phpunit/phpunit'] }],
  ])('sbom case 31: reads installed.json %s', (form, content) => {
    const image = catalogued(composer, { [path]: JSON.stringify(content) });
    expect(names(image)).toEqual([
      'composer:acme/gear@2.0.0',
      'composer:acme/logger@3.0',
      'composer:acme/widget@v1.2.3',
      'composer:phpunit/phpunit@10.0',
    ]);
    expect(edges(image)).toEqual(['widget@v1.2.3 -> gear@2.0.0', 'widget@v1.2.3 -> logger@3.0']);
    expect(image.packages[0]).toMatchObject({
      namespace: 'acme',
      licenses: [{ expression: 'MIT' }, { expression: 'GPL-2.0-or-later' }],
      description: 'Turns.',
      homepage: 'https://acme.example.com',
      supplier: 'Ada <ada@example.com>',
      hashes: [{ algorithm: 'SHA-1', value: 'a'.repeat(40) }],
      properties: { 'composer.reference': '0a1b2c' },
      evidence: [{ path, cataloguer: 'composer' }],
    });
    expect(image.packages[3]!.properties).toEqual(
      form.startsWith('v2') ? { 'composer.development': 'true' } : {},
    );
  });

  it('sbom case 31: broken and hostile lists say nothing, or what can be read of them', () => {
    for (const junk of ['', '{', 'null', '7', '{"packages":{}}', '{}'])
      expect(factsOf(composer, path, junk)).toBeUndefined();
    const odd = [
      null,
      7,
      [],
      {},
      { name: 7 },
      { name: '../x' },
      { name: 'a/b/c' },
      { name: 'a/b\n', version: 7, license: [7, null], authors: 'x', require: [] },
    ];
    expect(factsOf(composer, path, JSON.stringify(odd))).toEqual([
      { name: 'a/b', licenses: [], requires: [], provides: [] },
    ]);
    const twice = catalogued(composer, {
      [path]: JSON.stringify([
        { name: 'a/b', version: '1' },
        { name: 'A/B', version: '2' },
      ]),
    });
    expect(names(twice)).toEqual(['composer:a/b@1']);
  });

  it('reads nothing else', () => {
    for (const other of ['app/vendor/composer/installed.php', 'app/installed.json', 'app/composer.lock'])
      expect(composer.probe({ path: other, size: 100, isExecutable: false })).toBeUndefined();
  });
});
