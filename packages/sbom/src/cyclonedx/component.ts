import type { Bom, Hash, OperatingSystem, Package } from '../bom.ts';
import {
  descriptorFacts,
  type Fact,
  familyOf,
  imageFacts,
  imageUnknown,
  ownPrefix,
  packageFacts,
  sortedFacts,
  systemFacts,
} from '../formats/facts.ts';
import { imagePurlOf, isImage } from '../formats/subject.ts';
import { uuidOf } from '../formats/uuid.ts';
import { isDistributed, purlOf } from '../purl/package-purl.ts';
import { licenseChoices } from './licenses.ts';
import type { Component, ComponentEvidence, CycloneDxVersion, Organization, Property } from './model.ts';

/** Where a package that was read from somebody's document keeps what kind of component it was, when its type does not tell. */
export const componentTypeProperty = 'lading.component';

type Image = NonNullable<Bom['variants']>[number];

/** A document's name: of the same image always the same, so that other documents can point to it. */
export function serialOf({ descriptor }: Pick<Image, 'descriptor'>): string {
  return uuidOf(`cyclonedx ${descriptor.digest}`);
}

/** What the document is about. */
export function rootComponent(bom: Bom, ref: string): Component {
  return {
    ...imageComponent(bom.subject, ref),
    properties: properties([...imageFacts(bom), imageUnknown]),
  };
}

/** One image of an index, with a link to the document that tells what is in it (CycloneDX, BOM-Link). */
export function variantComponent(variant: Image, ref: string): Component {
  return {
    ...imageComponent(variant, ref),
    externalReferences: [{ type: 'bom', url: `urn:cdx:${serialOf(variant)}/1` }],
    properties: properties([...descriptorFacts('image', variant.descriptor, variant.platform), imageUnknown]),
  };
}

function imageComponent(image: Image | Bom['subject'], ref: string): Component {
  const { name, descriptor } = image;
  const [algorithm, content = ''] = descriptor.digest.split(':');
  return {
    // trivy refuses a document about a `file`.
    type: isImage(descriptor) ? 'container' : 'application',
    'bom-ref': ref,
    name,
    version: descriptor.digest,
    hashes: [{ alg: algorithm === 'sha512' ? 'SHA-512' : 'SHA-256', content }],
    purl: imagePurlOf(image),
  };
}

/** Scanners take the distribution from this one, and there is no other of its type. */
export function systemComponent(os: OperatingSystem, ref: string): Component {
  return {
    type: 'operating-system',
    'bom-ref': ref,
    name: familyOf(os),
    version: os.versionId,
    description: os.prettyName,
    properties: properties(systemFacts(os)),
  };
}

/** What does not fit a field of the format stands in a property. */
export function packageComponent(
  pkg: Package,
  ref: string,
  { os, subject }: Bom,
  version: CycloneDxVersion,
): Component {
  const facts = packageFacts(pkg, subject.layers);
  const add = (name: string, value: string): void => {
    facts.push([`${ownPrefix}${name}`, value]);
  };
  const hashes = pkg.hashes?.filter(isSoundHash);
  for (const hash of pkg.hashes ?? []) if (!isSoundHash(hash)) add(`hash:${hash.algorithm}`, hash.value);
  const website = pkg.homepage !== undefined && isUrl(pkg.homepage) ? pkg.homepage : undefined;
  if (pkg.homepage !== undefined && website === undefined) add('homepage', pkg.homepage);
  const hasVersion = pkg.version !== undefined && pkg.version.length <= maxVersionLength;
  if (pkg.version !== undefined && !hasVersion) add('version', pkg.version);
  return {
    type: componentType(pkg, version),
    'bom-ref': ref,
    supplier: pkg.supplier ? organizationOf(pkg.supplier) : undefined,
    // Readers put group and name together; Debian's packages are not called debian/curl.
    group: isDistributed(pkg.type) ? undefined : pkg.namespace || undefined,
    name: pkg.name,
    version: hasVersion ? pkg.version || undefined : undefined,
    description: pkg.description,
    hashes: hashes?.length
      ? hashes.map(({ algorithm, value }) => ({ alg: algorithm, content: value }))
      : undefined,
    licenses: licenseChoices(pkg.licenses, version),
    purl: purlOf(pkg, os) || undefined,
    externalReferences: website === undefined ? undefined : [{ type: 'website', url: website }],
    properties: properties(facts),
    evidence: evidenceOf(pkg, version),
  };
}

