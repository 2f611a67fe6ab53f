import { digestAlgorithm, digestHex } from '@lading/oci';
import type { Bom, OperatingSystem, Package } from '../bom.ts';
import { each, type Field } from '../formats/batch.ts';
import {
  descriptorFacts,
  type Fact,
  familyOf,
  imageUnknown,
  sortedFacts,
  systemFacts,
} from '../formats/facts.ts';
import type { DocumentOptions } from '../formats/options.ts';
import { fullName } from '../formats/package-name.ts';
import { statedDependencies } from '../formats/stated-dependencies.ts';
import { imagePurlOf, isImage } from '../formats/subject.ts';
import { isDistributed, purlOf } from '../purl/package-purl.ts';
import { DocumentElements } from './elements.ts';
import { ExtractedLicenses, noAssertion, refsOf } from './extracted-licenses.ts';
import { elementFacts, subjectFacts } from './facts.ts';
import {
  commentOf,
  cpeFormOf,
  createdOf,
  downloadLocationOf,
  isUrl,
  locatorOf,
  namespaceOf,
  sourceInfoOf,
} from './fields.ts';
import { agentOf } from './supplier.ts';

/** The fields of a document of SPDX 3.0.1, as JSON-LD that keeps to the specification's own context. */
export function* spdx3Fields(bom: Bom, options: DocumentOptions): Generator<Field> {
  yield ['@context', 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld'];
  yield ['@graph', each(new Spdx3Graph(bom, options).elements())];
}

/** The one creation of all elements. */
const creationInfo = '_:creation';

const noLicenseKnown = 'https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense';

/** Ends of one relationship: more make more of them, so that no line grows with the image. */
const maxEnds = 1000;

class Spdx3Graph {
  readonly #bom: Bom;
  readonly #options: DocumentOptions;
  readonly #namespace: string;
  readonly #elements: DocumentElements;
  readonly #licenses = new ExtractedLicenses();
  /** What is told once and pointed to by many, by what it says. */
  readonly #told = new Map<string, string>();
  #relationships = 0;

  constructor(bom: Bom, options: DocumentOptions) {
    this.#bom = bom;
    this.#options = options;
    this.#namespace = namespaceOf(bom, options, '3.0.1');
    this.#elements = new DocumentElements(bom);
  }

  *elements(): Generator<unknown> {
    const { subject, os, variants = [] } = this.#bom;
    const { root, system, packages } = this.#elements;
    yield* this.#creation();
    yield* this.#image(root, subject, subjectFacts(this.#bom));
    if (os !== undefined && system !== undefined) yield* this.#system(system, os);
    for (const [index, variant] of variants.entries()) {
      const facts = [...descriptorFacts('image', variant.descriptor, variant.platform), imageUnknown];
      yield* this.#image(this.#elements.variants[index]!, variant, facts);
    }
    for (const { pkg, id } of packages) yield* this.#package(pkg, id);
    for (const { licenseId, name, extractedText } of this.#licenses.infos()) {
      yield this.#element('simplelicensing_SimpleLicensingText', licenseId, {
        name,
        simplelicensing_licenseText: extractedText,
      });
    }
    yield* this.#graph();
  }

  *#creation(): Generator<unknown> {
    const { tool, author, context } = this.#options;
    const toolName = `${tool.name}-${tool.version}`;
    const agents: { readonly type: string; readonly id: string; readonly fields: object }[] = [];
    if (author !== undefined) {
      agents.push({ type: 'Person', id: 'Author', fields: { name: author.name, ...emailOf(author.email) } });
    }
    if (tool.vendor !== undefined) {
      agents.push({ type: 'Organization', id: 'Vendor', fields: { name: tool.vendor } });
    }
    // Somebody has to have made it: where nobody answers for it, the program.
    if (agents.length === 0) agents.push({ type: 'SoftwareAgent', id: 'Agent', fields: { name: toolName } });
    yield {
      type: 'CreationInfo',
      '@id': creationInfo,
      specVersion: '3.0.1',
      created: createdOf(this.#bom, this.#options),
      createdBy: agents.map(({ id }) => this.#iri(id)),
      createdUsing: [this.#iri('Tool')],
    };
    for (const { type, id, fields } of agents) yield this.#element(type, id, fields);
    yield this.#element('Tool', 'Tool', { name: toolName });
    yield {
      type: 'SpdxDocument',
      spdxId: this.#namespace,
      creationInfo,
      name: this.#bom.subject.name,
      comment: this.#bom.notes.length > 0 ? commentOf(this.#bom) : undefined,
      dataLicense: this.#iri('DataLicense'),
      profileConformance: ['core', 'software', 'simpleLicensing', 'expandedLicensing'],
      rootElement: [this.#iri('Sbom')],
    };
    // In the document itself, as the one below: syft follows no IRI that leads out of it.
    yield this.#element('simplelicensing_LicenseExpression', 'DataLicense', {
      simplelicensing_licenseExpression: 'CC0-1.0',
    });
    yield { type: 'expandedlicensing_IndividualLicensingInfo', spdxId: noLicenseKnown, creationInfo };
    yield this.#element('software_Sbom', 'Sbom', {
      software_sbomType: [context === 'build' ? 'build' : 'analyzed'],
      rootElement: [this.#iri(this.#elements.root)],
    });
  }

  *#image(id: string, image: Parameters<typeof imagePurlOf>[0], facts: readonly Fact[]): Generator<unknown> {
    const { name, descriptor } = image;
    yield this.#element('software_Package', id, {
      name,
      software_packageVersion: descriptor.digest,
      software_primaryPurpose: isImage(descriptor) ? 'container' : 'file',
      software_packageUrl: imagePurlOf(image),
      software_copyrightText: noAssertion,
      verifiedUsing: [
        {
          type: 'Hash',
          algorithm: digestAlgorithm(descriptor.digest),
          hashValue: digestHex(descriptor.digest),
        },
      ],
    });
    yield this.#annotation(id, facts);
  }

  *#system(id: string, os: OperatingSystem): Generator<unknown> {
    const form = cpeFormOf(os.cpe);
    yield this.#element('software_Package', id, {
      name: familyOf(os) || 'linux',
      description: os.prettyName,
      software_packageVersion: os.versionId,
      software_primaryPurpose: 'operatingSystem',
      software_homePage: isUrl(os.homepage) ? os.homepage : undefined,
      software_copyrightText: noAssertion,
      externalIdentifier:
        form === undefined
          ? undefined
          : [{ type: 'ExternalIdentifier', externalIdentifierType: form, identifier: os.cpe }],
    });
    yield this.#annotation(id, systemFacts(os, form !== undefined));
  }

  *#package(pkg: Package, id: string): Generator<unknown> {
    const { os, subject } = this.#bom;
    const purl = purlOf(pkg, os) || undefined;
    const location = downloadLocationOf(pkg);
    yield* this.#supplier(pkg.supplier);
    yield this.#element('software_Package', id, {
      name: fullName(pkg),
      description: pkg.description,
      suppliedBy: pkg.supplier ? this.#told.get(`supplier ${pkg.supplier}`) : undefined,
      software_packageVersion: pkg.version,
      software_primaryPurpose: pkg.type === 'binary' ? 'application' : 'library',
      software_packageUrl: purl === undefined ? undefined : locatorOf(purl),
      software_homePage: isUrl(pkg.homepage) ? pkg.homepage : undefined,
      software_downloadLocation: location === noAssertion ? undefined : location,
      software_sourceInfo: isDistributed(pkg.type) && pkg.source ? sourceInfoOf(pkg.source) : undefined,
      software_copyrightText: noAssertion,
      verifiedUsing: pkg.hashes?.length
        ? pkg.hashes.map(({ algorithm, value }) => ({
            type: 'Hash',
            algorithm: algorithm.replace('-', '').toLowerCase(),
            hashValue: value,
          }))
        : undefined,
    });
    yield this.#annotation(id, elementFacts(pkg, subject.layers));
    yield* this.#license(pkg, id);
  }

  /** Whoever supplies packages is told of once. */
  *#supplier(supplier: string | undefined): Generator<unknown> {
    const key = `supplier ${supplier}`;
    if (!supplier || this.#told.has(key)) return;
    const id = `Supplier-${this.#told.size + 1}`;
    this.#told.set(key, this.#iri(id));
    const { kind, name, email } = agentOf(supplier);
    yield this.#element(kind, id, { name, ...emailOf(email) });
  }

  *#license(pkg: Package, id: string): Generator<unknown> {
    const expression = this.#licenses.expressionOf(pkg.licenses);
    const key = `license ${expression}`;
    if (expression !== noAssertion && !this.#told.has(key)) {
      const licenseId = `License-${this.#told.size + 1}`;
      this.#told.set(key, this.#iri(licenseId));
      const refs = [...new Set(refsOf(expression))];
      yield this.#element('simplelicensing_LicenseExpression', licenseId, {
        simplelicensing_licenseExpression: expression,
        simplelicensing_customIdToUri:
          refs.length === 0
            ? undefined
            : refs.map((ref) => ({ type: 'DictionaryEntry', key: ref, value: this.#iri(ref) })),
      });
    }
    yield this.#relationship(this.#iri(id), 'hasDeclaredLicense', [this.#told.get(key) ?? noLicenseKnown]);
  }

  /** What is in what, and needs what. */
  *#graph(): Generator<unknown> {
    const { root, system, variants, packages } = this.#elements;
    yield* this.#relations(root, 'hasVariant', variants);
    const held = new Map<string, string[]>([[root, system === undefined ? [] : [system]]]);
    for (const { pkg, id } of packages) {
      const holder = this.#elements.holderOf(pkg);
      const there = held.get(holder);
      if (there === undefined) held.set(holder, [id]);
      else there.push(id);
    }
    for (const [holder, ids] of held) yield* this.#relations(holder, 'contains', ids);
    let ends: string[] = [];
    let source: string | undefined;
    for (const { from, to } of statedDependencies(this.#bom)) {
      if (from !== source) {
        if (source !== undefined) yield* this.#relations(this.#elements.idOf(source), 'dependsOn', ends);
        source = from;
        ends = [];
      }
      ends.push(this.#elements.idOf(to));
    }
    if (source !== undefined) yield* this.#relations(this.#elements.idOf(source), 'dependsOn', ends);
  }

  *#relations(from: string, type: string, to: readonly string[]): Generator<unknown> {
    for (let start = 0; start < to.length; start += maxEnds) {
      const ends = to.slice(start, start + maxEnds).map((id) => this.#iri(id));
      yield this.#relationship(this.#iri(from), type, ends);
    }
  }

  #relationship(from: string, relationshipType: string, to: readonly string[]): unknown {
    this.#relationships++;
    return this.#element('Relationship', `Relationship-${this.#relationships}`, {
      from,
      relationshipType,
      to,
    });
  }

  #annotation(subject: string, facts: readonly Fact[]): unknown {
    return this.#element('Annotation', `${subject}-facts`, {
      annotationType: 'other',
      subject: this.#iri(subject),
      contentType: 'application/json',
      statement: JSON.stringify(
        sortedFacts(facts).map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
      ),
    });
  }

  #element(type: string, id: string, fields: object): unknown {
    return { type, spdxId: this.#iri(id), creationInfo, ...fields };
  }

  #iri(id: string): string {
    return `${this.#namespace}#${id}`;
  }
}

function emailOf(email: string | undefined): { readonly externalIdentifier?: unknown } {
  if (email === undefined) return {};
  return {
    externalIdentifier: [{ type: 'ExternalIdentifier', externalIdentifierType: 'email', identifier: email }],
  };
}
