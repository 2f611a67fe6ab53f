import { sbomError } from '../formats/errors.ts';
import { type JsonObject, listOf, objectOf, objectsOf } from '../formats/values.ts';
import { shortText } from '../language/json-text.ts';
import {
  type ComponentView,
  type DocumentView,
  type LicenseView,
  maxComponents,
  type Party,
  type UnknownField,
} from './view.ts';
import {
  emailOf,
  isUnknownWord,
  knownText,
  objectOrObjects,
  partyOf,
  unknownFields,
  unknownProperty,
} from './words.ts';

/** Reads what CycloneDX JSON (ECMA-424, 1.2 to 1.7) says; what is not as its schema has it is not said. */
export function cycloneDxView(document: JsonObject): DocumentView {
  const metadata = objectOf(document.metadata) ?? {};
  const listed = listedComponents(metadata.component, document.components);
  const graph = graphOf(document);
  const version = document.version;
  return {
    format: 'CycloneDX',
    formatVersion: shortText(document.specVersion),
    authors: [
      ...contacts('author', metadata.authors),
      ...organizations('manufacturer', metadata.manufacturer),
    ],
    suppliers: [
      ...organizations('manufacturer', metadata.manufacture),
      ...organizations('supplier', metadata.supplier),
    ],
    tools: toolsOf(metadata.tools),
    timestamp: shortText(metadata.timestamp),
    contexts: objectsOf(metadata.lifecycles).flatMap(
      ({ phase, name }) => knownText(phase) ?? knownText(name) ?? [],
    ),
    version:
      typeof version === 'number' && Number.isSafeInteger(version) && version > 0
        ? String(version)
        : undefined,
    uri: shortText(document.serialNumber),
    isSigned: objectOf(document.signature) !== undefined,
    components: componentViews(listed, graph),
  };
}

interface Listed {
  readonly fields: JsonObject;
  readonly isPrimary: boolean;
  /** Stands within another component. */
  readonly isNested: boolean;
}

function listedComponents(primary: unknown, components: unknown): Listed[] {
  const listed: Listed[] = [];
  const add = (list: readonly JsonObject[], isPrimary: boolean, isNested: boolean): void => {
    if (listed.length + list.length > maxComponents) {
      throw sbomError(`the document has more than ${maxComponents} components`);
    }
    for (const fields of list) listed.push({ fields, isPrimary, isNested });
  };
  add(objectsOf([primary]), true, false);
  add(objectsOf(components), false, false);
  // The list grows as it is walked: no recursion, as nesting goes as deep as somebody likes.
  for (const { fields } of listed) add(objectsOf(fields.components), false, true);
  return listed.filter(({ fields }) => fields.type !== 'file');
}

interface Graph {
  /** Those that have a line of their own. */
  readonly listing: ReadonlySet<unknown>;
  readonly needed: ReadonlySet<unknown>;
  /** Those of which is said how complete their list is. */
  readonly stated: ReadonlySet<unknown>;
  readonly isAllStated: boolean;
  /** Those of which is said that this is not known. */
  readonly unknown: ReadonlySet<unknown>;
}

function graphOf(document: JsonObject): Graph {
  const listing = new Set<unknown>();
  const needed = new Set<unknown>();
  for (const { ref, dependsOn } of objectsOf(document.dependencies)) {
    listing.add(ref);
    for (const target of listOf(dependsOn)) if (target !== ref) needed.add(target);
  }
  const stated = new Set<unknown>();
  const unknown = new Set<unknown>();
  let isAllStated = false;
  for (const { aggregate, assemblies, dependencies } of objectsOf(document.compositions)) {
    if (typeof aggregate !== 'string' || !/^(?:complete|incomplete|unknown)/.test(aggregate)) continue;
    const refs = [...listOf(assemblies), ...listOf(dependencies)];
    // References do not cascade; one that names nothing in particular is of the whole.
    if (refs.length === 0) isAllStated = true;
    for (const ref of refs) {
      stated.add(ref);
      if (aggregate === 'unknown') unknown.add(ref);
    }
  }
  return { listing, needed, stated, isAllStated, unknown };
}

function* componentViews(listed: readonly Listed[], graph: Graph): Generator<ComponentView> {
  for (const component of listed) yield componentView(component, graph);
}