/** Of the schemas since 1.5. Characters. */
const maxVersionLength = 1024;

/** Component types of which there may be more than one, with the first version that has them. `operating-system` is for the image's own. */
const componentTypes: ReadonlyMap<string, CycloneDxVersion> = new Map([
  ['application', '1.4'],
  ['container', '1.4'],
  ['cryptographic-asset', '1.6'],
  ['data', '1.5'],
  ['device', '1.4'],
  ['device-driver', '1.5'],
  ['file', '1.4'],
  ['firmware', '1.4'],
  ['framework', '1.4'],
  ['library', '1.4'],
  ['machine-learning-model', '1.5'],
  ['platform', '1.5'],
]);

function componentType(pkg: Package, version: CycloneDxVersion): string {
  const { properties = {} } = pkg;
  const asRead = Object.hasOwn(properties, componentTypeProperty) ? properties[componentTypeProperty] : '';
  const since = componentTypes.get(asRead ?? '');
  return since !== undefined && since <= version ? asRead! : usualComponentType(pkg.type);
}

export function usualComponentType(type: Package['type']): 'application' | 'library' {
  return type === 'binary' ? 'application' : 'library';
}

const hexLengths = { MD5: 32, 'SHA-1': 40, 'SHA-256': 64, 'SHA-384': 96, 'SHA-512': 128 } as const;

export function isSoundHash({ algorithm, value }: Hash): boolean {
  return value.length === hexLengths[algorithm] && /^[0-9a-f]+$/.test(value);
}

/** `Name <address>` taken apart, where the address is one. */
function organizationOf(supplier: string): Organization {
  const [, name, address] = /^([^<>]+) <([^<>]+)>$/.exec(supplier) ?? [];
  const email = emailOf(address);
  return email === undefined ? { name: supplier } : { name, contact: [{ name, email }] };
}

/** What the schemas' idn-email takes for sure. */
export function emailOf(address: string | undefined): string | undefined {
  return address !== undefined &&
    address.length <= 254 &&
    /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(address)
    ? address
    : undefined;
}

/** What the schemas' iri-reference and XML's anyURI take for sure. */
function isUrl(text: string): boolean {
  return (
    /^https?:\/\/[A-Za-z0-9._~:/?@!$&'()*+,;=-]+(?:#[A-Za-z0-9._~:/?@!$&'()*+,;=-]*)?$/.test(text) &&
    URL.canParse(text)
  );
}

/** Cataloguers that read programs and no lists of packages. */
const fromPrograms: ReadonlySet<string> = new Set(['binary', 'elf-note', 'go', 'rust']);

function evidenceOf(pkg: Package, version: CycloneDxVersion): ComponentEvidence | undefined {
  if (version === '1.4' || pkg.evidence.length === 0) return undefined;
  const isBinary = pkg.evidence.some(({ cataloguer }) => fromPrograms.has(cataloguer));
  // A text that looks like a version is one most of the time.
  const confidence = pkg.type === 'binary' ? 0.8 : 1;
  const paths = [...new Set(pkg.evidence.map(({ path }) => path))];
  const identity = {
    field: 'purl' as const,
    confidence,
    methods: paths.map((value) => ({
      technique: isBinary ? ('binary-analysis' as const) : ('manifest-analysis' as const),
      confidence,
      value,
    })),
  };
  return {
    identity: version === '1.5' ? identity : [identity],
    occurrences: paths.map((location) => ({ location })),
  };
}

function properties(facts: readonly Fact[]): Property[] {
  return sortedFacts(facts).map(([name, value]) => ({ name, value }));
}
