import type { Bom, OperatingSystem, Package, SourcePackage } from '../bom.ts';
import { compare } from '../compare.ts';
import { isDistributed, purlProperty } from '../purl/package-purl.ts';

/** Name and value, as properties of CycloneDX and annotations of SPDX hold them. A name may come more than once. */
export type Fact = readonly [name: string, value: string];

export const trivyPrefix = 'aquasecurity:trivy:';
export const ownPrefix = 'lading:';

type Layers = Bom['subject']['layers'];

/**
 * What a package has that no field of the formats is for: what `trivy sbom` asks for (the source package above all: without it the
 * advisories of Debian, Ubuntu and Red Hat find nothing), what syft reads back, which layer brought it, and what is needed to read it
 * back without loss (`packageOfFacts`).
 */
export function packageFacts(pkg: Package, layers: Layers): Fact[] {
  const facts = [...trivyFacts(pkg, layers), ...syftFacts(pkg)];
  pkg.evidence.forEach(({ cataloguer, layer, path }, index) => {
    facts.push([`${ownPrefix}evidence:${index}`, `${cataloguer} ${layer?.index ?? '-'} ${path}`]);
  });
  if (pkg.licenses.length > 1) {
    pkg.licenses.forEach((license, index) => {
      const words = 'expression' in license ? `expression ${license.expression}` : `name ${license.name}`;
      facts.push([`${ownPrefix}license:${index}`, words]);
    });
  }
  // Canonical purls are written small where their type says so; what the package calls itself is kept.
  facts.push([`${ownPrefix}type`, pkg.type]);
  if (pkg.namespace !== undefined) facts.push([`${ownPrefix}namespace`, pkg.namespace]);
  for (const [key, value] of Object.entries(pkg.qualifiers ?? {})) {
    facts.push([`${ownPrefix}qualifier:${key}`, value]);
  }
  if (pkg.subpath !== undefined) facts.push([`${ownPrefix}subpath`, pkg.subpath]);
  const unknown = unknownOf(pkg);
  if (unknown.length > 0) facts.push(unknownFact(...unknown));

  const taken = new Set(facts.map(([name]) => name));
  for (const [key, value] of Object.entries(pkg.properties ?? {})) {
    // Properties that came with somebody's document keep their names, so that their maker knows them again; those that came more than once
    // have a line for each.
    const isForeign = key.includes(':') && !key.startsWith(ownPrefix) && !taken.has(key);
    if (!isForeign) facts.push([`${ownPrefix}property:${key}`, value]);
    else for (const line of value.split('\n')) facts.push([key, line]);
  }
  return facts;
}

function trivyFacts(pkg: Package, layers: Layers): Fact[] {
  const facts: Fact[] = [];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) facts.push([trivyPrefix + name, value]);
  };
  const { source } = pkg;
  const place = pkg.evidence[0];
  const isSystem = isDistributed(pkg.type);
  if (!isSystem) add('FilePath', place?.path);
  if (place?.layer !== undefined) {
    add('LayerDigest', layers[place.layer.index]?.digest);
    add('LayerDiffID', place.layer.diffId);
  }
  add('Modularitylabel', ownValue(pkg.qualifiers, 'rpmmod'));
  if (isSystem) add('PkgID', idOfTrivy(pkg));
  if (source !== undefined) {
    if (source.epoch !== undefined) add('SrcEpoch', String(source.epoch));
    add('SrcName', source.name);
    add('SrcRelease', source.release);
    add('SrcVersion', source.version);
  }
  return facts;
}

function idOfTrivy({ type, name, version, qualifiers }: Package): string {
  if (version === undefined) return name;
  const arch = type === 'rpm' ? ownValue(qualifiers, 'arch') : undefined;
  return `${name}@${version}${arch === undefined ? '' : `.${arch}`}`;
}

function syftFacts(pkg: Package): Fact[] {
  const facts = syftSourceFacts(pkg);
  pkg.evidence.forEach(({ layer, path }, index) => {
    if (layer !== undefined) facts.push([`syft:location:${index}:layerID`, layer.diffId]);
    facts.push([`syft:location:${index}:path`, `/${path}`]);
  });
  const place = pkg.evidence[0];
  if (place !== undefined) facts.push(['syft:package:foundBy', place.cataloguer]);
  // Of the others syft knows the type by their purls.
  if (pkg.type === 'binary') facts.push(['syft:package:type', 'binary']);
  return facts;
}

/** syft reads the source package from its own kinds of metadata alone, and grype from there. */
function syftSourceFacts({ type, source, version }: Package): Fact[] {
  if (source === undefined) return [];
  const facts = (kind: string, field: string, value: string): Fact[] => [
    ['syft:package:metadataType', `${kind}-db-entry`],
    [`syft:metadata:${field}`, value],
  ];
  const upstream = sourceVersionOf(source);
  switch (type) {
    case 'deb':
      return [
        ...facts('dpkg', 'source', source.name),
        ...(upstream === undefined || upstream === version
          ? []
          : [['syft:metadata:sourceVersion', upstream] as const]),
      ];
    case 'apk':
      return facts('apk', 'originPackage', source.name);
    case 'rpm':
      return source.version === undefined || source.release === undefined
        ? []
        : facts('rpm', 'sourceRpm', `${source.name}-${source.version}-${source.release}.src.rpm`);
    default:
      return [];
  }
}