function componentView({ fields, isPrimary, isNested }: Listed, graph: Graph): ComponentView {
  const ref = fields['bom-ref'];
  const properties = objectsOf(fields.properties);
  const references = objectsOf(fields.externalReferences);
  const distributions = references.filter(
    ({ type }) => type === 'distribution' || type === 'distribution-intake',
  );
  const property = (name: string): string | undefined =>
    shortText(properties.find((candidate) => candidate.name === name)?.value);
  const hasList = typeof ref === 'string' && graph.listing.has(ref);
  const isNeeded = typeof ref === 'string' && graph.needed.has(ref);
  const licenses = licensesOf(fields.licenses);
  const parties = partiesOf(fields);
  const unknown = new Set<UnknownField>(unknownFields(property(unknownProperty) ?? ''));
  if (isUnknownWord(shortText(fields.version))) unknown.add('version');
  if (licenses.isUnknown) unknown.add('license');
  if (parties.isUnknown) unknown.add('supplier');
  if (typeof ref === 'string' && graph.unknown.has(ref)) unknown.add('dependencies');
  return {
    name: nameOf(fields),
    version: knownText(fields.version),
    isPrimary,
    parties: parties.known,
    identifiers: identifiersOf(fields),
    hashes: [fields, ...distributions].flatMap(({ hashes }) =>
      objectsOf(hashes).map(({ alg, content }) => ({ algorithm: shortText(alg), value: shortText(content) })),
    ),
    licenses: licenses.known,
    isRelated: hasList || isNeeded || isNested,
    hasDependencyList: hasList,
    hasCompleteness: graph.isAllStated || (typeof ref === 'string' && graph.stated.has(ref)),
    file: {
      name: property('bsi:component:filename'),
      isExecutableSaid: /^(?:non-)?executable$/.test(property('bsi:component:executable') ?? ''),
      isArchiveSaid: /^(?:no )?archive$/.test(property('bsi:component:archive') ?? ''),
      isStructuredSaid: /^(?:un)?structured$/.test(property('bsi:component:structured') ?? ''),
    },
    sourceUri: uriOf(references.filter(({ type }) => type === 'source-distribution' || type === 'vcs')),
    distributionUri: uriOf(distributions),
    unknown,
  };
}

/** With its group: many are called `core`. */
function nameOf({ group, name }: JsonObject): string | undefined {
  const own = knownText(name);
  const first = knownText(group);
  return own === undefined || first === undefined ? own : `${first}/${own}`;
}

function uriOf(references: readonly JsonObject[]): string | undefined {
  return references.flatMap(({ url }) => knownText(url) ?? [])[0];
}

function identifiersOf(fields: JsonObject): string[] {
  const tag = objectOf(fields.swid)?.tagId;
  return [fields.purl, fields.cpe, tag, ...listOf(fields.swhid), ...listOf(fields.omniborId)].flatMap(
    (value) => knownText(value) ?? [],
  );
}

function partiesOf(fields: JsonObject): { known: Party[]; isUnknown: boolean } {
  const { supplier, manufacturer, publisher, author, authors } = fields;
  const names = [objectOf(supplier)?.name, objectOf(manufacturer)?.name, publisher, author];
  return {
    known: [
      ...organizations('manufacturer', manufacturer),
      ...organizations('supplier', supplier),
      ...partyOf('supplier', nameAndAddress(publisher)),
      ...contacts('author', authors),
      ...partyOf('author', nameAndAddress(author)),
    ],
    isUnknown: names.some((name) => isUnknownWord(shortText(name))),
  };
}

/** `Ada Lovelace <ada@example.com>`, as many write into fields for names alone. */
function nameAndAddress(value: unknown): { name?: unknown; email?: unknown } {
  const text = shortText(value);
  const open = text?.lastIndexOf('<') ?? -1;
  return text === undefined || open < 0 || !text.endsWith('>')
    ? { name: text, email: emailOf(text) }
    : { name: text.slice(0, open), email: text.slice(open + 1, -1) };
}

/** An organisation's own name and addresses, with those of the people to ask. */
function organizations(role: Party['role'], value: unknown): Party[] {
  return objectOrObjects(value).flatMap(({ name, url, contact }) => {
    const people = objectOrObjects(contact);
    const own = nameAndAddress(name ?? people[0]?.name);
    const email = [own.email, ...people.map((person) => person.email)].find(
      (address) => emailOf(address) !== undefined,
    );
    return partyOf(role, { name: own.name, email, url: listOf(url)[0] ?? url });
  });
}

function contacts(role: Party['role'], value: unknown): Party[] {
  return objectsOf(value).flatMap(({ name, email }) => partyOf(role, { name, email }));
}

/** A list of tools, or, since 1.5, of components and services. */
function toolsOf(value: unknown): DocumentView['tools'] {
  const modern = objectOf(value);
  const tools =
    modern === undefined
      ? objectsOf(value)
      : [...objectsOf(modern.components), ...objectsOf(modern.services)];
  return tools.map(({ name, version }) => ({ name: knownText(name), version: shortText(version) }));
}

function licensesOf(value: unknown): { known: LicenseView[]; isUnknown: boolean } {
  const known: LicenseView[] = [];
  let isUnknown = false;
  for (const choice of objectsOf(value)) {
    const license = objectOf(choice.license) ?? {};
    const expression = shortText(choice.expression) ?? shortText(license.id);
    const text = expression ?? shortText(license.name);
    if (text === undefined) continue;
    const said = choice.acknowledgement ?? license.acknowledgement;
    if (isUnknownWord(text)) isUnknown = true;
    else {
      known.push({
        text,
        isExpression: expression !== undefined,
        kind: said === 'concluded' || said === 'declared' ? said : 'unsaid',
      });
    }
  }
  return { known, isUnknown };
}
