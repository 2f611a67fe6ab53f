import type { Bom, Hash, HashAlgorithm, License, OperatingSystem, Package } from '../bom.ts';
import { idOfFamily, ownPrefix } from '../formats/facts.ts';
import {
  Facts,
  packageOfFacts,
  propertiesOfFacts,
  systemOfFacts,
  withoutUndefined,
} from '../formats/read-facts.ts';
import { type JsonObject, listOf, objectOf, objectsOf, textOf } from '../formats/values.ts';
import { licensesOf } from '../license/license.ts';
import { purlOf, purlProperty } from '../purl/package-purl.ts';
import { type PurlParts, packageOfPurl } from '../purl/purl-package.ts';
import { componentTypeProperty, isSoundHash, usualComponentType } from './component.ts';

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
  const purl = textOf(component.purl);
  const isOurs = told.type !== undefined;
  const identity = isOurs ? ownIdentity(component, facts, told) : foreignIdentity(component, purl);
  const evidence = told.evidence.length > 0 ? told.evidence : occurrencesOf(component);
  const { hashes, others } = hashesOf(component, facts);
  const pkg: Package = withoutUndefined({
    id,
    ...identity.parts,
    licenses: told.licenses ?? licensesIn(component, isOurs),
    description: textOf(component.description),
    homepage: facts.get(`${ownPrefix}homepage`) ?? homepageOf(component),
    supplier: supplierOf(component),
    source: told.source,
    hashes: hashes.length > 0 ? hashes : undefined,
    evidence,
  });
  const properties = {
    ...propertiesOfFacts(facts, pkg, layers),
    ...(!isOurs && { ...others, ...keptFields(component), ...identity.properties }),
  };
  const whole = Object.keys(properties).length > 0 ? { ...pkg, properties } : pkg;
  if (isOurs || purlProperty in properties || purlOf(whole, os) === purl) return whole;
  // A purl is written again as it was read, whatever lading would have made of the parts.
  return { ...whole, properties: { ...properties, [purlProperty]: purl ?? '' } };
}

interface Identity {
  readonly parts: Omit<PurlParts, 'properties'>;
  readonly properties?: Readonly<Record<string, string>>;
}

function ownIdentity(
  component: JsonObject,
  facts: Facts,
  { type, namespace, qualifiers, subpath }: ReturnType<typeof packageOfFacts>,
): Identity {
  const version = facts.get(`${ownPrefix}version`) ?? textOf(component.version);
  return {
    parts: withoutUndefined({
      type: type!,
      namespace,
      name: textOf(component.name) ?? '',
      version,
      qualifiers,
      subpath,
    }) as Identity['parts'],
  };
}

function foreignIdentity(component: JsonObject, purl: string | undefined): Identity {
  const own = textOf(component.name);
  const group = textOf(component.group);
  const version = textOf(component.version);
  const kind = textOf(component.type) ?? 'library';
  const parts = purl === undefined ? undefined : packageOfPurl(purl);
  const type = parts?.type ?? 'binary';
  const kindProperty = kind === usualComponentType(type) ? {} : { [componentTypeProperty]: kind };
  if (parts === undefined) {
    // Nobody gave it a purl, so it has none later either.
    const text = purl === undefined ? {} : { 'cyclonedx.purl': purl };
    return {
      parts: withoutUndefined({ type, namespace: group, name: own ?? '', version }) as Identity['parts'],
      properties: { ...kindProperty, [purlProperty]: '', ...text },
    };
  }
  const { properties, ...rest } = parts;
  return {
    parts: { ...rest, ...namesOf(own, group, parts), ...versionOf(version, parts) },
    properties: { ...kindProperty, ...properties },
  };
}

/** Purls write some names small; components say them as they are, with or without what purls have as namespace. */
function namesOf(
  own: string | undefined,
  group: string | undefined,
  { namespace, name }: PurlParts,
): Pick<PurlParts, 'namespace' | 'name'> {
  if (own === undefined) return { name };
  const small = (text: string): string => text.toLowerCase().replaceAll('_', '-');
  const full = group === undefined ? own : `${group}/${own}`;
  const wanted = namespace === undefined ? name : `${namespace}/${name}`;
  const end = full.slice(-wanted.length);
  if (namespace !== undefined && small(end) === small(wanted)) {
    return { namespace: end.slice(0, namespace.length), name: end.slice(namespace.length + 1) };
  }
  const last = own.slice(-name.length);
  return { name: small(last) === small(name) ? last : own };
}

/** trivy writes the epoch of an rpm twice. */
function versionOf(own: string | undefined, { type, version, qualifiers }: PurlParts): { version?: string } {
  const epoch = type === 'rpm' ? qualifiers?.epoch : undefined;
  const known = own === undefined || own === `${epoch}:${version}` ? version : own;
  return known === undefined ? {} : { version: known };
}

/** What a BOM has no place for, but a reader may want. */
function keptFields(component: JsonObject): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const field of ['copyright', 'cpe', 'scope']) {
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
