import { sbomError } from '../formats/errors.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { factsComment } from './annotations.ts';
import { ElementGraph, idOf } from './element-graph.ts';
import { ExtractedLicenses } from './extracted-licenses.ts';
import { agentText } from './supplier.ts';

/**
 * A document of SPDX 3.0 in the words of 2.3: packages, agents, licences and relationships have other names there, and most of what one can say
 * the other can (SPDX 3.0.1, annex "Differences from previous editions"). What 2.3 has no word for is left out. Ids stay what they are.
 */
export function spdx2Of3(document: JsonObject): JsonObject {
  const graph = new ElementGraph(document);
  const { document: head } = graph.head;
  const annotations = annotationsBySubject(graph);
  const words = new SharedWords(graph);
  const packages = graph.ofType('software_Package');
  const held = new Set(packages.map(idOf));
  return {
    SPDXID: idOf(head),
    name: head.name,
    documentDescribes: [...graph.roots].filter((id) => held.has(id as string)),
    packages: packages.map((element) => packageOf(element, words, annotations)),
    hasExtractedLicensingInfos: [...extractedLicenses(graph), ...words.licenses.infos()],
    relationships: relationships(graph),
  };
}

/** As a creation in it says: `3.0.1`. */
export function spdx3VersionOf(document: JsonObject): string | undefined {
  const elements = objectsOf(document['@graph']);
  const ofType = (wanted: string): JsonObject | undefined =>
    elements.find((element) => (element.type ?? element['@type']) === wanted);
  const creation = ofType('CreationInfo') ?? objectOf(ofType('SpdxDocument')?.creationInfo);
  return textOf(creation?.specVersion);
}

/** Letters. What a document of SPDX 3 says once and points to, 2.3 says with each package: a small document could fill any memory. */
const maxRepeated = 128 * 2 ** 20;

/** Who supplies packages, and what they are licensed under. */
class SharedWords {
  /** Those that have nothing but a name, where they are joined with others. */
  readonly licenses = new ExtractedLicenses();
  readonly #graph: ElementGraph;
  #repeated = 0;

  constructor(graph: ElementGraph) {
    this.#graph = graph;
  }

  agent(value: unknown): string | undefined {
    const agent = this.#graph.resolve(value);
    const name = textOf(agent?.name);
    if (agent === undefined || name === undefined) return undefined;
    const identifiers = objectsOf(agent.externalIdentifier);
    const address = identifiers.find(({ externalIdentifierType: type }) => type === 'email');
    const email = textOf(address?.identifier);
    this.#repeat(name.length + (email?.length ?? 0));
    return agentText({ kind: agent.type === 'Person' ? 'Person' : 'Organization', name, email });
  }

  /** All licences that relationships of this type lead to, as one expression; the words of one that is none. */
  license(id: string | undefined, type: string): string | undefined {
    const terms = new Set(
      this.#graph.targets(id, type).flatMap((target) => licenseText(target, this.#graph) ?? []),
    );
    for (const term of terms) this.#repeat(term.length);
    if (terms.size < 2) return [...terms][0];
    return this.licenses.expressionOf([...terms].map((expression) => ({ expression })));
  }

  #repeat(letters: number): void {
    this.#repeated += letters;
    if (this.#repeated > maxRepeated)
      throw sbomError(
        `the names of suppliers and licences, said with each package, have more than ${maxRepeated} letters`,
      );
  }
}