function sourceVersionOf({ version, release, epoch }: SourcePackage): string | undefined {
  if (version === undefined) return undefined;
  return `${epoch ? `${epoch}:` : ''}${version}${release === undefined ? '' : `-${release}`}`;
}

/** What a package did not tell. */
function unknownOf(pkg: Package): string[] {
  return [
    ...(pkg.hashes?.length ? [] : ['hash']),
    ...(pkg.properties?.[purlProperty] === '' ? ['identifier'] : []),
    ...(pkg.licenses.length > 0 ? [] : ['license']),
    ...(pkg.supplier ? [] : ['supplier']),
    ...(pkg.version ? [] : ['version']),
  ];
}

/** What is known of the image. Nothing of it depends on the tag or the annotations that led to it. */
export function imageFacts({ subject, notes }: Bom): Fact[] {
  const { descriptor, platform, layers, created, base } = subject;
  const facts = descriptorFacts('image', descriptor, platform);
  const add = (name: string, value: string): void => {
    facts.push([`${ownPrefix}${name}`, value]);
  };
  if (created !== undefined && !Number.isNaN(created.getTime())) add('image:created', created.toISOString());
  layers.forEach(({ digest, diffId, size, createdBy }, index) => {
    add(`layer:${index}`, `${digest} ${diffId} ${size}${createdBy ? ` ${createdBy}` : ''}`);
  });
  if (base !== undefined) {
    add('base:name', base.name);
    add('base:digest', base.descriptor.digest);
    facts.push(...descriptorFacts('base', base.descriptor, undefined));
  }
  notes.forEach(({ code, message }, index) => {
    add(`note:${index}`, `${code} ${message}`);
  });
  for (const { diffId } of layers) facts.push([`${trivyPrefix}DiffID`, diffId]);
  facts.push([`${trivyPrefix}SchemaVersion`, '2']);
  return facts;
}

type Described = NonNullable<Bom['variants']>[number];

/** What kind of thing a digest stands for. */
export function descriptorFacts(
  what: 'image' | 'base',
  { mediaType, size }: Described['descriptor'],
  platform: Described['platform'],
): Fact[] {
  const facts: Fact[] = [[`${ownPrefix}${what}:mediaType`, mediaType]];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) facts.push([`${ownPrefix}${what}:${name}`, value]);
  };
  // Of an image that somebody else's document told of nobody knows how large its manifest is.
  if (size > 0) add('size', String(size));
  add('os', platform?.os);
  add('architecture', platform?.architecture);
  add('variant', platform?.variant);
  add('os.version', platform?.['os.version']);
  platform?.['os.features']?.forEach((feature, index) => {
    add(`os.features:${index}`, feature);
  });
  return facts;
}

/** The operating system, in the words that syft reads back; grype takes its distribution from them. */
export function systemFacts(os: OperatingSystem, hasIdentifier = false): Fact[] {
  const facts: Fact[] = [['syft:distro:id', os.id]];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) facts.push([`syft:distro:${name}`, value]);
  };
  add('versionID', os.versionId);
  add('name', os.name);
  add('prettyName', os.prettyName);
  add('homeURL', os.homepage);
  add('cpeName', os.cpe);
  os.idLike?.forEach((id, index) => {
    add(`idLike:${index}`, id);
  });
  facts.push(unknownFact('hash', ...(hasIdentifier ? [] : ['identifier']), 'license', 'supplier'));
  return facts;
}

/** Who made an image is not in it; that nobody knows is said instead of left out. */
export const imageUnknown: Fact = unknownFact('license', 'supplier');

/** What nobody knows of a thing: an empty field may as well have been forgotten (CISA 2026). */
function unknownFact(...fields: readonly string[]): Fact {
  return [`${ownPrefix}unknown`, fields.join(',')];
}

/** trivy's names of distributions where os-release has others (trivy, pkg/fanal/types/const.go). */
const trivyFamilies: ReadonlyMap<string, string> = new Map([
  ['almalinux', 'alma'],
  ['amzn', 'amazon'],
  ['mariner', 'cbl-mariner'],
  ['ol', 'oracle'],
  ['rhel', 'redhat'],
  ['sl-micro', 'slem'],
]);

/** The distribution as trivy's advisories are filed: `redhat` for `rhel`. */
export function familyOf(os: OperatingSystem): string {
  return trivyFamilies.get(os.id) ?? os.id;
}

const idsOfFamilies: ReadonlyMap<string, string> = new Map(
  [...trivyFamilies].map(([id, family]) => [family, id]),
);

/** os-release's name of a distribution that trivy calls its own way. */
export function idOfFamily(family: string): string {
  return idsOfFamilies.get(family) ?? family;
}

/** By name; those of one name stay in their order. */
export function sortedFacts(facts: readonly Fact[]): Fact[] {
  return [...facts].sort(([a], [b]) => compare(a, b));
}

function ownValue(values: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;
}
