import type { Bom, Package } from '../bom.ts';
import { identifier, shortText } from '../language/json-text.ts';
import { isDistributed, purlOf, purlProperty } from '../purl/package-purl.ts';
import { parsePurl } from '../purl/purl.ts';

/** A package as an SBOM in the image claims it. */
export type EmbeddedPackage = Omit<Package, 'id' | 'evidence'>;

/** What is kept of an SBOM in an image. */
export type EmbeddedFacts = {
  readonly packages: readonly EmbeddedPackage[];
  /** Who needs whom: places in the list of packages. */
  readonly dependencies: readonly (readonly [from: number, to: number])[];
  /** There is more than is kept. */
  readonly isCut?: true | undefined;
};

const maxPackages = 20_000;
const maxDependencies = 100_000;

/** What is told of by its purl. What has none cannot be compared with anything, and images are not what is in an image. */
export function embeddedFactsOf(bom: Bom): EmbeddedFacts {
  const packages: EmbeddedPackage[] = [];
  const places = new Map<string, number>();
  const byPurl = new Map<string, number>();
  let isCut: true | undefined;
  for (const found of bom.packages) {
    const purl = purlOf(found, bom.os);
    const claim = purl === undefined ? undefined : claimOf(found, purl);
    if (purl === undefined || claim === undefined) continue;
    const known = byPurl.get(purl);
    if (known === undefined && packages.length >= maxPackages) {
      isCut = true;
      continue;
    }
    places.set(found.id, known ?? packages.length);
    if (known !== undefined) continue;
    byPurl.set(purl, packages.length);
    packages.push(claim);
  }
  const dependencies = bom.dependencies.flatMap(({ from, to }): [number, number][] => {
    const [source, target] = [places.get(from), places.get(to)];
    return source === undefined || target === undefined || source === target ? [] : [[source, target]];
  });
  if (dependencies.length > maxDependencies) isCut = true;
  return { packages, dependencies: dependencies.slice(0, maxDependencies), isCut };
}

function claimOf(found: Package, purl: string): EmbeddedPackage | undefined {
  const type = parsePurl(purl)?.type;
  const name = identifier(found.name);
  if (type === undefined || type === 'oci' || type === 'docker' || name === undefined) return undefined;
  // A system package keeps its purl as it is: it may be of another distribution than the image.
  const keepsPurl = isDistributed(found.type) || purlProperty in (found.properties ?? {});
  return {
    type: found.type,
    namespace: found.namespace,
    name,
    version: identifier(found.version),
    qualifiers: found.qualifiers,
    subpath: found.subpath,
    licenses: found.licenses,
    description: shortText(found.description),
    homepage: shortText(found.homepage),
    supplier: shortText(found.supplier, 200),
    source: found.source,
    hashes: found.hashes,
    properties: keepsPurl ? { [purlProperty]: purl } : undefined,
  };
}
