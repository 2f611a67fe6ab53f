import { describe, expect, test } from '@jest/globals';
import { dependenciesOf } from '../../src/os/dependencies.ts';
import type { InstalledPackage } from '../../src/os/installed-package.ts';

const found = (id: string, installed: Partial<InstalledPackage> = {}) => ({
  id,
  installed: { name: id, ...installed },
});
const edges = (...all: ReturnType<typeof found>[]): string[] =>
  dependenciesOf(all).map(({ from, to }) => `${from} -> ${to}`);

describe('dependencies', () => {
  test('of alternatives the first that is there, by name before what is provided', () => {
    expect(
      edges(
        found('a', { needs: [['gone', 'virtual', 'c'], ['c'], ['d']] }),
        found('b', { provides: ['virtual', 'c'] }),
        found('c'),
      ),
    ).toEqual(['a -> b', 'a -> c']);
  });

  test('paths, and nobody needs itself', () => {
    expect(
      edges(
        found('a', { needs: [['/bin/sh'], ['a'], ['own']], provides: ['own'] }),
        found('b', { provides: ['own'], files: ['bin/sh'] }),
      ),
    ).toEqual(['a -> b']);
  });

  test('of several architectures its own', () => {
    expect(
      edges(
        found('x86', { name: 'lib', arch: 'amd64' }),
        found('arm', { name: 'lib', arch: 'arm64' }),
        found('tool', { arch: 'arm64', needs: [['lib']] }),
        found('other', { arch: 's390x', needs: [['lib']] }),
      ),
    ).toEqual(['tool -> arm', 'other -> x86']);
  });

  test('very many of one name are not all compared with all', () => {
    let compared = 0;
    const all = Array.from({ length: 2000 }, (_, index) => ({
      get id() {
        compared++;
        return `p${index}`;
      },
      installed: { name: 'same', needs: [['same']] },
    }));
    expect(dependenciesOf(all).length).toBeGreaterThan(0);
    expect(compared).toBeLessThan(2000 * 2 * 100);
  });
});
