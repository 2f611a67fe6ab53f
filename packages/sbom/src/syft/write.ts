import { hash } from 'node:crypto';
import { digestHex } from '@lading/oci';
import type { Bom, License, OperatingSystem, Package } from '../bom.ts';
import { compare } from '../compare.ts';
import { batched, each, type Field, jsonPieces } from '../formats/batch.ts';
import { type Fact, imageFacts, ownPrefix, packageFacts, sortedFacts } from '../formats/facts.ts';
import { rootId } from '../formats/graph.ts';
import type { DocumentOptions } from '../formats/options.ts';
import { fullName } from '../formats/package-name.ts';
import { statedDependencies } from '../formats/stated-dependencies.ts';
import { isFolder } from '../formats/subject.ts';
import { purlOf } from '../purl/package-purl.ts';
import { epochOf, syftMetadata } from './metadata.ts';
import { syftSchema, syftTypes } from './names.ts';

/**
 * Writes a BOM as syft's own JSON, for what reads nothing else, in pieces: a package a line. What syft has no field for stands in fields named
 * `lading`, which it does not look at. Its documents have no time.
 */
export function* syftJson(bom: Bom, options: DocumentOptions): Generator<string, void, undefined> {
  yield* batched(jsonPieces(fieldsOf(bom, options)));
}

function* fieldsOf(bom: Bom, { tool }: DocumentOptions): Generator<Field> {
  const packages = [...bom.packages].sort((a, b) => compare(a.id, b.id));
  yield ['artifacts', each(artifactsOf(bom, packages))];
  yield ['artifactRelationships', each(relationshipsOf(bom, packages))];
  yield ['source', sourceOf(bom)];
  yield ['distro', bom.os === undefined ? {} : distroOf(bom.os)];
  yield ['descriptor', { name: tool.name, version: tool.version }];
  yield ['schema', syftSchema];
}

function* artifactsOf(bom: Bom, packages: readonly Package[]): Generator<unknown> {
  for (const pkg of packages) yield artifactOf(pkg, bom);
}

function artifactOf(pkg: Package, { os, subject }: Bom): unknown {
  const { type, language } = syftTypes[pkg.type];
  return {
    id: artifactId(pkg.id),
    // syft calls a Java archive by its artifact alone.
    name: pkg.type === 'maven' ? pkg.name : fullName(pkg),
    version: versionOf(pkg),
    type,
    foundBy: pkg.evidence[0]?.cataloguer ?? '',
    locations: pkg.evidence.map(({ path, layer }) => ({
      path: `/${path}`,
      layerID: layer?.diffId,
      accessPath: `/${path}`,
      annotations: { evidence: 'primary' },
    })),
    licenses: pkg.licenses.map(licenseOf),
    language,
    cpes: [],
    purl: purlOf(pkg, os) ?? '',
    ...syftMetadata(pkg),
    lading: factsOf(pkg, subject.layers),
  };
}

function factsOf(pkg: Package, layers: Bom['subject']['layers']): Fact[] {
  const facts = packageFacts(pkg, layers).filter(
    ([name]) => !/^syft:(?:location:\d+:|package:(?:foundBy|type)$)/.test(name),
  );
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) facts.push([`${ownPrefix}${name}`, value]);
  };
  add('id', pkg.id);
  add('name', pkg.name);
  add('version', pkg.version);
  add('description', pkg.description);
  add('homepage', pkg.homepage);
  add('supplier', pkg.supplier);
  pkg.hashes?.forEach(({ algorithm, value }, index) => {
    add(`checksum:${index}`, `${algorithm} ${value}`);
  });
  return sortedFacts(facts);
}

/** syft writes the epoch of an rpm in front. */
function versionOf(pkg: Package): string {
  const epoch = pkg.type === 'rpm' ? epochOf(pkg) : undefined;
  return `${epoch === undefined ? '' : `${epoch}:`}${pkg.version ?? ''}`;
}

function licenseOf(license: License): unknown {
  const isExpression = 'expression' in license;
  return {
    value: isExpression ? license.expression : license.name,
    spdxExpression: isExpression ? license.expression : '',
    type: 'declared',
    urls: [],
    locations: [],
  };
}

/** What elements are called: short, and the same for the same package. */
function artifactId(id: string): string {
  return hash('sha256', id.toWellFormed(), 'hex').slice(0, 32);
}

function* relationshipsOf(bom: Bom, packages: readonly Package[]): Generator<unknown> {
  const source = sourceId(bom);
  for (const { id } of packages) yield { parent: source, child: artifactId(id), type: 'contains' };
  for (const { from, to } of statedDependencies(bom)) {
    const child = from === rootId ? source : artifactId(from);
    yield { parent: artifactId(to), child, type: 'dependency-of' };
  }
}

function sourceId({ subject }: Bom): string {
  return digestHex(subject.descriptor.digest);
}

function sourceOf(bom: Bom): unknown {
  const { name, descriptor, platform, layers } = bom.subject;
  const lading = sortedFacts(imageFacts(bom));
  const source = { id: sourceId(bom), name, version: descriptor.digest };
  if (isFolder(descriptor)) return { ...source, type: 'directory', metadata: { path: name, lading } };
  return {
    ...source,
    type: 'image',
    metadata: {
      userInput: name,
      imageID: '',
      manifestDigest: descriptor.digest,
      mediaType: descriptor.mediaType,
      tags: [],
      imageSize: layers.reduce((sum, { size }) => sum + size, 0),
      // syft calls a layer by the digest of its uncompressed content.
      layers: layers.map(({ diffId, size }) => ({ mediaType: '', digest: diffId, size })),
      manifest: '',
      config: '',
      repoDigests: [],
      architecture: platform?.architecture ?? '',
      architectureVariant: platform?.variant,
      os: platform?.os ?? '',
      lading,
    },
  };
}

function distroOf({ id, versionId, name, prettyName, idLike, cpe, homepage }: OperatingSystem): unknown {
  return { prettyName, name, id, idLike, versionID: versionId, homeURL: homepage, cpeName: cpe };
}
