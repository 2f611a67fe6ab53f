import { describe, expect, it } from '@jest/globals';
import { conda } from '../../src/language/conda.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';

const environment = 'opt/conda/envs/shop';
const numpy = {
  build: 'py312h8753938_0',
  build_number: 0,
  channel: 'https://example.com/conda-forge/linux-64',
  depends: [
    'libblas >=3.9.0,<4.0a0',
    'python >=3.12,<3.13.0a0',
    'conda-forge::python_abi 3.12.* *_cp312',
    '__glibc >=2.17',
    'gone',
  ],
  files: [
    'lib/python3.12/site-packages/numpy/__init__.py',
    '../../../../../etc/passwd',
    'conda-meta/numpy-1.26.4-py312h8753938_0.json',
  ],
  fn: 'numpy-1.26.4-py312h8753938_0.conda',
  license: 'BSD-3-Clause',
  md5: 'D'.repeat(32),
  name: 'numpy',
  sha256: 'e'.repeat(64),
  subdir: 'linux-64',
  url: 'https://example.com/conda-forge/linux-64/numpy-1.26.4-py312h8753938_0.conda',
  version: '1.26.4',
};

describe('conda', () => {
  it('lists what an environment has, with its files and needs', () => {
    const image = catalogued(conda, {
      [`${environment}/conda-meta/numpy-1.26.4-py312h8753938_0.json`]: JSON.stringify(numpy),
      [`${environment}/conda-meta/python-3.12.1-0.json`]: JSON.stringify({
        name: 'Python',
        version: '3.12.1',
        depends: [],
      }),
      [`${environment}/conda-meta/python_abi-3.12-4.json`]: JSON.stringify({
        name: 'python_abi',
        version: '3.12',
      }),
      'opt/conda/conda-meta/libblas-3.9.0-1.json': JSON.stringify({ name: 'libblas', version: '3.9.0' }),
      [`${environment}/conda-meta/history`]: 'x',
      [`${environment}/conda-meta/deep/a.json`]: '{"name":"a"}',
    });
    expect(names(image)).toEqual([
      'conda:libblas@3.9.0',
      'conda:numpy@1.26.4',
      'conda:python@3.12.1',
      'conda:python_abi@3.12',
    ]);
    // What another environment has is not seen.
    expect(edges(image)).toEqual(['numpy@1.26.4 -> python@3.12.1', 'numpy@1.26.4 -> python_abi@3.12']);
    const found = image.packages.find(({ name }) => name === 'numpy')!;
    expect(purlOf(found)).toBe(
      'pkg:conda/numpy@1.26.4?build=py312h8753938_0&channel=conda-forge&subdir=linux-64&type=conda',
    );
    expect(found).toMatchObject({
      licenses: [{ expression: 'BSD-3-Clause' }],
      hashes: [
        { algorithm: 'MD5', value: 'd'.repeat(32) },
        { algorithm: 'SHA-256', value: 'e'.repeat(64) },
      ],
    });
    expect(image.ownedFiles!.get(found.id)).toEqual([
      `${environment}/conda-meta/numpy-1.26.4-py312h8753938_0.json`,
      `${environment}/lib/python3.12/site-packages/numpy/__init__.py`,
    ]);
  });

  it.each<[object, object]>([
    [
      { channel: 'conda-forge', subdir: 'noarch', fn: 'a-1-0.tar.bz2' },
      { channel: 'conda-forge', subdir: 'noarch', type: 'tar.bz2' },
    ],
    [
      { channel: 'https://example.com/pkgs/main/noarch', subdir: 'linux-64' },
      { channel: 'main', subdir: 'linux-64' },
    ],
    [
      { channel: 'https://user:secret@example.com/t/tk-123/acme?x=y', url: 'https://example.com/a.conda' },
      { channel: 'acme', type: 'conda' },
    ],
    [{ channel: '<unknown>', subdir: '../x', build: 'a b' }, {}],
    [{ channel: 7, fn: {} }, {}],
  ])('the qualifiers of %j', (record, qualifiers) => {
    const image = catalogued(conda, {
      'e/conda-meta/a.json': JSON.stringify({ name: 'a', version: '1', ...record }),
    });
    expect(image.packages[0]!.qualifiers).toEqual(qualifiers);
  });

  it('broken and hostile records say nothing, or what can be read of them', () => {
    const at = 'e/conda-meta/a.json';
    for (const junk of ['', '{', '[]', '{"name":7}', '{"name":"../x"}', '{"version":"1"}'])
      expect(factsOf(conda, at, junk)).toBeUndefined();
    expect(
      factsOf(
        conda,
        at,
        '{"name":"a","version":7,"depends":"x","files":[7,"",null,"b"],"license":["MIT"],"md5":"x","sha256":7}',
      ),
    ).toEqual({ name: 'a', licenses: [], requires: [], files: ['b'] });
  });
});
