import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rootedDependencies, rootId } from '../../src/formats/graph.ts';
import { bomOf, pkg } from '../cyclonedx/boms.ts';

const edges = (names: string, ...pairs: string[]): string[] =>
  rootedDependencies(
    bomOf({
      packages: [...names].map((id) => pkg({ id, type: 'npm', name: id })),
      dependencies: pairs.map((pair) => {
        const [from = '', to = ''] = pair.split('>');
        return { from: from === '' ? rootId : from, to };
      }),
    }),
  ).map(({ from, to }) => `${from === rootId ? '' : from}>${to}`);

describe('rootedDependencies', () => {
  test.each<[string, string[], string[]]>([
    ['nothing', [], []],
    ['a chain hangs on its beginning', ['a>b', 'b>c'], ['>a', 'a>b', 'b>c']],
    ['a circle hangs on its first', ['b>c', 'c>b'], ['>a', '>b', 'b>c', 'c>b']],
    ['what the image is said to need is all that it needs', ['>b', 'a>c'], ['>b', 'a>c']],
    [
      'nothing twice, nothing of itself, nothing that is not there',
      ['a>b', 'a>b', 'a>a', 'a>x', 'x>a'],
      ['>a', '>c', 'a>b'],
    ],
  ])('%s', (name, given, expected) => {
    const names = name === 'nothing' ? '' : 'abc';
    expect(edges(names, ...given).sort()).toEqual(expected.sort());
  });

  test('sbom case 34: from the root one gets to everything', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const edge = fc.record({ from: fc.constantFrom(...ids), to: fc.constantFrom(...ids) });
    fc.assert(
      fc.property(fc.array(edge), (dependencies) => {
        const packages = ids.map((id) => pkg({ id, type: 'npm', name: id }));
        const all = rootedDependencies(bomOf({ packages, dependencies }));
        const reached = new Set([rootId]);
        for (const _ of ids) for (const { from, to } of all) if (reached.has(from)) reached.add(to);
        expect(reached.size).toBe(ids.length + 1);
      }),
    );
  });
});
