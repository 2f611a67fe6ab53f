import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseSpdx, purlOf, spdxJson } from '../src/index.ts';
import { debianImage, digestOf, tool } from '../test/cyclonedx/boms.ts';
import { peer } from './peers.ts';

const trivy = peer('trivy');

/** What trivy makes of the document, without a database of vulnerabilities: it is only asked for licences. */
function seenByTrivy(format: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'lading-trivy-'));
  try {
    const input = join(folder, 'in.spdx.json');
    const output = join(folder, 'out.json');
    writeFileSync(input, [...spdxJson(debianImage, { tool })].join(''));
    const options = ['--scanners', 'license', '--list-all-pkgs', '--offline-scan', '--cache-dir', folder];
    const { status, stderr } = spawnSync(
      trivy,
      ['sbom', ...options, '--skip-version-check', '--disable-telemetry', '-f', format, '-o', output, input],
      { encoding: 'utf8', env: { HOME: folder, PATH: process.env.PATH } },
    );
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(readFileSync(output, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('trivy reads SPDX that lading writes', () => {
  test('the system, source packages, layers and places of packages are found', () => {
    const { Metadata, Results } = seenByTrivy('json') as {
      Metadata: { OS: object };
      Results: { Type?: string; Packages?: { Name: string }[] }[];
    };
    expect(Metadata.OS).toEqual({ Family: 'debian', Name: '12' });
    const packages = Results.flatMap(({ Type, Packages = [] }) => Packages.map((one) => ({ ...one, Type })));
    expect(packages).toEqual([
      expect.objectContaining({
        Type: 'debian',
        Name: 'libssl3',
        SrcName: 'openssl',
        SrcVersion: '3.0.11',
        SrcRelease: '1~deb12u2',
        Layer: { Digest: digestOf('1'), DiffID: digestOf('2') },
      }),
      expect.objectContaining({ Type: 'gobinary', Name: 'github.com/Acme/Tool', FilePath: 'bin/tool' }),
      expect.objectContaining({
        Type: 'node-pkg',
        Name: '@acme/widget',
        FilePath: 'app/node_modules/@acme/widget/package.json',
      }),
      expect.objectContaining({ Type: 'python-pkg', Name: 'Ruamel_YAML' }),
    ]);
  });

  test('sbom case 36: what trivy writes of it as SPDX is read again, with purls and system', () => {
    const bom = parseSpdx(seenByTrivy('spdx-json'));
    // trivy knows nothing of programs that no package manager brought.
    const known = debianImage.packages.filter(({ type }) => type !== 'binary');
    expect(bom.packages.map((one) => purlOf(one, bom.os)).sort()).toEqual(
      known.map((one) => purlOf(one, debianImage.os)).sort(),
    );
    expect(bom.os).toMatchObject({ id: 'debian', versionId: '12' });
    expect(bom.packages.find(({ name }) => name === 'libssl3')?.source).toMatchObject({ name: 'openssl' });
  });
});
