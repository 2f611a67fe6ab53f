import { sbomError } from '../formats/errors.ts';
import { type JsonObject, listOf, objectOf, objectsOf } from '../formats/values.ts';
import { shortText } from '../language/json-text.ts';
import { toolOf } from './spdx-view.ts';
import {
  type ComponentView,
  type DocumentView,
  type LicenseView,
  maxComponents,
  type Party,
  type UnknownField,
} from './view.ts';
import { isUnknownWord, knownText, partyOf } from './words.ts';

/** Reads what SPDX 3.0 JSON-LD says, as its serialization has it: one flat `@graph` of elements. */
export function spdx3View(document: JsonObject): DocumentView {
  const graph = new ElementGraph(objectsOf(document['@graph']));
  const [head = {}] = graph.ofType('SpdxDocument');
  const creation = graph.resolve(head.creationInfo) ?? graph.ofType('CreationInfo')[0] ?? {};
  const sboms = graph.ofType('software_Sbom');
  const primary = new Set([head, ...sboms].flatMap(({ rootElement }) => listOf(rootElement)));
  const id = knownText(head.spdxId);
  return {
    format: 'SPDX',
    formatVersion: shortText(creation.specVersion),
    authors: graph.parties('author', creation.createdBy),
    suppliers: [],
    tools: listOf(creation.createdUsing).map((tool) =>
      toolOf(shortText(graph.resolve(tool)?.name, 500) ?? ''),
    ),
    timestamp: shortText(creation.created),
    contexts: sboms
      .flatMap((sbom) => listOf(sbom.software_sbomType))
      .flatMap((type) => knownText(type) ?? []),
    version: id,
    uri: id,
    isSigned: false,
    components: packageViews(graph, primary),
  };
}

interface Edge {
  readonly type: string;
  readonly to: readonly unknown[];
  readonly completeness: string | undefined;
}

/** Elements by their ids and types, with the relationships that leave them. */
class ElementGraph {
  readonly #byId = new Map<string, JsonObject>();
  readonly #byType = new Map<string, JsonObject[]>();
  readonly #edges = new Map<string, Edge[]>();
  readonly #needed = new Set<unknown>();

