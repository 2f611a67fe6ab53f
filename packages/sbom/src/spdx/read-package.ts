import type { Bom, Evidence, Hash, HashAlgorithm, OperatingSystem, Package, SourcePackage } from '../bom.ts';
import { idOfFamily, ownPrefix } from '../formats/facts.ts';
import { identityOfPurl, upstreamOf, withPurl } from '../formats/foreign-package.ts';
import {
  Facts,
  packageOfFacts,
  propertiesOfFacts,
  systemOfFacts,
  withoutUndefined,
} from '../formats/read-facts.ts';
import { type JsonObject, objectsOf, textOf } from '../formats/values.ts';
import { packageOfPurl } from '../purl/purl-package.ts';
import { factsOfElement } from './annotations.ts';
import { licensesOfDeclared } from './declared-licenses.ts';
import { supplierOf } from './supplier.ts';

/** What a package is read with. */
export interface ReadContext {
  readonly layers: Bom['subject']['layers'];
  readonly os: OperatingSystem | undefined;
  readonly licenseNames: ReadonlyMap<string, string>;
  /** Where the package was found, when the document tells it by files. */
  readonly places: readonly Evidence[];
}

/** A package of somebody's document; its id is the document's for it, where lading did not write another. */
export function packageOfElement(element: JsonObject, context: ReadContext): Package {
  const facts = new Facts(factsOfElement(element));
  const own = packageOfFacts(facts, context.layers);
  const purl = purlOfElement(element);
  const parts = purl === undefined ? undefined : packageOfPurl(purl);
  const written = textOf(element.name) ?? '';
  const identity =
    own.type === undefined
      ? identityOfPurl(written, textOf(element.versionInfo), parts)
      : {
          type: own.type,
          namespace: own.namespace,
          name: facts.get(`${ownPrefix}name`) ?? written,
          version: textOf(element.versionInfo),
          qualifiers: own.qualifiers,
          subpath: own.subpath,
        };
  const declared = textOf(element.licenseDeclared);
  const licenses = own.licenses ?? licensesOfDeclared(declared, context.licenseNames);
  const hashes = hashesOf(element);
  const pkg = withoutUndefined<Package>({
    id: facts.get(`${ownPrefix}id`) ?? textOf(element.SPDXID) ?? '',
    ...identity,
    licenses:
      licenses.length > 0
        ? licenses
        : licensesOfDeclared(textOf(element.licenseConcluded), context.licenseNames),
    description: textOf(element.description) ?? textOf(element.summary),
    homepage: facts.get(`${ownPrefix}homepage`) ?? homepageOf(element),
    supplier:
      facts.get(`${ownPrefix}supplier`) ??
      supplierOf(textOf(element.supplier) ?? '') ??
      supplierOf(textOf(element.originator) ?? ''),
    source: own.source ?? sourceOf(textOf(element.sourceInfo)) ?? upstreamOf(parts),
    hashes: hashes.length > 0 ? hashes : undefined,
    evidence: own.evidence.length > 0 ? own.evidence : context.places,
  });
  const properties = { ...parts?.properties, ...propertiesOfFacts(facts, pkg, context.layers) };
  const whole = Object.keys(properties).length > 0 ? { ...pkg, properties } : pkg;
  return own.type === undefined ? withPurl(whole, purl, context.os) : whole;
}

export function purlOfElement(element: JsonObject): string | undefined {
  for (const { referenceType, referenceLocator } of objectsOf(element.externalRefs)) {
    // SPDX 2.2 has the type as a URL.
    if (/(?:^|\/)purl$/.test(textOf(referenceType) ?? '')) return textOf(referenceLocator);
  }
  return undefined;
}

const hashAlgorithms: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['MD5', 'MD5'],
  ['SHA1', 'SHA-1'],
  ['SHA256', 'SHA-256'],
  ['SHA384', 'SHA-384'],
  ['SHA512', 'SHA-512'],
]);

export function hashesOf(element: JsonObject): Hash[] {
  return objectsOf(element.checksums).flatMap((checksum) => {
    const algorithm = hashAlgorithms.get(textOf(checksum.algorithm) ?? '');
    const value = textOf(checksum.checksumValue);
    return algorithm === undefined || value === undefined ? [] : [{ algorithm, value: value.toLowerCase() }];
  });
}

function homepageOf(element: JsonObject): string | undefined {
  const homepage = textOf(element.homepage);
  return homepage === 'NOASSERTION' || homepage === 'NONE' ? undefined : homepage;
}

/** trivy's words, which lading writes too. */
function sourceOf(sourceInfo: string | undefined): SourcePackage | undefined {
  const [, name, version] = /^built package from: (\S+)(?: (\S+))?$/.exec(sourceInfo ?? '') ?? [];
  return name === undefined ? undefined : withoutUndefined({ name, version });
}

/** The operating system, of an element that is one. */
export function systemOfElement(element: JsonObject): OperatingSystem | undefined {
  const own = systemOfFacts(new Facts(factsOfElement(element)));
  if (own !== undefined) return own;
  const name = textOf(element.name);
  if (name === undefined) return undefined;
  return withoutUndefined({ id: idOfFamily(name.toLowerCase()), versionId: textOf(element.versionInfo) });
}
