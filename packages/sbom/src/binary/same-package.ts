import type { Evidence, Package } from '../bom.ts';

/** Puts together what was found in several files: a program and its library, or all programs of a package, are one. */
export function samePackages(found: Iterable<Package>): Package[] {
  const packages = new Map<string, { readonly first: Package; readonly evidence: Evidence[] }>();
  for (const one of found) {
    const key = JSON.stringify([
      one.type,
      one.namespace,
      one.name,
      one.version,
      one.qualifiers,
      one.properties,
    ]);
    const known = packages.get(key);
    if (known === undefined) packages.set(key, { first: one, evidence: [...one.evidence] });
    else known.evidence.push(...one.evidence);
  }
  return [...packages.values()].map(({ first, evidence }) => ({ ...first, evidence }));
}
