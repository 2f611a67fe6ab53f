import { digestAlgorithm, digestHex } from '@lading/oci';
import type { Bom, OperatingSystem, Package, SourcePackage } from '../bom.ts';
import { batched, each, type Field, jsonPieces } from '../formats/batch.ts';
import {
  descriptorFacts,
  type Fact,
  familyOf,
  imageFacts,
  ownPrefix,
  packageFacts,
  systemFacts,
} from '../formats/facts.ts';
import { compare, rootId } from '../formats/graph.ts';
import { type DocumentOptions, timestampOf } from '../formats/options.ts';
import { fullName } from '../formats/package-name.ts';
import { statedDependencies } from '../formats/stated-dependencies.ts';
import { imagePurlOf, isFolder } from '../formats/subject.ts';
import { uuidOf } from '../formats/uuid.ts';
import { isDistributed, purlOf } from '../purl/package-purl.ts';
import { type Annotator, annotationsOf } from './annotations.ts';
import { ElementIds } from './element-ids.ts';
import { ExtractedLicenses, noAssertion } from './extracted-licenses.ts';
import { supplierOf, supplierText } from './supplier.ts';

export type SpdxOptions = DocumentOptions;

/** SPDX demands a time. Where nobody knows one, this says so: nothing was made then. */
const noTime = '1970-01-01T00:00:00Z';

const documentId = 'SPDXRef-DOCUMENT';

/** Writes a BOM as SPDX 2.3 JSON (ISO/IEC 5962 and its successor), in pieces: a package a line. The same BOM gives the same bytes. */
export function* spdxJson(bom: Bom, options: SpdxOptions): Generator<string, void, undefined> {
  yield* batched(jsonPieces(fieldsOf(bom, options)));
}

function* fieldsOf(bom: Bom, options: SpdxOptions): Generator<Field> {
  const { tool, author, context = 'analyzed' } = options;
  const { subject, notes } = bom;
  const created = timestampOf(options, subject.created) ?? noTime;
  const document = new SpdxDocument(bom, { tool, created });
  yield ['spdxVersion', 'SPDX-2.3'];
  yield ['dataLicense', 'CC0-1.0'];
  yield ['SPDXID', documentId];
  yield ['name', subject.name];
  // One for each document, so of all that makes two documents of one image differ.
  const identity = [
    'spdx 2.3',
    subject.descriptor.digest,
    subject.name.toWellFormed(),
    created,
    context,
    tool,
    author,
  ];
  yield ['documentNamespace', `https://spdx.org/spdxdocs/lading-${uuidOf(JSON.stringify(identity))}`];
  yield [
    'creationInfo',
    {
      created,
      creators: [
        ...(author === undefined
          ? []
          : [`Person: ${author.name}${author.email === undefined ? '' : ` (${author.email})`}`]),
        ...(tool.vendor === undefined ? [] : [`Organization: ${tool.vendor}`]),
        `Tool: ${tool.name}-${tool.version}`,
      ],
      comment: `SBOM type: ${context === 'build' ? 'Build' : 'Analyzed'}`,
    },
  ];
  if (notes.length > 0) yield ['comment', notes.map(({ code, message }) => `${code}: ${message}`).join('\n')];
  yield ['packages', each(document.packages())];
  yield ['hasExtractedLicensingInfos', each(document.licenses.infos())];
  yield ['relationships', each(document.relationships())];
}

/** The elements of a document. Licences and relationships need the packages to be written before them. */
class SpdxDocument {
  readonly licenses = new ExtractedLicenses();
  readonly #bom: Bom;
  readonly #annotator: Annotator;
  readonly #ids = new ElementIds();
  readonly #root: string;
  readonly #system: string | undefined;
  readonly #variants: readonly string[];
  readonly #packages: readonly Package[];

