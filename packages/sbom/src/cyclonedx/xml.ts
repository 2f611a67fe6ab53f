import type { Bom } from '../bom.ts';
import { batched } from '../formats/batch.ts';
import { type CycloneDxOptions, documentOf } from './document.ts';
import type {
  Component,
  ComponentEvidence,
  Composition,
  Contact,
  DependencyLine,
  LicenseChoice,
  Metadata,
  Organization,
} from './model.ts';
import { element, legibleInXml, listElement, startTag, textElement } from './xml-text.ts';

/** Writes a BOM as CycloneDX XML, in pieces: the same document as `cycloneDxJson` gives, a component a line. */
export function* cycloneDxXml(bom: Bom, options: CycloneDxOptions): Generator<string, void, undefined> {
  yield* batched(piecesOf(bom, options));
}

function* piecesOf(bom: Bom, options: CycloneDxOptions): Generator<string> {
  const document = documentOf(bom, options, legibleInXml);
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `${startTag('bom', {
    xmlns: `http://cyclonedx.org/schema/bom/${document.version}`,
    serialNumber: document.serialNumber,
    version: '1',
  })}\n`;
  yield `${metadataElement(document.metadata)}\n<components>\n`;
  for (const component of document.components) yield `${componentElement(component)}\n`;
  yield '</components>\n<dependencies>\n';
  for (const line of document.dependencies) yield `${dependencyElement(line)}\n`;
  yield '</dependencies>\n';
  yield `${listElement('compositions', document.compositions, compositionElement)}\n</bom>\n`;
}

function metadataElement(metadata: Metadata): string {
  const { timestamp, lifecycles, tools, authors, component } = metadata;
  return element(
    'metadata',
    textElement('timestamp', timestamp) +
      listElement('lifecycles', lifecycles, ({ phase }) =>
        element('lifecycle', textElement('phase', phase)),
      ) +
      toolsElement(tools) +
      listElement('authors', authors, (author) => contactElement('author', author)) +
      componentElement(component),
  );
}

function toolsElement(tools: Metadata['tools']): string {
  if ('components' in tools) {
    return element('tools', listElement('components', tools.components, componentElement));
  }
  return listElement('tools', tools, ({ vendor, name, version }) =>
    element(
      'tool',
      textElement('vendor', vendor) + textElement('name', name) + textElement('version', version),
    ),
  );
}

function componentElement(component: Component): string {
  const { type, 'bom-ref': ref, evidence } = component;
  return element(
    'component',
    (component.supplier === undefined ? '' : organizationElement('supplier', component.supplier)) +
      textElement('publisher', component.publisher) +
      textElement('group', component.group) +
      textElement('name', component.name) +
      textElement('version', component.version) +
      textElement('description', component.description) +
      listElement('hashes', component.hashes, ({ alg, content }) => textElement('hash', content, { alg })) +
      listElement('licenses', component.licenses, licenseElement) +
      textElement('purl', component.purl) +
      listElement('externalReferences', component.externalReferences, (reference) =>
        element('reference', textElement('url', reference.url), { type: reference.type }),
      ) +
      listElement('properties', component.properties, ({ name, value }) =>
        textElement('property', value, { name }),
      ) +
      (evidence === undefined ? '' : evidenceElement(evidence)),
    { type, 'bom-ref': ref },
  );
}

function organizationElement(tag: string, { name, contact = [] }: Organization): string {
  return element(
    tag,
    textElement('name', name) + contact.map((person) => contactElement('contact', person)).join(''),
  );
}

function contactElement(tag: string, { name, email }: Contact): string {
  return element(tag, textElement('name', name) + textElement('email', email));
}

function licenseElement(choice: LicenseChoice): string {
  if ('expression' in choice) {
    return textElement('expression', choice.expression, { acknowledgement: choice.acknowledgement });
  }
  const { id, name, acknowledgement } = choice.license;
  return element('license', textElement('id', id) + textElement('name', name), { acknowledgement });
}

function evidenceElement({ identity, occurrences }: ComponentEvidence): string {
  const { field, confidence, methods } = 'field' in identity ? identity : identity[0];
  return element(
    'evidence',
    element(
      'identity',
      textElement('field', field) +
        textElement('confidence', String(confidence)) +
        listElement('methods', methods, (method) =>
          element(
            'method',
            textElement('technique', method.technique) +
              textElement('confidence', String(method.confidence)) +
              textElement('value', method.value),
          ),
        ),
    ) +
      listElement('occurrences', occurrences, ({ location }) =>
        element('occurrence', textElement('location', location)),
      ),
  );
}

function dependencyElement({ ref, dependsOn }: DependencyLine): string {
  return element(
    'dependency',
    dependsOn.map((needed) => element('dependency', '', { ref: needed })).join(''),
    { ref },
  );
}

function compositionElement({ aggregate, assemblies, dependencies }: Composition): string {
  const references = (list: string, tag: string, refs: readonly string[]): string =>
    listElement(list, refs, (ref) => element(tag, '', { ref }));
  return element(
    'composition',
    textElement('aggregate', aggregate) +
      references('assemblies', 'assembly', assemblies) +
      references('dependencies', 'dependency', dependencies),
  );
}
