import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { peer } from '../peer.ts';
import { output } from '../run.ts';
import { type FoundThing, identityOf } from './identity.ts';

interface TrivyComponent {
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

/** Nothing is fetched: no vulnerabilities, no news. */
const offline: readonly string[] = [
  '--quiet',
  '--offline-scan',
  '--skip-db-update',
  '--skip-java-db-update',
  '--skip-version-check',
];

/**
 * A cache folder for trivy with a database of jars that knows none: trivy does not read jars without one. So it knows of them what they say themselves,
 * and not what the checksums of all of Maven Central would tell.
 */
export async function trivyCache(folder: string): Promise<void> {
  const java = join(folder, 'java-db');
  await mkdir(java, { recursive: true });
  const database = new DatabaseSync(join(java, 'trivy-java.db'));
  database.exec(`
    CREATE TABLE artifacts (id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
    CREATE TABLE indices (artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT);
  `);
  database.close();
  const date = '2026-01-01T00:00:00Z';
  const metadata = { Version: 1, NextUpdate: '2100-01-01T00:00:00Z', UpdatedAt: date, DownloadedAt: date };
  await writeFile(join(java, 'metadata.json'), JSON.stringify(metadata));
}

/** What trivy finds in an image of an OCI layout folder. */
export function trivyFinds(layout: string, platform: string, cache: string): Promise<readonly FoundThing[]> {
  return components(cache, 'image', '--platform', platform, '--input', layout);
}

/** What trivy makes of somebody's SBOM. */
export function trivyReads(document: string, cache: string): Promise<readonly FoundThing[]> {
  return components(cache, 'sbom', document);
}

async function components(
  cache: string,
  command: 'image' | 'sbom',
  ...args: readonly string[]
): Promise<readonly FoundThing[]> {
  const json = await output(peer('trivy'), [
    command,
    ...offline,
    '--cache-dir',
    cache,
    '--format',
    'cyclonedx',
    ...args,
  ]);
  const { components: found = [] } = JSON.parse(json.toString()) as {
    readonly components?: readonly TrivyComponent[];
  };
  return found.flatMap(({ purl, properties }) => {
    if (purl === undefined) return [];
    const path = properties?.find(({ name }) => name === 'aquasecurity:trivy:FilePath')?.value;
    return [{ identity: identityOf(purl), path }];
  });
}
