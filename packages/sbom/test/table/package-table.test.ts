import { describe, expect, test } from '@jest/globals';
import { packageTable } from '../../src/index.ts';
import { bomOf, debianImage, digestOf, pkg } from '../cyclonedx/boms.ts';

describe('the table of packages', () => {
  test('is aligned, sorted by name, and says how many there are', () => {
    const { lines, summary, notes } = packageTable(debianImage);
    expect(lines).toEqual([
      'NAME                  VERSION           TYPE    LICENSE                                   LAYER',
      '@acme/widget          1.2.3             npm     MIT, whatever the lawyers <say> & "mean"',
      'Ruamel_YAML           0.18              pypi    MIT',
      'github.com/Acme/Tool  v1.0.0            golang  Proprietary                               2',
      'libssl3               3.0.11-1~deb12u2  deb     Apache-2.0, MIT OR Artistic-2.0           1',
      'node                                    binary  MIT OR Artistic-2.0',
    ]);
    expect(summary).toBe(
      '5 packages (1 binary, 1 deb, 1 golang, 1 npm, 1 pypi) on Debian GNU/Linux 12 (bookworm)',
    );
    expect(notes).toEqual(['skipped: layer 3 is a squashfs', 'partial: a file is too large']);
  });

  test('leaves out the layer, then the licence, where the terminal is too narrow, and columns that nothing stands in', () => {
    const headOf = (width: number): string | undefined => packageTable(debianImage, { width }).lines[0];
    expect(headOf(95)).toContain('LAYER');
    expect(headOf(94)).toMatch(/LICENSE$/);
    expect(headOf(80)).toMatch(/TYPE$/);
    expect(headOf(10)).toMatch(/^NAME +VERSION +TYPE$/);
    const { lines } = packageTable(bomOf({ packages: [pkg({ id: '1', type: 'gem', name: 'a' })] }));
    expect(lines).toEqual(['NAME  VERSION  TYPE', 'a              gem']);
  });

  test('sbom case 11: nothing in a name makes a terminal do anything: it is shown as the code it is', () => {
    const evil = 'a\u001b]0;gone\u0007\n\r\u0085b\u202ec\u2066\u200b\u2028\ufeff\u00a0\u{e0041}\ud800';
    const { lines, summary, notes } = packageTable(
      bomOf({
        os: { id: evil, prettyName: evil },
        packages: [pkg({ id: '1', type: 'npm', name: evil, version: evil, licenses: [{ name: evil }] })],
        notes: [{ code: 'skipped', message: evil }],
      }),
    );
    for (const text of [...lines, summary, ...notes]) {
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u00a0]/u);
    }
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^a\\u\{1b\}\]0;gone\\u\{7\}\\u\{a\}\\u\{d\}\\u\{85\}b\\u\{202e\}c\\u\{2066\}/);
  });

  test('one very long name does not make every line as long', () => {
    const { lines } = packageTable(
      bomOf({
        packages: [
          pkg({ id: '1', type: 'npm', name: 'x'.repeat(1_000_000) }),
          pkg({ id: '2', type: 'npm', name: '\u0000'.repeat(1_000_000) }),
          pkg({ id: '3', type: 'npm', name: 'y' }),
        ],
      }),
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
    expect(lines.filter((line) => line.includes('…'))).toHaveLength(2);
  });

  test('wide characters take two columns, marks on characters none', () => {
    const { lines } = packageTable(
      bomOf({
        packages: [
          pkg({ id: '1', type: 'npm', name: '日本', version: '1' }),
          pkg({ id: '2', type: 'npm', name: 'e\u0301abc', version: '1' }),
        ],
      }),
    );
    expect(lines).toEqual(['NAME  VERSION  TYPE', 'e\u0301abc  1        npm', '日本  1        npm']);
  });

  test('of an index shows its images', () => {
    const { lines, summary } = packageTable(
      bomOf({
        variants: [
          {
            name: 'ghcr.io/acme/app',
            descriptor: {
              mediaType: 'application/vnd.oci.image.manifest.v1+json',
              digest: digestOf('b'),
              size: 1,
            },
            platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
          },
        ],
      }),
    );
    expect(lines[1]).toBe(`linux/arm/v7  ${digestOf('b')}  ghcr.io/acme/app`);
    expect(summary).toBe('1 image');
  });

  test('sbom case 18: of nothing says so', () => {
    expect(packageTable(bomOf({}))).toEqual({
      lines: ['NAME  VERSION  TYPE'],
      summary: '0 packages',
      notes: [],
    });
  });
});
