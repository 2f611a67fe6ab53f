import type { BomNote, Package } from '../bom.ts';
import { isDistributed } from '../purl/package-purl.ts';
import { type Found, renameLinks } from './assemble.ts';

/** The cataloguer of BOMs that lie in the image. */
const embeddedName = 'embedded-sbom';

/**
 * Merges what BOMs inside the image claim into what was found. A claim of what is there becomes further evidence of it. Of a system package that
 * its database does not know, or knows in another version, nothing is believed: databases are what package managers work with.
 */
export function mergeEmbedded(found: readonly Found[]): readonly Found[] {
  const claims = found.find(({ cataloguer }) => cataloguer === embeddedName);
  if (claims === undefined || claims.packages.length === 0) return found;
  const others = found.filter((one) => one !== claims);
  const known = new Map<string, Package>();
  const databases = new Set<string>();
  for (const { packages } of others) {
    for (const one of packages) {
      if (isDistributed(one.type)) databases.add(one.type);
      const key = identityOf(one);
      if (!known.has(key)) known.set(key, one);
    }
  }
  const confirmed = new Map<string, Package[]>();
  const renamed = new Map<string, string>();
  const refused = new Map<string, number>();
  const left: Package[] = [];
  for (const claim of claims.packages) {
    const same = known.get(identityOf(claim));
    if (same !== undefined) {
      const others = confirmed.get(same.id);
      if (others === undefined) confirmed.set(same.id, [claim]);
      else others.push(claim);
      renamed.set(claim.id, same.id);
    } else if (databases.has(claim.type)) {
      const path = claim.evidence[0]?.path ?? '';
      refused.set(path, (refused.get(path) ?? 0) + 1);
    } else left.push(claim);
  }
  const notes: BomNote[] = [...refused].map(([path, count]) => ({
    code: 'skipped',
    message: `${path} claims ${count} ${count === 1 ? 'package' : 'packages'} that the package database does not have: not believed.`,
  }));
  const rest = renameLinks({ ...claims, packages: left }, renamed);
  return [
    ...others.map((one) => ({
      ...one,
      packages: one.packages.map((own) => complete(own, confirmed.get(own.id) ?? [])),
    })),
    { ...rest, notes: [...(rest.notes ?? []), ...notes] },
  ];
}

/** What was found, and what was claimed beside it where nothing was found. A claim with other qualifiers may stand in the same file. */
function complete(own: Package, claims: readonly Package[]): Package {
  if (claims.length === 0) return own;
  const claimed = <Key extends keyof Package>(key: Key): Package[Key] | undefined =>
    claims.find((claim) => claim[key] !== undefined)?.[key];
  const told = claims.flatMap(({ evidence }) => evidence);
  return {
    ...own,
    licenses: [own, ...claims].find(({ licenses }) => licenses.length > 0)?.licenses ?? [],
    supplier: own.supplier ?? claimed('supplier'),
    homepage: own.homepage ?? claimed('homepage'),
    description: own.description ?? claimed('description'),
    hashes: own.hashes ?? claimed('hashes'),
    evidence: [...own.evidence, ...new Map(told.map((evidence) => [evidence.path, evidence])).values()],
  };
}

/** Distributions are told apart by the database, so their packages go by type and name. */
function identityOf({ type, namespace = '', name, version = '' }: Package): string {
  return [type, isDistributed(type) ? '' : namespace.toLowerCase(), name.toLowerCase(), version].join('\0');
}
