import { Buffer } from 'node:buffer';
import type {
  Bom,
  Evidence,
  Hash,
  HashAlgorithm,
  License,
  OperatingSystem,
  Package,
  SourcePackage,
} from '../bom.ts';
import { type Fact, ownPrefix } from '../formats/facts.ts';
import { identityOfPurl, upstreamOf, withPurl } from '../formats/foreign-package.ts';
import type { LayerPlaces } from '../formats/layer-places.ts';
import { Facts, packageOfFacts, propertiesOfFacts, withoutUndefined } from '../formats/read-facts.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { licensesOf } from '../license/license.ts';
import { packageOfPurl } from '../purl/purl-package.ts';
import { typeOfSyft } from './names.ts';

type Layers = Bom['subject']['layers'];

/** lading's own facts, in the fields that syft does not look at. */
export function ladingFacts(object: JsonObject): Facts {
  return new Facts(
    listOf(object.lading).flatMap((pair): Fact[] => {
      const [name, value] = listOf(pair);
      return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** What an artifact is read with. */
export interface ReadContext {
  readonly layers: Layers;
  readonly places: LayerPlaces;
  readonly os: OperatingSystem | undefined;
}

export function packageOfArtifact(artifact: JsonObject, context: ReadContext): Package {
  const facts = ladingFacts(artifact);
  return facts.get(`${ownPrefix}type`) === undefined
    ? foreignPackage(artifact, context)
    : ownPackage(artifact, facts, context.layers);
}

function ownPackage(artifact: JsonObject, facts: Facts, layers: Layers): Package {
  const own = packageOfFacts(facts, layers);
  const get = (name: string): string | undefined => facts.get(`${ownPrefix}${name}`);
  const hashes = facts.list(`${ownPrefix}checksum:`).flatMap(hashOfWords);
  const pkg = withoutUndefined<Package>({
    id: get('id') ?? textOf(artifact.id) ?? '',
    type: own.type ?? 'binary',
    namespace: own.namespace,
    name: get('name') ?? '',
    version: get('version'),
    qualifiers: own.qualifiers,
    subpath: own.subpath,
    licenses: own.licenses ?? ownLicenses(artifact),
    description: get('description'),
    homepage: get('homepage'),
    supplier: get('supplier'),
    source: own.source,
    hashes: hashes.length > 0 ? hashes : undefined,
    evidence: own.evidence,
  });
  const properties = propertiesOfFacts(facts, pkg, layers);
  return properties === undefined ? pkg : { ...pkg, properties };
}

const hashAlgorithms: ReadonlySet<string> = new Set<HashAlgorithm>([
  'MD5',
  'SHA-1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
]);

function hashOfWords(words: string): Hash[] {
  const [algorithm = '', value = ''] = words.split(' ');
  return hashAlgorithms.has(algorithm) ? [{ algorithm: algorithm as HashAlgorithm, value }] : [];
}

function ownLicenses(artifact: JsonObject): License[] {
  return objectsOf(artifact.licenses).flatMap(({ value, spdxExpression }): License[] => {
    const expression = textOf(spdxExpression);
    const name = textOf(value);
    if (expression !== undefined) return [{ expression }];
    return name === undefined ? [] : [{ name }];
  });
}

function foreignPackage(artifact: JsonObject, { places, os }: ReadContext): Package {
  const purl = textOf(artifact.purl);
  const parts = purl === undefined ? undefined : packageOfPurl(purl);
  const identity = identityOfPurl(textOf(artifact.name) ?? '', textOf(artifact.version), parts);
  const metadata = objectOf(artifact.metadata) ?? {};
  const hashes = hashesOf(metadata);
  const pkg = withoutUndefined<Package>({
    id: textOf(artifact.id) ?? '',
    ...identity,
    type: parts?.type ?? typeOfSyft(textOf(artifact.type)),
    licenses: foreignLicenses(artifact),
    description: textOf(metadata.description),
    homepage: textOf(metadata.url) ?? textOf(metadata.homepage),
    supplier: textOf(metadata.maintainer) ?? textOf(metadata.vendor) ?? textOf(metadata.author),
    source: sourceOf(metadata, identity) ?? upstreamOf(parts),
    hashes: hashes.length > 0 ? hashes : undefined,
    evidence: evidenceOf(artifact, places),
    properties: parts?.properties,
  });
  return withPurl(pkg, purl, os);
}

/** syft has found an expression in most words; the others may still be one by lading's own rules. */
function foreignLicenses(artifact: JsonObject): License[] {
  return licensesOf(
    objectsOf(artifact.licenses).flatMap(
      ({ value, spdxExpression }) => textOf(spdxExpression) ?? textOf(value) ?? [],
    ),
  );
}

/** Places that show that the package is there, not those that say more about it; all of them where syft does not tell them apart. */
function evidenceOf(artifact: JsonObject, places: LayerPlaces): Evidence[] {
  const cataloguer = textOf(artifact.foundBy) ?? 'syft';
  const locations = objectsOf(artifact.locations);
  const primary = locations.filter(({ annotations }) => objectOf(annotations)?.evidence === 'primary');
  return (primary.length > 0 ? primary : locations).flatMap(({ path, layerID }): Evidence[] => {
    const place = textOf(path);
    return place === undefined ? [] : [places.evidence(place, cataloguer, layerID)];
  });
}

/** The source package of dpkg's and apk's entries. Of rpm the purl tells it too. */
function sourceOf(
  metadata: JsonObject,
  { name, version }: Pick<Package, 'name' | 'version'>,
): SourcePackage | undefined {
  if ('originPackage' in metadata) {
    const origin = textOf(metadata.originPackage);
    return origin === undefined ? undefined : { name: origin };
  }
  if (!('sourceVersion' in metadata)) return undefined;
  // What is the same as of the package is left empty.
  return withoutUndefined({
    name: textOf(metadata.source) ?? name,
    version: textOf(metadata.sourceVersion) ?? version,
  });
}

/** apk's `Q1` and base64 of a SHA-1. */
function hashesOf(metadata: JsonObject): Hash[] {
  const sum = /^Q1([A-Za-z0-9+/]{27}=)$/.exec(textOf(metadata.pullChecksum) ?? '')?.[1];
  return sum === undefined ? [] : [{ algorithm: 'SHA-1', value: Buffer.from(sum, 'base64').toString('hex') }];
}
