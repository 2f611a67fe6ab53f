import type { Authority } from '../authority.ts';
import type { VerifiedSigner } from './types.ts';

/**
 * How many of a policy's authorities are met by different signers.
 *
 * A key counts once however often it signed, and under however many names it is trusted. So does an identity of one issuer. An authority
 * that fits several signers counts once too: who wants two of a team names both. Where several authorities fit a signer, each signer
 * is taken for the one that lets the most count.
 */
export function distinctSigners(signers: Iterable<VerifiedSigner>): number {
  const fits = new Map<string, Set<Authority>>();
  for (const signer of signers) {
    const name = nameOf(signer);
    fits.set(name, new Set([...(fits.get(name) ?? []), ...signer.authorities]));
  }

  // A greatest matching of signers and authorities, by augmenting paths (Berge): authorities are few.
  const taken = new Map<Authority, string>();
  const place = (name: string, seen: Set<Authority>): boolean => {
    for (const authority of fits.get(name) ?? []) {
      if (seen.has(authority)) continue;
      seen.add(authority);
      const holder = taken.get(authority);
      if (holder !== undefined && !place(holder, seen)) continue;
      taken.set(authority, name);
      return true;
    }
    return false;
  };
  return [...fits.keys()].filter((name) => place(name, new Set())).length;
}

function nameOf(signer: VerifiedSigner): string {
  return signer.kind === 'key'
    ? JSON.stringify([signer.key.hint])
    : JSON.stringify([signer.issuer, signer.identity]);
}
