import type { Bom, Hash, HashAlgorithm, License, OperatingSystem, Package } from '../bom.ts';
import { idOfFamily, ownPrefix } from '../formats/facts.ts';
import { identityOfPurl, upstreamOf, withPurl } from '../formats/foreign-package.ts';
import {
  Facts,
  packageOfFacts,
  propertiesOfFacts,
  systemOfFacts,
  withoutUndefined,
} from '../formats/read-facts.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { licensesOf } from '../license/license.ts';
import { type PurlParts, packageOfPurl } from '../purl/purl-package.ts';
import { componentTypeProperty, isSoundHash, usualComponentType } from './component.ts';

type Identity = ReturnType<typeof identityOfPurl>;

export interface ReadContext {
  readonly layers: Bom['subject']['layers'];
  readonly os?: OperatingSystem | undefined;
}

export function factsOf(component: JsonObject | undefined): Facts {
  return new Facts(
    objectsOf(component?.properties).flatMap(({ name, value }): [string, string][] => {
      const key = textOf(name);
      // A property without a value is one that is empty.
      return key === undefined ? [] : [[key, typeof value === 'string' ? value : '']];
    }),
  );
}

/** The distribution, by what syft and lading say of it, else by the name that trivy gives it. */
export function systemOf(component: JsonObject): OperatingSystem {
  const told = systemOfFacts(factsOf(component));
  if (told !== undefined) return told;
  return withoutUndefined({
    id: idOfFamily((textOf(component.name) ?? '').toLowerCase()),
    versionId: textOf(component.version),
    prettyName: textOf(component.description),
  });
}

/** A component of any maker, with nothing of it lost that a BOM has a place for. One that lading wrote is what it was. */
export function packageOf(component: JsonObject, id: string, { layers, os }: ReadContext): Package {
  const facts = factsOf(component);
  const told = packageOfFacts(facts, layers);
  const isOurs = told.type !== undefined;
  const purl = textOf(component.purl);
  const parts = isOurs || purl === undefined ? undefined : packageOfPurl(purl);
  const { hashes, others } = hashesOf(component, facts);
  const pkg: Package = withoutUndefined({
    id,
    ...(isOurs ? ownIdentity(component, facts, told) : foreignIdentity(component, parts)),
    licenses: told.licenses ?? licensesIn(component, isOurs),
    description: textOf(component.description),
    homepage: facts.get(`${ownPrefix}homepage`) ?? homepageOf(component),
    supplier: supplierOf(component),
    source: told.source ?? upstreamOf(parts),
    hashes: hashes.length > 0 ? hashes : undefined,
    evidence: told.evidence.length > 0 ? told.evidence : occurrencesOf(component),
  });
  const properties = {
    ...propertiesOfFacts(facts, pkg, layers),
    ...(!isOurs && { ...others, ...keptFields(component, pkg, parts), ...parts?.properties }),
  };
  const whole = Object.keys(properties).length > 0 ? { ...pkg, properties } : pkg;
  return isOurs ? whole : withPurl(whole, parts !== undefined || isAlmostPurl(purl) ? purl : undefined, os);
}

/** One that breaks the rules of its type (an rpm without its vendor) is still what its maker calls the thing. */
function isAlmostPurl(purl: string | undefined): boolean {
  return purl !== undefined && purl.length <= 8_192 && /^pkg:[a-z][a-z0-9.-]*\/[\x21-\x7e]+$/.test(purl);
}

function ownIdentity(
  component: JsonObject,
  facts: Facts,
  { type, namespace, qualifiers, subpath }: ReturnType<typeof packageOfFacts>,
): Identity {
  return {
    type: type!,
    namespace,
    name: textOf(component.name) ?? '',
    version: facts.get(`${ownPrefix}version`) ?? textOf(component.version),
    qualifiers,
    subpath,
  };
}

