import type { Bom, OperatingSystem, Package } from '../bom.ts';
import { isDistributed } from '../purl/package-purl.ts';

/** Name and value, as properties of CycloneDX and annotations of SPDX hold them. Names may come more than once. */
export type Fact = readonly [name: string, value: string];

export const trivyPrefix = 'aquasecurity:trivy:';

type Layers = Bom['subject']['layers'];

/**
 * What a package has that no field of the formats is for: what `trivy sbom` asks for (the source package above all: without it the
 * advisories of Debian, Ubuntu and Red Hat find nothing), which layer brought it, and what is needed to read it back without loss.
 */
export function packageFacts(pkg: Package, layers: Layers): Fact[] {
  const facts: Fact[] = [];
  const { source } = pkg;
  const place = pkg.evidence[0];
  const layer = place?.layer;
  if (!isDistributed(pkg.type) && place !== undefined) facts.push([`${trivyPrefix}FilePath`, place.path]);
  if (layer !== undefined) {
    const digest = layers[layer.index]?.digest;
    if (digest !== undefined) facts.push([`${trivyPrefix}LayerDigest`, digest]);
    facts.push([`${trivyPrefix}LayerDiffID`, layer.diffId]);
  }
  const module = ownValue(pkg.qualifiers, 'rpmmod');
  if (module !== undefined) facts.push([`${trivyPrefix}Modularitylabel`, module]);
  if (isDistributed(pkg.type)) {
    facts.push([`${trivyPrefix}PkgID`, pkg.version === undefined ? pkg.name : `${pkg.name}@${pkg.version}`]);
    facts.push([`${trivyPrefix}PkgType`, trivyTypes.get(pkg.type) ?? pkg.type]);
  }
  if (source !== undefined) {
    if (source.epoch !== undefined) facts.push([`${trivyPrefix}SrcEpoch`, String(source.epoch)]);
    facts.push([`${trivyPrefix}SrcName`, source.name]);
    if (source.release !== undefined) facts.push([`${trivyPrefix}SrcRelease`, source.release]);
    if (source.version !== undefined) facts.push([`${trivyPrefix}SrcVersion`, source.version]);
  }
  pkg.evidence.forEach((evidence, index) => {
    facts.push([
      `lading:evidence:${index}`,
      `${evidence.cataloguer} ${evidence.layer?.index ?? '-'} ${evidence.path}`,
    ]);
  });
  if (pkg.licenses.length > 1) {
    for (const license of pkg.licenses) {
      facts.push(
        'expression' in license
          ? ['lading:license:expression', license.expression]
          : ['lading:license:name', license.name],
      );
    }
  }
  // Canonical purls are written small where their type says so; what the package calls itself is kept.
  facts.push(['lading:type', pkg.type]);
  if (pkg.namespace !== undefined) facts.push(['lading:namespace', pkg.namespace]);
  for (const [key, value] of Object.entries(pkg.qualifiers ?? {}))
    facts.push([`lading:qualifier:${key}`, value]);
  if (pkg.subpath !== undefined) facts.push(['lading:subpath', pkg.subpath]);
  for (const [key, value] of Object.entries(pkg.properties ?? {}))
    facts.push([`lading:property:${key}`, value]);
  const unknown = unknownOf(pkg);
  if (unknown.length > 0) facts.push(['lading:unknown', unknown.join(',')]);
  return facts;
}

/** What trivy calls the databases of installed packages. */
const trivyTypes: ReadonlyMap<string, string> = new Map([['deb', 'dpkg']]);

/** What a package did not tell: said in the document, since an empty field may as well have been forgotten (CISA 2026). */
function unknownOf(pkg: Package): string[] {
  return [
    ...(pkg.hashes?.length ? [] : ['hash']),
    ...(pkg.licenses.length > 0 ? [] : ['license']),
    ...(pkg.supplier ? [] : ['supplier']),
    ...(pkg.version ? [] : ['version']),
  ];
}

/** What is known of the image. */
export function imageFacts({ subject, notes }: Bom): Fact[] {
  const { descriptor, platform, layers, created } = subject;
  const facts: Fact[] = [
    ['lading:image:mediaType', descriptor.mediaType],
    ['lading:image:size', String(descriptor.size)],
  ];
  if (created !== undefined && !Number.isNaN(created.getTime()))
    facts.push(['lading:image:created', created.toISOString()]);
  if (platform !== undefined) {
    facts.push(['lading:image:os', platform.os], ['lading:image:architecture', platform.architecture]);
    if (platform.variant !== undefined) facts.push(['lading:image:variant', platform.variant]);
  }
  layers.forEach(({ digest, diffId, createdBy }, index) => {
    facts.push([`lading:layer:${index}`, `${digest} ${diffId}${createdBy ? ` ${createdBy}` : ''}`]);
  });
  for (const { diffId } of layers) facts.push([`${trivyPrefix}DiffID`, diffId]);
  for (const { code, message } of notes) facts.push([`lading:note:${code}`, message]);
  facts.push([`${trivyPrefix}SchemaVersion`, '2']);
  return facts;
}

/** The operating system, in the words that syft reads back; grype takes its distribution from them. */
export function systemFacts(os: OperatingSystem): Fact[] {
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
  return facts;
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

function ownValue(values: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;
}
