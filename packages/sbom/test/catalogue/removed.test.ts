import { describe, expect, test } from '@jest/globals';
import type { Digest } from '@lading/oci';
import { assemble } from '../../src/catalogue/assemble.ts';
import { removedPackages } from '../../src/catalogue/removed.ts';
import type { Cataloguer, ImageTree } from '../../src/index.ts';
import { file, imageOf, texts } from '../layer/layers.ts';

/** A package for each line of each text file. Counts how often it is asked. */
function lines(): Cataloguer & { readonly asked: () => number } {
  let asked = 0;
  return {
    ...texts,
    asked: () => asked,
    catalogue(tree) {
      asked++;
      const packages = tree.files('text').flatMap(({ path, facts }) =>
        String(facts)
          .split('\n')
          .map((name) => ({
            id: name,
            type: 'npm' as const,
            name,
            licenses: [],
            evidence: [{ path, cataloguer: 'text' }],
          })),
      );
      return { packages };
    },
  };
}

const digest: Digest = `sha256:${'a'.repeat(64)}`;

function removedFrom(tree: ImageTree, cataloguer: Cataloguer, most?: number) {
  const layers = Array.from({ length: tree.layers }, () => ({ digest, diffId: digest, size: 1 }));
  const contents = assemble(tree, [cataloguer], layers);
  const { packages, notes } = removedPackages(tree, contents, [cataloguer], layers, most);
  return {
    packages: packages.map(({ name, properties }) => [name, properties?.['lading.removedInLayer']]),
    notes,
  };
}

describe('packages that upper layers take away', () => {
  test('are told with the layer that did it, also when they were replaced or came back for a while', async () => {
    const tree = await imageOf(
      [file('a.txt', 'one\ntwo'), file('b.txt', 'three')],
      [file('a.txt', 'one\nfour')],
      [file('.wh.b.txt')],
      [file('a.txt', 'one')],
    );
    expect(removedFrom(tree, lines())).toEqual({
      packages: [
        ['four', '4'],
        ['three', '3'],
        ['two', '2'],
      ],
      notes: [],
    });
  });

  test('are not looked for where a layer only adds something', async () => {
    const tree = await imageOf(
      [file('a.txt', 'one')],
      [file('b.txt', 'two')],
      [file('a.txt', 'three')],
      ...Array.from({ length: 50 }, (_, layer) => [file(`${layer}.txt`, `more ${layer}`)]),
    );
    const cataloguer = lines();
    expect(removedFrom(tree, cataloguer).packages).toEqual([['one', '3']]);
    // Once for the image, once for what lay below the third layer.
    expect(cataloguer.asked()).toBe(2);
  });

  test('sbom case 8: are looked for no longer than is bearable, which is told', async () => {
    const tree = await imageOf(
      ...Array.from({ length: 100 }, (_, layer) => [
        file('a.txt', Array.from({ length: 10 }, (_name, one) => `${layer}-${one}`).join('\n')),
      ]),
    );
    const { packages, notes } = removedFrom(tree, lines(), 100);
    expect(packages).toHaveLength(110);
    expect(notes).toEqual([
      { code: 'partial', message: expect.stringContaining('what layer 89 and those below it took away') },
    ]);
    expect(removedFrom(tree, lines()).packages).toHaveLength(990);
  });
});
