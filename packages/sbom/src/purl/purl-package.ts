import type { PackageType } from '../bom.ts';
import { purlProperty } from './package-purl.ts';
import { parsePurl } from './purl.ts';

const types: ReadonlySet<string> = new Set<PackageType>([
  'alpm',
  'apk',
  'cargo',
  'composer',
  'conda',
  'deb',
  'gem',
  'golang',
  'maven',
  'npm',
  'nuget',
  'opkg',
  'pypi',
  'rpm',
]);

/** What a purl says of a package. */
export interface PurlParts {
  readonly type: PackageType;
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  readonly qualifiers?: Readonly<Record<string, string>>;
  readonly subpath?: string;
  /** The purl itself, of a type that is not catalogued. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Takes a purl of somebody's BOM apart; nothing when it is none. One of a type that lading has no word for is a `binary` that keeps its purl. */
export function packageOfPurl(text: string): PurlParts | undefined {
  const purl = parsePurl(text);
  if (purl === undefined) return undefined;
  const { namespace, name, version, qualifiers, subpath } = purl;
  const isKnown = types.has(purl.type);
  return {
    type: isKnown ? (purl.type as PackageType) : 'binary',
    ...(namespace !== undefined && { namespace }),
    name,
    ...(version !== undefined && { version }),
    ...(qualifiers !== undefined && { qualifiers: Object.fromEntries(qualifiers) }),
    ...(subpath !== undefined && { subpath }),
    ...(!isKnown && purl.type !== 'generic' && { properties: { [purlProperty]: text } }),
  };
}
