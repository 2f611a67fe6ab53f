import type { OperatingSystem, Package, SourcePackage } from '../bom.ts';
import { purlOf, purlProperty } from '../purl/package-purl.ts';
import { encodePurl, parsePurl } from '../purl/purl.ts';
import type { PurlParts } from '../purl/purl-package.ts';
import { withoutUndefined } from './read-facts.ts';

export type Identity = Pick<Package, 'type' | 'namespace' | 'name' | 'version' | 'qualifiers' | 'subpath'>;

/** The purl tells what it is; the name tells how it is written, as purls of some types are in lower case. */
export function identityOfPurl(
  written: string,
  version: string | undefined,
  parts: PurlParts | undefined,
): Identity {
  if (parts === undefined) return { type: 'binary', name: written, version };
  const { type, namespace, name, qualifiers, subpath } = parts;
  const tail = written.slice(-name.length);
  const head = written.slice(0, -name.length - 1);
  return {
    type,
    namespace: namespace !== undefined && sameText(head, namespace) ? head : namespace,
    name: sameText(tail, name) && (head === '' || sameText(head, namespace ?? '')) ? tail : name,
    // Of rpm others write the epoch in front, which is a qualifier.
    version: type === 'rpm' ? (parts.version ?? version) : (version ?? parts.version),
    qualifiers,
    subpath,
  };
}

function sameText(a: string, b: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll('_', '-');
  return plain(a) === plain(b);
}

/** syft's `upstream=glibc` or `upstream=glibc@2.36-9`; of rpm it is the name of a file. */
export function upstreamOf(parts: PurlParts | undefined): SourcePackage | undefined {
  const { type, qualifiers = {} } = parts ?? {};
  const upstream = Object.hasOwn(qualifiers, 'upstream') ? qualifiers.upstream : undefined;
  if (upstream === undefined) return undefined;
  if (type === 'rpm') {
    const [, name, version, release] = /^(.+)-([^-]+)-([^-]+)\.src\.rpm$/.exec(upstream) ?? [];
    return name === undefined ? undefined : withoutUndefined({ name, version, release });
  }
  const [name = '', version] = upstream.split('@');
  return name === '' ? undefined : withoutUndefined({ name, version });
}

/** The package with the purl that it was read with, where lading would make another one of the parts; without one, with none. */
export function withPurl(pkg: Package, purl: string | undefined, os: OperatingSystem | undefined): Package {
  const parts = purl === undefined ? undefined : parsePurl(purl);
  const canonical = parts === undefined ? purl : encodePurl(parts);
  if (purlOf(pkg, os) === canonical) return pkg;
  return { ...pkg, properties: { ...pkg.properties, [purlProperty]: purl ?? '' } };
}

/** The operating system that purls say they are of, where a document has no other word of it. */
export function systemOfPurls(purls: Iterable<PurlParts>): OperatingSystem | undefined {
  for (const { qualifiers = {} } of purls) {
    const distro = Object.hasOwn(qualifiers, 'distro') ? qualifiers.distro : undefined;
    const [, id, versionId] = /^([a-z][a-z0-9._-]*?)(?:-(\d[\w.]*))?$/.exec(distro ?? '') ?? [];
    if (id !== undefined) return withoutUndefined({ id, versionId });
  }
  return undefined;
}
