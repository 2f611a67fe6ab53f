import type { Package } from '../bom.ts';

/** What a cataloguer knows of a package that one file told of. */
export type FoundPackage = Omit<Package, 'id' | 'evidence' | 'licenses'> & Partial<Pick<Package, 'licenses'>>;

/** A package as it stands in a BOM. Its id tells where it was found, as the same package may be installed in two places. */
export function packageAt(cataloguer: string, path: string, found: FoundPackage): Package {
  const name = found.namespace === undefined ? found.name : `${found.namespace}/${found.name}`;
  return {
    ...found,
    id: `${found.type}:${name}@${found.version ?? ''}:${path}`,
    licenses: found.licenses ?? [],
    evidence: [{ path, cataloguer }],
  };
}

/** A name with its namespace in front, as npm and Composer write it. */
export function namedParts(full: string): Pick<FoundPackage, 'namespace' | 'name'> {
  const slash = full.indexOf('/');
  return { namespace: slash < 0 ? undefined : full.slice(0, slash), name: full.slice(slash + 1) };
}
