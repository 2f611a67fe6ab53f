import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gem } from '../../src/language/gem.ts';
import { rubyStrings } from '../../src/language/gem-ruby.ts';
import { compareGemVersions, satisfies } from '../../src/language/gem-version.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';

const gems = 'usr/lib/ruby/gems/3.1.0/specifications';

/** As RubyGems writes it. */
function written(name: string, version: string, lines: readonly string[] = []): string {
  return [
    '# -*- encoding: utf-8 -*-',
    `# stub: ${name} ${version} ruby lib`,
    '',
    'Gem::Specification.new do |s|',
    `  s.name = "${name}".freeze`,
    `  s.version = "${version}"`,
    '  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=',
    '  s.require_paths = ["lib".freeze]',
    ...lines,
    'end',
  ].join('\n');
}

describe('gem', () => {
  it('lists installed gems and those that come with Ruby, and nothing else', () => {
    const image = catalogued(gem, {
      [`${gems}/widget-1.2.3.gemspec`]: written('widget', '1.2.3', [
        '  s.authors = ["Andr\\u00E9 A".freeze, "Bo \\u{42}".freeze]',
        '  s.licenses = ["MIT".freeze, "BSD-2-Clause".freeze]',
        '  s.homepage = "https://acme.example.com".freeze',
        '  s.summary = "Turns, \\"round\\"".freeze',
      ]),
      [`${gems}/default/json-2.6.1.gemspec`]: written('json', '2.6.1'),
      'app/widget.gemspec': written('widget', '9'),
      [`${gems}/readme.txt`]: '',
    });
    expect(names(image)).toEqual(['gem:json@2.6.1', 'gem:widget@1.2.3']);
    expect(image.packages.find(({ name }) => name === 'widget')).toMatchObject({
      licenses: [{ expression: 'MIT' }, { expression: 'BSD-2-Clause' }],
      supplier: 'André A, Bo B',
      homepage: 'https://acme.example.com',
      description: 'Turns, "round"',
      evidence: [{ path: `${gems}/widget-1.2.3.gemspec`, cataloguer: 'gem' }],
    });
  });

  it('a gem for one platform says so', () => {
    const image = catalogued(gem, {
      [`${gems}/native-1.0-x86_64-linux.gemspec`]: written('native', '1.0').replace(
        ' ruby lib',
        ' x86_64-linux lib',
      ),
      [`${gems}/plain-1.0.gemspec`]: written('plain', '1.0'),
      [`${gems}/other-2.0.gemspec`]: 'Gem::Specification.new do |s|\ns.platform = "java".freeze\nend',
    });
    expect(image.packages.map(({ name, qualifiers }) => [name, qualifiers])).toEqual([
      ['native', { platform: 'x86_64-linux' }],
      ['other', { platform: 'java' }],
      ['plain', undefined],
    ]);
  });

  it('finds the gem that is needed: the newest that fits, at home first', () => {
    const needs = (lines: readonly string[]): readonly string[] =>
      lines.map((line) => `    s.add_runtime_dependency(${line})`);
    const image = catalogued(gem, {
      [`${gems}/app-1.0.gemspec`]: written(
        'app',
        '1.0',
        needs([
          '%q<gear>.freeze, ["~> 2.0", "!= 2.5"]',
          '%q<lever>.freeze, [">= 0"]',
          '%q<gone>, [">= 0"]',
          '"far", "< 2"',
        ]),
      ),
      [`${gems}/gear-2.1.gemspec`]: written('gear', '2.1'),
      [`${gems}/gear-2.5.gemspec`]: written('gear', '2.5'),
      [`${gems}/gear-3.0.gemspec`]: written('gear', '3.0'),
      [`${gems}/default/lever-1.gemspec`]: written('lever', '1'),
      'opt/bundle/specifications/lever-2.gemspec': written('lever', '2'),
      'opt/bundle/specifications/far-1.9.gemspec': written('far', '1.9'),
      'opt/bundle/specifications/far-2.0.gemspec': written('far', '2.0'),
    });
    expect(edges(image)).toEqual(['app@1.0 -> far@1.9', 'app@1.0 -> gear@2.1', 'app@1.0 -> lever@1']);
  });

  it('what a gem needs for development is not what it needs, not even where RubyGems writes it a second time', () => {
    const requires = (lines: readonly string[]): unknown =>
      (factsOf(gem, `${gems}/a-1.gemspec`, written('a', '1', lines)) as { requires: unknown }).requires;
    const twice = [
      '  if s.respond_to? :add_runtime_dependency then',
      '    s.add_runtime_dependency(%q<gear>.freeze, ["~> 2.0"])',
      '    s.add_development_dependency(%q<rspec>.freeze, [">= 0"])',
      '  else',
      '    s.add_dependency(%q<gear>.freeze, ["~> 2.0"])',
      '    s.add_dependency(%q<rspec>.freeze, [">= 0"])',
      '  end',
    ];
    expect(requires(twice)).toEqual([['gear', '~> 2.0']]);
    expect(
      requires([
        '  s.add_dependency "gear", ">= 1", "< 3"',
        "  s.add_dependency 'lever'",
        '  s.add_development_dependency "rspec"',
      ]),
    ).toEqual([['gear', '>= 1', '< 3'], ['lever']]);
    expect(
      requires(['  # s.add_dependency "gear"', '  s.add_dependency GEAR, "1"', '  s.add_dependency "../x"']),
    ).toEqual([]);
  });

  it('sbom case 31: a gemspec with Ruby code is read and never run; what it computes comes from its name', () => {
    const code = [
      'require "fileutils"',
      'system("touch /tmp/owned")',
      'Gem::Specification.new do |spec|',
      '  spec.name = `echo evil`',
      '  spec.version = Widget::VERSION',
      '  spec.license = begin; File.read("LICENSE"); end',
      '  spec.authors = [ENV["USER"], *others]',
      '  spec.homepage = "https://example.com/#{spec.name}/#{ spec.version }"',
      '  spec.summary = "#{`id`}"',
      '  spec.description = <<-TEXT',
      '    spec.name = 7',
      '  TEXT',
      '  spec.files = Dir.glob("**/*")',
      'end',
    ].join('\n');
    expect(factsOf(gem, `${gems}/acme-widget-1.2.pre.gemspec`, code)).toEqual({
      name: 'acme-widget',
      version: '1.2.pre',
      licenses: [],
      authors: [],
      homepage: 'https://example.com/acme-widget/1.2.pre',
      requires: [],
    });
    expect(factsOf(gem, `${gems}/nothing.gemspec`, code)).toBeUndefined();
    expect(factsOf(gem, `${gems}/nothing.gemspec`, '# stub: told 3.0 ruby lib\n')).toMatchObject({
      name: 'told',
      version: '3.0',
    });
    expect(
      factsOf(
        gem,
        `${gems}/a-1.gemspec`,
        'Gem::Specification.new { |s|\n s.version = Gem::Version.new("2.0.1".freeze)\n}',
      ),
    ).toMatchObject({
      name: 'a',
      version: '2.0.1',
    });
  });

  it.each<[string, string[]]>([
    ['"a"', ['a']],
    ["'a\\'b\\n'", ["a'b\\n"]],
    ['"a\\tb\\q" # c', ['a\tbq']],
    ['%q<a<b>c>.freeze, ["x"]', ['a<b>c', 'x']],
    ['%q(a), %Q[b], %{c}, %|d|', ['a', 'b', 'c', 'd']],
    ['%w[a b\n c]', ['a', 'b', 'c']],
    ['["a".freeze,\n "b"]', ['a', 'b']],
    ['[["a"], "b"]', ['a', 'b']],
    ['[]', []],
    ['"a" + "b"', ['a']],
    ['"a\nb"', ['a\nb']],
    ['"never closed', []],
    ['%', []],
    ['FOO', []],
    [', "a"', []],
    ['"\\u{110000}"', ['\\u{110000}']],
  ])('the strings in %j', (text, strings) => {
    expect(rubyStrings(`x = ${text}`, 4)).toEqual(strings);
  });

  it.each<[string, readonly string[], boolean]>([
    ['1.0', ['>= 0'], true],
    ['1.0.0', ['= 1'], true],
    ['1.0', ['1.0'], true],
    ['2.9', ['~> 2.1'], true],
    ['3.0', ['~> 2.1'], false],
    ['3.0.rc1', ['~> 2.1'], false],
    ['2.1.9', ['~> 2.1.3'], true],
    ['2.2', ['~> 2.1.3'], false],
    ['2', ['~> 1'], false],
    ['1.9', ['~> 1'], true],
    ['1.0.beta', ['>= 1.0'], false],
    ['1.0-1', ['< 1.0'], true],
    ['1.10', ['> 1.9', '<= 1.10'], true],
    ['2.5', ['~> 2.0', '!= 2.5'], false],
  ])('%s is what %j asks for: %s', (version, requirements, isSo) => {
    expect(satisfies(version, requirements)).toBe(isSo);
  });

  it('versions have an order', () => {
    const sorted = ['1.0.a', '1.0.b1', '1.0.b2', '1.0.b10', '1.0', '1.0.1', '1.9', '1.10', '2'];
    const mixed = [...sorted].reverse().sort(compareGemVersions);
    expect(mixed).toEqual(sorted);
  });

  it('never throws and takes no time, whatever is in a file', () => {
    const part = fc.constantFrom(
      's.name = ',
      's.version = ',
      's.add_dependency',
      '"',
      "'",
      '%q<',
      '>',
      '[',
      ']',
      ',',
      '\n',
      '#{',
      '\\',
      '\\u{',
      ' ',
      'a',
      '1',
      '.freeze',
      's.licenses = ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 80 }).map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          for (const { name, version } of catalogued(gem, { [`${gems}/a-1.gemspec`]: text }).packages) {
            expect(name).toMatch(/^[\w.-]+$/);
            expect(version).toMatch(/^\d[\w.-]*$/);
          }
        },
      ),
      { numRuns: 500 },
    );
    for (const slow of [
      's.name = "'.repeat(300_000),
      's.add_dependency "\n'.repeat(150_000),
      ' '.repeat(3_000_000),
      's.licenses = ['.repeat(200_000),
      `s.name = "${'#{'.repeat(1_000_000)}"`,
    ]) {
      const facts = factsOf(gem, `${gems}/a-1.gemspec`, slow, { chunkBytes: 65536 });
      expect(facts).toMatchObject({ name: 'a', version: '1' });
    }
  }, 5000);
});
