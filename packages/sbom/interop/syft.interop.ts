import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Bom } from '../src/index.ts';
import { parseSpdx, parseSyftJson, purlOf, spdxJson, syftJson } from '../src/index.ts';
import { debianImage, tool } from '../test/cyclonedx/boms.ts';
import { schemaProblems } from '../test/spdx/rules.ts';
import { peer, schemaIn } from './peers.ts';

const syft = peer('syft');

function converted(document: string, format: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'lading-syft-'));
  try {
    const input = join(folder, 'in.json');
    const output = join(folder, 'out.json');
    writeFileSync(input, document);
    const { status, stderr } = spawnSync(syft, ['convert', input, '-o', `${format}=${output}`], {
      encoding: 'utf8',
      env: { HOME: folder, PATH: process.env.PATH, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(readFileSync(output, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const text = (pieces: Iterable<string>): string => [...pieces].join('');
const purls = ({ packages, os }: Bom): string[] => packages.flatMap((one) => purlOf(one, os) || []).sort();

describe('syft reads what lading writes, and lading what syft makes of it', () => {
  test("sbom case 36: lading's SPDX, by way of syft, keeps purls, needs and the system", () => {
    const bom = parseSyftJson(converted(text(spdxJson(debianImage, { tool })), 'syft-json'));
    expect(purls(bom)).toEqual(purls(debianImage));
    expect(bom.os).toMatchObject({ id: 'debian', versionId: '12' });
    expect(bom.subject).toMatchObject({
      name: debianImage.subject.name,
      descriptor: { digest: debianImage.subject.descriptor.digest },
    });
    const names = new Map(bom.packages.map(({ id, name }) => [id, name]));
    expect(bom.dependencies.map(({ from, to }) => `${names.get(from)} ${names.get(to)}`).sort()).toEqual([
      'node libssl3',
      'widget node',
    ]);
  });

  test("sbom case 36: lading's SPDX 3.0.1, by way of syft, keeps purls, licences and needs", () => {
    const written = text(spdxJson(debianImage, { tool, version: '3.0.1' }));
    const bom = parseSyftJson(converted(written, 'syft-json'));
    expect(purls(bom)).toEqual(purls(debianImage));
    expect(bom.dependencies).toHaveLength(debianImage.dependencies.length);
    expect(bom.packages.find(({ name }) => name === 'libssl3')?.licenses).toEqual([
      { expression: 'Apache-2.0 AND (MIT OR Artistic-2.0)' },
    ]);
  });

  test("sbom case 36: lading's document of syft's JSON, by way of SPDX of syft's, keeps purls and the image", () => {
    const bom = parseSpdx(converted(text(syftJson(debianImage, { tool })), 'spdx-json@2.3'));
    expect(purls(bom)).toEqual(purls(debianImage));
    expect(bom.subject.descriptor.digest).toBe(debianImage.subject.descriptor.digest);
    expect(bom.packages.find(({ name }) => name === 'libssl3')).toMatchObject({
      version: '3.0.11-1~deb12u2',
      source: { name: 'openssl' },
    });
  });
});

test("sbom case 34: a document is sound by syft's own schema", () => {
  const schema = schemaIn('syft', 'schema/json/schema-16.1.13.json');
  expect(schemaProblems(schema)(JSON.parse(text(syftJson(debianImage, { tool }))))).toBeUndefined();
});
