import { sbomError } from '../formats/errors.ts';
import { type JsonObject, listOf, objectsOf } from '../formats/values.ts';
import { shortText } from '../language/json-text.ts';
import { ElementGraph, idOf, isNoAssertion } from '../spdx/element-graph.ts';
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

/** Reads what SPDX 3.0 JSON-LD says. */
export function spdx3View(document: JsonObject): DocumentView {
  if (listOf(document['@graph']).length > 10 * maxComponents) {
    throw sbomError('the document has too many elements');
  }
  const graph = new ElementGraph(document);
  const { document: head, creation } = graph.head;
  const id = knownText(idOf(head));
  return {
    format: 'SPDX',
    formatVersion: shortText(creation.specVersion),
    authors: partiesOf(graph, 'author', creation.createdBy),
    suppliers: [],
    tools: listOf(creation.createdUsing).map((tool) =>
      toolOf(shortText(graph.resolve(tool)?.name, 500) ?? ''),
    ),
    timestamp: shortText(creation.created),
    contexts: graph
      .ofType('software_Sbom')
      .flatMap((sbom) => listOf(sbom.software_sbomType))
      .flatMap((type) => knownText(type) ?? []),
    version: id,
    uri: id,
    isSigned: false,
    components: packageViews(graph),
  };
}

/** People and organisations; programs do not answer for anything. */
function partiesOf(graph: ElementGraph, role: Party['role'], value: unknown): Party[] {
  return (Array.isArray(value) ? value : [value]).flatMap((agent: unknown) => {
    const element = graph.resolve(agent) ?? {};
    if (!/^(?:Agent|Organization|Person)$/.test(shortText(element.type) ?? '')) return [];
    const ids = objectsOf(element.externalIdentifier).map(({ identifier }) => identifier);
    const [email] = ids.filter((id) => typeof id === 'string' && id.includes('@'));
    const [url] = ids.filter((id) => typeof id === 'string' && /^https?:/i.test(id));
    return partyOf(role, { name: element.name, email, url });
  });
}

/** What anything else contains or depends on. */
function neededIds(graph: ElementGraph): Set<unknown> {
  const needed = new Set<unknown>();
  for (const [from, edges] of graph.relationships) {
    for (const { type, to } of edges)
      if (isNeed(type)) for (const target of to) if (target !== from) needed.add(target);
  }
  return needed;
}

function isNeed(type: string): boolean {
  return /^(?:contains|dependsOn|hasStaticLink|hasDynamicLink|hasPrerequisite)$/.test(type);
}

function* packageViews(graph: ElementGraph): Generator<ComponentView> {
  const around = { primary: graph.roots, needed: neededIds(graph) };
  for (const pkg of graph.ofType('software_Package')) yield packageView(pkg, graph, around);
}

function packageView(
  pkg: JsonObject,
  graph: ElementGraph,
  { primary, needed }: Readonly<Record<'needed' | 'primary', ReadonlySet<unknown>>>,
): ComponentView {
  const id = idOf(pkg);
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
      ...partiesOf(graph, 'supplier', pkg.suppliedBy),
      ...partiesOf(graph, 'manufacturer', pkg.originatedBy),
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
    isRelated: needs.length > 0 || needed.has(id),
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
