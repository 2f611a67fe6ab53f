import { describe, expect, it } from '@jest/globals';
import { npm } from '../../src/language/npm.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';

const manifest = (value: object): string => JSON.stringify(value);

describe('npm', () => {
  it('lists packages with scope, licence, author and homepage', () => {
    const { packages } = catalogued(npm, {
      'app/node_modules/@acme/widget/package.json': manifest({
        name: '@acme/widget',
        version: '1.2.3',
        license: 'MIT',
        description: 'Turns.',
        homepage: 'https://acme.example.com',
        author: { name: 'Ada', email: 'ada@example.com' },
      }),
    });
    expect(packages).toEqual([
      expect.objectContaining({
        type: 'npm',
        namespace: '@acme',
        name: 'widget',
        version: '1.2.3',
        licenses: [expect.anything()],
        description: 'Turns.',
        homepage: 'https://acme.example.com',
        supplier: 'Ada <ada@example.com>',
        evidence: [{ path: 'app/node_modules/@acme/widget/package.json', cataloguer: 'npm' }],
      }),
    ]);
  });

  it('finds what a package needs as Node.js does: nearest folder first', () => {
    const image = catalogued(npm, {
      'app/package.json': manifest({ name: 'app', version: '0.0.1', dependencies: { a: '1', b: '1' } }),
      'app/node_modules/a/package.json': manifest({ name: 'a', version: '1.0.0', dependencies: { b: '2' } }),
      'app/node_modules/a/node_modules/b/package.json': manifest({ name: 'b', version: '2.0.0' }),
      'app/node_modules/b/package.json': manifest({
        name: 'b',
        version: '1.0.0',
        optionalDependencies: { a: '1' },
        dependencies: { gone: '1' },
      }),
    });
    expect(edges(image)).toEqual([
      'a@1.0.0 -> b@2.0.0',
      'app@0.0.1 -> a@1.0.0',
      'app@0.0.1 -> b@1.0.0',
      'b@1.0.0 -> a@1.0.0',
    ]);
  });

  it('sbom case 27: counts a package of a pnpm store once, and follows its links', () => {
    const store = 'app/node_modules/.pnpm';
    const image = catalogued(
      npm,
      {
        'app/package.json': manifest({ name: 'app', version: '0.0.1', dependencies: { a: '1' } }),
        [`${store}/a@1.0.0/node_modules/a/package.json`]: manifest({
          name: 'a',
          version: '1.0.0',
          dependencies: { '@acme/b': '*' },
        }),
        [`${store}/@acme+b@2.0.0/node_modules/@acme/b/package.json`]: manifest({
          name: '@acme/b',
          version: '2.0.0',
        }),
      },
      {
        links: {
          'app/node_modules/a': `${store}/a@1.0.0/node_modules/a`,
          [`${store}/a@1.0.0/node_modules/@acme/b`]: `${store}/@acme+b@2.0.0/node_modules/@acme/b`,
        },
      },
    );
    expect(names(image)).toEqual(['npm:@acme/b@2.0.0', 'npm:a@1.0.0', 'npm:app@0.0.1']);
    expect(edges(image)).toEqual(['a@1.0.0 -> b@2.0.0', 'app@0.0.1 -> a@1.0.0']);
  });

  it('sbom case 27: 30,000 packages are a matter of seconds', () => {
    const files: Record<string, string> = {};
    for (let number = 0; number < 30_000; number++) {
      files[`app/node_modules/p${number}/package.json`] = manifest({
        name: `p${number}`,
        version: '1.0.0',
        dependencies: { [`p${(number * 7) % 30_000}`]: '1', [`p${(number * 11 + 1) % 30_000}`]: '1' },
      });
    }
    const image = catalogued(npm, files);
    expect(image.packages).toHaveLength(30_000);
    expect(image.dependencies!.length).toBeGreaterThan(59_000);
  }, 20_000);

  it('sbom case 27: broken and hostile files say nothing, or what can be read of them', () => {
    const read = (content: string): unknown => factsOf(npm, 'node_modules/a/package.json', content);
    for (const junk of [
      '',
      '{',
      '[]',
      'null',
      '"a"',
      '{"name":7}',
      '{"name":"a\\u0000b"}',
      '{"name":"../x"}',
    ]) {
      expect(read(junk)).toBeUndefined();
    }
    expect(read('\uFEFF{"name":"a","version":"1"}')).toMatchObject({ name: 'a', version: '1' });
    expect(read('{"name":"a","version":"1","version":"2"}')).toMatchObject({ version: '2' });
    expect(
      read('{"__proto__":{"name":"evil"},"name":"a","version":"1","dependencies":{"__proto__":"1","b":"1"}}'),
    ).toMatchObject({ name: 'a', dependencies: ['__proto__', 'b'] });
    expect(Object.hasOwn(Object.prototype, 'name')).toBe(false);
    expect(read(`{"name":"a","version":"1","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)).toBeDefined();
    expect(read(`{"name":"a","version":"1","x":"${'x'.repeat(5_000_000)}"}`)).toBeUndefined();
  });

  it.each<[unknown, string[]]>([
    [{ license: '(MIT OR Apache-2.0)' }, ['(MIT OR Apache-2.0)']],
    [{ license: { type: 'BSD', url: 'https://example.com' } }, ['BSD']],
    [{ licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] }, ['MIT', 'GPL-2.0']],
    [{ licenses: ['MIT', 'MIT'] }, ['MIT']],
    [{ licenses: { type: 'MIT' } }, ['MIT']],
    [{ license: ['MIT', { name: 'ISC' }] }, ['MIT', 'ISC']],
    [{ license: 7, licenses: [null, 7, {}] }, []],
  ])('sbom case 27: the licences of %j', (fields, licenses) => {
    const facts = factsOf(
      npm,
      'a/package.json',
      manifest({ name: 'a', version: '1', ...(fields as object) }),
    );
    expect(facts).toMatchObject({ licenses });
  });

  it('sbom case 27: passes over folders that only set options, keeps linked work without a version, and believes the manifest rather than the folder', () => {
    const image = catalogued(npm, {
      'node_modules/a/package.json': manifest({ name: 'renamed', version: '1.0.0' }),
      'node_modules/a/esm/package.json': manifest({ type: 'module' }),
      'node_modules/a/test/fixtures/x/package.json': manifest({ name: 'fixture' }),
      'node_modules/mine/package.json': manifest({ name: 'mine', private: true }),
    });
    expect(names(image)).toEqual(['npm:mine', 'npm:renamed@1.0.0']);
    expect(image.packages.find(({ name }) => name === 'mine')?.properties).toEqual({ 'npm.private': 'true' });
  });
});
