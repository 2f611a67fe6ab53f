import { sbomError } from '../formats/errors.ts';
import { type JsonObject, objectOf, objectsOf } from '../formats/values.ts';
import { shortText } from '../language/json-text.ts';
import {
  type ComponentView,
  type DocumentView,
  type LicenseView,
  maxComponents,
  type Party,
  type UnknownField,
} from './view.ts';
import { isUnknownWord, knownText, partyOf, unknownFields, unknownProperty } from './words.ts';

/** Reads what SPDX JSON of the second generation (2.2, 2.3) says; what is not as its schema has it is not said. */
export function spdxView(document: JsonObject): DocumentView {
  const creation = objectOf(document.creationInfo) ?? {};
  const creators = (Array.isArray(creation.creators) ? creation.creators : []).flatMap(
    (creator: unknown) => shortText(creator, 500) ?? [],
  );
  const packages = objectsOf(document.packages);
  if (packages.length > maxComponents) {
    throw sbomError(`the document has more than ${maxComponents} packages`);
  }
  const graph = graphOf(document);
  const namespace = knownText(document.documentNamespace);
  return {
    format: 'SPDX',
    formatVersion: /^SPDX-(\d+\.\d+)$/.exec(shortText(document.spdxVersion) ?? '')?.[1],
    authors: creators.flatMap((creator) => spdxParty('author', creator)),
    suppliers: [],
    tools: creators.filter((creator) => /^tool:/i.test(creator)).map(toolOf),
    timestamp: shortText(creation.created),
    contexts: [creation.comment, document.comment].flatMap(contextsOf),
    // A namespace names one edition only; SPDX 2 has no other field for it.
    version: namespace,
    uri: namespace,
    isSigned: false,
    components: packageViews(packages, graph),
  };
}

/** The states of software that CISA's types of SBOM are named after, where a comment names one. */
function contextsOf(comment: unknown): string[] {
  return (
    shortText(comment, 2000)
      ?.match(/\b(?:design|source|build|analy[sz]ed|deployed|runtime)\b/gi)
      ?.slice(0, 10) ?? []
  );
}

/** `Tool: NAME-VERSION` */
export function toolOf(creator: string): { name?: string | undefined; version?: string | undefined } {
  const text = creator.slice(creator.indexOf(':') + 1).trim();
  const [, name, version] = /^(.+?)-(v?\d\S*)$/.exec(text) ?? [];
  return name === undefined ? { name: knownText(text) } : { name, version };
}

/** `Organization: ACME (info@acme.example)`; nothing for tools. */
function spdxParty(role: Party['role'], value: unknown): Party[] {
  const [, text = ''] = /^(?:person|organization):(.*)$/is.exec(shortText(value, 500) ?? '') ?? [];
  const open = text.lastIndexOf('(');
  if (open < 0 || !text.trimEnd().endsWith(')')) return partyOf(role, { name: text });
  const address = text
    .slice(open + 1)
    .trimEnd()
    .slice(0, -1);
  return partyOf(role, { name: text.slice(0, open), email: address, url: address });
}

interface Graph {
  readonly described: ReadonlySet<unknown>;
  readonly related: ReadonlySet<unknown>;
  readonly listing: ReadonlySet<unknown>;
  /** Those of which is said that they need nothing, or that nobody knows what. */
  readonly stated: ReadonlySet<unknown>;
  readonly unknown: ReadonlySet<unknown>;
}

/** Kinds of relationship by which one package needs or holds another; the first of each pair goes from the one that needs. */
const needs: ReadonlySet<unknown> = new Set([
  'DEPENDS_ON',
  'CONTAINS',
  'HAS_PREREQUISITE',
  'VARIANT_OF',
  'STATIC_LINK',
  'DYNAMIC_LINK',
]);
const neededBy: ReadonlySet<unknown> = new Set([
  'DEPENDENCY_OF',
  'CONTAINED_BY',
  'PREREQUISITE_FOR',
  'RUNTIME_DEPENDENCY_OF',
  'BUILD_DEPENDENCY_OF',
  'DEV_DEPENDENCY_OF',
  'OPTIONAL_DEPENDENCY_OF',
  'PROVIDED_DEPENDENCY_OF',
  'TEST_DEPENDENCY_OF',
  'PACKAGE_OF',
]);

