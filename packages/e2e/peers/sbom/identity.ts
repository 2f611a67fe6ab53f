import { parsePurl } from '@lading/sbom';

/** What a BOM says is in an image, as far as it is compared. */
export interface FoundThing {
  /** What makes it the same package in two BOMs; see {@link identityOf}. */
  readonly identity: string;
  /** Where it was found, when that is known. */
  readonly path?: string | undefined;
}

/**
 * The purl with what names a package: type, namespace, name, version, and of the packages of operating systems architecture and epoch.
 * The other qualifiers say where it comes from. What programs write in different ways is written in one: Go modules in lower case,
 * one sign for `-`, `_` and `.` of Python, the epoch of Debian in the version, the version of Go's own library without a `v`.
 */
export function identityOf(purl: string): string {
  const parsed = parsePurl(purl);
  // What is none stands for itself.
  if (parsed === undefined) return purl;
  const { type, namespace, name, version = '', qualifiers } = parsed;
  const [arch, epoch] = ['arch', 'epoch'].map((key) => qualifiers?.get(key));
  const of = (parts: readonly (string | undefined)[], separator: string): string =>
    parts.filter((part) => part !== undefined).join(separator);
  const identity = `${type}/${of([namespace, name], '/')}`;
  switch (type) {
    case 'golang':
      return `${identity.toLowerCase()}@${name === 'stdlib' ? version.replace(/^v/, '') : version}`;
    case 'pypi':
      return `${identity.toLowerCase().replace(/[-_.]+/g, '-')}@${version}`;
    case 'deb':
      return of([`${identity}@${of([epoch, version], ':')}`, arch], ' ');
    default:
      return of([`${identity}@${version}`, arch, epoch && `epoch ${epoch}`], ' ');
  }
}