function foreignIdentity(component: JsonObject, parts: PurlParts | undefined): Identity {
  const group = textOf(component.group);
  const name = textOf(component.name) ?? parts?.name ?? '';
  const version = textOf(component.version);
  if (parts === undefined) return { type: 'binary', namespace: group, name, version };
  return identityOfPurl(group === undefined ? name : `${group}/${name}`, version, parts);
}

/** What a BOM has no place for, but a reader may want. */
function keptFields(
  component: JsonObject,
  { type }: Package,
  parts: PurlParts | undefined,
): Record<string, string> {
  const kept: Record<string, string> = {};
  const kind = textOf(component.type) ?? 'library';
  if (kind !== usualComponentType(type)) kept[componentTypeProperty] = kind;
  for (const field of ['copyright', 'cpe', 'scope', ...(parts === undefined ? ['purl'] : [])]) {
    const text = textOf(component[field]);
    if (text !== undefined) kept[`cyclonedx.${field}`] = text;
  }
  return kept;
}

function occurrencesOf(component: JsonObject): Package['evidence'] {
  return objectsOf(objectOf(component.evidence)?.occurrences).flatMap(({ location }) => {
    const path = textOf(location)?.replace(/^\/+/, '');
    return path ? [{ path, cataloguer: 'cyclonedx' }] : [];
  });
}

const algorithms: ReadonlySet<string> = new Set<HashAlgorithm>([
  'MD5',
  'SHA-1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
]);

function hashesOf(component: JsonObject, facts: Facts): { hashes: Hash[]; others: Record<string, string> } {
  const hashes: Hash[] = [];
  const others: Record<string, string> = {};
  for (const hash of objectsOf(component.hashes)) {
    const algorithm = textOf(hash.alg);
    const value = textOf(hash.content)?.toLowerCase();
    if (algorithm === undefined || value === undefined) continue;
    const known = { algorithm: algorithm as HashAlgorithm, value };
    if (algorithms.has(algorithm) && isSoundHash(known)) hashes.push(known);
    else others[`cyclonedx.hash.${algorithm}`] = value;
  }
  for (const [algorithm, value] of facts.under(`${ownPrefix}hash:`)) {
    if (algorithms.has(algorithm)) hashes.push({ algorithm: algorithm as HashAlgorithm, value });
  }
  return { hashes, others };
}

function licensesIn(component: JsonObject, isOurs: boolean): readonly License[] {
  const words: string[] = [];
  const own: License[] = [];
  for (const choice of objectsOf(component.licenses)) {
    const license = objectOf(choice.license);
    const expression = textOf(choice.expression) ?? textOf(license?.id);
    const name = textOf(license?.name);
    if (expression !== undefined) own.push({ expression });
    else if (name !== undefined) own.push({ name });
    if (expression ?? name) words.push(expression ?? name!);
  }
  return isOurs ? own : licensesOf(words);
}

function homepageOf(component: JsonObject): string | undefined {
  const references = objectsOf(component.externalReferences);
  return textOf(references.find(({ type }) => type === 'website')?.url);
}

/** Who supplies it, or else made it. */
function supplierOf(component: JsonObject): string | undefined {
  for (const field of ['supplier', 'manufacturer'] as const) {
    const organization = objectOf(component[field]);
    const name = textOf(organization?.name);
    const contact = objectsOf(organization?.contact)[0];
    if (name === undefined && contact === undefined) continue;
    const person = contact === undefined ? undefined : personOf(contact);
    // An organization with one contact that is itself is how lading writes `Name <address>`.
    if (contact !== undefined && (name === undefined || name === textOf(contact.name))) return person;
    return name;
  }
  const [author] = listOf(component.authors);
  return textOf(component.publisher) ?? textOf(component.author) ?? personOf(objectOf(author) ?? {});
}

function personOf(contact: JsonObject): string | undefined {
  const name = textOf(contact.name);
  const email = textOf(contact.email);
  if (name === undefined || email === undefined) return name ?? email;
  return `${name} <${email}>`;
}
