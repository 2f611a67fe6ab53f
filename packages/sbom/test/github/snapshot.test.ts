import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Bom, GitHubManifest } from '../../src/index.ts';
import { type GitHubSnapshotOptions, githubSnapshot, purlOf } from '../../src/index.ts';
import { anyBom } from '../cyclonedx/any-bom.ts';
import { bomOf, debianImage, digestOf, pkg, tool } from '../cyclonedx/boms.ts';

const options: GitHubSnapshotOptions = {
  tool,
  toolUrl: 'https://example.com/lading',
  sha: 'c'.repeat(40),
  ref: 'refs/heads/main',
  job: { id: '42', correlator: 'sbom ghcr.io/acme/app linux/arm/v7', htmlUrl: 'https://example.com/runs/42' },
};
const manifestOf = (bom: Bom, more: Partial<GitHubSnapshotOptions> = {}): GitHubManifest =>
  Object.values(githubSnapshot(bom, { ...options, ...more }).manifests)[0]!;

describe('the dependency snapshot', () => {
  test('says which commit and job it is of, and names the image without tag and digest', () => {
    const { manifests, ...head } = githubSnapshot(debianImage, options);
    expect(head).toEqual({
      version: 0,
      sha: 'c'.repeat(40),
      ref: 'refs/heads/main',
      job: {
        id: '42',
        correlator: 'sbom ghcr.io/acme/app linux/arm/v7',
        html_url: 'https://example.com/runs/42',
      },
      detector: { name: 'lading', version: '1.2.3', url: 'https://example.com/lading' },
      scanned: '2026-03-01T12:30:45Z',
    });
    expect(Object.keys(manifests)).toEqual(['ghcr.io/acme/app (linux/arm/v7)']);
    expect(manifestOf(debianImage)).toMatchObject({
      name: 'ghcr.io/acme/app (linux/arm/v7)',
      file: { source_location: 'ghcr.io/acme/app' },
      metadata: { 'lading:digest': digestOf('a'), 'lading:distro': 'debian-12' },
    });
    expect(manifestOf(debianImage, { manifestName: 'mine' }).name).toBe('mine');
  });

  test('packages are known by their purls: what nothing needs is direct, the others are not', () => {
    const { resolved } = manifestOf(debianImage);
    const openssl =
      'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=armhf&distro=debian-12&upstream=openssl%400:3.0.11-1~deb12u2';
    expect(Object.keys(resolved)).toEqual([
      openssl,
      'pkg:generic/node',
      'pkg:golang/github.com/acme/tool@v1.0.0#cmd/tool',
      'pkg:npm/%40acme/widget@1.2.3',
      'pkg:pypi/ruamel-yaml@0.18',
    ]);
    expect(resolved['pkg:npm/%40acme/widget@1.2.3']).toEqual({
      package_url: 'pkg:npm/%40acme/widget@1.2.3',
      relationship: 'direct',
      scope: 'runtime',
      dependencies: ['pkg:generic/node'],
      metadata: { 'lading:path': 'app/node_modules/@acme/widget/package.json' },
    });
    expect(resolved['pkg:generic/node']).toMatchObject({ relationship: 'indirect', dependencies: [openssl] });
    expect(resolved[openssl]!.metadata['lading:layer']).toBe(digestOf('2'));
  });

  test('a package in two places is one, with the needs of both; one without a purl is none', () => {
    const { resolved } = manifestOf(
      bomOf({
        packages: [
          pkg({ id: 'a1', type: 'npm', name: 'a', version: '1' }),
          pkg({ id: 'a2', type: 'npm', name: 'a', version: '1' }),
          pkg({ id: 'b', type: 'npm', name: 'b' }),
          pkg({ id: 'c', type: 'npm', name: 'c' }),
          pkg({ id: 'none', type: 'binary', name: 'none', properties: { 'lading.purl': '' } }),
        ],
        dependencies: [
          { from: 'a1', to: 'b' },
          { from: 'a2', to: 'c' },
          { from: 'a2', to: 'a1' },
          { from: 'b', to: 'none' },
        ],
      }),
    );
    expect(Object.entries(resolved).map(([purl, { dependencies }]) => [purl, dependencies])).toEqual([
      ['pkg:npm/a@1', ['pkg:npm/b', 'pkg:npm/c']],
      ['pkg:npm/b', []],
      ['pkg:npm/c', []],
    ]);
  });

  test('sbom case 35: any BOM, in any order, gives the same snapshot, whose edges end at packages that are in it', () => {
    fc.assert(
      fc.property(anyBom, (bom) => {
        const snapshot = githubSnapshot(bom, options);
        const turned = {
          ...bom,
          packages: [...bom.packages].reverse(),
          dependencies: [...bom.dependencies].reverse(),
        };
        expect(JSON.stringify(githubSnapshot(turned, options))).toBe(JSON.stringify(snapshot));
        const { resolved } = manifestOf(bom);
        const purls = new Set(bom.packages.flatMap((one) => purlOf(one, bom.os) || []));
        expect(new Set(Object.keys(resolved))).toEqual(purls);
        for (const { dependencies, metadata } of Object.values(resolved)) {
          for (const purl of dependencies) expect(purls.has(purl)).toBe(true);
          expect(Object.keys(metadata).length).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 200 },
    );
  });
});