  constructor(bom: Bom, annotator: Annotator) {
    this.#bom = bom;
    this.#annotator = annotator;
    const { descriptor, name } = bom.subject;
    this.#root = this.#ids.add(isFolder(descriptor) ? 'Folder' : 'ContainerImage', name, descriptor.digest);
    this.#system =
      bom.os === undefined ? undefined : this.#ids.add('OperatingSystem', bom.os.id, bom.os.versionId ?? '');
    this.#variants = (bom.variants ?? []).map((variant, index) =>
      this.#ids.add(
        'ContainerImage',
        `${variant.platform?.os ?? ''}-${variant.platform?.architecture ?? ''}`,
        `${index} ${variant.descriptor.digest}`,
      ),
    );
    this.#packages = [...bom.packages].sort((a, b) => compare(a.id, b.id));
    for (const pkg of this.#packages) this.#ids.addPackage(pkg);
  }

  *packages(): Generator<unknown> {
    const { subject, os, variants = [] } = this.#bom;
    yield this.#imagePackage(this.#root, subject, [
      ...imageFacts(this.#bom),
      [`${ownPrefix}unknown`, 'license,supplier'],
    ]);
    if (os !== undefined && this.#system !== undefined) yield this.#systemPackage(this.#system, os);
    for (const [index, variant] of variants.entries()) {
      yield this.#imagePackage(
        this.#variants[index]!,
        variant,
        descriptorFacts('image', variant.descriptor, variant.platform),
      );
    }
    for (const pkg of this.#packages) yield this.#package(pkg);
  }

  *relationships(): Generator<unknown> {
    yield relationship(documentId, 'DESCRIBES', this.#root);
    if (this.#system !== undefined) yield relationship(this.#root, 'CONTAINS', this.#system);
    for (const variant of this.#variants) yield relationship(this.#root, 'VARIANT_OF', variant);
    for (const { id, type } of this.#packages) {
      // trivy finds the packages of the system below it.
      const holder = isDistributed(type) ? (this.#system ?? this.#root) : this.#root;
      yield relationship(holder, 'CONTAINS', this.#idOf(id));
    }
    for (const { from, to } of statedDependencies(this.#bom)) {
      yield relationship(this.#idOf(from), 'DEPENDS_ON', this.#idOf(to));
    }
  }

  #idOf(id: string): string {
    return id === rootId ? this.#root : this.#ids.ofPackage(id)!;
  }

  #imagePackage(id: string, image: Parameters<typeof imagePurlOf>[0], facts: readonly Fact[]): unknown {
    const { name, descriptor } = image;
    const purl = imagePurlOf(image);
    return {
      name,
      SPDXID: id,
      versionInfo: descriptor.digest,
      ...unclaimed,
      supplier: noAssertion,
      primaryPackagePurpose: isFolder(descriptor) ? 'FILE' : 'CONTAINER',
      checksums: [
        {
          algorithm: digestAlgorithm(descriptor.digest).toUpperCase(),
          checksumValue: digestHex(descriptor.digest),
        },
      ],
      externalRefs: purl === undefined ? undefined : [purlRef(purl)],
      licenseDeclared: noAssertion,
      annotations: annotationsOf(facts, this.#annotator),
    };
  }

  #systemPackage(id: string, os: OperatingSystem): unknown {
    const cpe = cpeRef(os.cpe);
    return {
      // The name that trivy's advisories are filed under; the system's own one is among the facts.
      name: familyOf(os) || 'linux',
      SPDXID: id,
      versionInfo: os.versionId,
      description: os.prettyName,
      ...unclaimed,
      supplier: noAssertion,
      homepage: isUrl(os.homepage) ? os.homepage : undefined,
      primaryPackagePurpose: 'OPERATING_SYSTEM',
      externalRefs: cpe === undefined ? undefined : [cpe],
      licenseDeclared: noAssertion,
      annotations: annotationsOf(systemFacts(os), this.#annotator),
    };
  }

  #package(pkg: Package): unknown {
    const { os, subject } = this.#bom;
    const purl = purlOf(pkg, os) || undefined;
    const name = fullName(pkg);
    const supplier = supplierText(pkg.supplier);
    const facts = packageFacts(pkg, subject.layers);
    const add = (fact: string, value: string): void => {
      facts.push([`${ownPrefix}${fact}`, value]);
    };
    add('id', pkg.id);
    // What the fields would not give back.
    if (name !== pkg.name) add('name', pkg.name);
    const [license, ...others] = pkg.licenses;
    if (license !== undefined && 'name' in license && others.length === 0)
      add('license:0', `name ${license.name}`);
    if (pkg.supplier !== undefined && supplierOf(supplier) !== pkg.supplier) add('supplier', pkg.supplier);
    if (pkg.homepage !== undefined && !isUrl(pkg.homepage)) add('homepage', pkg.homepage);
    return {
      name,
      SPDXID: this.#idOf(pkg.id),
      versionInfo: pkg.version,
      description: pkg.description,
      ...unclaimed,
      downloadLocation: downloadLocationOf(pkg),
      supplier,
      homepage: isUrl(pkg.homepage) ? pkg.homepage : undefined,
      primaryPackagePurpose: pkg.type === 'binary' ? 'APPLICATION' : 'LIBRARY',
      sourceInfo: isDistributed(pkg.type) && pkg.source ? sourceInfoOf(pkg.source) : undefined,
      checksums: pkg.hashes?.length
        ? pkg.hashes.map(({ algorithm, value }) => ({
            algorithm: algorithm.replace('SHA-', 'SHA'),
            checksumValue: value,
          }))
        : undefined,
      externalRefs: purl === undefined ? undefined : [purlRef(purl)],
      licenseDeclared: this.licenses.expressionOf(pkg.licenses),
      annotations: annotationsOf(facts, this.#annotator),
    };
  }
}

/** What a catalogue of files cannot know; said, since a field that is left out may as well have been forgotten. */
const unclaimed = {
  downloadLocation: noAssertion,
  filesAnalyzed: false,
  licenseConcluded: noAssertion,
  copyrightText: noAssertion,
} as const;

function relationship(from: string, type: string, to: string): unknown {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

function purlRef(purl: string): unknown {
  return {
    referenceCategory: 'PACKAGE-MANAGER',
    referenceType: 'purl',
    // A purl that was read somewhere is passed on as it was, and locators have no spaces.
    referenceLocator: purl.replace(/\s/g, encodeURIComponent),
  };
}

/** A CPE in one of the two forms that SPDX takes (SPDX 2.3, annex F); distributions also write others. */
function cpeRef(cpe: string | undefined): unknown {
  if (cpe === undefined) return undefined;
  const is23 = /^cpe:2\.3:[aho*-](?::[^\s:]+){10}$/.test(cpe);
  const is22 = /^cpe:\/[aho](?::[^\s:]*){1,6}$/.test(cpe);
  if (!is23 && !is22) return undefined;
  return {
    referenceCategory: 'SECURITY',
    referenceType: is23 ? 'cpe23Type' : 'cpe22Type',
    referenceLocator: cpe,
  };
}

/** The words by which trivy finds the source package. */
function sourceInfoOf({ name, epoch, version, release }: SourcePackage): string {
  const full = `${epoch === undefined ? '' : `${epoch}:`}${version ?? ''}${release === undefined ? '' : `-${release}`}`;
  return `built package from: ${name}${version === undefined ? '' : ` ${full}`}`;
}

function downloadLocationOf({ qualifiers }: Package): string {
  const url =
    qualifiers !== undefined && Object.hasOwn(qualifiers, 'download_url')
      ? qualifiers.download_url
      : undefined;
  return isUrl(url) ? url : noAssertion;
}

/** What every reader's notion of a URL takes. */
function isUrl(text: string | undefined): text is string {
  return (
    text !== undefined &&
    /^https?:\/\/[A-Za-z0-9._~:/?@!$&'()*+,;=-]+(?:#[A-Za-z0-9._~:/?@!$&'()*+,;=-]*)?$/.test(text) &&
    URL.canParse(text)
  );
}
