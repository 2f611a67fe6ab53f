import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import type { Cataloguer } from '../../src/index.ts';
import { composer } from '../../src/language/composer.ts';
import { conda } from '../../src/language/conda.ts';
import { dotnet } from '../../src/language/dotnet.ts';
import { catalogued } from './catalogued.ts';

/** JSON that is nearly what a cataloguer reads: its words as keys, and anything behind them. */
function nearly(words: readonly string[]): fc.Arbitrary<unknown> {
  const word = fc.constantFrom(...words, '__proto__', 'toString', '');
  const leaf = fc.oneof(
    word,
    fc.constantFrom('a/1.0', 'a/b', 'a', '1.0', null, 0, true),
    fc.string({ maxLength: 10 }),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(word, leaf.map(String)), tie('value')), { maxLength: 5 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  }));
  return value;
}

describe('cataloguers of JSON files', () => {
  it.each<[string, Cataloguer, string, readonly string[]]>([
    [
      'composer',
      composer,
      'vendor/composer/installed.json',
      [
        'packages',
        'name',
        'version',
        'require',
        'provide',
        'replace',
        'license',
        'authors',
        'dist',
        'source',
        'shasum',
        'reference',
        'dev-package-names',
      ],
    ],
    [
      'conda',
      conda,
      'conda-meta/a.json',
      ['name', 'version', 'build', 'channel', 'subdir', 'depends', 'files', 'license', 'md5', 'fn', 'url'],
    ],
    [
      'dotnet',
      dotnet,
      'a.deps.json',
      [
        'runtimeTarget',
        'targets',
        'libraries',
        'type',
        'package',
        'project',
        'dependencies',
        'runtime',
        'sha512',
        'a/1.0',
      ],
    ],
  ])('%s takes whatever stands where something else should', (_, cataloguer, path, words) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...words), nearly(words)), { maxLength: 8 }),
        fc.boolean(),
        (entries, isList) => {
          const object = Object.fromEntries(entries);
          const { packages, dependencies = [] } = catalogued(cataloguer, {
            [path]: JSON.stringify(isList ? [object] : object),
          });
          const ids = new Set(packages.map(({ id }) => id));
          if (ids.size !== packages.length) throw new Error('an id is there twice');
          for (const { from, to } of dependencies)
            if (!ids.has(from) || !ids.has(to)) throw new Error('a dependency leads nowhere');
        },
      ),
      { numRuns: 500 },
    );
  });
});
