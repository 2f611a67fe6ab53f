import type { License } from '../bom.ts';
import { licensesOf } from '../license/license.ts';
import type { FoundPackage } from './found-package.ts';
import type { JavaArchive } from './java-archive.ts';
import { groupOf } from './java-groups.ts';
import type { JavaManifest } from './java-manifest.ts';
import { type PathCoordinates, pathCoordinates } from './java-names.ts';
import { coordinate, type JavaPom } from './java-pom.ts';

/** What an archive is, and what was merged into it. */
export interface JavaIdentity {
  /** Nothing for one that only holds others and tells nothing of itself. */
  readonly main?: FoundPackage | undefined;
  /** `group:artifact` of what it needs. */
  readonly requires: readonly string[];
  readonly merged: readonly { readonly found: FoundPackage; readonly requires: readonly string[] }[];
}

/** `path` is that of the file in the image, or in the archive that it stands in. */
export function identify(path: string, archive: JavaArchive): JavaIdentity {
  const { manifest, poms } = archive;
  // Instrumentation for other libraries, which New Relic's agent brings along, is named like them.
  if (manifest?.['Weave-Classes'] !== undefined) return { requires: [], merged: [] };
  const file = pathCoordinates(path);
  const own = ownPom(poms, file, manifest);
  const main = own === undefined ? byManifest(file, manifest) : byPom(own, file, manifest);
  const isTold =
    main?.version !== undefined ||
    manifest !== undefined ||
    archive.archives.length > 0 ||
    archive.problem !== undefined;
  return {
    main:
      main === undefined || !isTold
        ? undefined
        : { ...main, ...(archive.sha1 !== undefined && hashOf(archive.sha1)) },
    requires: own?.requires ?? [],
    merged: poms
      .filter((pom) => pom !== own && pom.version !== undefined)
      .map((pom) => ({ found: byPom(pom, undefined, undefined), requires: pom.requires ?? [] })),
  };
}

function hashOf(sha1: string): Pick<FoundPackage, 'hashes'> {
  return { hashes: [{ algorithm: 'SHA-1', value: sha1 }] };
}

/** The project that the archive was made of, among those that were merged into it: the one that the file is named after, or the only one that can be meant. */
function ownPom(
  poms: readonly JavaPom[],
  file: PathCoordinates | undefined,
  manifest: JavaManifest | undefined,
): JavaPom | undefined {
  const stem =
    file === undefined ? '' : `${file.artifact}${file.version === undefined ? '' : `-${file.version}`}`;
  const best = (fits: (pom: JavaPom) => boolean): JavaPom | undefined => {
    const fitting = poms.filter(fits);
    const isSame = (pom: JavaPom): boolean => pom.group === file?.group || pom.version === file?.version;
    return fitting.find(isSame) ?? fitting[0];
  };
  return (
    best(({ artifact, group }) => artifact === file?.artifact || `${group}.${artifact}` === file?.artifact) ??
    best(({ artifact, version }) => stem === artifact || stem.startsWith(`${artifact}-${version ?? '\0'}`)) ??
    best(
      ({ artifact }) =>
        artifact === manifest?.['Implementation-Title'] || artifact === manifest?.['Short-Name'],
    ) ??
    // Distributions give libraries a prefix of their own; images are made with app.jar.
    best(({ artifact }) => poms.length === 1 && (file?.artifact.endsWith(`-${artifact}`) ?? false)) ??
    best(({ version }) => {
      const told = manifest?.['Implementation-Version'];
      return poms.length === 1 && file?.version === undefined && (told === undefined || told === version);
    })
  );
}

function byPom(
  pom: JavaPom,
  file: PathCoordinates | undefined,
  manifest: JavaManifest | undefined,
): FoundPackage {
  const version = pom.version ?? file?.version ?? versionOf(manifest);
  return {
    type: 'maven',
    namespace: pom.group ?? file?.group ?? groupOf(pom.artifact, version, manifest),
    name: pom.artifact,
    version,
    licenses:
      pom.licenses !== undefined && pom.licenses.length > 0
        ? licensesOf(pom.licenses)
        : bundleLicenses(manifest),
    description: pom.description ?? manifest?.['Bundle-Description'],
    homepage: pom.homepage ?? manifest?.['Bundle-DocURL'],
    supplier: pom.supplier ?? supplierOf(manifest),
  };
}

function byManifest(
  file: PathCoordinates | undefined,
  manifest: JavaManifest | undefined,
): FoundPackage | undefined {
  // Netflix's Gradle plugin: `group#artifact;version`.
  const title = /^([^#;]+)#([^#;]+);([^#;]+)$/
    .exec(manifest?.['Implementation-Title'] ?? '')
    ?.slice(1)
    .map(coordinate);
  const artifact = title?.[1] ?? file?.artifact;
  if (artifact === undefined) return undefined;
  const version = title?.[2] ?? file?.version ?? versionOf(manifest);
  return {
    type: 'maven',
    namespace: title?.[0] ?? file?.group ?? groupOf(artifact, version, manifest),
    name: artifact,
    version,
    licenses: bundleLicenses(manifest),
    description: manifest?.['Bundle-Description'],
    homepage: manifest?.['Bundle-DocURL'],
    supplier: supplierOf(manifest),
  };
}

function versionOf(manifest: JavaManifest | undefined): string | undefined {
  return (
    coordinate(manifest?.['Implementation-Version']) ??
    coordinate(manifest?.['Plugin-Version']) ??
    coordinate(manifest?.['Bundle-Version']) ??
    coordinate(manifest?.['Specification-Version'])
  );
}

function supplierOf(manifest: JavaManifest | undefined): string | undefined {
  return (
    manifest?.['Implementation-Vendor'] ??
    manifest?.['Bundle-Vendor'] ??
    manifest?.['Specification-Vendor']
  )?.slice(0, 200);
}

/** OSGi lists licences with commas, each with attributes behind semicolons; others write one name, which may have a comma in it. */
function bundleLicenses(manifest: JavaManifest | undefined): License[] {
  const declared = manifest?.['Bundle-License'] ?? manifest?.['Plugin-License-Name'];
  if (declared === undefined) return [];
  const isList = /;|,\s*https?:/.test(declared);
  const clauses = isList ? (declared.match(/(?:"[^"]*"|[^",])+/g) ?? []) : [declared];
  const names = clauses.map((clause) =>
    (isList ? clause.split(';', 1)[0]! : clause).replaceAll('"', '').trim(),
  );
  return licensesOf(names.filter((name) => name !== ''));
}