function graphOf(document: JsonObject): Graph {
  const described = new Set<unknown>(
    Array.isArray(document.documentDescribes) ? document.documentDescribes : [],
  );
  const related = new Set<unknown>();
  const listing = new Set<unknown>();
  const stated = new Set<unknown>();
  const unknown = new Set<unknown>();
  // Files are no packages: one that holds files is not yet related to anything.
  const packages = new Set(objectsOf(document.packages).map(({ SPDXID }) => SPDXID));
  for (const relationship of objectsOf(document.relationships)) {
    const { spdxElementId: left, relatedSpdxElement: right, relationshipType: type } = relationship;
    if (type === 'DESCRIBES' && left === document.SPDXID) described.add(right);
    if (type === 'DESCRIBED_BY' && right === document.SPDXID) described.add(left);
    const isReverse = neededBy.has(type);
    if (!isReverse && !needs.has(type)) continue;
    const [from, to] = isReverse ? [right, left] : [left, right];
    if (to === 'NONE' || to === 'NOASSERTION') {
      for (const set of to === 'NONE' ? [related, listing, stated] : [stated, unknown]) set.add(from);
    } else if (packages.has(from) && packages.has(to) && from !== to) {
      related.add(from).add(to);
      listing.add(from);
    }
  }
  return { described, related, listing, stated, unknown };
}

function* packageViews(packages: readonly JsonObject[], graph: Graph): Generator<ComponentView> {
  for (const pkg of packages) {
    // A file is no component, unless the document is about it.
    const isFile = pkg.primaryPackagePurpose === 'FILE' && !graph.described.has(pkg.SPDXID);
    if (!isFile) yield packageView(pkg, graph);
  }
}

function packageView(pkg: JsonObject, graph: Graph): ComponentView {
  const id = pkg.SPDXID;
  const licenses = licensesOf(pkg);
  const unknown = new Set<UnknownField>(unknownOf(pkg));
  if (licenses.length === 0 && [pkg.licenseDeclared, pkg.licenseConcluded].some(isNoAssertion)) {
    unknown.add('license');
  }
  if ([pkg.supplier, pkg.originator].some(isNoAssertion)) unknown.add('supplier');
  if (isNoAssertion(pkg.versionInfo)) unknown.add('version');
  if (graph.unknown.has(id)) unknown.add('dependencies');
  return {
    name: knownText(pkg.name),
    version: knownText(pkg.versionInfo),
    isPrimary: graph.described.has(id),
    parties: [...spdxParty('supplier', pkg.supplier), ...spdxParty('manufacturer', pkg.originator)],
    identifiers: objectsOf(pkg.externalRefs).flatMap(({ referenceType, referenceLocator }) =>
      /^(?:purl|cpe2[23]type|swid|swh|gitoid)$/i.test(shortText(referenceType)?.split('/').at(-1) ?? '')
        ? (knownText(referenceLocator) ?? [])
        : [],
    ),
    hashes: objectsOf(pkg.checksums).map(({ algorithm, checksumValue }) => ({
      algorithm: shortText(algorithm),
      value: shortText(checksumValue),
    })),
    licenses,
    isRelated: graph.related.has(id),
    hasDependencyList: graph.listing.has(id),
    hasCompleteness: graph.stated.has(id),
    // SPDX 2 has no fields for what BSI asks of files.
    file: {
      name: knownText(pkg.packageFileName),
      isExecutableSaid: false,
      isArchiveSaid: false,
      isStructuredSaid: false,
    },
    sourceUri: undefined,
    distributionUri: locationOf(pkg.downloadLocation),
    unknown,
  };
}

function isNoAssertion(value: unknown): boolean {
  return isUnknownWord(shortText(value));
}

function locationOf(value: unknown): string | undefined {
  const text = knownText(value);
  return text === 'NONE' ? undefined : text;
}

function licensesOf(pkg: JsonObject): LicenseView[] {
  const of = (value: unknown, kind: LicenseView['kind']): LicenseView[] => {
    const text = knownText(value);
    return text === undefined ? [] : [{ text, isExpression: true, kind }];
  };
  return [...of(pkg.licenseConcluded, 'concluded'), ...of(pkg.licenseDeclared, 'declared')];
}

/** What lading's writer says of it in an annotation: one of the facts in its JSON, where nobody else's quotes can stand. */
function unknownOf(pkg: JsonObject): UnknownField[] {
  const start = `["${unknownProperty}","`;
  return objectsOf(pkg.annotations).flatMap(({ comment }) => {
    const at = typeof comment === 'string' ? comment.indexOf(start) : -1;
    if (typeof comment !== 'string' || at < 0) return [];
    return unknownFields(comment.slice(at + start.length, at + start.length + 100).split('"', 1)[0] ?? '');
  });
}