  constructor(elements: readonly JsonObject[]) {
    if (elements.length > 10 * maxComponents) {
      throw sbomError('the document has too many elements');
    }
    for (const element of elements) {
      const id = element.spdxId ?? element['@id'];
      const type = element.type ?? element['@type'];
      if (typeof id === 'string') this.#byId.set(id, element);
      if (typeof type === 'string') append(this.#byType, type, element);
      if (type === 'Relationship' || type === 'LifecycleScopedRelationship') this.#relate(element);
    }
  }

  #relate({ from, to, relationshipType, completeness }: JsonObject): void {
    if (typeof from !== 'string' || typeof relationshipType !== 'string') return;
    const targets = listOf(to);
    append(this.#edges, from, { type: relationshipType, to: targets, completeness: shortText(completeness) });
    if (isNeed(relationshipType)) for (const target of targets) if (target !== from) this.#needed.add(target);
  }

  ofType(type: string): readonly JsonObject[] {
    return this.#byType.get(type) ?? [];
  }

  /** An element by its id, or as it stands there. */
  resolve(value: unknown): JsonObject | undefined {
    return typeof value === 'string' ? this.#byId.get(value) : objectOf(value);
  }

  edges(id: unknown): readonly Edge[] {
    return typeof id === 'string' ? (this.#edges.get(id) ?? []) : [];
  }

  targets(id: unknown, type: string): readonly unknown[] {
    return this.edges(id).flatMap((edge) => (edge.type === type ? edge.to : []));
  }

  isNeeded(id: unknown): boolean {
    return this.#needed.has(id);
  }

  parties(role: Party['role'], value: unknown): Party[] {
    return (Array.isArray(value) ? value : [value]).flatMap((agent: unknown) => {
      const element = this.resolve(agent) ?? {};
      if (!/^(?:Agent|Organization|Person)$/.test(shortText(element.type) ?? '')) return [];
      const ids = objectsOf(element.externalIdentifier).map(({ identifier }) => identifier);
      const [email] = ids.filter((id) => typeof id === 'string' && id.includes('@'));
      const [url] = ids.filter((id) => typeof id === 'string' && /^https?:/i.test(id));
      return partyOf(role, { name: element.name, email, url });
    });
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [value]);
  else there.push(value);
}

function isNeed(type: string): boolean {
  return /^(?:contains|dependsOn|hasStaticLink|hasDynamicLink|hasPrerequisite)$/.test(type);
}

function* packageViews(graph: ElementGraph, primary: ReadonlySet<unknown>): Generator<ComponentView> {
  for (const pkg of graph.ofType('software_Package')) yield packageView(pkg, graph, primary);
}

function packageView(pkg: JsonObject, graph: ElementGraph, primary: ReadonlySet<unknown>): ComponentView {
  const id = pkg.spdxId;
  const needs = graph.edges(id).filter(({ type }) => isNeed(type));
  const files = graph
    .targets(id, 'hasDistributionArtifact')
    .map((file) => graph.resolve(file))
    .filter((file) => file !== undefined);
  const licenses = licensesOf(id, graph);
  const suppliers = [pkg.suppliedBy, ...listOf(pkg.originatedBy)];
  const unknown = new Set<UnknownField>();
  if (isUnknownWord(shortText(pkg.software_packageVersion))) unknown.add('version');
  if (suppliers.some(isNoAssertion)) unknown.add('supplier');
  if (licenses.isUnknown) unknown.add('license');
  if (needs.some(({ to, completeness }) => completeness === 'noAssertion' || to.some(isNoAssertion))) {
    unknown.add('dependencies');
  }
  return {
    name: knownText(pkg.name),
    version: knownText(pkg.software_packageVersion),
    isPrimary: primary.has(id),
    parties: [
      ...graph.parties('supplier', pkg.suppliedBy),
      ...graph.parties('manufacturer', pkg.originatedBy),
    ],
    identifiers: [
      pkg.software_packageUrl,
      ...objectsOf(pkg.externalIdentifier).flatMap(({ externalIdentifierType: type, identifier }) =>
        /^(?:packageUrl|cpe2[23]|swid|swhid|gitoid)$/i.test(shortText(type) ?? '') ? [identifier] : [],
      ),
    ].flatMap((value) => knownText(value) ?? []),
    hashes: [pkg, ...files].flatMap(({ verifiedUsing }) =>
      objectsOf(verifiedUsing).map(({ algorithm, hashValue }) => ({
        algorithm: shortText(algorithm),
        value: shortText(hashValue),
      })),
    ),
    licenses: licenses.known,
    isRelated: needs.length > 0 || graph.isNeeded(id),
    hasDependencyList: needs.length > 0,
    hasCompleteness: needs.some(({ completeness }) => completeness !== undefined),
    file: fileOf(files),
    sourceUri: undefined,
    distributionUri: knownText(pkg.software_downloadLocation),
    unknown,
  };
}

/** Purposes are how BSI TR-03183-2 (8.2) has these told: a list that lacks `executable` says that the file is none. */
function fileOf(files: readonly JsonObject[]): ComponentView['file'] {
  const purposes = files.flatMap(({ software_additionalPurpose: list }) =>
    Array.isArray(list) ? [list as unknown[]] : [],
  );
  return {
    name: files.flatMap(({ name }) => knownText(name) ?? [])[0],
    isExecutableSaid: purposes.length > 0,
    isArchiveSaid: purposes.length > 0,
    isStructuredSaid: purposes.some((list) => list.includes('container') || list.includes('firmware')),
  };
}

function licensesOf(id: unknown, graph: ElementGraph): { known: LicenseView[]; isUnknown: boolean } {
  const known: LicenseView[] = [];
  let isUnknown = false;
  for (const [type, kind] of [
    ['hasConcludedLicense', 'concluded'],
    ['hasDeclaredLicense', 'declared'],
  ] as const) {
    for (const target of graph.targets(id, type)) {
      const license = graph.resolve(target) ?? {};
      const text = knownText(license.simplelicensing_licenseExpression) ?? knownText(license.name);
      if (isNoAssertion(target)) isUnknown = true;
      else if (text !== undefined) known.push({ text, isExpression: true, kind });
    }
  }
  return { known, isUnknown };
}

/** The names that SPDX 3 has for it, short or as IRIs. */
function isNoAssertion(value: unknown): boolean {
  return typeof value === 'string' && /(?:^|[/_])NoAssertion(?:Element|License)?$/.test(value.slice(-200));
}