function packageOf(
  element: JsonObject,
  words: SharedWords,
  annotations: ReadonlyMap<unknown, JsonObject[]>,
): JsonObject {
  const id = idOf(element);
  const [originator] = listOf(element.originatedBy);
  const purpose = textOf(element.software_primaryPurpose);
  return {
    SPDXID: id,
    name: element.name,
    versionInfo: element.software_packageVersion,
    description: element.description,
    summary: element.summary,
    homepage: element.software_homePage,
    sourceInfo: element.software_sourceInfo,
    supplier: words.agent(element.suppliedBy),
    originator: words.agent(originator),
    primaryPackagePurpose: purpose?.replace(/[A-Z]/g, '_$&').toUpperCase(),
    checksums: objectsOf(element.verifiedUsing).map(({ algorithm, hashValue }) => ({
      algorithm: textOf(algorithm)?.toUpperCase(),
      checksumValue: hashValue,
    })),
    externalRefs: purlsOf(element).map((referenceLocator) => ({ referenceType: 'purl', referenceLocator })),
    licenseDeclared: words.license(id, 'hasDeclaredLicense'),
    licenseConcluded: words.license(id, 'hasConcludedLicense'),
    annotations: id === undefined ? undefined : annotations.get(id),
  };
}

function purlsOf(element: JsonObject): unknown[] {
  const identifiers = objectsOf(element.externalIdentifier);
  const others = identifiers.filter(({ externalIdentifierType: type }) => type === 'packageUrl');
  return [element.software_packageUrl, ...others.map(({ identifier }) => identifier)].filter(
    (purl) => textOf(purl) !== undefined,
  );
}

function licenseText(target: unknown, graph: ElementGraph): string | undefined {
  const license = graph.resolve(target);
  const expression = textOf(license?.simplelicensing_licenseExpression);
  if (expression !== undefined) return expression;
  // What is on SPDX's list need not be an element of the document.
  const id = license === undefined ? textOf(target) : idOf(license);
  const listed = /^https?:\/\/spdx\.org\/licenses\/([^/#\s]+)$/.exec(id ?? '')?.[1];
  return (
    listed ??
    (license?.type === 'expandedlicensing_IndividualLicensingInfo' ? undefined : textOf(license?.name))
  );
}

/** The licences that expressions refer to, by the names that they have there. */
function extractedLicenses(graph: ElementGraph): JsonObject[] {
  return graph
    .ofType('simplelicensing_LicenseExpression')
    .flatMap(({ simplelicensing_customIdToUri: entries }) => objectsOf(entries))
    .map(({ key, value }) => ({ licenseId: key, name: graph.resolve(value)?.name }));
}

/** What the relationships were called before. A variant is one both ways round. */
const earlierNames: ReadonlyMap<string, string> = new Map([
  ['contains', 'CONTAINS'],
  ['dependsOn', 'DEPENDS_ON'],
  ['hasDynamicLink', 'DEPENDS_ON'],
  ['hasOptionalDependency', 'DEPENDS_ON'],
  ['hasPrerequisite', 'HAS_PREREQUISITE'],
  ['hasProvidedDependency', 'DEPENDS_ON'],
  ['hasStaticLink', 'DEPENDS_ON'],
  ['hasVariant', 'VARIANT_OF'],
]);

function relationships(graph: ElementGraph): JsonObject[] {
  const found: JsonObject[] = [];
  const add = (spdxElementId: unknown, relationshipType: string, relatedSpdxElement: unknown): void => {
    found.push({ spdxElementId, relationshipType, relatedSpdxElement });
  };
  for (const [from, edges] of graph.relationships) {
    for (const { type, to } of edges) {
      const name = earlierNames.get(type);
      for (const end of to) {
        if (name !== undefined) add(from, name, end);
        else if (type === 'generates') add(end, 'GENERATED_FROM', from);
      }
    }
  }
  return found;
}

/** Facts as lading writes them, by the ids of the elements that they tell of, as annotations of these. */
function annotationsBySubject(graph: ElementGraph): ReadonlyMap<unknown, JsonObject[]> {
  const annotations = graph
    .ofType('Annotation')
    .flatMap(({ subject, contentType, statement }) =>
      contentType === 'application/json' && typeof statement === 'string'
        ? [{ subject, annotator: 'Tool: SPDX 3', comment: factsComment(statement) }]
        : [],
    );
  return Map.groupBy(annotations, ({ subject }) => subject);
}
