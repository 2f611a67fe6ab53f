import { digestAlgorithm, digestHex } from '@lading/oci';
import type { Bom, OperatingSystem, Package } from '../bom.ts';
import { each, type Field } from '../formats/batch.ts';
import { descriptorFacts, type Fact, familyOf, imageUnknown, systemFacts } from '../formats/facts.ts';
import type { DocumentOptions } from '../formats/options.ts';
import { fullName } from '../formats/package-name.ts';
import { statedDependencies } from '../formats/stated-dependencies.ts';
import { imagePurlOf, isImage } from '../formats/subject.ts';
import { isDistributed, purlOf } from '../purl/package-purl.ts';
import { type Annotator, annotationsOf } from './annotations.ts';
import { DocumentElements } from './elements.ts';
import { ExtractedLicenses, noAssertion } from './extracted-licenses.ts';
import { elementFacts, subjectFacts } from './facts.ts';
import {
  commentOf,
  cpeFormOf,
  createdOf,
  downloadLocationOf,
  generationContextOf,
  isUrl,
  locatorOf,
  namespaceOf,
  sourceInfoOf,
} from './fields.ts';
import { agentText, supplierText } from './supplier.ts';

const documentId = 'SPDXRef-DOCUMENT';

/** The fields of a document of SPDX 2.3. */
export function* spdx2Fields(bom: Bom, options: DocumentOptions): Generator<Field> {
  const { tool, author } = options;
  const { subject, notes } = bom;
  const created = createdOf(bom, options);
  const document = new SpdxDocument(bom, { tool, created });
  yield ['spdxVersion', 'SPDX-2.3'];
  yield ['dataLicense', 'CC0-1.0'];
  yield ['SPDXID', documentId];
  yield ['name', subject.name];
  yield ['documentNamespace', namespaceOf(bom, options, '2.3')];
  yield [
    'creationInfo',
    {
      created,
      creators: [
        ...(author === undefined ? [] : [agentText({ kind: 'Person', ...author })]),
        ...(tool.vendor === undefined ? [] : [`Organization: ${tool.vendor}`]),
        `Tool: ${tool.name}-${tool.version}`,
      ],
      comment: generationContextOf(options),
    },
  ];
  if (notes.length > 0) yield ['comment', commentOf(bom)];
  yield ['packages', each(document.packages())];
  yield ['hasExtractedLicensingInfos', each(document.licenses.infos())];
  yield ['relationships', each(document.relationships())];
}

/** The elements of a document. Licences and relationships need the packages to be written before them. */
class SpdxDocument {
  readonly licenses = new ExtractedLicenses();
  readonly #bom: Bom;
  readonly #annotator: Annotator;
  readonly #elements: DocumentElements;

  constructor(bom: Bom, annotator: Annotator) {
    this.#bom = bom;
    this.#annotator = annotator;
    this.#elements = new DocumentElements(bom);
  }

  *packages(): Generator<unknown> {
    const { subject, os, variants = [] } = this.#bom;
    const { root, system, packages } = this.#elements;
    yield this.#imagePackage(root, subject, subjectFacts(this.#bom));
    if (os !== undefined && system !== undefined) yield this.#systemPackage(system, os);
    for (const [index, variant] of variants.entries()) {
      const facts = [...descriptorFacts('image', variant.descriptor, variant.platform), imageUnknown];
      yield this.#imagePackage(this.#elements.variants[index]!, variant, facts);
    }
    for (const { pkg, id } of packages) yield this.#package(pkg, id);
  }

  *relationships(): Generator<unknown> {
    const { root, system, variants, packages } = this.#elements;
    yield relationship(documentId, 'DESCRIBES', root);
    if (system !== undefined) yield relationship(root, 'CONTAINS', system);
    // As apko has it.
    for (const variant of variants) yield relationship(root, 'VARIANT_OF', variant);
    for (const { pkg, id } of packages) yield relationship(this.#elements.holderOf(pkg), 'CONTAINS', id);
    for (const { from, to } of statedDependencies(this.#bom)) {
      yield relationship(this.#elements.idOf(from), 'DEPENDS_ON', this.#elements.idOf(to));
    }
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
      primaryPackagePurpose: isImage(descriptor) ? 'CONTAINER' : 'FILE',
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
      annotations: annotationsOf(systemFacts(os, cpe !== undefined), this.#annotator),
    };
  }

  #package(pkg: Package, id: string): unknown {
    const { os, subject } = this.#bom;
    const purl = purlOf(pkg, os) || undefined;
    return {
      name: fullName(pkg),
      SPDXID: id,
      versionInfo: pkg.version,
      description: pkg.description,
      ...unclaimed,
      downloadLocation: downloadLocationOf(pkg),
      supplier: supplierText(pkg.supplier),
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
      annotations: annotationsOf(elementFacts(pkg, subject.layers), this.#annotator),
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
    referenceLocator: locatorOf(purl),
  };
}

function cpeRef(cpe: string | undefined): unknown {
  const form = cpeFormOf(cpe);
  if (form === undefined) return undefined;
  return { referenceCategory: 'SECURITY', referenceType: `${form}Type`, referenceLocator: cpe };
}
