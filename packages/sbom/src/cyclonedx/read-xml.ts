import { SaxesParser, type SaxesTagNS } from 'saxes';
import { sbomError } from '../formats/errors.ts';
import type { SbomLimits } from '../formats/limits.ts';
import type { JsonObject } from '../formats/values.ts';

/** An element of CycloneDX. */
interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  children: Element[] | undefined;
  text: string;
}

// Of a document made to be large there are millions, so they are small.
const noAttributes: ReadonlyMap<string, string> = new Map();

const namespace = /^http:\/\/cyclonedx\.org\/schema\/bom\/(\d+\.\d+)$/;

/**
 * Reads CycloneDX XML into what its JSON would be, as far as it is read there. Elements of other namespaces do not count.
 * A document type declaration is refused, and with it every entity that a document could make up.
 */
export function jsonOfXml(text: string, limits: SbomLimits): JsonObject {
  const { root, version } = parseXml(text, limits);
  const services = childrenOf(root, 'services', 'service').map(() => ({}));
  const vulnerabilities = childrenOf(root, 'vulnerabilities', 'vulnerability').map(() => ({}));
  const metadata = child(root, 'metadata');
  const main = child(metadata, 'component');
  return {
    bomFormat: 'CycloneDX',
    specVersion: version,
    serialNumber: root.attributes.get('serialNumber'),
    metadata: { component: main === undefined ? undefined : componentOf(main) },
    components: childrenOf(root, 'components', 'component').map(componentOf),
    dependencies: childrenOf(root, 'dependencies', 'dependency').map((line) => ({
      ref: line.attributes.get('ref'),
      dependsOn: line.children?.map(({ attributes }) => attributes.get('ref')),
    })),
    services,
    vulnerabilities,
  };
}

function parseXml(text: string, limits: SbomLimits): { root: Element; version: string } {
  const parser = new SaxesParser({ xmlns: true });
  const open: Element[] = [];
  let foreign = 0;
  let values = 0;
  let components = 0;
  let root: Element | undefined;
  let version: string | undefined;
  parser.on('error', (error) => {
    throw sbomError('the SBOM is not XML', error);
  });
  parser.on('doctype', () => {
    throw sbomError('the SBOM has a document type declaration, which CycloneDX has no use for');
  });
  parser.on('opentag', (tag) => {
    values += 2 + Object.keys(tag.attributes).length;
    if (values > limits.maxValues) throw sbomError(`the SBOM has more than ${limits.maxValues} values`);
    if (tag.local === 'component' && ++components > limits.maxPackages) {
      throw sbomError(`the SBOM has more than ${limits.maxPackages} components`);
    }
    if (open.length + foreign >= limits.maxDepth) {
      throw sbomError(`the SBOM has more than ${limits.maxDepth} levels`);
    }
    const isOurs = namespace.test(tag.uri);
    if (root === undefined) {
      version = namespace.exec(tag.uri)?.[1];
      if (!isOurs || tag.local !== 'bom') throw sbomError('the SBOM is XML, but not of CycloneDX');
    }
    if (foreign > 0 || !isOurs) {
      foreign++;
      return;
    }
    const element = elementOf(tag);
    const parent = open.at(-1);
    if (parent?.children === undefined) {
      if (parent !== undefined) parent.children = [element];
    } else {
      parent.children.push(element);
    }
    root ??= element;
    open.push(element);
  });
  const addText = (part: string): void => {
    const element = open.at(-1);
    if (foreign === 0 && element !== undefined) element.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    if (foreign > 0) foreign--;
    else open.pop();
  });
  parser.write(text).close();
  if (root === undefined || version === undefined) throw sbomError('the SBOM is not XML');
  return { root, version };
}

function elementOf(tag: SaxesTagNS): Element {
  const attributes = Object.values(tag.attributes);
  return {
    name: tag.local,
    attributes:
      attributes.length === 0 ? noAttributes : new Map(attributes.map(({ local, value }) => [local, value])),
    children: undefined,
    text: '',
  };
}

function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children?.find((one) => one.name === name);
}

/** The members of a list in an element. */
function childrenOf(element: Element | undefined, list: string, name: string): Element[] {
  return child(element, list)?.children?.filter((member) => member.name === name) ?? [];
}

function textIn(element: Element | undefined, name: string): string | undefined {
  return child(element, name)?.text;
}

function componentOf(element: Element): JsonObject {
  const text = (name: string): string | undefined => textIn(element, name);
  return {
    type: element.attributes.get('type'),
    'bom-ref': element.attributes.get('bom-ref'),
    supplier: organizationOf(child(element, 'supplier')),
    manufacturer: organizationOf(child(element, 'manufacturer')),
    authors: childrenOf(element, 'authors', 'author').map(contactOf),
    author: text('author'),
    publisher: text('publisher'),
    group: text('group'),
    name: text('name'),
    version: text('version'),
    description: text('description'),
    scope: text('scope'),
    hashes: childrenOf(element, 'hashes', 'hash').map((hash) => ({
      alg: hash.attributes.get('alg'),
      content: hash.text,
    })),
    licenses: child(element, 'licenses')?.children?.map(licenseOf),
    copyright: text('copyright'),
    cpe: text('cpe'),
    purl: text('purl'),
    externalReferences: childrenOf(element, 'externalReferences', 'reference').map((reference) => ({
      type: reference.attributes.get('type'),
      url: textIn(reference, 'url'),
    })),
    properties: childrenOf(element, 'properties', 'property').map((property) => ({
      name: property.attributes.get('name'),
      value: property.text,
    })),
    components: childrenOf(element, 'components', 'component').map(componentOf),
    evidence: {
      occurrences: childrenOf(child(element, 'evidence'), 'occurrences', 'occurrence').map((occurrence) => ({
        location: textIn(occurrence, 'location'),
      })),
    },
  };
}

function organizationOf(element: Element | undefined): JsonObject | undefined {
  if (element === undefined) return undefined;
  return {
    name: textIn(element, 'name'),
    contact: element.children?.filter(({ name }) => name === 'contact').map(contactOf),
  };
}

function contactOf(element: Element): JsonObject {
  return { name: textIn(element, 'name'), email: textIn(element, 'email') };
}

function licenseOf(element: Element): JsonObject {
  if (element.name === 'expression') return { expression: element.text };
  return { license: { id: textIn(element, 'id'), name: textIn(element, 'name') } };
}
