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
