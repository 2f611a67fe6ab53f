import { describe, expect, test } from '@jest/globals';
import type { Package } from '../../src/bom.ts';
import { assemble, type Found } from '../../src/catalogue/assemble.ts';
import { mergeEmbedded } from '../../src/catalogue/merge-embedded.ts';
import type { Catalogued, Cataloguer } from '../../src/index.ts';
import { imageOf, texts } from '../layer/layers.ts';

function npm(id: string, more: Partial<Package> = {}): Package {
  return {
    id,
    type: 'npm',
    name: 'a',
    version: '1.0.0',
    licenses: [],
    evidence: [{ path: 'a/package.json', cataloguer: 'npm' }],
    ...more,
  };
}

function finding(name: string, found: Catalogued): Cataloguer {
  return { ...texts, name, catalogue: () => found };
}

describe('ids', () => {
  test('are unique when several cataloguers, or one of them twice, want the same', async () => {
    const cataloguers = [
      finding('one', {
        packages: [npm('x'), npm('x', { name: 'b' }), npm('y')],
        dependencies: [
          { from: 'x', to: 'y' },
          { from: 'y', to: 'x' },
        ],
      }),
      finding('two', { packages: [npm('x', { name: 'c' })], dependencies: [{ from: 'x', to: 'x' }] }),
      finding('three', {
        packages: [npm('y', { name: 'd' }), npm('x', { name: 'e' })],
        dependencies: [{ from: 'y', to: 'x' }],
      }),
    ];
    const { packages, dependencies } = assemble(await imageOf([]), cataloguers, []);
    expect(packages.map(({ id, name }) => `${id} ${name}`)).toEqual([
      'x a',
      'x#2 b',
      'x#3 c',
      'x#4 e',
      'y a',
      'y#2 d',
    ]);
    expect(dependencies).toEqual([
      { from: 'x', to: 'y' },
      { from: 'y', to: 'x' },
      { from: 'y#2', to: 'x#4' },
    ]);
  });
});

describe('SBOMs inside an image', () => {
  const claims = (packages: readonly Package[]): Found => ({ cataloguer: 'embedded-sbom', packages });
  const claim = (id: string, more: Partial<Package> = {}): Package =>
    npm(id, { evidence: [{ path: 'app.spdx.json', cataloguer: 'embedded-sbom' }], ...more });

  test('that claim one package in many ways are further evidence of it, once', () => {
    const many = Array.from({ length: 50_000 }, (_, place) =>
      claim(`claim ${place}`, { qualifiers: { place: String(place) } }),
    );
    const told = [
      claim('supplier', { supplier: 'Acme' }),
      claim('licence', { licenses: [{ expression: 'MIT' }], supplier: 'Somebody' }),
      claim('elsewhere', { evidence: [{ path: 'other.spdx.json', cataloguer: 'embedded-sbom' }] }),
    ];
    const [npms, rest] = mergeEmbedded([
      { cataloguer: 'npm', packages: [npm('x')] },
      claims([...many, ...told]),
    ]);
    expect(rest?.packages).toEqual([]);
    expect(npms?.packages).toEqual([
      npm('x', {
        supplier: 'Acme',
        licenses: [{ expression: 'MIT' }],
        evidence: [
          { path: 'a/package.json', cataloguer: 'npm' },
          { path: 'app.spdx.json', cataloguer: 'embedded-sbom' },
          { path: 'other.spdx.json', cataloguer: 'embedded-sbom' },
        ],
      }),
    ]);
  });
});
